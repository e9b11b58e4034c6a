"""The database is lost, or is a copy from another day: the calendars themselves tell which meetings are ours."""

from __future__ import annotations

import shutil

import pytest

from tests.system.checks import link, of
from tests.system.homes import OUTLOOK, everywhere

pytestmark = [pytest.mark.system, everywhere]

SERVICES = ("integrated", "zoom", "static")


def _lose_database(huddled):
    for file in huddled.folder.glob("huddled.db*"):
        file.unlink()


def _settled(stage):
    """Bring about an event of each service and remember it."""
    stage.huddled.start()
    stage.watching()
    services = map(stage.home.service, SERVICES)
    events = {service: stage.ada.add(f"Plan @{service}", text="Agenda") for service in services}
    stage.in_step({event.id: service for service, event in events.items()})
    return {service: stage.ada.see(event) for service, event in events.items()}


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_without_its_database_it_takes_up_the_same_meetings(stage, how):
    before = _settled(stage)
    stage.huddled.stop() if how == "stopped" else stage.huddled.kill()
    _lose_database(stage.huddled)
    stage.huddled.start()
    stage.watching()
    stage.in_step({event.id: service for service, event in before.items()})
    for service, event in before.items():
        assert link(stage.ada.see(event)) == link(event), service
    assert stage.providers.counted()["zoom.create"] == 1
    for event in before.values():
        stage.ada.change(event, title="Plan")
    stage.in_step({})
    assert {stage.ada.see(event).text for event in before.values()} == {stage.ada.typed("Agenda")}


def test_without_its_database_it_brings_up_to_date_what_changed_meanwhile(stage):
    before = _settled(stage)
    stage.huddled.kill()
    _lose_database(stage.huddled)
    for service, event in before.items():
        stage.ada.change(event, title=f"Renamed meanwhile @{service}")
    stage.huddled.start()
    stage.in_step({event.id: service for service, event in before.items()})
    for service, event in before.items():
        assert link(stage.ada.see(event)) == link(event), service


def test_a_flag_in_the_location_that_gave_way_to_the_link_is_remembered_on_the_event(stage):
    stage.huddled.start()
    event = stage.ada.add("Plan", location="@zoom")
    stage.in_step({event.id: "zoom"})
    before = stage.ada.see(event)
    stage.huddled.kill()
    _lose_database(stage.huddled)
    stage.huddled.start()
    stage.watching()
    stage.in_step({event.id: "zoom"})
    assert link(stage.ada.see(event)) == link(before)


def test_an_old_copy_of_the_database_is_caught_up(stage):
    before = _settled(stage)
    stage.huddled.stop()
    copy = stage.huddled.folder / "copy"
    shutil.copyfile(stage.huddled.database, copy)
    stage.huddled.start()
    stage.ada.change(before[stage.home.integrated], title="Plan")
    stage.ada.change(before["static"], title="Plan @zoom")
    stage.ada.change(before["zoom"], title="Renamed @zoom")
    new = stage.ada.add("New @zoom")
    wanted = {before["static"].id: "zoom", before["zoom"].id: "zoom", new.id: "zoom"}
    stage.in_step(wanted)
    links = {event: link(stage.ada.see(event)) for event in wanted}
    stage.huddled.stop()
    _lose_database(stage.huddled)
    shutil.copyfile(copy, stage.huddled.database)
    stage.huddled.start()
    stage.watching()
    stage.in_step(wanted)
    assert link(stage.ada.see(new)) == links[new.id]
    assert link(stage.ada.see(before["zoom"])) == link(before["zoom"])


def test_channels_of_a_lost_database_are_stopped_when_they_ring(stage, home):
    if home == OUTLOOK:
        pytest.skip(
            "Graph allows one subscription of its kind: the lost one is found when a new one is refused"
        )
    _settled(stage)
    lost = {channel.id for channel in stage.providers.channels()}
    stage.huddled.kill()
    _lose_database(stage.huddled)
    stage.huddled.start()
    stage.until(lambda: len(stage.providers.channels()) == 2 * len(lost), "new channels beside the lost ones")
    stage.rest()
    stage.ada.add("Lunch")
    stage.bob.add("Lunch")
    stage.until(lambda: len(stage.providers.channels()) == len(lost), "the end of the lost ones")
    assert not lost & {channel.id for channel in stage.providers.channels()}


def test_subscriptions_of_a_lost_database_give_way_to_new_ones(stage, home):
    if home != OUTLOOK:
        pytest.skip("Google's channels stand side by side")
    _settled(stage)
    lost = {channel.id for channel in stage.providers.channels()}
    stage.huddled.kill()
    _lose_database(stage.huddled)
    stage.huddled.start()
    stage.until(
        lambda: not lost & {channel.id for channel in stage.providers.channels()}, "an end of the lost"
    )
    stage.watching(len(lost))
    late = stage.bob.add("Late @static")  # announced by a notification, for nothing else would be in time
    stage.until_well(lambda: [] if of(stage.bob.see(late)) == "static" else ["no link on Bob's event"])
