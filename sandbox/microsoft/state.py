"""What the simulated Graph knows: mailboxes with their calendars, and who listens to changes in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.microsoft import ids
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.post import Post
from sandbox.microsoft.resources import full
from sandbox.microsoft.rows import Calendar, Mailbox, Row, renewed
from sandbox.microsoft.times import micros

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sandbox.state import User, World


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to an event of a mailbox; change_type is created, updated or deleted."""

    email: str
    oid: str
    calendar: str
    default: bool
    event: str
    """The immutable id."""
    change_type: str
    change_key: str
    """As notifications write it: eight bytes longer than the event's own."""
    ordinary: str = ""
    """The id as those see it who do not ask for immutable ones."""


class Graph:
    """The whole of the simulated Graph in one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mailboxes: dict[str, Mailbox] = {}
        self.listeners: list[Callable[[Change], None]] = []
        self.secret = world.random.randbytes(16)
        """What makes tokens ours."""
        self.meetings: dict[str, dict[str, dict[str, Any]]] = {}
        """The online meetings that each mailbox made apart from any event, by id."""
        self.unpermitted: set[str] = set()
        """In whose name no online meetings may be made: no application access policy was granted."""
        self.minted: dict[str, list[str]] = {}
        """The Teams links that each event has had, by its key."""
        self._stamp = 0
        world.posts["microsoft"] = Post(self)

    @property
    def base(self) -> str:
        """Return where Graph is served."""
        return f"{self.world.url}/microsoft/v1.0"

    def tick(self) -> int:
        """Return the present moment in microseconds, later than any it returned before."""
        self._stamp = max(self._stamp + 1, micros(self.world.now()))
        return self._stamp

    def moment(self) -> datetime:
        """Return the present moment of the world."""
        return self.world.now()

    def mailbox(self, user_id: str) -> Mailbox:
        """Return the mailbox with that address or object id; answer 404 when there is none."""
        wanted = user_id.lower()
        if found := self.mailboxes.get(wanted):
            return found
        for mailbox in self.mailboxes.values():
            if mailbox.oid == wanted:
                return mailbox
        if "@" in wanted:
            raise GraphError(404, "ErrorInvalidUser", f"The requested user '{user_id}' is invalid.")
        raise GraphError(404, "ResourceNotFound", "Resource could not be discovered.")

    def calendar(self, mailbox: Mailbox, calendar_id: str) -> Calendar:
        """Return one of a mailbox's calendars; answer 404 when there is none."""
        found = mailbox.calendars.get(calendar_id)
        if found is None:
            raise GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return found

    def put(self, mailbox: Mailbox, calendar: Calendar, row: Row) -> Row:
        """Store a row as the latest change, with whatever changes by it, and tell whoever listens."""
        created = row.key not in calendar.rows and row.series is None
        before = [(one, calendar.whole(one)) for one in calendar.instances(row.key)]
        stored = renewed(row, self.tick())
        calendar.keep(stored)
        if row.series is None:
            mailbox.where[row.key] = calendar.id
            mailbox.uids[row.body["uid"]] = row.key
        self._tell(mailbox, calendar, row.key, "created" if created else "updated", stored.stamp)
        if row.series is not None:
            self._renew(mailbox, calendar, calendar.rows[row.series])
        for one, was in before:
            if calendar.whole(one) != was:
                self._renew(mailbox, calendar, one)
        return stored

    def _renew(self, mailbox: Mailbox, calendar: Calendar, row: Row) -> None:
        stored = renewed(row, self.tick())
        calendar.keep(stored)
        self._tell(mailbox, calendar, row.key, "updated", stored.stamp)

    def remove(self, mailbox: Mailbox, calendar: Calendar, row: Row) -> None:
        """Take an event or a series off its calendar, and tell whoever listens."""
        stamp = self.tick()
        calendar.drop(row.key, stamp)
        mailbox.where.pop(row.key, None)
        if mailbox.uids.get(row.body["uid"]) == row.key:
            del mailbox.uids[row.body["uid"]]
        self._tell(mailbox, calendar, row.key, "deleted", stamp)

    def _tell(self, mailbox: Mailbox, calendar: Calendar, key: str, kind: str, stamp: int) -> None:
        change = Change(
            email=mailbox.email,
            oid=mailbox.oid,
            calendar=calendar.id,
            default=calendar.default,
            event=ids.immutable(key),
            change_type=kind,
            change_key=ids.notified_key(mailbox.oid, stamp),
            ordinary=ids.ordinary(key, mailbox.oid, calendar.id),
        )
        for listener in tuple(self.listeners):
            listener(change)
        self.world.changed("event", calendar=calendar.id, id=change.event)

    def add_user(self, user: User, wanted: Mapping[str, Any]) -> None:
        """Give a person a mailbox with the calendars wanted, and always a default one."""
        mailbox = self.mailboxes.get(user.email)
        specs = list(wanted.get("calendars") or ())
        if mailbox is None:
            mailbox = Mailbox(email=user.email, name=user.name, oid=ids.guid(self.world.random))
            self.mailboxes[user.email] = mailbox
            if not any(spec.get("default") for spec in specs):
                specs = [{"name": "Calendar", "default": True}, *specs]
        for spec in specs:
            self.add_calendar(mailbox, spec)

    def add_calendar(self, mailbox: Mailbox, spec: Mapping[str, Any]) -> str:
        """Give a mailbox a calendar and return its id; of the default one that is there, change its ways."""
        default = bool(spec.get("default"))
        if default and mailbox.default:
            _adjust(mailbox.home, spec)
            return mailbox.default
        sharer = self.mailboxes.get(str(spec.get("shared_by", "")).lower(), mailbox)
        calendar = Calendar(
            id=ids.calendar_id(self.world.random),
            name=spec.get("name") or "Calendar",
            owner=str(spec.get("shared_by") or mailbox.email),
            owner_name=sharer.name,
            default=default,
            can_edit="shared_by" not in spec,
        )
        _adjust(calendar, spec)
        mailbox.calendars[calendar.id] = calendar
        mailbox.default = calendar.id if default else mailbox.default
        self.world.changed("calendar", user=mailbox.email, calendar=calendar.id)
        return calendar.id


def _adjust(calendar: Calendar, spec: Mapping[str, Any]) -> None:
    calendar.teams = bool(spec.get("teams", calendar.teams))
    calendar.can_edit = bool(spec.get("canEdit", calendar.can_edit))
    calendar.watchable = bool(spec.get("watchable", calendar.watchable))


def user_added(world: World, user: User, wanted: Mapping[str, Any]) -> None:
    """Give a new user a mailbox, unless another provider keeps their calendars."""
    graph = world.room(Graph)
    if user.home == "microsoft":
        graph.add_user(user, wanted)


def reset(world: World) -> None:
    """Forget everything."""
    world.leave(Graph)


def snapshot(world: World) -> dict[str, Any]:
    """Return every calendar with its events, and the Teams links that each event has had."""
    graph = world.room(Graph)
    now = graph.moment()
    calendars = {
        calendar.id: {
            "owner": mailbox.email,
            "name": calendar.name,
            "default": calendar.default,
            "events": [full(mailbox, calendar, row, now) for row in calendar.rows.values()],
        }
        for mailbox in graph.mailboxes.values()
        for calendar in mailbox.calendars.values()
    }
    return {"calendars": calendars, "teams": {ids.immutable(key): urls for key, urls in graph.minted.items()}}
