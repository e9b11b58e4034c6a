"""How our pages look to the people who link an account."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

from daemon.config.kinds import Name
from daemon.config.secret_files import Where, resolve, wrong
from daemon.config.sections import Section

PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".svg": "image/svg+xml", ".webp": "image/webp"}
LARGEST = 262_144  # bytes of a logo


def _picture(value: Any, info: ValidationInfo) -> Path:
    where = info.context if isinstance(info.context, Where) else Where()
    if not isinstance(value, str):
        raise wrong("must be text", "Put it in quotation marks.")
    path = resolve(value, where)
    if path.suffix.lower() not in PICTURES:
        raise wrong("is no picture that browsers show", f"Give one of: {', '.join(PICTURES)}.")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise wrong(f"cannot be read: {error.strerror}", "Correct the path, or take the line out.") from None
    if size > LARGEST:
        raise wrong(f"has {size} bytes, more than {LARGEST}", "Give a smaller picture.")
    return path


def _color(value: str) -> str:
    if not re.fullmatch("#[0-9a-fA-F]{6}", value):
        raise wrong("is no colour", "Write # and six hexadecimal digits.")
    return value


Color = Annotated[str, AfterValidator(_color), Field(json_schema_extra={"pattern": "^#[0-9a-fA-F]{6}$"})]
Picture = Annotated[
    Path,
    PlainValidator(_picture),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "minLength": 1}),
]


class Branding(Section):
    """How the pages look on which people link an account."""

    name: Name = "huddled"
    """Who asks: the name of your organisation or service."""
    color: Annotated[Color, Field(examples=["#1f5fbf"])] = "#1f5fbf"
    """The colour of buttons and headings."""
    logo_file: Annotated[Picture | None, Field(examples=["logo.svg"])] = None
    """A picture above the text: png, jpg, svg or webp, at most 256 KiB."""
