"""What a benchmark finds out, and how it is shown: a table for people, then a line of JSON for each figure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `goal` is None where the number is only told."""

    name: str
    value: float
    goal: float | None
    unit: str
    higher_is_better: bool

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.higher_is_better else self.value <= self.goal


def at_least(name: str, value: float, goal: float | None, unit: str) -> Figure:
    """Make a figure of which more is better."""
    return Figure(name, value, goal, unit, higher_is_better=True)


def at_most(name: str, value: float, goal: float | None, unit: str) -> Figure:
    """Make a figure of which less is better."""
    return Figure(name, value, goal, unit, higher_is_better=False)


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one benchmark, and in words what they rest on."""

    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


def table(figures: Sequence[Figure]) -> str:
    """Lay the figures out for people."""
    rows = [("figure", "value", "goal", "unit", "")]
    verdicts = {True: "ok", False: "MISSED", None: ""}
    rows += [(one.name, number(one.value), _goal(one), one.unit, verdicts[one.met]) for one in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    name, value, goal, unit, verdict = (
        text.rjust(width) if column in (1, 2) else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"{name}  {value}  {goal}  {unit}  {verdict}".rstrip()


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return f"{'≥' if figure.higher_is_better else '≤'} {number(figure.goal)}"


def number(value: float) -> str:
    """Write a number with as many digits as mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def lines(figures: Iterable[Figure]) -> str:
    """Write one JSON object a line."""
    return "\n".join(json.dumps({**asdict(one), "value": round(one.value, 4)}) for one in figures)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the sorted values lie. Raises ValueError where there is none."""
    if not values:
        raise ValueError("nothing was measured")
    return values[min(len(values) - 1, int(len(values) * share))]


def paired(ours: Sequence[float], bare: Sequence[float]) -> float:
    """Return the median of the ratios of neighbouring rounds: a machine that slows down slows both."""
    return median(one / other for one, other in zip(ours, bare, strict=True))


def spread(values: Sequence[float], scale: float = 1.0) -> str:
    """Tell the median and the extremes."""
    return " ".join(
        (number(median(values) * scale), f"({number(min(values) * scale)}–{number(max(values) * scale)})")
    )
