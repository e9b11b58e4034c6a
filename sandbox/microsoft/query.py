"""What a request says about its answer: Prefer, $select, $expand, $filter, $orderby and paging."""

# https://learn.microsoft.com/graph/query-parameters

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.merging import property_id
from sandbox.microsoft.resources import ON_REQUEST, View, uid
from sandbox.microsoft.shapes import READ_ONLY, WRITABLE
from sandbox.microsoft.times import known_zone, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from aiohttp import web

    from sandbox.microsoft.rows import Row

Json = dict[str, Any]

PREFERENCE = re.compile(r'([A-Za-z.-]+)\s*(?:=\s*(?:"([^"]*)"|([^,;\s]*)))?')
EXPANDED = re.compile(r"singleValueExtendedProperties\(\$filter=(.*)\)", re.IGNORECASE)
ONE_ID = re.compile(r"id eq '((?:[^']|'')*)'", re.IGNORECASE)
HAS_PROPERTY = re.compile(
    r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id eq '([^']*)'(?: and \1/value eq '([^']*)')?\s*\)",
    re.IGNORECASE,
)
HAS_CATEGORY = re.compile(r"categories/any\(\s*(\w+)\s*:\s*\1 eq '((?:[^']|'')*)'\s*\)", re.IGNORECASE)
COMPARED = re.compile(
    r"(iCalUId|subject|transactionId|start/dateTime|end/dateTime) (eq|ge|gt|le|lt) '((?:[^']|'')*)'"
)
KNOWN: Final = frozenset((*WRITABLE, *READ_ONLY)) - {"singleValueExtendedProperties", "uid"}
ORDERS: Final = {
    "start/datetime": lambda whole: whole["start"],
    "end/datetime": lambda whole: whole["end"],
    "subject": lambda whole: whole["subject"],
    "createddatetime": lambda whole: whole["created"],
}
USUAL_PAGE, LARGEST_PAGE = 10, 1_000


def preferences(request: web.Request) -> dict[str, str]:
    """Return what the Prefer headers say, names in lower case."""
    found: dict[str, str] = {}
    for line in request.headers.getall("Prefer", ()):
        for name, quoted, bare in PREFERENCE.findall(line):
            found[name.lower()] = quoted or bare
    return found


def view(request: web.Request, now: datetime) -> View:
    """Return how a request wants events to be shown; answer 400 to what cannot be read."""
    wished = preferences(request)
    zone_name = wished.get("outlook.timezone", "UTC")
    properties, exceptions = _expanded(request.query.get("$expand", ""))
    return View(
        now=now,
        zone=known_zone(zone_name),
        zone_name=zone_name,
        immutable=wished.get("idtype", "").lower() == "immutableid",
        text=wished.get("outlook.body-content-type", "").lower() == "text",
        select=_selected(request.query.get("$select", "")),
        properties=properties,
        exceptions=exceptions,
    )


def applied(request: web.Request) -> dict[str, str]:
    """Return the header that says which preferences were heeded."""
    heeded = ("outlook.timezone", "outlook.body-content-type", "idtype", "odata.maxpagesize")
    names = {"idtype": "IdType"}
    said = [f'{names.get(k, k)}="{v}"' for k, v in preferences(request).items() if k in heeded]
    return {"Preference-Applied": ", ".join(said)} if said else {}


def _selected(text: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := names - KNOWN - set(ON_REQUEST):
        raise bad(
            f"Parsing OData Select and Expand failed: Could not find a property named '{min(unknown)}' on type "
            "'Microsoft.OutlookServices.Event'."
        )
    return names


def _expanded(text: str) -> tuple[frozenset[str], bool]:
    properties: set[str] = set()
    exceptions = False
    for part in split(text, ","):
        if part == "exceptionOccurrences":
            exceptions = True
        elif match := EXPANDED.fullmatch(part):
            properties |= {_property(one) for one in re.split(r"\s+or\s+", match[1])}
        else:
            raise bad(f"Parsing OData Select and Expand failed: '{part}' cannot be expanded here.")
    return frozenset(properties), exceptions


def _property(clause: str) -> str:
    match = ONE_ID.fullmatch(clause.strip())
    name = property_id(match[1].replace("''", "'")) if match else None
    if name is None:
        raise GraphError(
            400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes."
        )
    return name


def split(text: str, separator: str) -> list[str]:
    """Split a text at a separator, but not within brackets."""
    parts, depth, last, at = [], 0, 0, 0
    while at < len(text):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0 and text.startswith(separator, at):
            parts.append(text[last:at])
            last = at = at + len(separator)
        else:
            at += 1
    return [part.strip() for part in (*parts, text[last:]) if part.strip()]


def tests(text: str) -> list[Callable[[Row, Mapping[str, Any]], bool]]:
    """Return what a $filter asks of an event and its row; answer 400 to what is not simulated."""
    return [_test(clause) for clause in split(text, " and ")]


def _test(clause: str) -> Callable[[Row, Mapping[str, Any]], bool]:
    if match := HAS_PROPERTY.fullmatch(clause):
        name, value = property_id(match[2]) or "", match[3]
        # The name is case-sensitive, the value is not.
        return lambda _, whole: (
            name in whole["properties"]
            and (value is None or whole["properties"][name].lower() == value.lower())
        )
    if match := HAS_CATEGORY.fullmatch(clause):
        category = match[2].replace("''", "'").lower()
        return lambda _, whole: category in (one.lower() for one in whole["categories"])
    if match := COMPARED.fullmatch(clause):
        return _comparison(match[1], match[2], match[3].replace("''", "'"))
    raise GraphError(
        400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes."
    )


def _comparison(name: str, how: str, text: str) -> Callable[[Row, Mapping[str, Any]], bool]:
    wanted: Any = moment(text, name) if "/" in name else text

    def value(row: Row, whole: Mapping[str, Any]) -> Any:
        return uid(whole["uid"], row.key) if name == "iCalUId" else whole[name.partition("/")[0]]

    match how:
        case "eq":
            return lambda row, whole: bool(value(row, whole) == wanted)
        case "ge":
            return lambda row, whole: bool(value(row, whole) >= wanted)
        case "gt":
            return lambda row, whole: bool(value(row, whole) > wanted)
        case "le":
            return lambda row, whole: bool(value(row, whole) <= wanted)
        case _:
            return lambda row, whole: bool(value(row, whole) < wanted)


def order(text: str) -> tuple[Callable[[Mapping[str, Any]], Any], bool]:
    """Return by what $orderby sorts, and whether downwards; answer 400 to what is not simulated."""
    name, _, direction = text.strip().partition(" ")
    key = ORDERS.get(name.lower())
    if key is None:
        raise bad(f"Ordering by '{name}' is not supported.")
    return key, direction.strip().lower() == "desc"


def number(request: web.Request, name: str, otherwise: int) -> int:
    """Return a number of the query; answer 400 when it is none, or negative."""
    text = request.query.get(name, str(otherwise))
    if not text.isdecimal():
        raise bad(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def page_size(request: web.Request, usual: int = USUAL_PAGE) -> int:
    """Return how many items a page has."""
    wished = preferences(request).get("odata.maxpagesize", "")
    size = number(request, "$top", int(wished) if wished.isdecimal() else usual)
    return max(1, min(size, LARGEST_PAGE))


def bad(message: str) -> GraphError:
    """Return the error for a query that cannot be read."""
    return GraphError(400, "RequestBroker--ParseUri", message)
