"""What the configuration says of meeting settings, and what it refuses."""

from __future__ import annotations

from dataclasses import fields

import pytest

from connectors.model import MeetingSettings
from connectors.overrides import known
from daemon.config.sections import Overrides
from daemon.rules import Rule
from daemon.world import fingerprint, services
from tests.unit.config_files import BASE, GOOGLE, GOTO, ROOMS, WEBEX, ZOOM, furnish, lines, read

GOOD = BASE + GOOGLE
RULE = "[[rules]]\n"


@pytest.fixture
def place(tmp_path):
    return furnish(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        'service = "zoom"\nsettings = { waiting_room = true, recording = "local" }',
        'service = "zoom"\n[rules.settings]\nwaiting_room = true\nrecording = "local"',
    ],
    ids=["inline", "table of its own"],
)
def test_a_rule_gives_settings(place, text):
    config = read(place, GOOD + ZOOM + RULE + text)
    laid_down = MeetingSettings(waiting_room=True, recording="local")
    assert config.policy_flags().rules == (Rule("zoom", settings=laid_down),)
    assert config.warnings == ()


def test_a_rule_may_give_settings_and_no_service(place):
    config = read(place, GOOD + ZOOM + RULE + "settings = { guest_video = false }")
    assert config.policy_flags().rules == (Rule(settings=MeetingSettings(guest_video=False)),)


def test_an_empty_table_leaves_everything_to_the_account_and_is_no_silence(place):
    config = read(place, GOOD + ZOOM + RULE + 'service = "zoom"\nsettings = {}')
    assert config.policy_flags().rules == (Rule("zoom", settings=MeetingSettings()),)


def test_the_configuration_has_all_settings_and_no_others():
    assert list(Overrides.model_fields) == [field.name for field in fields(MeetingSettings)]
    assert Overrides().settings() == MeetingSettings()


MISTAKES = [
    (
        'service = "zoom"\nsettings = { waiting_rom = true }',
        '15: [[rules]] #1 settings waiting_rom: unknown key. Did you mean "waiting_room"?',
    ),
    (
        'service = "zoom"\nsettings = { waiting_room = 1 }',
        "15: [[rules]] #1 settings waiting_room: must be true or false, but is a number. For example: waiting_room",
    ),
    (
        'service = "zoom"\nsettings = { recording = "clod" }',
        '15: [[rules]] #1 settings recording: must be one of "none", "local", "cloud". Did you mean "cloud"?',
    ),
    ('service = "zoom"\nsettings = true', "15: [[rules]] #1 settings: must be a table."),
    (
        'service = "meet"\nsettings = { waiting_room = true }',
        "15: [[rules]] #1 settings: are not known to meet, which takes no settings. Take them out.",
    ),
    (
        'service = "integrated"\nsettings = { waiting_room = true }',
        "15: [[rules]] #1 settings: are known neither to Meet nor to Teams. Take them out",
    ),
    (
        'service = "none"\nsettings = { waiting_room = true }',
        "15: [[rules]] #1 settings: are for no meeting, since the rule asks for none.",
    ),
    ('name = "x"', '13: [[rules]] #1 service: is missing. Add: service = "default", or settings'),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_each_mistake_about_settings_is_named_placed_and_mended(place, text, said):
    found = lines(place, GOOD + ZOOM + RULE + text + "\n")
    assert [line[: len(said)] for line in found] == [said]


@pytest.mark.parametrize("name", ["goto", "jitsi", "whereby", "daily"])
def test_settings_of_a_service_that_takes_none_are_refused(place, name):
    text = f'service = "{name}"\nsettings = {{ waiting_room = true }}'
    (said,) = lines(place, GOOD + GOTO + ROOMS + RULE + text)
    assert f"[[rules]] #1 settings: are not known to {name}, which takes no settings" in said


@pytest.mark.parametrize("setting", ["guest_video = false", "host_video = true", 'recording = "local"'])
def test_what_a_service_cannot_be_told_is_refused_with_what_it_knows(place, setting):
    (said,) = lines(place, GOOD + WEBEX + RULE + f'service = "webex"\nsettings = {{ {setting} }}')
    name = setting.partition(" ")[0]
    assert f"[[rules]] #1 settings {name}: is nothing that webex can be told. " in said
    assert "webex knows join_before_host, mute_on_entry, recording (cloud, none), waiting_room." in said


@pytest.mark.parametrize(
    ("sections", "service", "warned"),
    [
        (ZOOM, "", []),
        (ZOOM, 'service = "default"', []),
        (WEBEX, "", ["[[rules]] #1 settings guest_video"]),
        (WEBEX + ZOOM, "", []),
        ("", "", ["[[rules]] #1 settings waiting_room", "[[rules]] #1 settings guest_video"]),
        (
            GOTO,
            'service = "default"',
            ["[[rules]] #1 settings waiting_room", "[[rules]] #1 settings guest_video"],
        ),
    ],
)
def test_settings_that_no_service_of_the_file_knows_are_doubtful(place, sections, service, warned):
    text = f"{RULE}{service}\nsettings = {{ waiting_room = true, guest_video = false }}"
    found = read(place, GOOD + sections + text).warnings
    assert [one.key for one in found] == warned


def test_nobody_is_let_in_early_past_a_waiting_room(place):
    text = RULE + "settings = { waiting_room = true, join_before_host = true }"
    (warning,) = read(place, GOOD + ZOOM + text).warnings
    assert warning.key == "[[rules]] #1 settings join_before_host"


def test_the_decision_is_told_what_each_service_knows(place):
    there = services(read(place, GOOD + ZOOM + WEBEX + GOTO + ROOMS))
    assert {name for name, one in there.items() if one.settings} == {"zoom", "webex"}
    assert there["zoom"].settings == known("zoom") > known("webex") == there["webex"].settings


def test_other_settings_are_a_reason_to_look_at_every_event_again(place):
    rules = (RULE + 'service = "zoom"\n', RULE + 'service = "zoom"\nsettings = { mute_on_entry = true }')
    first, second = (fingerprint(read(place, GOOD + ZOOM + rule)) for rule in rules)
    assert first != second
