"""The random histories are worth something only if they notice a broken core: each mutant here must be caught.

A mutant is a small, deliberate mistake in a copy of the decision core; the histories run against the copy.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("connectors", "daemon", "tests/unit")

MUTANTS = {
    "an update is sent without committing that it may have happened": (
        "daemon/plan.py",
        'return Record(replace(known, state="changing"), "the event changed")',
        "return Update(known, known.meeting, request)",
    ),
    "a reservation that nobody wants any more is simply kept": (
        "daemon/plan.py",
        "if isinstance(verdict, Unwanted) or event is None:",
        'if (isinstance(verdict, Unwanted) or event is None) and known.state != "reserved":',
    ),
    "the record is dropped without cancelling what the key may have made": (
        "daemon/plan.py",
        'return Withdraw(known, replace(known.request, etag=event.etag if event else ""))',
        "return Forget(known)",
    ),
    "details taken off by hand are written again": (
        "daemon/plan.py",
        "if known.written and taken_off(event, known.meeting):",
        "if False:",
    ),
    "another service is not noticed": (
        "daemon/plan.py",
        "if (wanted.service.name, wanted.profile, request.host) != made_by:",
        "if (wanted.profile, request.host) != made_by[1:]:",
    ),
    "settings that a rule lays down later are never sent": (
        "daemon/plan.py",
        'if known.state == "live" and differs(known.request, request):',
        'if known.state == "live" and replace(request, settings=known.request.settings) != known.request:',
    ),
    "a consumed keyword is forgotten": (
        "daemon/policy.py",
        'return known.source if known.source.startswith("location:") and known.state != "declined" else ""',
        'return ""',
    ),
    "somebody's link does not keep a meeting away": (
        "daemon/policy.py",
        "if link and not beside and not _typed_beside_own(event, link, asked, policy):",
        "if False:",
    ),
    "the details of a former meeting stay on a restored event": (
        "daemon/plan.py",
        "if left and (policy.declined or not policy.covered):",
        "if False:",
    ),
    "the link on the event is never compared with the meeting": (
        "daemon/traces.py",
        "return meeting.join_url in event.block.text and meeting.passcode in event.block.text",
        "return True",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_the_histories_catch(name, tmp_path):
    file, old, new = MUTANTS[name]
    for part in NEEDED:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    source = (tmp_path / file).read_text()
    mutated = source.replace(squeeze(source, old), new)
    assert mutated != source, f"{file} no longer holds {old!r}: bring the mutant up to date"
    (tmp_path / file).write_text(mutated)
    run = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/unit/test_histories.py",
    ]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, f"nobody noticed that {name}:\n{done.stdout[-2000:]}"
    assert "FAILED tests/unit/test_histories.py" in done.stdout, done.stdout[-2000:]


def squeeze(source, wanted):
    """Find the wanted code however it is wrapped, as it stands in the source."""
    pattern = r"\s*".join(re.escape(part) for part in re.split(r"\s+", wanted.strip()))
    found = re.search(pattern, source)
    return found[0] if found else wanted
