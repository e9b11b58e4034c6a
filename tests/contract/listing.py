"""What a connector promises whose provider can list the meetings that carry a key of ours."""

from __future__ import annotations

import pytest

from connectors.base import Listing
from connectors.errors import Transient
from tests.contract.meetings import KEY, OTHER

LAG = 120.0  # seconds after which every list shows what was made


class ListingContract:
    """Mixed into a test class with a `stage`."""

    tells_when = True  # whether the list says when a meeting was made

    async def test_meetings_that_carry_a_key_are_listed_with_it(self, stage):
        assert isinstance(stage.meetings, Listing)
        born = stage.now()
        made = {key: (await stage.create(key)).meeting for key in (KEY, OTHER)}
        stage.advance(LAG)
        found = list(await stage.meetings.ours(made[KEY].host))
        assert {one.key: one.id for one in found} == {key: meeting.id for key, meeting in made.items()}
        for one in found:
            assert one.join_url in ("", made[one.key].join_url)
            assert (one.created is not None) == self.tells_when
            assert one.created is None or abs((one.created - born).total_seconds()) < 60

    async def test_meetings_without_a_key_are_not_listed(self, stage):
        host = (await stage.create("lunch")).meeting.host
        stage.advance(LAG)
        assert stage.standing() == 1
        assert list(await stage.meetings.ours(host)) == []

    async def test_meetings_that_are_gone_are_not_listed(self, stage):
        made = (await stage.create()).meeting
        stage.remove(made)
        stage.advance(LAG)
        assert list(await stage.meetings.ours(made.host)) == []

    @pytest.mark.parametrize("what", [{"status": 503}, {"status": 200, "body": "<html>Welcome"}])
    async def test_trouble_does_not_pass_for_an_empty_list(self, stage, what):
        made = (await stage.create()).meeting
        stage.advance(LAG)
        stage.fault(op=stage.ops["create"].partition(".")[0] + ".list", **what)
        with pytest.raises(Transient):
            await stage.meetings.ours(made.host)
