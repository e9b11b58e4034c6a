"""Turns the HTML of event descriptions into readable text and back: enough for calendars, not a browser.

Descriptions are of three kinds. Where `html` is True they are HTML, where it is False they are plain text,
and where it is None they are what Google Calendar keeps: text that is HTML as soon as it holds a tag
or an entity.
"""

from __future__ import annotations

import html as entities
import re
from collections import defaultdict, deque
from collections.abc import Iterator

_NAMES = (
    r"a|abbr|address|b|big|blockquote|body|br|center|code|col|colgroup|dd|del|div|dl|dt|em|font|footer|h[1-6]"
    r"|head|header|hr|html|html-blob|i|img|ins|li|link|main|mark|meta|nav|o:p|ol|p|pre|q|s|script|section|small|span|strike"
    r"|strong|style|sub|sup|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|wbr"
)
# Only names that HTML knows: "Join<https://…>" and "<ada@example.com>" are text.
TAG = re.compile(rf"<(?P<close>/?)(?P<name>{_NAMES})(?P<rest>(?:[\s/][^<>]*)?)>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_TOKEN = re.compile(rf"<!--|-->|{TAG.pattern}", re.IGNORECASE)
TARGET = re.compile(
    r"""(?<![\w-])(?P<name>originalsrc|href)\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<u>[^\s"']+))""",
    re.IGNORECASE,
)
_VOID = frozenset({"br", "col", "hr", "img", "link", "meta", "wbr"})
_HIDDEN = frozenset({"!--", "head", "script", "style", "title"})
_BLOCKS = frozenset(
    "blockquote br center dd div dl dt footer h1 h2 h3 h4 h5 h6 header "
    "hr li ol p pre section table tr ul".split()
)
_SEPARATES = {"td": " ", "th": " "} | dict.fromkeys(_BLOCKS, "\n")
_FOOT = re.compile(r"<!--|-->|</(body|html)\s*>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")


def is_html(text: str) -> bool:
    """Tell whether the text holds a tag."""
    return TAG.search(text) is not None


def unescape(text: str) -> str:
    """Decode whole entities only: `&copy=` inside a URL stays as it is, as browsers have it."""
    return _ENTITY.sub(lambda m: entities.unescape(m[0]), text) if "&" in text else text


def escape(text: str) -> str:
    """Encode what HTML would read as mark-up."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def target(attributes: str) -> str:
    """Return where an anchor with these attributes leads, and "" where it leads nowhere.

    Outlook keeps the address before its own rewriting in `originalsrc`.
    """
    found = {m["name"].lower(): m["d"] or m["s"] or m["u"] or "" for m in TARGET.finditer(attributes)}
    return unescape(found.get("originalsrc") or found.get("href") or "").strip()


def readable(text: str, *, html: bool | None = None) -> str:
    """Return what a person reads: no tags, entities decoded, the address behind a link after its words."""
    plain = html is False or not ("<" in text or "&" in text)
    seen = text if plain else "".join(_pieces(text))
    lines = (line.strip() for line in seen.replace("\xa0", " ").splitlines())
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def visible(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each stretch of HTML is that people see, with its entities: no tag, comment or style sheet."""
    hidden, position = "", 0
    for token in _TOKEN.finditer(text):
        name, closes = _name(token)
        if hidden:
            hidden = "" if closes and name == hidden else hidden
        else:
            yield position, token.start()
            hidden = name if name in _HIDDEN and not closes else ""
        position = token.end()
    if not hidden:
        yield position, len(text)


def foot(text: str) -> int:
    """Return where the visible text of a whole HTML document ends."""
    ends: dict[str, int] = {}
    comment = len(text)
    for found in _FOOT.finditer(text):
        if comment < found.start():
            comment = len(text) if found[0] == "-->" else comment
        elif found[0] == "<!--":
            comment = found.start()
        elif found[1]:
            ends[found[1].lower()] = found.start()
    return ends.get("body", ends.get("html", comment))


def unpaired(region: str) -> str:
    """Return the tags that only open or only close inside the region: the text around it needs them."""
    closing: list[tuple[str, str]] = []
    still: dict[int, tuple[str, str]] = {}  # opening tags by where they stand
    places: defaultdict[str, list[int]] = defaultdict(list)
    for tag in TAG.finditer(region):
        name = tag["name"].lower()
        if name in _VOID or tag["rest"].endswith("/"):
            continue
        if not tag["close"]:
            still[tag.start()] = (name, tag[0])
            places[name].append(tag.start())
        elif places[name]:
            del still[places[name].pop()]
        else:
            closing.append((name, tag[0]))
    opening = deque(still.values())
    while closing and opening and closing[-1][0] == opening[0][0]:
        closing.pop()
        opening.popleft()
    return "".join(tag for _, tag in [*closing, *opening])


def _pieces(text: str) -> Iterator[str]:
    """Yield the visible text, piece by piece."""
    hidden, url, words, position = "", "", "", 0
    for token in _TOKEN.finditer(text):
        name, closes = _name(token)
        if hidden:
            hidden = "" if closes and name == hidden else hidden
        else:
            piece = unescape(text[position : token.start()])
            words += piece if url else ""
            yield piece
            if name == "a":
                yield _behind(url, words)
                url, words = target(token["rest"] or ""), ""
            hidden = name if name in _HIDDEN and not closes else ""
            yield "-->" if token[0] == "-->" else _SEPARATES.get(name, "")
        position = token.end()
    rest = "" if hidden else unescape(text[position:])
    yield rest + _behind(url, words + rest)


def _name(token: re.Match[str]) -> tuple[str, bool]:
    if token["name"] is None:
        return "!--", token[0] == "-->"
    return token["name"].lower(), bool(token["close"])


def _behind(url: str, words: str) -> str:
    """Return the address of the link that ends here where its words do not show it."""
    return f" <{url}>" if "://" in url and url not in words else ""
