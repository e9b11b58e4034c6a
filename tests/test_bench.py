"""The benchmarks run, in a tiny size: what they measure is not looked at here, only that they do."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import BENCHMARKS
from bench.costs import SECTIONS
from bench.figures import Figure, at_least, at_most, lines, paired, percentile, table
from bench.size import TINY

ROOT = Path(__file__).resolve().parents[1]
GOALS = {  # what issues 2, 3 and 5 ask for
    "doorbell_throughput_ratio": (0.6, True),
    "doorbell_p99_ratio": (3.0, False),
    "conferencing_ratio": (0.5, True),
    "doorbell_to_link_ratio": (1.5, False),
    "idle_memory": (150.0, False),
    "graph_batches_throughput_ratio": (0.4, True),
    "graph_page_stall": (20.0, False),
    "graph_page_collection": (20.0, False),
    "upserts_throughput_ratio": (0.5, True),
    **{f"reading_{place}_pages_ratio": (1.5, False) for place in ("first", "middle", "last")},
}
NAMES = {
    "doorbell": {
        "doorbell_throughput_ratio",
        "doorbell_p99_ratio",
        "doorbell_rows_per_commit",
        "doorbell_memory_disk_ratio",
    },
    "conferencing": {"conferencing_ratio", "conferencing_20ms_ratio"},
    "links": {"doorbell_to_link_ratio"},
    "calls": {
        f"calls_{service}_{kind}"
        for service in ("zoom", "meet")
        for kind in ("flag", "retitle", "move", "attendee", "unflag", "cancel")
    },
    "idle": {"idle_memory", "start_seconds", "start_ratio"},
    "costs": {f"cost_{provider}_{what}" for provider in SECTIONS for what in ("memory", "start")},
    "rows": {"work_rows_per_second", "work_rows_ratio", "work_rows_per_commit"},
    "graph_batches": {
        "graph_batches_throughput_ratio",
        "graph_batches_p99_ratio",
        "graph_batches_per_commit",
        "graph_batches_memory_disk_ratio",
    },
    "graph_page": {
        "graph_page_stall",
        "graph_page_stall_ratio",
        "graph_page_collection",
        "graph_page_ratio",
        "graph_page_known_ratio",
    },
    "graph_requests": {"graph_requests_ratio", "graph_requests_link_ratio"},
    "upserts": {
        "upserts_throughput_ratio",
        "upserts_p99_ratio",
        "upserts_per_commit",
        "upserts_memory_disk_ratio",
    },
    "reading": {
        "reading_first_page_ratio",
        "reading_first_pages_ratio",
        "reading_middle_pages_ratio",
        "reading_last_pages_ratio",
        "reading_events_per_second",
    },
}
SOME = (
    at_least("speed", 12345.678, 0.5, "x"),
    at_most("wait", 3.0, 2.0, "s"),
    at_most("size", 0.25, None, "MB"),
)


def children() -> set[str]:
    """Return the processes that the thread of this test has started and that are still there."""
    return {pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}


@pytest.mark.system
@pytest.mark.parametrize("name", sorted(BENCHMARKS))
async def test_every_benchmark_runs_gives_figures_and_leaves_no_process_behind(name):
    before = children()
    report = await BENCHMARKS[name](TINY)
    assert {figure.name for figure in report.figures} == NAMES[name]
    assert all(math.isfinite(figure.value) and figure.value > 0 for figure in report.figures)
    assert all(GOALS.get(one.name, (one.goal, one.higher_is_better)) == (one.goal, one.higher_is_better)
               for one in report.figures)  # fmt: skip
    assert report.notes
    assert children() <= before


def test_every_goal_of_the_issues_has_its_figure():
    assert set(GOALS) <= {name for names in NAMES.values() for name in names}


@pytest.mark.system
def test_the_command_ends_with_a_json_object_a_line():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--tiny", "rows"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [one["name"] for one in told] == [
        "work_rows_per_second",
        "work_rows_ratio",
        "work_rows_per_commit",
    ]
    assert done.stdout.splitlines()[-3:] == [json.dumps(one) for one in told]
    assert all(set(one) == {"name", "value", "goal", "unit", "higher_is_better"} for one in told)


def test_a_benchmark_that_does_not_exist_is_refused():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "nonsense"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "nonsense" in done.stderr


def test_the_table_says_what_was_missed():
    assert table(SOME).splitlines() == [
        "figure   value   goal  unit",
        "speed   12,346  ≥ 0.5  x     ok",
        "wait         3    ≤ 2  s     MISSED",
        "size      0.25         MB",
    ]


def test_each_figure_is_one_line_of_json():
    first, *rest = lines(SOME).splitlines()
    assert json.loads(first) == {
        "name": "speed",
        "value": 12345.678,
        "goal": 0.5,
        "unit": "x",
        "higher_is_better": True,
    }
    assert len(rest) == 2


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (at_least("x", 0.6, 0.6, ""), True),
        (at_least("x", 0.59, 0.6, ""), False),
        (at_most("x", 3.0, 3.0, ""), True),
        (at_most("x", 3.1, 3.0, ""), False),
        (Figure("x", 1.0, None, "", higher_is_better=True), None),
    ],
)
def test_a_goal_is_met_when_it_is_reached(figure, met):
    assert figure.met is met


def test_a_percentile_is_one_of_the_values():
    assert percentile([1, 2, 3, 4], 0.5) == 3
    assert percentile([1, 2, 3, 4], 0.99) == 4
    assert percentile([7], 0.0) == 7
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 0.5)


def test_rounds_are_compared_with_their_neighbours():
    assert paired([50, 10, 30], [100, 20, 30]) == 0.5
