"""Durable upserts of events against a bare aiohttp handler that only parses and validates them."""

from __future__ import annotations

from bench.figures import Report, at_least, at_most, paired
from bench.processes import child
from bench.ringing import Ringing, notes
from bench.size import Size

GOAL = 0.5


async def run(size: Size) -> Report:
    """Measure throughput and p99."""
    async with child("bench.load") as load, child("bench.callers", "validating") as validating:
        ringing = Ringing(load, validating, size, "upserts", doors="bench.callers")
        disk = await ringing.rounds(size.rounds)
        memory = await ringing.in_memory()
    (bare, ours), (bare_tail, our_tail) = disk.all("rate"), disk.all("p99")
    memory_bare, memory_ours = memory.all("rate")
    return Report(
        (
            at_least("upserts_throughput_ratio", paired(ours, bare), GOAL, "of validating alone"),
            at_most("upserts_p99_ratio", paired(our_tail, bare_tail), None, "times validating alone"),
            at_least("upserts_per_commit", disk.group, None, "events"),
            at_least(
                "upserts_memory_disk_ratio", paired(memory_ours, memory_bare), None, "of validating alone"
            ),
        ),
        notes("validating alone", disk, memory),
    )
