"""Compare our records with a provider's list: meetings of ours that nobody needs, and events whose link is dead.

A look lists the meetings of one account or host, decides about those that carry a key, and then reads a few of the
meetings that the list has not shown to be sound; it comes back for the rest, so that one night's calls are few and
far between. It removes only what `orphans.judge` says is ours and too many, and never touches an event: for what
is dead or has changed it rings, and `check` and `reconcile` put it right.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from connectors.base import Listing, Meetings
from connectors.errors import NotFound, Rejected
from connectors.model import EventRef, Found, Meeting, MeetingRequest
from daemon.orphans import Claim, judge, too_many
from daemon.outside import Outside
from daemon.terms import Linked
from daemon.worker import Lease
from store import audits, calendars, conferences, linked, minted, profiles, work
from store.audits import Standing, Tally
from store.db import Store

log = structlog.get_logger(__name__)

NIGHT = 200  # meetings of one account or host that are read one by one in one audit
LOOK = 20  # of these in one look ...
PAUSE = 60.0  # ... and seconds until the next
APART = 2.0  # seconds between two dead links that are put right
MOST = 50  # meetings that one audit removes, and names that it keeps for people to see
STALE = 86_400.0  # seconds after which one that was broken off begins anew


@dataclass(frozen=True, slots=True)
class Audit:
    """The handler of `audit` work; its key is a service and whose meetings they are, as `store.audits` names them."""

    store: Store
    outside: Outside
    repair: bool  # whether every audit does more than tell

    async def __call__(self, lease: Lease) -> None:
        """List, or go on with what is still to be looked at."""
        row = await self.store.read(lambda conn: audits.get(conn, lease.job.key))
        if row is None:
            return  # no longer called for
        tally, now = row.tally, self.outside.now()
        if tally is None or tally.ended is not None or tally.begun < now - STALE:
            last = tally.last if tally else ""
            tally = Tally(begun=now, repair=self.repair or row.repair, last=last)
            try:
                tally = await self._listed(lease, tally)
            except Rejected as error:
                if error.reason not in {"not_configured", "unlinked"}:
                    raise
        for name in tally.todo[:LOOK]:
            tally = await self._looked_at(lease, tally, name)
        if tally.todo:
            await lease.finish(self._saving(lease, tally), self.outside.now() + PAUSE)
        else:
            await self._end(lease, tally, forced=row.repair)

    async def _listed(self, lease: Lease, tally: Tally) -> Tally:
        """Read the list, settle what is too many, and say which meetings are still to be looked at."""
        service, whose = _parted(lease)
        meetings = await self._meetings(service, whose)
        own, host = ("", whose) if not whose.startswith("cre_") else (whose, "")
        found = list(await meetings.ours(host)) if isinstance(meetings, Listing) else []
        ids = {one.id for one in found}
        for one in found:
            tally = await self._settled(lease, tally, meetings, one, ids)
        now = self.outside.now()
        known = await self.store.read(lambda conn: audits.standing(conn, service, own, host, now))
        urls = {one.id: one.join_url for one in found}
        doubtful = [one for one in known if not one.url or urls.get(one.id) != one.url]
        return replace(
            tally,
            listed=len(found),
            sound=len(known) - len(doubtful),
            todo=tuple(one.name for one in _turns(doubtful, tally.last)[:NIGHT]),
        )

    async def _settled(
        self, lease: Lease, tally: Tally, meetings: Meetings, found: Found, ids: set[str]
    ) -> Tally:
        """Judge one meeting by what is on disk at this moment, and remove it where that is so."""
        now = self.outside.now()
        whose = await lease.tx(lambda conn: judge(found, _claim(conn, found.key), ids, now))
        if whose == "strange":
            return replace(tally, strange=tally.strange + 1)
        if whose == "known":
            return tally
        tally = replace(tally, orphans=(*tally.orphans, found.id)[:MOST])
        if not tally.repair or tally.removed >= MOST:
            return tally
        service, _ = _parted(lease)
        meeting = Meeting(service, service, found.id, found.join_url, found.host)
        try:
            await meetings.cancel(found.key, meeting, MeetingRequest(EventRef("", ""), found.host), None)
        except Rejected as error:
            log.warning(
                "a meeting that no event needs stays", service=service, meeting=found.id, reason=str(error)
            )
            return tally
        log.warning("removed a meeting that no event needs", service=service, meeting=found.id)
        return replace(tally, removed=tally.removed + 1)

    async def _looked_at(self, lease: Lease, tally: Tally, name: str) -> Tally:
        """Read one meeting. It is off the list before it is read: one that cannot be read must not stop the rest."""
        tally = replace(tally, todo=tally.todo[1:], last=name)
        await lease.tx(self._saving(lease, tally))
        calendar, _, event = name.partition("/")
        known = await self.store.read(lambda conn: conferences.get(conn, calendar, event))
        if known is None or known.meeting is None or known.state != "live":
            return tally
        service, whose = _parted(lease)
        meetings = await self._meetings(service, whose, calendar)
        try:
            there = await meetings.get(known.meeting, known.request.at)
        except NotFound:
            return replace(tally, dead=(*tally.dead, name))
        except Rejected as error:
            # Neither gone nor in order, such as a webinar by now; asking again would tell no more.
            log.info(
                "a meeting could not be compared",
                service=service,
                meeting=known.meeting.id,
                reason=str(error),
            )
            return tally
        if (there.join_url, there.passcode) != (known.meeting.join_url, known.meeting.passcode):
            return replace(tally, changed=(*tally.changed, name))
        return replace(tally, sound=tally.sound + 1)

    async def _end(self, lease: Lease, tally: Tally, *, forced: bool) -> None:
        """Hand over what is to be put right, unless so much is wrong that it is not the meetings."""
        now = self.outside.now()
        wrong = [] if too_many(len(tally.dead), tally.sound) and not forced else list(tally.dead)
        wrong = [*wrong, *tally.changed] if tally.repair else []
        tally = replace(tally, ended=now, mended=len(wrong))
        facts = {"listed": tally.listed, "orphans": len(tally.orphans), "removed": tally.removed}
        facts |= {"strange": tally.strange, "dead": len(tally.dead), "changed": len(tally.changed)}
        bad = bool(tally.orphans or tally.dead or tally.changed)
        log.log(30 if bad else 20, "audited", audit=lease.job.key, mended=tally.mended, **facts)

        def commit(conn: sqlite3.Connection) -> None:
            audits.save(conn, lease.job.key, tally)
            for number, name in enumerate(wrong):
                work.ring(conn, "check", [name], now + number * APART)

        await lease.finish(commit)

    def _saving(self, lease: Lease, tally: Tally) -> _Saving:
        return _Saving(lease.job.key, tally)

    async def _meetings(self, service: str, whose: str, calendar: str = "") -> Meetings:
        """Return what makes these meetings. Raises Rejected where nothing does any more."""
        profile, own = await self.store.read(lambda conn: _way(conn, whose, calendar))
        if whose.startswith("cre_") and own is None:
            raise Rejected("the account is no longer linked", reason="unlinked")
        return self.outside.meetings(service, profile, own)


def ring_now(conn: sqlite3.Connection, services: Iterable[str], now: float, *, repair: bool) -> Sequence[str]:
    """Have everything compared at once, by the daemon that runs or the next one. Returns the audits' keys."""
    keys = audits.subjects(conn, services)
    audits.begin_all(conn, keys, now, repair=repair)
    work.ring(conn, "audit", keys, now)
    for key in keys:
        work.hurry(conn, key, now)  # what backs off after a failure does not hear that it is rung for
    return keys


@dataclass(frozen=True, slots=True)
class _Saving:
    """Keeps a tally, as part of a transaction."""

    key: str
    tally: Tally

    def __call__(self, conn: sqlite3.Connection) -> None:
        audits.save(conn, self.key, self.tally)


def _parted(lease: Lease) -> tuple[str, str]:
    service, _, whose = lease.job.key.partition("/")
    return service, whose


def _turns(doubtful: Sequence[Standing], last: str) -> list[Standing]:
    """Go on behind the one that was looked at last: in a few nights each has its turn."""
    return sorted(doubtful, key=lambda one: (one.name <= last, one.name))


def _claim(conn: sqlite3.Connection, key: str) -> Claim:
    ours = minted.get(conn, key)
    conference = audits.holder(conn, key)
    if ours is None:
        return Claim(conference=conference)
    return Claim(minted=True, asked=ours.asked, ended=ours.ended, conference=conference)


def _way(conn: sqlite3.Connection, whose: str, calendar: str) -> tuple[str, Linked | None]:
    """Return the calendar profile on whose behalf a service is asked, and the linked account that it is asked with."""
    row = calendars.get(conn, calendar) if calendar else None
    working = [one.id for one in profiles.everyone(conn) if one.trouble is None]
    profile = row.profile if row else next(iter(working), "")
    sharing = linked.sharing(conn, whose) if whose.startswith("cre_") else ()
    for one in sharing:
        own = Linked(one.id, one.provider, one.credential, one.trouble or "", one.person, one.name)
        return profile, own
    return profile, None
