"""The unit file: well-formed, tight, and not so tight that Python could not run under it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UNIT = ROOT / "systemd" / "huddled.service"
EXPOSURE = (
    15  # tenths of what `systemd-analyze security` shows; a network service comes no lower than about 11
)

# Refuse memory that is writable and executable, as MemoryDenyWriteExecute= does (in prctl(2), PR_SET_MDWE
# is 65), then use what the daemon uses.
UNDER_THE_RULE = """
import ctypes, mmap, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):
    sys.exit(77)
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
except PermissionError:
    pass
else:
    sys.exit("the rule is not in force")
import asyncio, sqlite3, ssl
import aiohttp, apscheduler, google.auth.crypt, msal, msgraph, pydantic, sqlite_utils, structlog, uvloop
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.asymmetric import rsa

rsa.generate_private_key(65537, 2048)
MultiFernet([Fernet(Fernet.generate_key())]).encrypt(b"token")
ssl.create_default_context()
connection = sqlite3.connect(":memory:", check_same_thread=False)
connection.create_function("one", 0, lambda: 1)

async def main():
    async with aiohttp.ClientSession():
        return await asyncio.to_thread(lambda: connection.execute("select one()").fetchone())

sys.exit(uvloop.run(main()) != (1,))
"""


@pytest.fixture
def analyze(tmp_path):
    """Return a function that runs systemd-analyze on a copy of the unit whose program exists."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed")
    text, replaced = re.subn(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text())
    assert replaced == 1
    copy = tmp_path / "huddled.service"
    copy.write_text(text)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [tool, "--no-pager", *arguments, str(copy)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if re.search("unrecognized option|Unknown (operation|command)", done.stderr):
            pytest.skip(f"this systemd-analyze is too old: {done.stderr.strip()}")
        return done

    return run


def settings() -> list[tuple[str, str]]:
    lines = (line for line in UNIT.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def test_systemd_finds_nothing_wrong_with_the_unit(analyze):
    done = analyze("verify")
    complaints = [line for line in done.stderr.splitlines() if "huddled" in line]
    assert (done.returncode, complaints) == (0, [])


def test_the_service_is_exposed_to_next_to_nothing(analyze):
    done = analyze("security", "--offline=true", f"--threshold={EXPOSURE}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_our_libraries_run_where_memory_cannot_be_made_executable():
    done = subprocess.run(
        [sys.executable, "-c", UNDER_THE_RULE], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode == 77:
        pytest.skip("this kernel does not know PR_SET_MDWE")
    assert done.returncode == 0, done.stderr


def test_the_unit_starts_the_command_that_the_package_installs():
    start = dict(settings())["ExecStart"]
    assert start == "/opt/huddled/.venv/bin/huddled run --config /etc/huddled/config.toml"
    assert re.search(r'(?m)^huddled = "daemon\.cli', (ROOT / "pyproject.toml").read_text())


def test_every_credential_of_the_example_configuration_is_handed_over():
    example = ROOT / "config.example.toml"
    wanted = set(re.findall(r'"credential:([\w.-]+)"', example.read_text()))
    loaded = {value.partition(":")[0] for name, value in settings() if name == "LoadCredential"}
    assert wanted <= loaded
    assert loaded <= wanted
