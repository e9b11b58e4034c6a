"""Tokens at rest, and the file with the key to them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from store import secrets
from store.errors import KeyWrong, StoreSick
from store.secrets import Vault, open_vault

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def keys(tmp_path):
    return tmp_path / "store-key"


@given(st.text())
@settings(deadline=None, database=None)
def test_what_is_sealed_can_be_opened_and_not_be_read(plain):
    vault = Vault([Fernet.generate_key()])
    sealed = vault.seal(plain)
    assert vault.open(sealed) == plain
    assert len(plain) < 4 or plain.encode() not in sealed


def test_the_key_is_made_where_there_is_none_and_used_ever_after(keys):
    sealed = open_vault(keys).seal("token")
    assert open_vault(keys).open(sealed) == "token"
    assert len(keys.read_bytes().split()) == 1
    assert list(keys.parent.iterdir()) == [keys]


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_the_key_belongs_to_its_owner_alone(keys, mask):
    before = os.umask(mask)
    try:
        open_vault(keys)
    finally:
        os.umask(before)
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600


def test_a_key_that_is_there_is_left_as_it_is(keys):
    keys.write_bytes(Fernet.generate_key())
    keys.chmod(0o440)
    before = keys.read_bytes()
    open_vault(keys)
    assert keys.read_bytes() == before
    assert stat.S_IMODE(keys.stat().st_mode) == 0o440


def test_a_new_key_seals_and_the_old_one_still_opens(keys):
    old, new = Fernet.generate_key(), Fernet.generate_key()
    keys.write_bytes(old)
    sealed = open_vault(keys).seal("token")
    keys.write_bytes(new + b"\n" + old + b"\n")
    both = open_vault(keys)
    assert both.open(sealed) == "token"
    keys.write_bytes(new)
    assert open_vault(keys).open(both.seal("next")) == "next"
    with pytest.raises(KeyWrong):
        open_vault(keys).open(sealed)


def test_another_key_opens_nothing():
    sealed = Vault([Fernet.generate_key()]).seal("token")
    other = Vault([Fernet.generate_key()])
    with pytest.raises(KeyWrong, match="key_file"):
        other.open(sealed)


@pytest.mark.parametrize("junk", [b"", b"junk", b"gAAAA" * 30, b"\xff" * 80])
def test_what_was_never_sealed_is_not_opened(junk):
    with pytest.raises(KeyWrong):
        Vault([Fernet.generate_key()]).open(junk)


@pytest.mark.parametrize(
    "junk", [b"", b"\n\n", b"junk", b"\xff\x00\xfe" * 20, b"A" * 44 + b"\nand more", b"A" * 43]
)
def test_a_file_without_a_key_is_refused_with_what_it_should_hold(keys, junk):
    keys.write_bytes(junk)
    with pytest.raises(StoreSick, match="holds no Fernet key") as caught:
        open_vault(keys)
    assert str(keys) in str(caught.value)
    assert keys.read_bytes() == junk


def test_the_refusal_does_not_repeat_the_key(keys):
    key = Fernet.generate_key()
    keys.write_bytes(key[:-4])
    with pytest.raises(StoreSick) as caught:
        open_vault(keys)
    assert key[:20].decode() not in f"{caught.value!r} {caught.value}"


def test_a_key_that_cannot_be_read_or_made_is_refused(tmp_path):
    with pytest.raises(StoreSick, match="Is a directory"):
        open_vault(tmp_path)
    with pytest.raises(StoreSick, match="No such file"):
        open_vault(tmp_path / "nowhere" / "store-key")


def test_a_full_disk_leaves_no_half_made_key_behind(keys):
    program = """
import resource, sys
from pathlib import Path
from store import secrets
from store.errors import StoreSick
from store.secrets import open_vault
resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
try:
    open_vault(Path(sys.argv[1]))
except StoreSick as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(keys)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "cannot be read or made" in done.stdout, done.stderr
    assert not keys.exists()
    assert open_vault(keys).open(open_vault(keys).seal("token")) == "token"


def test_a_key_that_another_process_made_meanwhile_is_not_replaced(keys):
    open_vault(keys)
    before = keys.read_bytes()
    with pytest.raises(FileExistsError):
        secrets._create(keys)
    assert keys.read_bytes() == before
    assert list(keys.parent.iterdir()) == [keys]
