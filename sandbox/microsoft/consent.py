"""The page on which a person signs in and consents, and the way back to the app."""

# https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from yarl import URL

    from sandbox.state import User

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'; base-uri 'none'"
)
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Sign in to the sandbox</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:30em;margin:4em auto;padding:0 1em}}
li{{margin:.4em 0}}</style>
<h1>{heading}</h1>
{content}
</html>
"""


def chooser(url: URL, people: Iterable[User], scopes: Iterable[str]) -> web.Response:
    """Return the page that lists who could sign in, and lets them decline."""
    rows = "".join(
        f'<li><a href="{_link(url, login_hint=user.email)}">{escape(user.name)} ({escape(user.email)})</a></li>'
        for user in people
    )
    wanted = ", ".join(escape(scope) for scope in sorted(scopes))
    content = (
        f"<p>An app asks for: {wanted}</p><ul>{rows or '<li>The sandbox has no Outlook people yet.</li>'}</ul>"
        f'<p><a href="{_link(url, sandbox_answer="deny")}">Cancel</a></p>'
    )
    return page("Pick an account", content)


def _link(url: URL, **more: str) -> str:
    kept = {name: value for name, value in url.query.items() if name != "prompt"}
    return escape(str(url.with_query({**kept, **more}).relative()))


def back(to: URL, mode: str, answer: Mapping[str, str]) -> web.Response:
    """Send the browser back to the app, with the answer in the query or in a form."""
    if mode == "form_post":
        fields = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in answer.items()
        )
        form = f'<form method="post" action="{escape(str(to))}">{fields}<button>Continue</button></form>'
        return page("Signed in", form)
    return web.Response(status=302, headers={"Location": str(to.update_query(answer))})


def page(heading: str, content: str, status: int = 200) -> web.Response:
    """Return a page of the sign-in service; `content` is markup, `heading` is text."""
    text = PAGE.format(heading=escape(heading), content=content)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)
