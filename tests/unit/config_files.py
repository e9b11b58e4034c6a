"""A directory with everything that a configuration names, and the texts to put into it."""

from __future__ import annotations

import json

import pytest

from daemon.config.load import load
from daemon.config.problems import ConfigError, problem_line
from daemon.config.words import fields_at

SECRET = "hunter2hunter2"
KEY = {"type": "service_account", "client_email": "huddled@x.iam.example", "private_key": SECRET}

BASE = """\
[server]
public_url = "https://huddled.example.com"
[store]
url = "sqlite:///huddled.db"
key_file = "store.key"
"""
GOOGLE = """\
[google]
service_account_file = "account.json"
subjects = ["Ada@example.com"]
"""
MICROSOFT = """\
[microsoft]
tenant = "example.onmicrosoft.com"
client_id = "app"
client_secret_file = "microsoft.secret"
users = ["Grace@example.com"]
"""
ZOOM = """\
[zoom]
account_id = "account"
client_id = "client"
client_secret_file = "zoom.secret"
"""
GOTO = """\
[goto]
client_id = "client"
client_secret_file = "goto.secret"
mark_subjects = true
"""
WEBEX = """\
[webex]
client_id = "client"
client_secret_file = "webex.secret"
site_url = "Acme.webex.com"
"""
ROOMS = """\
[jitsi]
secret_file = "rooms.secret"
base_url = "https://meet.example.org/"
subject = true
[whereby]
api_key_file = "rooms.secret"
[daily]
api_key_file = "rooms.secret"
"""


def furnish(directory):
    """Put one good file for each secret into the directory, and return it."""
    write(directory / "account.json", json.dumps(KEY))
    for name in (
        "zoom.secret",
        "rooms.secret",
        "goto.secret",
        "webex.secret",
        "google.secret",
        "microsoft.secret",
        "ada.token",
    ):
        write(directory / name, SECRET + "\n")
    return directory


def write(path, content, mode=0o600):
    path.write_text(content)
    path.chmod(mode)
    return path


def read(place, text, **environ):
    return load(write(place / "config.toml", text), environ)


def problems(place, text, **environ):
    with pytest.raises(ConfigError) as caught:
        read(place, text, **environ)
    return caught.value


def lines(place, text, **environ):
    """Return the problems as people see them, without the name of the file."""
    error = problems(place, text, **environ)
    return [problem_line("", problem).removeprefix(":") for problem in error.problems]


def fields_of(section):
    """Return the keys of a section and their defaults."""
    return {name: field.default for name, field in fields_at((section,)).items()}
