"""What a connector promises that knows settings of meetings. A test module gives a `sheet` beside its `stage`.

The spellings stand here once more, as the provider's documents have them and not as the connector does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from connectors.errors import Rejected
from connectors.model import MeetingSettings
from connectors.overrides import known, stated
from tests.contract.meetings import KEY, Stage, insist


@dataclass(frozen=True)
class Sheet:
    """How settings look at a provider."""

    spelled: Mapping[
        tuple[str, Any], Mapping[str, Any]
    ]  # by a setting and its value, what the provider keeps
    kept: Callable[[], Mapping[str, Any]]  # the settings that the one meeting there has
    untold: Mapping[str, Any]  # those that it has where nothing is laid down
    odd: MeetingSettings  # waiting room, muting and recording as the account does not have them by itself
    refuse: Callable[[str], object]  # refuse every create and update that has this setting
    lock: Callable[[str], object]  # ignore this setting without a word

    def all_of(self, settings: MeetingSettings) -> dict[str, Any]:
        """Return what the provider keeps of these settings."""
        told: dict[str, Any] = {}
        for pair in stated(settings).items():
            told |= self.spelled[pair]
        return told


WAIT = MeetingSettings(waiting_room=True, mute_on_entry=True, recording="none")
OPEN = MeetingSettings(waiting_room=False, mute_on_entry=False, recording="cloud")


class SettingsContract:
    """Mixed into a test class with a `stage` and a `sheet`."""

    async def test_the_sheet_has_every_setting_of_the_service(self, stage, sheet):
        made = (await stage.create()).meeting
        assert known(made.service) == sheet.spelled.keys()

    async def test_where_nothing_is_laid_down_everything_is_the_account_s(self, stage, sheet):
        made = await stage.create()
        assert (dict(sheet.kept()), made.unmet) == (sheet.untold, ())
        await stage.meetings.update(KEY, made.meeting, replace(await stage.request(), title="Moved"))
        assert dict(sheet.kept()) == sheet.untold

    async def test_each_setting_is_one_of_the_meeting_and_nothing_else_is(self, stage, sheet):
        for at, (name, value) in enumerate(sheet.spelled):
            settings = MeetingSettings(**{name: value})
            if name == "join_before_host":  # Behind a waiting room nobody comes before the host.
                settings = replace(settings, waiting_room=False)
            made = await _made(stage, settings, key=f"hd{at:016}")
            assert made.unmet == ()
            assert dict(sheet.kept()) == sheet.untold | sheet.all_of(settings)
            await stage.meetings.cancel(KEY, made.meeting, await stage.request(), None)

    @pytest.mark.parametrize(("before", "after"), [(MeetingSettings(), WAIT), (WAIT, OPEN), (OPEN, WAIT)])
    async def test_other_settings_change_the_meeting_and_keep_its_link(self, stage, sheet, before, after):
        made = (await _made(stage, before)).meeting
        request = replace(await stage.request(), settings=after)
        updated = await stage.meetings.update(KEY, made, request)
        assert (updated.meeting, updated.unmet) == (made, ())
        assert stage.standing() == 1
        assert dict(sheet.kept()) == sheet.untold | sheet.all_of(before) | sheet.all_of(after)

    async def test_an_update_for_something_else_leaves_settings_as_they_are(self, stage, sheet):
        made = (await _made(stage, WAIT)).meeting
        await stage.meetings.update(KEY, made, replace(await stage.request(), title="Moved"))
        assert dict(sheet.kept()) == sheet.untold | sheet.all_of(WAIT)

    async def test_a_meeting_whose_answer_was_lost_gets_the_settings_of_now(self, stage, sheet):
        stage.befalls("create", drop="after")
        settings = iter((WAIT, OPEN, OPEN, OPEN))
        made = await insist(stage, lambda tried: _made(stage, next(settings), tried=tried))
        assert (stage.standing(), made.followed, made.unmet) == (1, True, ())
        assert dict(sheet.kept()) == sheet.untold | sheet.all_of(WAIT) | sheet.all_of(OPEN)

    @pytest.mark.parametrize("name", ["waiting_room", "mute_on_entry", "recording"])
    async def test_a_setting_that_is_refused_does_not_cost_the_meeting(self, stage, sheet, name):
        sheet.refuse(name)
        made = await _made(stage, sheet.odd)
        assert (stage.standing(), made.unmet) == (1, (name,))
        assert dict(sheet.kept()) == sheet.untold | sheet.all_of(replace(sheet.odd, **{name: None}))

    async def test_a_setting_that_is_refused_does_not_cost_the_update(self, stage, sheet):
        made = (await stage.create()).meeting
        sheet.refuse("mute_on_entry")
        request = replace(await stage.request(), title="Moved", settings=sheet.odd)
        updated = await stage.meetings.update(KEY, made, request)
        assert (updated.meeting, updated.unmet) == (made, ("mute_on_entry",))
        assert dict(sheet.kept()) == sheet.untold | sheet.all_of(replace(sheet.odd, mute_on_entry=None))
        again = await stage.meetings.update(KEY, made, request)
        assert again.unmet == ("mute_on_entry",)

    async def test_settings_that_are_all_refused_cost_no_more_than_themselves(self, stage, sheet):
        names = tuple(stated(sheet.odd))
        for name in names:
            sheet.refuse(name)
        made = await _made(stage, sheet.odd)
        assert (stage.standing(), made.unmet) == (1, names)
        request = replace(await stage.request(), settings=sheet.odd)
        assert (await stage.meetings.update(KEY, made.meeting, request)).unmet == names
        assert dict(sheet.kept()) == sheet.untold

    async def test_a_setting_that_is_ignored_is_told_of(self, stage, sheet):
        sheet.lock("recording")
        made = await _made(stage, OPEN)
        assert made.unmet == ("recording",)
        updated = await stage.meetings.update(
            KEY, made.meeting, replace(await stage.request(), settings=OPEN)
        )
        assert (updated.meeting, updated.unmet) == (made.meeting, ("recording",))

    async def test_what_is_wrong_without_the_settings_too_is_still_refused(self, stage, sheet):
        stage.befalls("create", status=400, times=-1)
        with pytest.raises(Rejected):
            await _made(stage, WAIT)
        assert stage.standing() == 0


async def _made(stage: Stage, settings: MeetingSettings, key: str = KEY, tried: Any = None) -> Any:
    request = replace(await stage.request(), settings=settings)
    return await stage.meetings.create(key, request, tried)
