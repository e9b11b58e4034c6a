"""Secrets that stand in files of their own, or in systemd's credentials: found, read and judged.

A file is named by a path, which counts from the configuration file, or by `credential:NAME`, which means
$CREDENTIALS_DIRECTORY/NAME (https://systemd.io/CREDENTIALS/).
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

_LARGEST = 65_536  # bytes; no key file comes near this
_CREDENTIAL = "credential:"
_CREDENTIALS = Path("/run/credentials")


@dataclass(frozen=True, slots=True)
class Where:
    """What file names are read against."""

    base: Path = Path()  # the directory of the configuration file
    credentials: str = ""  # $CREDENTIALS_DIRECTORY, empty where it is not set


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A secret and the file it came from; only the file shows."""

    path: Path
    text: SecretStr


def wrong(message: str, fix: str) -> PydanticCustomError:
    """Say what is wrong with a value and how to mend it, through pydantic."""
    return PydanticCustomError("wrong", "{message}", {"message": message, "fix": fix})


def resolve(value: str, where: Where) -> Path:
    """Return the file that `value` names. Raises PydanticCustomError when it cannot name one."""
    if not value.strip():
        raise wrong("names no file", "Give the path of a file, or take the line out.")
    if "\n" in value or "\0" in value or value.lstrip().startswith(("{", "-----BEGIN")):
        raise wrong(
            "holds the secret itself", "Put the secret into a file and give the path of that file here."
        )
    if not value.startswith(_CREDENTIAL):
        return (where.base / value).absolute()
    name = value.removeprefix(_CREDENTIAL)
    if not name or "/" in name or name in {".", ".."}:
        raise wrong(
            "names no credential", 'Write "credential:NAME", where NAME is that of a LoadCredential= line.'
        )
    if not where.credentials:
        raise wrong(
            "names a systemd credential, but $CREDENTIALS_DIRECTORY is not set",
            f"Add LoadCredential={name}:/path/of/the/file to the unit, or give the path of a file here.",
        )
    return Path(where.credentials) / name


def read_secret(value: str, where: Where) -> SecretFile:
    """Read a secret of one line. Raises PydanticCustomError when there is none to be had."""
    path = resolve(value, where)
    text = _read(value, path)
    if len(text.split()) != 1:
        raise wrong(
            "the file holds more than one word", "A secret is one line without spaces; leave only that."
        )
    return SecretFile(path, SecretStr(text))


def read_service_account(value: str, where: Where) -> SecretFile:
    """Read Google's JSON key of a service account. Raises PydanticCustomError when it is none."""
    path = resolve(value, where)
    text = _read(value, path)
    try:
        key: Any = json.loads(text)
    except (ValueError, RecursionError):
        key = None
    needed = ("client_email", "private_key")
    if not isinstance(key, dict) or not all(isinstance(key.get(name), str) and key[name] for name in needed):
        raise wrong(
            "the file is not the JSON key of a service account",
            "Create a JSON key for the service account in the Google Cloud console; save it as it comes.",
        )
    return SecretFile(path, SecretStr(text))


def find_key_file(value: str, where: Where) -> Path:
    """Return the path of a key that may not be there yet. Raises PydanticCustomError when it is unusable."""
    path = resolve(value, where)
    if value.startswith(_CREDENTIAL) or _exists(path):
        _read(value, path)
    return path


def open_to_others(path: Path, where: Where) -> bool:
    """Tell whether others than the owner and its group can get at the file, or the group can change it."""
    if any(path.is_relative_to(root) for root in (_CREDENTIALS, where.credentials) if root):
        return False  # systemd guards these with the directory and ACLs, which make the mode look too wide
    try:
        return bool(path.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO))
    except OSError:
        return False


def runs(program: str) -> bool:
    """Tell whether this is the absolute path of a file that we may execute."""
    return program.startswith("/") and os.path.isfile(program) and os.access(program, os.X_OK)  # noqa: PTH113


def has_directory(path: Path) -> bool:
    """Tell whether the directory of the file is there, as far as we may know."""
    try:
        return path.parent.is_dir()
    except OSError:
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # something is there, or in the way; reading it will tell


def _read(value: str, path: Path) -> str:
    try:
        text = _bytes(path).decode().strip()
    except FileNotFoundError:
        raise wrong(
            f"the file is missing: {_shown(value, path)}", "Create it, or correct the path."
        ) from None
    except UnicodeDecodeError:
        raise wrong("the file is not text", "Correct the path.") from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        fix = "Let the user that huddled runs as read it, or correct the path."
        raise wrong(f"the file cannot be read ({reason}): {_shown(value, path)}", fix) from None
    if not text:
        raise wrong(f"the file is empty: {_shown(value, path)}", "Put the secret into it.")
    return text


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise wrong("is not a file", "Give the path of a file that holds the secret and nothing else.")
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise wrong("the file is too large to be a secret", "Correct the path.")
    return content


def _shown(value: str, path: Path) -> str:
    """Name a file without repeating `value` where that may be a secret put in the place of a path."""
    if value.startswith((_CREDENTIAL, "/")):
        return str(path)
    return (
        f"looked for in {path.parent}" if "/" not in value else "the path counts from the configuration file"
    )
