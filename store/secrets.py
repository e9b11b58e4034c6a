"""Tokens at rest: encrypted with a key that lives in a file of its own, never in the database."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from store.errors import KeyWrong, StoreSick


class Vault:
    """Encrypts with the first key of the file and decrypts with any of them, so that keys can be rotated."""

    def __init__(self, keys: list[bytes]) -> None:
        """Take Fernet keys, newest first."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, plain: str) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(plain.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt. Raises KeyWrong when no key of the file fits."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise KeyWrong from None


def open_vault(path: Path) -> Vault:
    """Read the key file (one key a line, newest first), or make one that only its owner can read.

    Raises StoreSick with a plain sentence when it cannot be read, made or understood.
    """
    try:
        if not path.exists():
            _create(path)
        keys = path.read_bytes().split()
        return Vault(keys)
    except OSError as error:
        raise StoreSick(f"{path}: the store's key cannot be read or made: {error.strerror}.") from error
    except ValueError:
        raise StoreSick(
            f"{path} holds no Fernet key (32 random bytes in url-safe base64, one key a line)."
        ) from None


def trial_vault(path: Path) -> Vault:
    """Read the key file, or make a key for the time being where there is none: a rehearsal writes no files."""
    return open_vault(path) if path.exists() else Vault([Fernet.generate_key()])


def _create(path: Path) -> None:
    """Write the whole key under another name first: a crash or a full disk must leave none, not half a one."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(part)  # refuses where another process was faster
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # a key that is lost takes with it all that was sealed with it
    finally:
        os.close(folder)
