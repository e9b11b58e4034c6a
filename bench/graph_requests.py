"""One request for changes with two short events in its answer: the connector's CPU against a bare client's.

From the builder of Microsoft's SDK to events in our vocabulary, against aiohttp and json.loads, in turn.
"""

from __future__ import annotations

from bench.figures import Report, at_most, paired, spread
from bench.processes import child
from bench.size import Size

EVENTS = 2
WAYS = ("begin", "go on", "bare")


async def run(size: Size) -> Report:
    """Measure the CPU time of one request, ours built by the SDK and ours by Graph's link."""
    async with child("bench.graph_stub") as stub, child("bench.graph_client", stub.hello["url"]) as client:
        await stub.ask(do="change", events=EVENTS, long=False)
        await client.ask(do="begin")
        rounds = [
            {way: await client.ask(do=way, times=size.requests) for way in WAYS} for _ in range(size.rounds)
        ]
    built, linked, bare = ([one[way]["cpu"] for one in rounds] for way in WAYS)
    return Report(
        (
            at_most("graph_requests_ratio", paired(built, bare), None, "times the CPU of bare aiohttp"),
            at_most("graph_requests_link_ratio", paired(linked, bare), None, "times the CPU of bare aiohttp"),
        ),
        (
            f"built by the SDK, read as events: {spread(built, 1000)} ms of CPU",
            f"by Graph's own link, as all but the first: {spread(linked, 1000)} ms",
            f"bare aiohttp and json.loads: {spread(bare, 1000)} ms",
        ),
    )
