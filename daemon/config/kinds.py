"""The kinds of values that a configuration holds, each of which knows what is wrong with a bad one."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
)

from daemon.config.secret_files import (
    SecretFile,
    Where,
    find_key_file,
    read_secret,
    read_service_account,
    wrong,
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 stands for any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it as it stands in a configuration."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine and is not reached from any other."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def read_address(value: Any) -> Address:
    """Read `host:port`. Raises PydanticCustomError when it is none."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:\[\]/]+)):([0-9]{1,5})", _text(value))
    if not match or int(match[3]) > 65_535:
        raise wrong("is not a host and a port", 'Write for example "127.0.0.1:8480" or "[::1]:8480".')
    return Address(match[1] or match[2], int(match[3]))


def plain_url(value: str) -> str:
    """Return an address that others build on, without a slash at its end.

    Raises PydanticCustomError when it is none, or would send secrets unencrypted to another machine.
    """
    if {"?", "#"} & set(value):
        raise wrong("has a query or a fragment", "Leave out everything from the first ? or # on.")
    return link(value).rstrip("/")


def link(value: str) -> str:
    """Return a web address as it is. Raises PydanticCustomError when it is none, or plain http elsewhere."""
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        good = parts.scheme in {"http", "https"} and (parts.port is None or parts.port > 0)
    except ValueError:
        host, good = "", False
    if not good or not host or not re.fullmatch(r"[!-~]+", value):
        raise wrong("is not a web address", 'Write for example "https://huddled.example.com".')
    if "@" in urlsplit(value).netloc:
        raise wrong("has a user name or password in it", "Leave out everything before the host, and the @.")
    if urlsplit(value).scheme == "http" and not loopback(host):
        raise wrong(
            "is plain http", "Write https://; plain http is only for this machine itself (127.0.0.1)."
        )
    return value


def link_pattern(value: str) -> str:
    """Return a link that may hold `{organizer}` and `{key}`. Raises PydanticCustomError when it is none."""
    try:
        fields = list(Formatter().parse(value))
    except ValueError:
        fields = [("", "?", "", None)]
    if any(
        name is not None and (name not in {"organizer", "key"} or spec or turn)
        for _, name, spec, turn in fields
    ):
        raise wrong("has braces that mean nothing", "Only {organizer} and {key} may stand in it.")
    link(value.replace("{organizer}", "x").replace("{key}", "x"))
    return value


def mail_address(value: str) -> str:
    """Return an address in lower case. Raises PydanticCustomError when it is none."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise wrong("is not a mail address", 'Write for example "ada@example.com".')
    return value.lower()


def domain(value: str) -> str:
    """Return a mail domain in lower case, without @. Raises PydanticCustomError when it is none."""
    bare = value.removeprefix("@").lower()
    if not re.fullmatch(r"[^@\s*?/]+", bare):
        raise wrong(
            "is not a domain", 'Write what stands behind the @ of an address, for example "example.com".'
        )
    return bare


def tenant(value: str) -> str:
    """Return a tenant of Microsoft Entra. Raises PydanticCustomError when it is none, or that of private people."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", value):
        raise wrong(
            "is not a tenant",
            "Give the directory (tenant) id of the app registration, or one of the tenant's domains.",
        )
    if value.lower() == "consumers":
        raise wrong(
            "stands for private accounts, whose calendars have neither Teams nor an organisation",
            "Give the directory (tenant) id of the app registration of your organisation.",
        )
    return value


def expression(value: str) -> str:
    """Return a regular expression as it is. Raises PydanticCustomError when it is none."""
    try:
        re.compile(value, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        what = error.msg if isinstance(error, re.error) else "too large"
        at = f" at character {error.pos + 1}" if isinstance(error, re.error) and error.pos is not None else ""
        raise wrong(
            f"is not a regular expression ({what}{at})",
            r"Put a \ before signs that stand for themselves, and '…' around the whole.",
        ) from None
    return value


def database(value: str, info: ValidationInfo) -> str:
    """Return `sqlite:///` and the absolute path. Raises PydanticCustomError for any other store."""
    path = value.removeprefix("sqlite:///")
    if not value.startswith("sqlite:///") or not path or path.endswith("/") or set(path) & set("?#:\0"):
        raise wrong(
            "is no store that huddled has",
            'Write "sqlite:////var/lib/huddled/huddled.db": sqlite:/// and the path of a file. '
            "SQLite is the only store of this version.",
        )
    return f"sqlite:///{(_where(info).base / path).absolute()}"


def _secret(value: Any, info: ValidationInfo) -> SecretFile:
    return read_secret(_text(value), _where(info))


def _service_account(value: Any, info: ValidationInfo) -> SecretFile:
    return read_service_account(_text(value), _where(info))


def _key_file(value: Any, info: ValidationInfo) -> Path:
    return find_key_file(_text(value), _where(info))


def _where(info: ValidationInfo) -> Where:
    return info.context if isinstance(info.context, Where) else Where()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("must be text", "Put it in quotation marks.")
    return value


_PATH = WithJsonSchema({"type": "string", "minLength": 1})
_SHOW = PlainSerializer(lambda secret: str(secret.path), return_type=str)

Listen = Annotated[
    Address,
    PlainValidator(read_address),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\[[0-9a-fA-F:.]+\]|[^\s:\[\]/]+):[0-9]{1,5}$"}),
]
Secret = Annotated[SecretFile, PlainValidator(_secret), _SHOW, _PATH]
ServiceAccount = Annotated[SecretFile, PlainValidator(_service_account), _SHOW, _PATH]
KeyFile = Annotated[Path, PlainValidator(_key_file), PlainSerializer(str, return_type=str), _PATH]
Database = Annotated[str, AfterValidator(database), Field(json_schema_extra={"pattern": "^sqlite:///."})]
Url = Annotated[str, AfterValidator(plain_url), Field(json_schema_extra={"format": "uri"})]
UrlWithSlash = Annotated[Url, AfterValidator(lambda url: f"{url}/")]
Link = Annotated[str, AfterValidator(link), Field(json_schema_extra={"format": "uri"})]
LinkPattern = Annotated[str, AfterValidator(link_pattern)]
Mail = Annotated[str, AfterValidator(mail_address)]
MailOrNone = Annotated[str, AfterValidator(lambda value: value and mail_address(value))]
Domain = Annotated[str, AfterValidator(domain)]
Tenant = Annotated[
    str, AfterValidator(tenant), Field(json_schema_extra={"pattern": "^[A-Za-z0-9][A-Za-z0-9.-]*$"})
]
Expression = Annotated[str, AfterValidator(expression), Field(json_schema_extra={"format": "regex"})]
Lower = Annotated[str, AfterValidator(str.lower)]
Name = Annotated[str, Field(min_length=1)]
LISTED = Field(strict=False)  # TOML has lists where we have tuples; their entries stay strict
