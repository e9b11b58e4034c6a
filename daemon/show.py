"""Show people what the database tells: the facts of `daemon.report`, as tables and sentences."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from daemon.given import sentences
from daemon.plain import plain
from daemon.report import Facts


def print_status(facts: Facts, console: Console | None = None) -> None:
    """Show the status to people."""
    console, facts = console or Console(), plain(facts)
    _table(console, "Accounts", facts["accounts"], ("provider", "address", "connected", "trouble"))
    if facts["conferencing"]:
        columns = (
            "id",
            "account",
            "provider",
            "name",
            "connected",
            "default",
            "events",
            "waiting",
            "trouble",
        )
        _table(console, "Conferencing accounts", facts["conferencing"], columns)
    for one in facts["conferencing"]:
        if one["relink"]:
            console.print(f"[red]Link {one['name']} again[/red]: {one['relink']}", soft_wrap=True)
    _table(
        console, "Calendars", facts["calendars"], ("calendar", "name", "pushes", "channel_expires", "synced")
    )
    counts = ", ".join(f"{count} {state}" for state, count in facts["conferences"].items()) or "none yet"
    console.print(f"Conferences: {counts}.")
    console.print("Work: " + ", ".join(f"{count} {state}" for state, count in facts["work"].items()) + ".")
    for one in facts["audits"]:
        console.print(_audited(one))
    for one in facts["settings_not_taken"]:
        names = ", ".join(one["settings"])
        console.print(f"[red]Not taken[/red] by {one['service']}: {names}, for event {one['event']}.")
    if facts["failing"]:
        _table(console, "Does not work", facts["failing"], ("work", "attempts", "again", "why"))
    _print_applications(facts, console)
    for who, used in facts["spent_today"].items():
        console.print(f"{used} creates, updates and cancels today: {who}.")


def _print_applications(facts: Facts, console: Console) -> None:
    told = facts["notifications"]
    if facts["applications"]:
        columns = ("application", "accounts", "events", "owed", "without_conference")
        _table(console, "Applications", facts["applications"], columns)
    if told["channels"] or told["waiting"]:
        console.print(f"Notifications: {told['channels']} channels, {told['waiting']} not yet arrived.")
    if told["given_up"]:
        _table(console, "Not told", told["given_up"], ("at", "what", "application", "channel", "url", "why"))


def _audited(one: Facts) -> str:
    """Say in a few words what an audit found."""
    state = f"ended {one['ended']}" if one["ended"] else f"under way since {one['begun']}"
    parts = [f"{one['sound']} as they should be"]
    for word, what in (("dead", "gone"), ("changed", "changed"), ("orphans", "that no event needs")):
        if one[word]:
            parts.append(f"{len(one[word])} {what} ({', '.join(one[word][:3])})")
    if one["strange"]:
        parts.append(f"{one['strange']} with a key, and not surely ours")
    parts += [f"{one[word]} {word}" for word in ("removed", "mended") if one[word]]
    return f"Audit of {one['audit']} ({one['mode']}), {state}: {', '.join(parts)}."


def _table(console: Console, title: str, rows: Sequence[Facts], columns: Sequence[str]) -> None:
    table = Table(title=f"{title} ({len(rows)})", title_justify="left", show_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    console.print(table)


def _cell(value: object) -> str:
    words = {True: "yes", False: "no", None: "–"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def print_reasons(needle: str, found: Sequence[Facts], console: Console | None = None) -> None:
    """Show the explanations to people."""
    console, found = console or Console(), plain(found)
    if not found:
        console.print(
            f"No event is known by {plain(repr(needle))}. It may be over, in a calendar that is not watched,"
        )
        console.print("or not read yet: `huddled status` tells when each calendar was last read.")
    for one in found:
        console.rule(f"{one['title'] or '(gone)'} · {one['starts'] or ''} · {one['calendar']}", align="left")
        console.print(one["verdict"])
        meeting, wish = one["conference"], one["application"]
        if wish:
            how = "the calendar has it" if wish["followed"] else "the calendar does not have it yet"
            console.print(
                f"{wish['application']} manages it as {wish['event_id']} and asks for {wish['asks']}: {how}."
            )
        if one["account"]:
            _print_account(one["account"], console)
        if meeting:
            console.print(
                f"Conference {meeting['key']} ({meeting['service']}) is {meeting['state']}"
                f"{': ' + meeting['join_url'] if meeting['join_url'] else '.'}"
            )
        for told in sentences(one["settings"]) if one["settings"] else ():
            console.print(told, soft_wrap=True)
        console.print(f"Owed now: {one['owed'] or 'nothing'}.")
        if one["failing"]:
            failing = one["failing"]
            console.print(f"[red]Failing[/red], again at {failing['again']}: {failing['why']}")
        for fact in one["history"]:
            console.print(f"  {fact['at']}  {fact['what']}  [dim]{fact['detail']}[/dim]")


def _print_account(account: Facts, console: Console) -> None:
    if account["connected"]:
        return
    console.print(f"[red]That account does not work[/red]: {account['trouble']}.")
    if account.get("relink"):
        console.print(f"To link it again: {account['relink']}", soft_wrap=True)
