"""Durable doorbells against a bare aiohttp handler: the same loop, machine and load, in turn.

Then once more on a memory disk, which syncs at once: that tells our own share from the disk's.
"""

from __future__ import annotations

from bench.figures import Figure, Report, at_least, at_most, number, paired
from bench.processes import child
from bench.ringing import Found, Ringing, notes
from bench.size import Size


async def run(size: Size) -> Report:
    """Measure throughput and p99."""
    async with child("bench.load") as load, child("bench.doors", "bare") as bare:
        ringing = Ringing(load, bare, size, "google")
        async with child("bench.doors", "socket") as nothing:
            limit = (await ringing.fire(nothing, size.push_seconds))["rate"]
        disk = await ringing.rounds(size.rounds)
        memory = await ringing.in_memory()
    reaches = f"the load generator reaches {number(limit)}/s against nothing but a socket"
    return Report((*_figures(disk), _ours_alone(memory)), (reaches, *notes("bare aiohttp", disk, memory)))


def _figures(found: Found) -> tuple[Figure, ...]:
    (bare, ours), (bare_tail, our_tail) = found.all("rate"), found.all("p99")
    return (
        at_least("doorbell_throughput_ratio", paired(ours, bare), 0.6, "of bare aiohttp"),
        at_most("doorbell_p99_ratio", paired(our_tail, bare_tail), 3.0, "times bare aiohttp"),
        at_least("doorbell_rows_per_commit", found.group, None, "rows"),
    )


def _ours_alone(found: Found) -> Figure:
    bare, ours = found.all("rate")
    return at_least("doorbell_memory_disk_ratio", paired(ours, bare), None, "of bare aiohttp")
