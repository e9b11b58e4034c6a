"""A long page of changed Outlook events, read by the real connector while somebody else wants the loop.

One of them is a series, and some are changed occurrences of it, which are then told once more with it.
Against a bare client that fetches the same page and parses its JSON, in the same process, in turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.figures import Figure, Report, at_most, number, paired, spread
from bench.processes import BenchError, Child, Json, child
from bench.size import Size

GOAL = 20.0  # milliseconds
WAYS = ("go on", "again", "bare", "json", "collect")

Round = dict[str, Json]


async def run(size: Size) -> Report:
    """Measure how long the loop is held at most, and what a page takes."""
    async with child("bench.graph_stub") as stub, child("bench.graph_client", stub.hello["url"]) as client:
        page = await stub.ask(do="change", events=size.page_events, long=True)
        first = await client.ask(do="begin", watched=True)
        rounds = [await _round(stub, client, size.page_events) for _ in range(size.rounds)]
    return Report(_figures(rounds), _notes(size.page_events, page, first, rounds))


async def _round(stub: Child, client: Child, events: int) -> Round:
    """Let the events change, then read them in each way: ours once when all is new, and once when nothing is."""
    await stub.ask(do="change", events=events, long=True)
    found = {}
    for way in WAYS:
        await stub.ask(do="count")
        found[way] = await client.ask(do="go on" if way == "again" else way, watched=True)
        found[way] |= await stub.ask(do="count")
    if found["go on"]["found"] != events:
        raise BenchError(f"{found['go on']['found']} of {events} events were read")
    return found


def _figures(rounds: Sequence[Round]) -> tuple[Figure, ...]:
    held, bare = ([_ms(one[way]["held"]) for one in rounds] for way in ("go on", "bare"))
    parsing = [one["json"]["found"] for one in rounds]
    whole, known = ([one[way]["cpu"] for one in rounds] for way in ("go on", "again"))
    collections = [_ms(one["collect"]["held"]) for one in rounds]
    return (
        at_most("graph_page_stall", max(held), GOAL, "ms at most"),
        at_most("graph_page_stall_ratio", paired(held, bare), None, "times a bare client's"),
        at_most("graph_page_collection", max(collections), GOAL, "ms a garbage collection"),
        at_most("graph_page_ratio", paired(whole, parsing), None, "times the CPU of json.loads"),
        at_most("graph_page_known_ratio", paired(known, parsing), None, "times the CPU of json.loads"),
    )


def _notes(events: int, page: Json, first: Json, rounds: Sequence[Round]) -> tuple[str, ...]:
    def ms(way: str, what: str) -> str:
        return spread([_ms(one[way][what]) for one in rounds])

    calls = rounds[-1]["go on"]["calls"] - 1
    return (
        f"{events} events, {number(page['bytes'] / 1e3)} kB of JSON, {number(page['packed'] / 1e3)} kB packed",
        f"the loop is held for {ms('go on', 'held')} ms at most, by a bare client for {ms('bare', 'held')} ms",
        f"with what other processes take from it: {ms('go on', 'stall')} ms, bare {ms('bare', 'stall')} ms",
        f"by the very first page, with sign-in: {number(_ms(first['held']))} ms",
        f"all new: {ms('go on', 'cpu')} ms of CPU, {ms('go on', 'seconds')} ms in all, {calls} calls besides",
        f"all known: {ms('again', 'cpu')} ms of CPU; bare {ms('bare', 'cpu')}; json.loads {ms('json', 'found')}",
    )


def _ms(seconds: float) -> float:
    return seconds * 1000
