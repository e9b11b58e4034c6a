"""The process as systemd and the operator see it: signals, notifications, health, logs and exit statuses."""

from __future__ import annotations

import contextlib
import json
import re
import resource
import secrets
import signal
import socket
import urllib.request

import pytest

from tests.system.checks import link
from tests.system.huddled import secret
from tests.system.people import hours
from tests.system.providers import Refused, fetch

pytestmark = pytest.mark.system


def _text(url):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        return answer.read().decode()


def test_a_stop_lets_the_call_under_way_finish_and_commits_it(stage):
    stage.huddled.start()
    stage.watching()
    stage.providers.fault("zoom.create", delay=1.0)
    event = stage.ada.add("Plan @zoom")
    stage.until(stage.providers.zoom, "a meeting under way")
    assert resource.prlimit(stage.huddled.process.pid, resource.RLIMIT_CORE)[1] == 0  # cores hold secrets
    assert stage.huddled.stop() == 0
    (row,) = stage.huddled.rows("SELECT state, record FROM conferences WHERE event = ?", event.id)
    assert row[0] == "live"
    assert stage.providers.zoom()[0]["join_url"] in row[1]
    assert stage.huddled.rows("SELECT * FROM work WHERE owner IS NOT NULL") == []
    stage.huddled.start()
    stage.in_step({event.id: "zoom"})
    assert stage.providers.counted()["zoom.create"] == 1


def test_a_second_signal_does_not_wait(stage):
    stage.huddled.start()
    stage.watching()
    stage.providers.fault("zoom.create", hang=True)
    event = stage.ada.add("Plan @zoom")
    stage.until(stage.providers.hits, "a call that hangs")
    stage.huddled.process.send_signal(signal.SIGTERM)
    stage.until(lambda: "stopping" in stage.huddled.log(), "the beginning of the end")
    assert stage.huddled.stop() == 0
    assert "stopped without waiting" in stage.huddled.log()
    stage.providers.calm()
    stage.huddled.start()
    stage.in_step({event.id: "zoom"})


def test_what_changed_while_it_was_down_is_looked_at_soon_after_the_start(stage):
    stage.huddled.start()
    stage.watching()
    assert stage.huddled.stop() == 0
    event = stage.ada.add("Plan @zoom")
    stage.huddled.start()
    stage.in_step({event.id: "zoom"})


def test_one_database_is_served_by_one_process(stage):
    stage.huddled.start()
    second = stage.huddled.command("run")
    assert second.returncode == 1
    assert "is in use by another huddled" in second.stderr
    assert "Traceback" not in second.stderr
    event = stage.ada.add("Plan @zoom")
    stage.in_step({event.id: "zoom"})


def test_a_port_that_is_taken_is_named(stage):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        stage.huddled.configure(server={"admin_listen": place})
        done = stage.huddled.command("run")
    assert done.returncode == 1
    assert place.rpartition(":")[2] in done.stderr
    assert "Traceback" not in done.stderr


def test_systemd_is_told_of_start_life_and_end(stage):
    name = f"huddled-test-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0{name}")
        ear.settimeout(60)
        stage.huddled.environ = {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": "400000"}
        stage.huddled.start()
        heard = [ear.recv(4096).decode()]
        while heard.count("WATCHDOG=1") < 3:
            heard.append(ear.recv(4096).decode())
        assert heard[0] == "READY=1"
        assert stage.huddled.stop() == 0
        ear.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            while True:
                heard.append(ear.recv(4096).decode())
    assert "STOPPING=1" in heard
    assert set(heard) <= {"READY=1", "WATCHDOG=1", "STOPPING=1"}


def test_health_readiness_and_metrics_are_told_to_the_machine_next_door(stage):
    stage.huddled.start()
    stage.watching()
    event = stage.ada.add("Plan @zoom")
    stage.in_step({event.id: "zoom"})
    assert fetch("GET", f"{stage.huddled.admin}/healthz") == {"alive": True}
    assert fetch("GET", f"{stage.huddled.admin}/readyz") == {"ready": True, "why": None}
    metrics = _text(f"{stage.huddled.admin}/metrics")
    assert 'huddled_conferences{state="live"} 1.0' in metrics
    assert 'huddled_pushes_total{answer="204"}' in metrics
    assert re.search(
        r'huddled_provider_call_seconds_count{op="create",provider="zoom",status="201"} 1.0', metrics
    )
    for path in ("/healthz", "/readyz", "/metrics"):
        with pytest.raises(Refused, match="404"):
            fetch("GET", f"{stage.huddled.public}{path}")


def test_a_bad_configuration_is_refused_with_everything_that_is_wrong(stage):
    stage.huddled.configure(server={"listen": "nowhere"}, sync={"sweep_secnds": 5, "workers": 0})
    done = stage.huddled.command("run")
    assert done.returncode == 2
    for word in ("listen", "sweep_secnds", "sweep_seconds", "workers"):
        assert word in done.stderr
    checked = stage.huddled.command("check-config", "--json")
    assert checked.returncode == 2
    assert len(json.loads(checked.stdout)["problems"]) == 3


def test_a_good_configuration_is_said_to_be_good(stage):
    done = stage.huddled.command("check-config")
    assert done.returncode == 0
    assert "is good" in done.stdout
    assert stage.huddled.told("check-config")["problems"] == []


def test_commands_before_the_first_start_say_that_there_is_nothing_yet(stage):
    for words in (("status",), ("why", "Plan")):
        done = stage.huddled.command(*words)
        assert done.returncode == 1
        assert "has not run with this configuration" in done.stderr
    assert stage.huddled.told("plan")["calendars"]
    assert not stage.huddled.database.exists()


def test_a_plan_tells_of_those_who_have_not_agreed_yet_and_plans_for_the_others(stage, tmp_path):
    stage.huddled.configure(
        microsoft={
            "tenant": "sandbox-tenant",
            "client_id": "sandbox-app",
            "client_secret_file": secret(tmp_path / "microsoft.secret", "sandbox-app-secret"),
            "people": ["carol@example.com"],
        },
    )
    event = stage.ada.add("Plan @zoom")
    planned = stage.huddled.told("plan")["calendars"]
    (error,) = [calendar["error"] for calendar in planned if "error" in calendar]
    assert "run: huddled link microsoft --account carol@example.com" in error
    assert event.id in [owed["event"] for calendar in planned for owed in calendar.get("owed", ())]


def test_every_command_answers_people_and_programs(stage):
    stage.huddled.start()
    stage.watching()
    event = stage.ada.add("Plan @zoom")
    stage.in_step({event.id: "zoom"})
    status = stage.huddled.told("status")
    assert [account["connected"] for account in status["accounts"]] == [True, True]
    assert status["conferences"] == {"live": 1}
    assert stage.huddled.told("why", "Plan")[0]["event"] == event.id
    assert [calendar["owed"] for calendar in stage.huddled.told("plan")["calendars"]] == [[], []]
    for words, word in (
        (("status",), "ada@example.com"),
        (("why", "Plan"), "live"),
        (("plan",), "Nothing was written"),
    ):
        done = stage.huddled.command(*words)
        assert (done.returncode, done.stderr) == (0, "")
        assert word in done.stdout


def _secrets(stage):
    """Return what nobody may ever read in a log or an answer."""
    account = stage.providers("GET", "/google/service_account.json")["private_key"]
    key = (stage.huddled.folder / "store.key").read_text().split()
    meetings = [(one["password"], one["join_url"].partition("pwd=")[2]) for one in stage.providers.zoom()]
    return [
        *account.split("\n")[1:-2],
        *key,
        "sandbox-zoom-secret",
        *(word for pair in meetings for word in pair),
    ]


def test_logs_and_answers_are_json_and_hold_no_secret(stage):
    stage.huddled.configure(log={"level": "debug"})
    for op in ("zoom.create", "events.patch", "token", "zoom.token"):
        stage.providers.fault(op, status=500)
    stage.huddled.start()
    stage.watching()
    events = [stage.ada.add(f"Plan {n} @zoom") for n in range(3)]
    stage.in_step({event.id: "zoom" for event in events})
    stage.ada.change(events[0], **hours(72))
    stage.rest()
    answers = [stage.huddled.command(*words).stdout for words in (("status",), ("why", "Plan"))]
    answers += [
        json.dumps(stage.huddled.told(*words)) for words in (("status",), ("why", "@zoom"), ("plan",))
    ]
    answers.append(_text(f"{stage.huddled.admin}/metrics"))
    assert len(stage.huddled.facts()) == len(stage.huddled.log().splitlines()) > 20
    text = "\n".join([stage.huddled.log(), *answers])
    assert link(stage.ada.see(events[0])).partition("?")[0] in text
    assert [word for word in _secrets(stage) if word in text] == []
    assert (
        re.findall(r"ya29\.[0-9a-v]{8}|access_[0-9a-v]{8}|Bearer \S+|eyJ[\w-]{20}|zak=\w+|pwd=\w+", text)
        == []
    )


def test_a_passcode_that_a_provider_repeats_is_not_passed_on(stage):
    stage.huddled.start()
    stage.watching()
    event = stage.ada.add("Plan @zoom")
    stage.in_step({event.id: "zoom"})
    refusal = {"code": 300, "message": "https://us02web.zoom.us/j/1?pwd=Sesame8 is bad"}
    stage.providers.fault("zoom.update", times=-1, status=400, body=refusal)
    stage.ada.change(event, title="Renamed @zoom")
    stage.until(stage.huddled.failing, "work that fails")
    told = json.dumps([stage.huddled.told("status"), stage.huddled.told("why", "Renamed")])
    assert "Sesame8" not in stage.huddled.log() + told
