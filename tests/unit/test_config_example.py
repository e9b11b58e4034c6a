from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from daemon.config import schema as config_schema
from daemon.config.load import load
from daemon.config.words import sections
from tests.unit.config_files import fields_of

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / "config.example.toml").read_text()


def uncommented(text):
    """Switch on every setting that the example only shows."""
    return re.sub(r'(?m)^#(?=[a-z\["])', "", text)


@pytest.fixture
def example(tmp_path):
    """Return a function that reads a version of the example, with a file for each secret that it names."""
    key = json.dumps({"client_email": "huddled@x.iam.example", "private_key": "secret"})
    (tmp_path / "logo.svg").write_text("<svg/>")
    for name in re.findall(r'"credential:([\w.-]+)"', EXAMPLE):
        content = key if "account" in name else "secret"
        (tmp_path / name).write_text(content)

    def read_example(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return load(path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    return read_example


def test_the_example_is_a_good_configuration(example):
    config = example(EXAMPLE)
    assert config.services() == ("meet", "zoom")
    assert [warning.key for warning in config.warnings if "directory" not in warning.message] == []


def test_the_example_is_still_good_with_everything_switched_on(example):
    config = example(uncommented(EXAMPLE))
    assert config.services() == (
        "meet",
        "teams",
        "zoom",
        "goto",
        "webex",
        "jitsi",
        "whereby",
        "daily",
        "static",
    )
    assert len(config.rules) == len(config.google_users()) == len(config.microsoft.people) == 1


def test_the_example_names_every_key():
    shown = tomllib.loads(uncommented(EXAMPLE))
    shown |= {"rules": shown["rules"][0], "applications": shown["applications"][0]}
    missing = [
        f"{section}.{name}"
        for section in sections()
        for name in fields_of(section)
        if name not in shown[section]
    ]
    assert missing == []
    assert shown["google"]["users"][0].keys() == {"email", "refresh_token_file"}


def test_either_way_into_microsoft_alone_is_a_good_configuration(example):
    everything = uncommented(EXAMPLE)
    application = re.sub(r"(?m)^people = .*\n", "", everything)
    assert example(application).microsoft.people == ()
    delegated = re.sub(r"(?m)^users = \[\"ada.*\n", "", everything)
    assert example(delegated).microsoft.users == ()


def test_settings_that_the_example_has_switched_off_show_their_defaults():
    on, everything = tomllib.loads(EXAMPLE), tomllib.loads(uncommented(EXAMPLE))
    own = {"tenant", "client_id", "client_secret_file", "users", "people"}
    own |= {"secret_file", "api_key_file", "user_client_id", "user_client_secret_file", "logo_file", "texts"}
    own |= {"webhook_secret_file", "user_webhook_secret_file"}
    different = [
        f"{section}.{name}"
        for section in everything.keys() - {"applications", "rules", "static"}
        for name, value in everything[section].items()
        if name not in on.get(section, {}) and name not in own and not same(value, fields_of(section)[name])
    ]
    assert different == []


def same(value, default):
    return value == (list(default) if isinstance(default, tuple) else default)


def test_the_schema_in_the_repository_is_up_to_date():
    assert (ROOT / "config.schema.json").read_text() == config_schema.text(), (
        "run: python -m daemon.config.schema > config.schema.json"
    )


def test_the_schema_accepts_the_example_and_refuses_mistakes():
    schema = config_schema.schema()
    jsonschema.Draft7Validator.check_schema(schema)
    check = jsonschema.Draft7Validator(schema)
    for text in (EXAMPLE, uncommented(EXAMPLE)):
        assert list(check.iter_errors(tomllib.loads(text))) == []
    for text in (
        "[sync]\nsweep_second = 1",
        "[sync]\nworkers = 0",
        "[[rules]]\nservice = 1",
        '[server]\nlisten = "x"',
    ):
        paths = [list(error.absolute_path)[:1] for error in check.iter_errors(tomllib.loads(text))]
        assert [text.strip("[").split("]")[0]] in paths


def test_the_example_points_editors_at_the_schema():
    assert EXAMPLE.startswith("#:schema ./config.schema.json\n")


def test_every_key_has_words_for_editors():
    def wordless(node, path=()):
        for name, inner in node.get("properties", {}).items():
            if not inner.get("description"):
                yield (*path, name)
            yield from wordless(inner.get("items", inner), (*path, name))

    assert list(wordless(config_schema.schema())) == []
