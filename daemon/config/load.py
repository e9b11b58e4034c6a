"""Read a configuration file: everything that is wrong with it at once, or a Config."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from daemon.config.checks import contradictions
from daemon.config.facts import Facts
from daemon.config.model import Config
from daemon.config.problems import ConfigError, Finding, Problem, label
from daemon.config.secret_files import Where
from daemon.config.toml_lines import line_of, locate
from daemon.config.words import findings, sections


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the file at `path` and the secrets that it names.

    `environ` tells where systemd's credentials are. Raises ConfigError with all problems; what is only
    doubtful is in the `warnings` of the answer.
    """
    file = str(path)
    text = _text(path, file)
    values = _values(text, file)
    where = Where(path.absolute().parent, environ.get("CREDENTIALS_DIRECTORY", ""))
    config, found = _check(values, where)
    problems = _problems(found, text)
    if config is None or any(problem.severity == "error" for problem in problems):
        raise ConfigError(file, problems)
    return config.with_warnings(problems)


def _text(path: Path, file: str) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        fix = "Copy config.example.toml there and change it, or give another path."
        raise ConfigError(file, [Problem("", None, "there is no such file", fix)]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(file, [Problem("", line, "is not UTF-8 text", "Save it as UTF-8.")]) from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        fix = "Let the user that huddled runs as read it."
        raise ConfigError(file, [Problem("", None, f"cannot be read ({reason})", fix)]) from None


def _values(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, [_syntax(str(error), text)]) from None
    except RecursionError:
        raise ConfigError(file, [Problem("", None, "is nested too deeply", "Use fewer brackets.")]) from None


def _syntax(message: str, text: str) -> Problem:
    """Place what tomllib says, which names the line and column only in its text."""
    what, _, place = message.partition(" (at ")
    match = re.match(r"line (\d+), column (\d+)", place)
    line = int(match[1]) if match else text.count("\n") + 1
    column = int(match[2]) if match else None
    fix = "Text stands in quotation marks, lists in [ ], and every key on one line with its = and value."
    return Problem("", line, f"is not TOML: {what[:1].lower()}{what[1:]}", fix, column=column)


def _check(values: dict[str, Any], where: Where) -> tuple[Config | None, list[Finding]]:
    """Validate each value and then all together, so that one problem does not hide another."""
    config, found = None, []
    try:
        config = Config.model_validate(values, context=where)
    except ValidationError as error:
        found = list(findings(error))
    wrong = frozenset(finding.path for finding in found)
    return config, [*found, *contradictions(Facts(values, wrong, where))]


def _problems(found: Iterable[Finding], text: str) -> list[Problem]:
    """Give each finding its line, and put them in the order of the file."""
    lines = locate(text)
    problems = [
        Problem(label(one.path, sections()), line_of(lines, one.path), one.message, one.fix, one.severity)
        for one in found
    ]
    return sorted(problems, key=lambda problem: problem.line or 0)
