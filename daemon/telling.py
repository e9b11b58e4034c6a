"""What applications are to be told, noted in the transaction in which it happens; `deliver.py` brings it to them.

Each of these costs one look into an empty table where there is nobody to tell.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Literal

from connectors.model import Conference, Event
from daemon import told, transitions
from store import api_channels, deliveries, managed
from store.calendars import Calendar
from store.managed import Managed
from webhooks import outgoing

MARGIN = 1.0  # seconds: times in notifications are rounded, and what an application reads must hold all
FAILING = "failing"  # stands in Wish.told beside the link that was told

Interaction = Literal["conferencing_assigned", "conferencing_failing"]


def calendar_changed(
    conn: sqlite3.Connection,
    calendar: Calendar,
    names: Collection[str],
    since: float,
    now: float,
    *,
    but: str = "",
) -> None:
    """Tell of events that have changed, at `since` or later: the channels that want to hear of this calendar.

    Call it with what others have done (a listing, a read), never with what this process has written for an application;
    or give that application's client id as `but`, who needs no echo.
    """
    if not names:
        return
    mine = managed.among(conn, calendar.id, names)
    for one in mine:
        if one.wish.subscriptions:
            transitions.follow(conn, one, told.stored(conn, one)[0], now)
    managers = {one.application for one in mine}
    for channel in api_channels.hearing(conn, calendar.profile):
        elsewhere = bool(channel.calendar_ids) and calendar.id not in channel.calendar_ids
        strange = channel.only_managed and channel.application not in managers
        if not elsewhere and not strange and channel.application != but:
            api_channels.changed(conn, channel.id, since - MARGIN)
            deliveries.notify(conn, channel, "change", now)


def profile_lost(conn: sqlite3.Connection, profile: str, now: float) -> None:
    """Tell that the calendars of a profile cannot be reached any more. Call it where that has just been noted."""
    for one in api_channels.hearing(conn, profile):
        deliveries.notify(conn, one, "profile_disconnected", now)


def conferencing_profile_lost(conn: sqlite3.Connection, account: str, now: float) -> None:
    """Tell that an account of a person's at a conferencing service does not work any more."""
    for one in api_channels.hearing_account(conn, account):
        deliveries.notify(conn, one, "conferencing_profile_disconnected", now)


def conference_told(
    conn: sqlite3.Connection,
    one: Managed,
    event: Event | None,
    known: Conference | None,
    now: float,
    *,
    failing: bool = False,
) -> None:
    """Tell of a link that can be read on the event now, once, and that there is none for now, once until there is one.

    Call it in the transaction that keeps an event and its conference (`event`, `known`: as they are kept, None where
    there is none), and in the one that keeps a failure, with `failing`. What has been told is kept with the wish,
    whether or not anybody wanted to hear it: who subscribes later hears what happens later.
    """
    current = managed.get(conn, one.name)
    if current is None or current.gone:
        return
    link, before = told.link_of(known), current.wish.told
    trouble = f"{FAILING} {current.wish.profile_id}"
    body = told.shown(current, event, known)
    if link and (link not in before or trouble in before):
        _interact(conn, current, "conferencing_assigned", body, now)
    if not link and failing and trouble not in before:
        _interact(conn, current, "conferencing_failing", body, now)
    after = _after(before, link, known, trouble if failing or trouble in before else "")
    if after != before:
        managed.keep_told(conn, current, after)


def _after(before: tuple[str, ...], link: str, known: Conference | None, trouble: str) -> tuple[str, ...]:
    """Return what counts as told from now on. A link that is taken off is told again when it comes back."""
    if link:
        return (link,)
    off = known is None or known.state == "leaving"
    stays = () if off else tuple(entry for entry in before if not entry.startswith(FAILING))
    return (*stays, trouble) if trouble else stays


def _interact(
    conn: sqlite3.Connection, one: Managed, kind: Interaction, event: outgoing.Body, now: float
) -> None:
    if not one.wish.subscriptions or not told.may_hear(conn, one):
        return
    for subscription in one.wish.subscriptions:
        if any(wish["type"] == kind for wish in subscription.get("interactions", ())):
            body = outgoing.interaction(kind, event)
            deliveries.tell(conn, one.application, one.name, subscription["uri"], body, now)
