"""What can be wrong with a configuration, in words: where it stands, what it is, how to mend it.

No text here holds a value from the file, except numbers: a secret may have been pasted in the wrong place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from daemon.config.toml_lines import KeyPath


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of the thing at `path`, before its line is known."""

    path: KeyPath
    message: str
    fix: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as people see it."""

    key: str  # for example "[sync] sweep_seconds"; empty where it concerns the file as a whole
    line: int | None
    message: str  # without a full stop
    fix: str  # whole sentences
    severity: Literal["error", "warning"] = "error"
    column: int | None = None  # known only where the file is no TOML


class ConfigError(Exception):
    """The configuration cannot be used."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        """`problems` are all that were found, warnings among them."""
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(problem_line(file, problem) for problem in self.problems))


def render_problems(error: ConfigError) -> str:
    """Return one line for each problem, and a last one that counts them."""
    errors = sum(problem.severity == "error" for problem in error.problems)
    count = "1 error" if errors == 1 else f"{errors} errors"
    lines = [problem_line(error.file, problem) for problem in error.problems]
    return "\n".join([*lines, f"{count} in {error.file}; config.example.toml shows and explains every key."])


def problems_json(file: str, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the problems as plain JSON data; `ok` says whether the configuration can be used."""
    ok = all(problem.severity == "warning" for problem in problems)
    return {"file": file, "ok": ok, "problems": [asdict(problem) for problem in problems]}


def problem_line(file: str, problem: Problem) -> str:
    """Return `file:line:column: key: what is wrong. How to mend it.` in one line."""
    where = ":".join(str(part) for part in (file, problem.line, problem.column) if part is not None)
    parts = [where, "warning" if problem.severity == "warning" else "", problem.key, f"{problem.message}."]
    return f"{': '.join(part for part in parts if part)} {problem.fix}".rstrip()


def label(path: KeyPath, sections: Sequence[str] = ()) -> str:
    """Write a path as it looks in the file: `[sync] workers`, `[[rules]] #2 service`, `[google] users #1`.

    A name at the top is written `[name]` where it is one of `sections`.
    """
    entry = next((at for at in range(1, len(path) - 1) if isinstance(path[at], int)), None)
    if entry is not None:
        table, rest = f"[[{_dotted(path[:entry])}]]", path[entry:]
    elif len(path) > 2 and isinstance(path[2], str):
        table, rest = f"[{_dotted(path[:2])}]", path[2:]
    elif len(path) > 1 or path[0] in sections:
        table, rest = f"[{_dotted(path[:1])}]", path[1:]
    else:
        table, rest = "", path
    numbers = (f"#{part + 1}" if isinstance(part, int) else _name(part) for part in rest)
    return " ".join([table, *numbers]).strip()


def _dotted(path: KeyPath) -> str:
    return ".".join(_name(part) for part in path if isinstance(part, str))


def _name(part: str) -> str:
    """Return a key as it may stand in a file; quoting keeps control characters away from the terminal."""
    return part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part)
