"""Writing events: by the API's clients and by people at their own calendars, through one core."""

# https://learn.microsoft.com/graph/api/resources/event

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sandbox.microsoft import guests, ids, mail, recurrence, teams
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.merging import NEW, NOWHERE, asked, settle
from sandbox.microsoft.rows import Row
from sandbox.microsoft.times import NEVER, stamp_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.microsoft.rows import Calendar, Mailbox
    from sandbox.microsoft.state import Graph

Json = dict[str, Any]

GLOBAL_ID: Final = "040000008200E00074C5B7101A82E008"
NOT_YET: Final = {"response": "notResponded", "time": NEVER}
RESPONSES: Final = ("accepted", "tentativelyAccepted", "declined")


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: a client of the API, or a person at Outlook; `if_match` is the state that is expected."""

    graph: Graph
    mailbox: Mailbox
    person: bool = False
    if_match: str | None = None

    def name_of(self, address: str) -> str:
        """Return the name of the person with that address, or the address."""
        user = self.graph.world.users.get(address.lower())
        return user.name if user else address


def insert(writer: Writer, calendar: Calendar, body: Mapping[str, Any]) -> Row:
    """Make an event; the same transactionId makes none again."""
    wanted = asked(body, new=True, person=writer.person)
    _writable(calendar)
    transaction, mailbox = wanted.get("transactionId"), writer.mailbox
    if transaction in mailbox.transactions:
        return _replayed(mailbox, wanted)
    key = ids.fresh(writer.graph.world.random)
    identity = _identity(writer, calendar, key) | {"transactionId": transaction}
    if stranger := wanted.get("organizer"):
        identity |= {"organizer": stranger, "isOrganizer": False, "responseStatus": NOT_YET}
    after = settle(identity, wanted, writer.name_of)
    stored = _commit(writer, calendar, Row(key, {}), None, after, wanted)
    if transaction:
        mailbox.transactions[transaction] = (wanted, key)
    return stored


def _replayed(mailbox: Mailbox, wanted: Json) -> Row:
    # https://github.com/alcionai/corso/issues/2490; the status is nowhere written down.
    first, key = mailbox.transactions[wanted["transactionId"]]
    calendar = mailbox.holder(key)
    if first != wanted or calendar is None:
        raise GraphError(
            409,
            "ErrorDuplicateTransactionId",
            "The client-supplied transaction id has already been used for another event.",
        )
    return calendar.rows[key]


def _writable(calendar: Calendar) -> None:
    if not calendar.can_edit:
        raise GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def _identity(writer: Writer, calendar: Calendar, key: str) -> Json:
    graph = writer.graph
    created = graph.tick()
    unique = f"00000000{'':0>8}{created:016X}{'':0>16}10000000{key.upper()}"
    name, address = calendar.owner_name, calendar.owner
    return {
        **NEW,
        "created": created,
        "uid": GLOBAL_ID + unique,
        "location": dict(NOWHERE),
        "organizer": {"emailAddress": {"name": name, "address": address}},
        "isOrganizer": True,
    }


def change(writer: Writer, calendar: Calendar, row: Row, body: Mapping[str, Any]) -> Row:
    """Change an event; a change of an occurrence makes an exception of it."""
    wanted = asked(body, new=False, person=writer.person)
    _writable(calendar)
    check_match(writer, row)
    if row.series is not None and "recurrence" in wanted:
        raise GraphError(400, "ErrorInvalidProperty", "An occurrence has no recurrence of its own.")
    before = calendar.whole(row)
    return _commit(writer, calendar, row, before, settle(before, wanted, writer.name_of), wanted)


def check_match(writer: Writer, row: Row) -> None:
    """Answer 412 when If-Match names another state than the present one."""
    key = ids.change_key(writer.mailbox.oid, row.stamp)
    if writer.if_match not in (None, "*", f'W/"{key}"', f'"{key}"'):
        raise GraphError(
            412,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in the request "
            "does not match the current change key for the item.",
        )


def _commit(
    writer: Writer, calendar: Calendar, row: Row, before: Json | None, after: Json, wanted: Json
) -> Row:
    graph, mailbox = writer.graph, writer.mailbox
    if "isDraft" in wanted:
        after["isDraft"] = bool(wanted["isDraft"])
    if after["isOrganizer"]:
        after = teams.settled(graph, mailbox.oid, calendar, after, wanted, person=writer.person)
    if row.series is not None and before is not None:
        _within(calendar, row, before, after)
    elif before is not None and any(before[name] != after[name] for name in guests.REBUILT):
        # Outlook says so: "any exceptions associated with this series will be lost".
        after["cancelled"] = ()
        for one in calendar.instances(row.key):
            calendar.drop(one.key, None)
    sending = after["isOrganizer"] and not after["isDraft"]
    if sending:
        after["sent"] = tuple(guests.people(after))
    instances = [(one, calendar.whole(one)) for one in calendar.instances(row.key)]
    stored = graph.put(mailbox, calendar, replace(row, body=calendar.differing(row, after)))
    teams.expected(graph, mailbox, stored, before, after)
    if sending:
        told = _told(before)
        guests.share(graph, mailbox, calendar, stored, told)
        mail.announce(graph, row.key, told, after)
        for one, was in instances:
            # A change of the series mails the guests once more for every changed occurrence.
            mail.announce(graph, one.key, was, calendar.whole(one))
    return stored


def _told(before: Json | None) -> Mapping[str, Any] | None:
    """Return what the guests know of an event: of one that was not sent since, only that there is one."""
    if before is None or not before["isDraft"]:
        return before
    return {"attendees": [{"emailAddress": {"address": one}} for one in before["sent"]]}


def _within(calendar: Calendar, row: Row, before: Json, after: Json) -> None:
    if row.original is None or all(before[name] == after[name] for name in ("start", "end")):
        return
    series = calendar.rows[row.series or ""]
    home = recurrence.home(series.body)
    beside = recurrence.neighbours(series.body, row.original)
    for at, is_later in zip(beside, (False, True), strict=True):
        other = calendar.find(ids.occurrence(series.key, at.astimezone(home).date())) if at else None
        if other is None:
            continue
        theirs = calendar.whole(other)
        first, second = (after, theirs) if is_later else (theirs, after)
        if first["end"] > second["start"]:
            raise GraphError(
                400,
                "ErrorOccurrenceCrossingBoundary",
                "Modified occurrence is crossing or overlapping adjacent occurrence.",
            )


def delete(writer: Writer, calendar: Calendar, row: Row) -> None:
    """Delete an event or an occurrence; the organizer's deletion calls it off for everybody."""
    _writable(calendar)
    check_match(writer, row)
    graph, mailbox, whole = writer.graph, writer.mailbox, calendar.whole(row)
    if row.series is not None:
        guests.strike(graph, mailbox, calendar, row)
    else:
        graph.remove(mailbox, calendar, row)
    if whole["isOrganizer"] and (whole["sent"] or not whole["isDraft"]):
        guests.call_off(graph, mailbox, row, whole)
        mail.announce(graph, row.key, whole, None)


def cancel(writer: Writer, calendar: Calendar, row: Row) -> None:
    """Call an event off; only its organizer can."""
    if not calendar.whole(row)["isOrganizer"]:
        raise GraphError(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. You need to be an organizer to cancel a meeting.",
        )
    delete(writer, calendar, row)


def move(writer: Writer, calendar: Calendar, row: Row, target: Calendar) -> Row:
    """Move an event or a series to another calendar of the mailbox; its ordinary id changes."""
    _writable(target)
    if row.series is not None:
        raise GraphError(400, "ErrorInvalidRequest", "An occurrence cannot be moved.")
    if target is calendar:
        return row
    graph, mailbox = writer.graph, writer.mailbox
    exceptions = calendar.instances(row.key)
    graph.remove(mailbox, calendar, row)
    moved = graph.put(mailbox, target, row)
    for one in exceptions:
        graph.put(mailbox, target, one)
    return target.rows[moved.key]


def copy(writer: Writer, calendar: Calendar, row: Row) -> Row:
    """Copy an event as Outlook does: with its extended properties and its Teams link, without its guests."""
    graph = writer.graph
    key = ids.fresh(graph.world.random)
    identity = _identity(writer, calendar, key)
    own = {name: identity[name] for name in ("created", "uid", "organizer", "isOrganizer", "responseStatus")}
    whole = {**calendar.whole(row), **own, "attendees": [], "transactionId": None, "recurrence": None}
    return graph.put(writer.mailbox, calendar, Row(key, {**whole, "cancelled": ()}))


def respond(writer: Writer, calendar: Calendar, row: Row, response: str) -> None:
    """Answer an invitation; who declines has no copy any more."""
    graph, mailbox, whole = writer.graph, writer.mailbox, calendar.whole(row)
    if response not in RESPONSES:
        raise GraphError(400, "ErrorInvalidRequest", f"response is one of {', '.join(RESPONSES)}")
    if whole["isOrganizer"]:
        raise GraphError(
            400, "ErrorInvalidRequest", "You can't respond to this meeting: you're the organizer."
        )
    if response != "declined":
        status = {"response": response, "time": stamp_text(graph.tick())}
        shown = {"responseStatus": status, "showAs": "busy" if response == "accepted" else "tentative"}
        graph.put(mailbox, calendar, replace(row, body=calendar.differing(row, whole | shown)))
    elif row.series is not None:
        guests.strike(graph, mailbox, calendar, row)
    else:
        graph.remove(mailbox, calendar, row)
    guests.send_answer(graph, mailbox, whole, row.original, response)
    mail.announce_answer(graph, row.key, whole, response)
