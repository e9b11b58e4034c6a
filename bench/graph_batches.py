"""Batches of ten of Graph's notifications, durable, against a bare aiohttp handler that only parses them.

Half of the batches are about ten calendars, the other half about four of which some come again and again.
"""

from __future__ import annotations

from bench.figures import Report, at_least, at_most, paired
from bench.graph_notices import EACH
from bench.processes import child
from bench.ringing import Ringing, notes
from bench.size import Size

GOAL = 0.4


async def run(size: Size) -> Report:
    """Measure throughput and p99."""
    async with child("bench.load") as load, child("bench.doors", "parsing") as parsing:
        ringing = Ringing(load, parsing, size, "microsoft")
        disk = await ringing.rounds(size.rounds)
        memory = await ringing.in_memory()
    (bare, ours), (bare_tail, our_tail) = disk.all("rate"), disk.all("p99")
    memory_bare, memory_ours = memory.all("rate")
    return Report(
        (
            at_least("graph_batches_throughput_ratio", paired(ours, bare), GOAL, "of parsing alone"),
            at_most("graph_batches_p99_ratio", paired(our_tail, bare_tail), None, "times parsing alone"),
            at_least("graph_batches_per_commit", disk.group, None, f"batches of {EACH}"),
            at_least(
                "graph_batches_memory_disk_ratio", paired(memory_ours, memory_bare), None, "of parsing alone"
            ),
        ),
        notes("parsing alone", disk, memory),
    )
