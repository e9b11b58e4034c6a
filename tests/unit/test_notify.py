"""Messages to systemd, read from a real datagram socket."""

from __future__ import annotations

import os
import socket

import pytest

from daemon.notify import Systemd


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """Return (NOTIFY_SOCKET, read): a service manager that listens, by path or by abstract name."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        name = str(tmp_path / "notify") if request.param == "path" else f"@huddled-test-{os.getpid()}"
        sock.bind(name.replace("@", "\0") if name[0] == "@" else name)
        sock.settimeout(5)
        yield name, lambda: sock.recv(4096).decode()


@pytest.mark.parametrize(
    ("tell", "heard"),
    [
        (Systemd.ready, "READY=1"),
        (Systemd.alive, "WATCHDOG=1"),
        (Systemd.stopping, "STOPPING=1"),
        (lambda systemd: systemd.status("3 calendars, nothing owed"), "STATUS=3 calendars, nothing owed"),
    ],
)
def test_each_message_arrives_as_the_protocol_spells_it(manager, tell, heard):
    name, read = manager
    tell(Systemd.from_environ({"NOTIFY_SOCKET": name}, pid=1))
    assert read() == heard


def test_a_status_of_several_lines_cannot_smuggle_in_another_message(manager):
    name, read = manager
    Systemd(name).status("a calendar called\nSTOPPING=1")
    assert read() == "STATUS=a calendar called STOPPING=1"


@pytest.mark.parametrize("address", ["", "relative/path", "vsock:2:1234"])
def test_without_a_socket_of_a_known_kind_nothing_is_said_and_nothing_fails(address):
    Systemd(address).ready()


def test_a_manager_that_is_gone_is_no_reason_to_stop(tmp_path):
    Systemd(str(tmp_path / "gone")).alive()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "41"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": ""}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_pinged_at_half_the_time_allowed_and_only_by_the_process_it_names(environ, seconds):
    assert Systemd.from_environ(environ, pid=42).watchdog == seconds
