"""Settings of a meeting, and how services spell them: tables, and any settings against any answer."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from builders import request
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import MeetingSettings
from connectors.overrides import (
    NONE,
    differs,
    known,
    objected,
    spelled,
    stated,
    unmet,
    unseen,
    untaken,
    within,
)
from connectors.webex import options as webex_options
from connectors.zoom import options as zoom_options

TABLES = {"zoom": zoom_options.TABLE, "webex": webex_options.TABLE}
FLAG = st.sampled_from([None, True, False])
SETTINGS = st.builds(
    MeetingSettings,
    **{field.name: FLAG for field in fields(MeetingSettings) if field.name != "recording"},
    recording=st.sampled_from([None, "none", "local", "cloud"]),
)
FULL = MeetingSettings(
    waiting_room=True,
    join_before_host=False,
    mute_on_entry=True,
    host_video=False,
    guest_video=True,
    recording="cloud",
)


def test_zoom_spells_every_setting():
    assert spelled(FULL, TABLES["zoom"]) == {
        "settings": {
            "waiting_room": True,
            "join_before_host": False,
            "mute_upon_entry": True,
            "host_video": False,
            "participant_video": True,
            "auto_recording": "cloud",
        }
    }


def test_webex_spells_those_that_it_has():
    assert spelled(FULL, TABLES["webex"]) == {
        "unlockedMeetingJoinSecurity": "allowJoinWithLobby",
        "enabledJoinBeforeHost": False,
        "audioConnectionOptions": {"muteAttendeeUponEntry": True},
        "enabledAutoRecordMeeting": True,
    }
    off = MeetingSettings(waiting_room=False, recording="none")
    assert spelled(off, TABLES["webex"]) == {
        "unlockedMeetingJoinSecurity": "allowJoin",
        "enabledAutoRecordMeeting": False,
    }
    assert spelled(MeetingSettings(recording="local"), TABLES["webex"]) == {}


@pytest.mark.parametrize(
    "service", ["meet", "teams", "goto", "jitsi", "whereby", "daily", "static", "explicit"]
)
def test_other_services_know_no_settings(service):
    assert known(service) == frozenset()


@pytest.mark.parametrize("name", TABLES)
def test_a_service_knows_what_its_table_spells(name):
    assert known(name) == TABLES[name].keys()


@given(SETTINGS, st.sampled_from(list(TABLES)))
def test_what_is_not_laid_down_is_never_sent(settings, name):
    table = TABLES[name]
    told = stated(settings)
    body = json.dumps(spelled(settings, table))
    for pair, (path, _) in table.items():
        assert (f'"{path[-1]}"' in body) == (pair[0] in told and (pair[0], told[pair[0]]) in table)
    assert spelled(NONE, table) == {}


@given(SETTINGS, st.sampled_from(list(TABLES)))
def test_what_was_sent_and_is_shown_is_taken(settings, name):
    table = TABLES[name]
    assert untaken(settings, table, spelled(settings, table)) == ()
    assert unseen(settings, table, spelled(settings, table)) == ()
    assert unmet(settings, table, (), spelled(settings, table)) == ()


@given(SETTINGS, SETTINGS, st.sampled_from(list(TABLES)))
def test_what_is_shown_otherwise_is_not_taken(settings, other, name):
    table = TABLES[name]
    found = untaken(settings, table, spelled(other, table))
    mine, theirs = stated(within(settings, table)), stated(within(other, table))
    assert set(found) == {one for one in mine if one in theirs and mine[one] != theirs[one]}


@pytest.mark.parametrize("shown", [None, "", [], {}, {"settings": None}, {"settings": []}, {"settings": {}}])
def test_what_is_not_shown_is_not_known_to_be_otherwise(shown):
    assert untaken(FULL, TABLES["zoom"], shown) == ()
    assert unseen(FULL, TABLES["zoom"], shown) == tuple(stated(FULL))


@given(SETTINGS, st.sets(st.sampled_from(list(stated(FULL)))))
def test_what_was_left_out_is_not_taken_unless_the_account_has_it_so_by_itself(settings, without):
    table = TABLES["zoom"]
    body = spelled(settings, table, without)
    assert set(unmet(settings, table, without, body)) == without & stated(settings).keys()
    assert unmet(settings, table, without, spelled(settings, table)) == ()


@given(SETTINGS, st.sampled_from(["zoom", "webex", "goto"]))
def test_a_service_is_asked_for_no_more_than_it_knows(settings, name):
    some = within(settings, known(name))
    assert stated(some).items() == stated(settings).items() & known(name)


@given(SETTINGS, SETTINGS)
def test_a_change_of_settings_is_one_only_where_something_is_to_be_said(before, after):
    standing, wanted = request(settings=before), request(settings=after)
    assert differs(standing, wanted) == bool(stated(after).items() - stated(before).items())
    assert differs(standing, replace(standing, title="Another")) is True
    assert differs(standing, standing) is False


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("'enabledAutoRecordMeeting' is not allowed for this site", {"recording"}),
        ("MUTEATTENDEEUPONENTRY", {"mute_on_entry"}),
        ("unlockedMeetingJoinSecurity, enabledJoinBeforeHost", {"waiting_room", "join_before_host"}),
        ("'invitees' has an address that cannot be invited", set()),
        ("", set()),
    ],
)
def test_a_refusal_names_settings_by_their_spelling(words, names):
    assert objected(FULL, TABLES["webex"], words) == names
    assert objected(NONE, TABLES["webex"], words) == set()
