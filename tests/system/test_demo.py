"""The demo as somebody meets it who has just installed huddled: it tells the truth, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEPS = [
    "open",
    "start",
    "flagged",
    "moved",
    "meet",
    "guests",
    "moved_again",
    "teams",
    "body",
    "category",
    "outlook_moved",
    "across",
    "unset",
    "application",
    "storm",
    "crash",
    "cancelled",
    "unflagged",
    "why",
    "score",
]

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are looked up in /proc"),
]


@contextmanager
def demo(folder, *arguments):
    """Run the demo with its temporary folder below `folder`; whatever happens, it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()  # its children go with it
        process.wait()
        process.stdout.close()


def children(process):
    """Return the command lines of the children by pid."""
    threads = list(Path(f"/proc/{process.pid}/task").iterdir())
    pids = [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]
    found = {}
    for pid in pids:
        try:
            found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def child(process, module):
    """Wait for the child that runs a module, and return its pid."""
    while process.poll() is None:
        for pid, command in children(process).items():
            if f" -m {module} " in command:
                return pid
    raise AssertionError(f"the demo has ended: {process.stdout.read()}")


def lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def lines(process, last):
    """Read up to the line in which `last` stands."""
    read = []
    for line in process.stdout:
        read.append(line)
        if last in line:
            return read
    raise AssertionError(f"the demo has ended: {''.join(read)}")


def test_the_story_names_every_step_as_good_and_leaves_nothing_behind(tmp_path):
    with demo(tmp_path, "--story", "--json") as process:
        out, _ = process.communicate()
    told = [json.loads(line) for line in out.splitlines()]
    assert [(step["step"], step["ok"]) for step in told] == [(name, True) for name in STEPS]
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []
    score = told[-1]
    assert score["flagged"] == score["meetings"] > 0
    assert [score[name] for name in ("orphans", "without_link", "replaced", "needless")] == [0, 0, 0, 0]
    assert score["writes"] <= 2 * score["changes"]


def test_it_goes_on_after_the_story_until_ctrl_c_and_ends_all_that_it_started(tmp_path):
    with demo(tmp_path) as process:
        told = lines(process, "until Ctrl-C")
        started = children(process)
        folder = next(tmp_path.iterdir())
        private = stat.S_IMODE(folder.stat().st_mode)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate()
    assert process.returncode == 0, rest
    assert sorted(command.split(" -m ")[1].split()[0] for command in started.values()) == [
        "daemon",
        "sandbox",
    ]
    assert [pid for pid in started if lives(pid)] == []
    assert (private, list(tmp_path.iterdir())) == (0o700, [])
    assert sum("✓" in line for line in told) == len(STEPS) - 2  # all but the opening and the score
    assert "\x1b" not in "".join(told)


def test_an_end_before_the_end_of_the_story_is_clean_and_no_success(tmp_path):
    with demo(tmp_path, "--story") as process:
        started = [child(process, module) for module in ("sandbox", "daemon")]
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate()
    assert process.returncode == 128 + signal.SIGINT, out
    assert "before the story was over" in out
    assert [pid for pid in started if lives(pid)] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("module", "name"), [("sandbox", "The sandbox"), ("daemon", "huddled")])
def test_a_process_that_dies_is_named_and_its_log_is_kept(tmp_path, module, name):
    with demo(tmp_path, "--story", "--json") as process:
        lines(process, '"open"')
        started = [child(process, other) for other in ("sandbox", "daemon")]
        os.kill(child(process, module), signal.SIGKILL)
        out, _ = process.communicate()
    failed = json.loads(out.splitlines()[-1])
    assert process.returncode == 1
    assert (failed["ok"], failed["why"].partition(".")[0]) == (False, f"{name} was ended by SIGKILL")
    assert (Path(failed["logs"]) / "huddled.log").exists()
    assert [pid for pid in started if lives(pid)] == []


def test_a_port_that_is_taken_is_named_before_anything_is_started(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with demo(tmp_path, "--story", "--port", str(port)) as process:
            out, _ = process.communicate()
    assert process.returncode == 1
    assert f"Port {port} is taken" in out
    assert list(tmp_path.iterdir()) == []
