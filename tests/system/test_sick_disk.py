"""A disk that is full or read-only, a database that is damaged or from the future: said clearly, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys

import pytest

from tests.system.providers import Refused, fetch

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(sys.platform != "linux", reason="uses what only Linux has"),
]


@contextlib.contextmanager
def _mounted(folder, size):
    """Make a small disk in memory; skip where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "huddled-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a disk here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def _no_room_on_disk(stage, disk):
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 1024)
    yield
    filler.unlink()


@contextlib.contextmanager
def _no_file_may_grow(stage):
    huddled = stage.huddled
    wal = huddled.database.with_name(huddled.database.name + "-wal")
    # The log has to go on: what is limited is each file of the process.
    limit = max(wal.stat().st_size, len(huddled.log()) + 100_000)
    endless = resource.RLIM_INFINITY
    resource.prlimit(huddled.pid, resource.RLIMIT_FSIZE, (limit, endless))
    yield
    resource.prlimit(huddled.pid, resource.RLIMIT_FSIZE, (endless, endless))


def _lives_through(stage, trouble):
    """Change events until pushes are refused, lift the trouble, and see that nothing was lost."""
    stage.huddled.configure(sync={"lease_seconds": 3}, limits={"call_deadline_seconds": 2})
    stage.huddled.start()
    stage.watching()
    wanted = {stage.ada.add("Plan @static").id: "static"}
    stage.in_step(wanted)
    with trouble(stage):

        def refused():
            wanted[stage.ada.add("Plan @static").id] = "static"
            return "push not noted" in stage.huddled.log()

        stage.until(refused, "pushes that are refused")
        with pytest.raises(Refused, match="503") as told:
            fetch("GET", f"{stage.huddled.admin}/readyz")
        assert "disk" in str(told.value)
    stage.in_step(wanted)
    assert stage.huddled.is_ready()


def test_a_full_disk_loses_nothing(stage):
    with _mounted(stage.huddled.folder / "disk", "1m") as disk:
        stage.huddled.configure(store={"url": f"sqlite:///{disk / 'huddled.db'}"})
        try:
            _lives_through(stage, lambda stage: _no_room_on_disk(stage, disk))
        finally:
            stage.huddled.kill()


def test_files_that_may_not_grow_lose_nothing(stage):
    _lives_through(stage, _no_file_may_grow)


def _refuses_to_run(stage, *words):
    done = stage.huddled.command("run")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "huddled cannot run: " in done.stderr
    for word in words:
        assert word in done.stderr


def _once(stage):
    """Run for a moment, so that there is a database with a meeting."""
    stage.huddled.start()
    event = stage.ada.add("Plan @zoom")
    stage.watching()
    stage.in_step({event.id: "zoom"})
    stage.huddled.stop()
    return {event.id: "zoom"}


def test_what_is_no_database_is_refused(stage):
    stage.huddled.database.write_bytes(b"This is a shopping list, and a long one.\n" * 200)
    _refuses_to_run(stage, str(stage.huddled.database), "not a database")


def test_a_damaged_database_is_refused_and_a_good_one_in_its_place_goes_on(stage):
    wanted = _once(stage)
    good = stage.huddled.database.read_bytes()
    stage.huddled.database.write_bytes(good[:4096] + b"\xa5" * (len(good) - 8192) + good[-4096:])
    _refuses_to_run(stage, str(stage.huddled.database), "snapshot")
    stage.huddled.database.write_bytes(good)
    stage.huddled.start()
    stage.in_step(wanted)


def test_a_database_from_the_future_is_refused_and_left_alone(stage):
    _once(stage)
    sql = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('huddled', 'teleport', '2031')"
    stage.huddled.write(sql, [()])
    before = stage.huddled.database.read_bytes()
    _refuses_to_run(stage, "newer huddled", "teleport", "Upgrade")
    assert stage.huddled.database.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(stage):
    stage.huddled.configure(store={"url": f"sqlite:///{stage.huddled.folder}/missing/huddled.db"})
    done = stage.huddled.command("run")
    assert done.returncode in {1, 2}
    assert "missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_disk_is_named(stage):
    with _mounted(stage.huddled.folder / "disk", "1m") as disk:
        stage.huddled.configure(store={"url": f"sqlite:///{disk / 'huddled.db'}"})
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        done = stage.huddled.command("run")
    assert done.returncode in {1, 2}
    assert str(disk) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_file_without_a_key_is_refused(stage):
    (stage.huddled.folder / "store.key").write_text("not a key\n")
    _refuses_to_run(stage, "store.key", "Fernet key")
