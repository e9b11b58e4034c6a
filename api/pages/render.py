"""Turn templates into answers that load nothing from elsewhere, are not kept, and tell nobody where they were."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
STYLE, LOGO = "/link/page/style.css", "/link/page/logo"

# https://www.w3.org/TR/CSP3/
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class Branding:
    """Who asks, in what colour (#rrggbb), and under which picture."""

    name: str = "huddled"
    color: str = "#1f5fbf"
    logo: bytes = field(default=b"", repr=False)
    logo_type: str = ""


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages of one installation."""

    branding: Branding
    base: str = ""  # the path of public_url, which a reverse proxy takes off
    templates: Environment = field(default_factory=_environment)

    def page(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """Return the page of a template."""
        text = self.templates.get_template(f"{template}.html").render(
            brand=self.branding.name,
            logo=self.base + LOGO if self.branding.logo else "",
            style=self.base + STYLE,
            **values,
        )
        return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)

    async def style(self, _: web.Request) -> web.Response:
        """Answer with the stylesheet, in the operator's colour."""
        color = self.branding.color if re.fullmatch("#[0-9a-fA-F]{6}", self.branding.color) else "#1f5fbf"
        text = (HERE / "style.css").read_text()
        text = text.replace("--brand: #1f5fbf", f"--brand: {color}")
        text = text.replace("--on-brand: #ffffff", f"--on-brand: {_readable_on(color)}")
        return web.Response(text=text, content_type="text/css", headers=HEADERS)

    async def logo(self, _: web.Request) -> web.Response:
        """Answer with the operator's picture."""
        if not self.branding.logo:
            raise web.HTTPNotFound
        return web.Response(body=self.branding.logo, content_type=self.branding.logo_type, headers=HEADERS)


def _readable_on(color: str) -> str:
    """Return black or white, whichever is easier to read on a colour.

    https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
    """
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
