"""Undoes the rewriting that mail filters and web pages do to links."""

from __future__ import annotations

import base64
import binascii
import re
import string
from itertools import islice
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

DEPTH = 5  # A filter behind a filter behind a filter is real; more is somebody playing.

# Host, start of the path, and the query arguments that may hold the address.
_IN_QUERY = (
    (
        re.compile(
            r"(?:[\w-]+\.)*safelinks\.protection\.(?:outlook\.com|office365\.us|partner\.outlook\.cn)"
        ),
        "/",
        ("url",),
    ),
    (re.compile(r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?"), "/url", ("q", "url")),
    (re.compile(r"urldefense\.proofpoint\.com"), "/v1/url", ("u",)),
    (re.compile(r"linkprotect\.cudasvc\.com"), "/url", ("a",)),
    (re.compile(r"slack-redir\.net"), "/link", ("url",)),
)
_PROOFPOINT = re.compile(r"urldefense\.(?:com|us|proofpoint\.com)")
_V3 = re.compile(r"/v3/__(?P<url>.+?)__;(?P<kept>[\w-]*)", re.DOTALL)
# One star for one character, two stars and a letter for a run of them: A is two, B is three.
_STARS = re.compile(r"\*\*(?P<run>[\w-])|\*")
_RUNS = {
    letter: count
    for count, letter in enumerate(
        string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_", start=2
    )
}


def unwrap(url: str) -> str:
    """Return the address that a rewritten link leads to, and any other URL as it is."""
    for _ in range(DEPTH):
        inner = _once(url)
        if not inner.lower().startswith(("http://", "https://")):
            break
        url = inner
    return url


def _once(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if _PROOFPOINT.fullmatch(host):
            return _proofpoint(parts, url)
        return next(
            (_argument(parts, names) for form, path, names in _IN_QUERY if _is(parts, host, form, path)), ""
        )
    except ValueError:  # a host or a query that cannot be
        return ""


def _is(parts: SplitResult, host: str, form: re.Pattern[str], path: str) -> bool:
    return form.fullmatch(host) is not None and (parts.path or "/").startswith(path)


def _argument(parts: SplitResult, names: tuple[str, ...]) -> str:
    arguments = parse_qs(parts.query)
    return next((arguments[name][0] for name in names if name in arguments), "")


def _proofpoint(parts: SplitResult, url: str) -> str:
    if parts.path.startswith("/v3/"):
        match = _V3.search(url)
        return _restore(match["url"], match["kept"]) if match else ""
    if parts.path.startswith("/v2/"):
        return unquote(_argument(parts, ("u",)).replace("-", "%").replace("_", "/"))
    return _argument(parts, ("u",))


def _restore(url: str, kept: str) -> str:
    """Put the characters that v3 keeps aside, in base64, back where it left stars."""
    try:
        characters = iter(base64.urlsafe_b64decode(kept + "=" * (-len(kept) % 4)).decode())
    except (binascii.Error, UnicodeDecodeError):
        return url

    def star(match: re.Match[str]) -> str:
        wanted = _RUNS[match["run"]] if match["run"] else 1
        return "".join(islice(characters, wanted)) or match[0]

    return _STARS.sub(star, url)
