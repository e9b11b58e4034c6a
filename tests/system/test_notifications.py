"""An application that listens, and the real process: what is told, what is not, and what a kill -9 does not lose."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pycronofy
import pytest

from tests.system import machine
from tests.system.huddled import secret
from tests.system.people import times
from tests.system.stage import set_up

pytestmark = pytest.mark.system
ADA, SECRET = "ada@example.com", "s3cret-of-the-listener"


@dataclass(slots=True)
class Ear:
    """The application's end: it believes only what is signed. While `deaf`, it takes requests and never answers."""

    client: pycronofy.Client
    heard: list[dict] = field(default_factory=list)
    deaf: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def take(self, request: BaseHTTPRequestHandler) -> None:
        """Take one request in."""
        body = request.rfile.read(int(request.headers["Content-Length"])).decode()
        assert self.client.hmac_valid(request.headers["Cronofy-HMAC-SHA256"], body)
        self.heard.append(json.loads(body))
        if self.deaf.is_set():
            self.over.wait()
            return
        request.send_response(200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def changes(self) -> list[str]:
        """Return the times of the changes that were told."""
        told = [one["notification"] for one in self.heard]
        return [one["changes_since"] for one in told if one["type"] == "change"]


@pytest.fixture
def ear():
    """Serve the application's end."""
    one = Ear(pycronofy.Client("listener", SECRET))

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            one.take(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    one.url = f"http://127.0.0.1:{server.server_port}/told"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield one
    one.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def stage(providers, tmp_path, home):
    """Ada and Bob, whose calendars an application may use that runs on this machine."""
    listener = {
        "name": "Listener",
        "client_id": "listener",
        "client_secret_file": secret(tmp_path / "listener.secret", SECRET),
        "redirect_uris": ["http://127.0.0.1:9/back"],
        "allow_private": True,
    }
    made = set_up(tmp_path, providers, home, applications=[listener])
    try:
        made.huddled.start()
        made.watching()
        yield made
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


@pytest.fixture
def client(stage):
    told = stage.huddled.told("token", "issue", "--account", ADA, "--application", "listener")
    made = pycronofy.Client("listener", SECRET, told["access_token"], told["refresh_token"])
    made.request_handler.base_url = stage.huddled.public
    return made


def test_an_application_hears_what_people_do_and_no_echo_even_if_huddled_is_killed_while_it_tells(
    stage, client, ear
):
    channel = client.create_notification_channel(ear.url)
    stage.until(lambda: ear.heard, "the verification")
    assert ear.heard == [{"notification": {"type": "verification"}, "channel": channel}]

    before = datetime.now(UTC)
    event = stage.ada.add("Talk @static")
    stage.gets(event, "static")
    stage.quiet(1.0)
    [since] = ear.changes()  # of what Ada did, and none of the link that was written for her
    assert datetime.fromisoformat(since) <= before

    stage.bob.add("Not hers")
    stage.quiet(0.5)
    assert len(ear.changes()) == 1

    ear.deaf.set()
    stage.ada.change(event, title="Another title @static")
    stage.until(lambda: len(ear.changes()) == 2, "a change that is not answered")
    stage.huddled.kill()
    ear.deaf.clear()
    stage.huddled.start()
    stage.until(lambda: len(ear.changes()) > 2, "the change once more")
    assert ear.changes()[2] == ear.changes()[1]
    stage.until(lambda: stage.huddled.told("status")["notifications"]["waiting"] == 0, "all has arrived")
    assert not stage.huddled.failing()

    client.close_notification_channel(channel["channel_id"])
    count = len(ear.heard)
    stage.ada.delete(event)
    stage.quiet(0.5)
    assert len(ear.heard) == count


def test_an_event_s_subscriptions_tell_of_its_link_and_of_its_beginning(stage, client, ear):
    [calendar] = [one["calendar_id"] for one in client.list_calendars() if one["calendar_primary"]]
    five = {"before": "event_start", "offset": {"minutes": 5}}
    hook = {"type": "webhook", "uri": ear.url}
    interactions = [{"type": "conferencing_assigned"}, {"type": "conferencing_failing"}]
    channel = client.create_notification_channel(ear.url)
    stage.until(lambda: ear.heard, "the verification")
    ear.heard.clear()
    starts = datetime.now(UTC) + timedelta(hours=2)
    wanted = {
        "event_id": "mine",
        "summary": "Board meeting",
        "start": starts,
        "end": starts + timedelta(hours=1),
        "conferencing": {"profile_id": "default"},
        "subscriptions": [{**hook, "interactions": interactions}, {**hook, "transitions": [five]}],
    }
    client.upsert_event(calendar, wanted)
    stage.until(lambda: ear.heard, "the link")
    stage.quiet(0.5)
    [assigned] = ear.heard  # and no `change`: it was the application that changed something
    assert assigned["notification"] == {"type": "event_subscription", "interactions": interactions[:1]}
    [read] = client.read_events(calendar_ids=(calendar,)).all()
    assert assigned["event"]["conferencing"] == read["conferencing"]
    assert assigned["event"]["event_id"] == "mine"

    ear.heard.clear()
    client.close_notification_channel(channel["channel_id"])
    [event] = stage.ada.events()
    stage.ada.change(event, **times(datetime.now(UTC) + timedelta(minutes=5, seconds=3)))
    stage.until(lambda: ear.heard, "the beginning, five minutes before the time to which Ada has moved it")
    assert [one["notification"] for one in ear.heard] == [
        {"type": "event_subscription", "transitions": [five]}
    ]
    assert ear.heard[0]["event"]["conferencing"] == read["conferencing"]
    assert not stage.huddled.failing()
