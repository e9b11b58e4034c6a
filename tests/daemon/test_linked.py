"""What follows when an account that somebody has linked stops working, and when it works again."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from ringing import rung
from stored import ADA, NOW, at, conference, event, furnish

from connectors.errors import Rejected, Transient, Unauthorized
from daemon.accounts import disconnect
from daemon.alerts import Alert, trouble_of
from daemon.dry_run import print_plan
from daemon.linked import relinked, unlinked
from daemon.report import reasons, status_of
from daemon.rules import Flags
from daemon.show import print_reasons, print_status
from daemon.terms import Policy, Service
from daemon.worker import Worker
from store import conferences, events, linked, profiles, work
from store.linked import Credential

CREDENTIAL = linked.credential_id("zoom", "our-app", "ada")
PROFILE = linked.profile_id(ADA, "zoom", "our-app", "ada")
REVOKED = Unauthorized("zoom no longer accepts the consent", provider="zoom", reason="invalid_grant")
STATES = {"e1": "live", "e2": "reserved", "e3": "changing"}


@pytest.fixture
async def calendar(store):
    """Ada has linked her Zoom account, and three events have, or are to have, their meetings there."""

    def put(conn):
        row = Credential(CREDENTIAL, "zoom", "our-app", "ada", b"sealed", "", NOW, None)
        linked.link(conn, ADA, "ada@zoom.example", row, NOW)
        name = furnish(conn)
        for at_, state in STATES.items():
            events.save_listed(conn, name, event(at_, title=f"{at_} @zoom"), NOW)
            mine = conference(f"hd{at_}", at_, state=state, profile=PROFILE)
            conferences.save(conn, name, at_, mine, NOW)
        return name

    return await store.tx(put)


def job(kind, key):
    return work.Job(kind, key, 1, 1, 1)


async def lose(store, calendar, error=REVOKED, kind="reconcile", key=""):
    failed = job(kind, key or f"{calendar}/e2")
    return await store.tx(lambda conn: disconnect(conn, failed, error, NOW + 5))


async def own(store):
    return await store.read(lambda conn: linked.get(conn, PROFILE))


@pytest.mark.parametrize(("kind", "key"), [("reconcile", ""), ("refresh", CREDENTIAL)])
async def test_an_account_that_is_refused_is_noted_and_told_of_once(store, calendar, kind, key):
    assert await lose(store, calendar, kind=kind, key=key) == CREDENTIAL
    assert await lose(store, calendar, kind=kind, key=key) == ""
    found = await own(store)
    assert (found.trouble, found.since) == (str(REVOKED), NOW + 5)
    assert (await store.read(rung))["alert", CREDENTIAL] == 1
    assert await store.read(profiles.count_disconnected) == 0
    assert await store.read(linked.count_disconnected) == 1


async def test_what_waits_for_it_is_looked_at_again_for_something_in_its_place(store, calendar):
    await lose(store, calendar)
    keys = {key for kind, key in await store.read(rung) if kind == "reconcile"}
    assert keys == {f"{calendar}/e2", f"{calendar}/e3"}


@pytest.mark.parametrize(
    "error",
    [
        Rejected("no", provider="zoom"),
        Transient("busy", provider="zoom"),
        Unauthorized("the calendar's own trouble", provider="goto"),
        Unauthorized("wrong secret of the app", provider="zoom", reason="invalid_client"),
        Unauthorized("known before it was linked again", provider="zoom", reason="disconnected"),
    ],
    ids=str,
)
async def test_nobody_has_to_link_again_for_what_is_not_their_fault(store, calendar, error):
    assert await lose(store, calendar, error) == ""
    assert (await own(store)).trouble is None


async def test_the_calendar_s_own_trouble_is_the_calendar_s_and_is_told_of_too(store, calendar):
    await lose(store, calendar, Unauthorized("revoked", provider="google"))
    assert (await own(store)).trouble is None
    name = profiles.profile_id("google", ADA)
    assert (await store.read(rung))["alert", name] == 1
    (fact,) = await store.read(lambda conn: trouble_of(conn, name))
    assert (fact["account"], fact["provider"], fact["why"], fact["mend"]) == (ADA, "google", "revoked", "")


async def test_linked_again_everything_that_waits_is_due_at_once_even_if_it_backs_off(store, calendar):
    def fail(conn):
        work.ring(conn, "reconcile", [f"{calendar}/e2", f"{calendar}/e3"], NOW)
        for mine in work.claim(conn, "me", NOW, NOW + 30, 9):
            work.retry(conn, mine, NOW + 900, "the answer to a refresh was lost")

    await store.tx(fail)
    assert await store.read(work.next_due) == NOW + 900
    await store.tx(lambda conn: relinked(conn, PROFILE, NOW + 60))
    due = await store.read(lambda conn: work.counts(conn, NOW + 60))
    assert due["due"] == 4  # three events, and the calendar's list
    await store.tx(lambda conn: relinked(conn, "pro_unknown", NOW + 60))


async def test_given_up_it_is_no_longer_waited_for(store, calendar):
    kept = await store.tx(lambda conn: unlinked(conn, PROFILE, NOW + 9))
    assert kept.id == CREDENTIAL
    assert set(await store.read(rung)) >= {("reconcile", f"{calendar}/{name}") for name in ("e2", "e3")}
    assert ("reconcile", f"{calendar}/e1") not in await store.read(rung)
    assert await store.tx(lambda conn: unlinked(conn, PROFILE, NOW + 9)) is None


# The command of [alerts]


SLOW = "import time; time.sleep(60)"


def command(folder, text):
    script = folder / "hook.py"
    script.write_text(text)
    return [sys.executable, str(script)]


async def told(store, hook, deadline=20.0):
    worker = Worker(store, {"alert": Alert(store, hook, deadline)}, lambda: NOW + 10, "me")
    for mine in await worker._claim(9):
        if mine.kind == "alert":
            await worker._work(worker._lease(mine))
    return await store.read(lambda conn: work.trouble(conn, "alert", CREDENTIAL))


@pytest.fixture
def hook(tmp_path):
    out = tmp_path / "out"
    return out, command(tmp_path, f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read())")


async def test_the_command_reads_whose_account_it_is_why_what_mends_it_and_what_waits(store, calendar, hook):
    out, program = hook
    await lose(store, calendar)
    assert await told(store, program) is None
    (line,) = out.read_text().splitlines()
    assert json.loads(line) == {
        "alert": "account disconnected",
        "account": ADA,
        "provider": "zoom",
        "profile": PROFILE,
        "why": str(REVOKED),
        "mend": f"huddled link zoom --account {ADA}",
        "events": [f"{calendar}/{name}" for name in STATES],
    }
    await told(store, program)
    assert len(out.read_text().splitlines()) == 1


async def test_an_account_that_works_again_by_then_is_not_told_of(store, calendar, hook):
    out, program = hook
    await lose(store, calendar)
    await store.tx(lambda conn: linked.report(conn, CREDENTIAL, None, NOW + 6))
    assert await told(store, program) is None
    assert not out.exists()


async def test_without_a_command_the_log_has_told_it(store, calendar):
    await lose(store, calendar)
    assert await told(store, []) is None
    assert ("alert", CREDENTIAL) not in await store.read(rung)


@pytest.mark.parametrize(
    ("text", "why"),
    [("import sys; sys.exit(3)", "ended with status 3"), (None, "cannot be run"), (SLOW, "took longer")],
)
async def test_a_command_that_fails_is_run_again_later(store, calendar, tmp_path, text, why):
    program = command(tmp_path, text) if text else [str(tmp_path / "missing")]
    await lose(store, calendar)
    failed = await told(store, program, 0.5 if text == SLOW else 20.0)
    assert why in failed.error
    assert failed.due_at > NOW + 10


# What the operator reads


BASE = Policy(
    now=at(NOW - 86_400),
    flags=Flags(services=("zoom", "static"), fallback=("static",)),
    services={"zoom": Service("zoom", personal=True), "static": Service("static")},
)


def shown(print_, *facts):
    console = Console(width=300, record=True, file=StringIO())
    print_(*facts, console)
    return console.export_text()


async def test_the_status_lists_each_account_and_what_it_makes(store, calendar):
    (good,) = (await store.read(lambda conn: status_of(conn, NOW)))["conferencing"]
    assert (good["id"], good["name"], good["connected"], good["default"]) == (
        PROFILE,
        "ada@zoom.example",
        True,
        True,
    )
    assert (good["events"], good["waiting"], good["relink"]) == (3, 2, None)
    await lose(store, calendar)
    facts = await store.read(lambda conn: status_of(conn, NOW))
    (bad,) = facts["conferencing"]
    assert (bad["connected"], bad["trouble"]) == (False, str(REVOKED))
    assert bad["since"] == at(NOW + 5).isoformat(timespec="seconds")
    assert bad["relink"] == f"huddled link zoom --account {ADA}"
    text = shown(print_status, facts)
    assert "Conferencing accounts (1)" in text
    assert f"Link ada@zoom.example again: {bad['relink']}" in text


@pytest.mark.parametrize("name", ["[/red] [bold]x", "[link=http://x]", "a\x1b]0;x\x07b", "a\nb", "[/"])
async def test_names_from_outside_are_shown_as_they_are_and_steer_no_terminal(store, calendar, name):
    await lose(store, calendar)
    facts = await store.read(lambda conn: status_of(conn, NOW))
    facts["conferencing"][0] |= {"name": name, "trouble": name}
    for one in facts["calendars"]:
        one["name"] = name
    (reason,) = await store.read(lambda conn: reasons(conn, BASE, "e2"))
    reason |= {"title": name, "calendar": name}
    owed = [{"title": name, "does": name, "why": name}]
    plan = {"calendars": [{"calendar": name, "events": 1, "owed": owed}, {"calendar": name, "error": name}]}
    for print_, what in ((print_status, (facts,)), (print_reasons, (name, [reason])), (print_plan, (plan,))):
        text = shown(print_, *what)
        assert "".join(one if one.isprintable() else " " for one in name) in text
        assert all(line.isprintable() for line in text.splitlines())
    assert "known by" in shown(print_reasons, name, [])


async def test_why_names_the_account_and_what_stands_in_for_it(store, calendar):
    async def why(name, base=BASE):
        (fact,) = await store.read(lambda conn: reasons(conn, base, name))
        return fact

    good = await why("e1")
    assert f"in the account ada@zoom.example ({PROFILE}): title:@zoom." in good["verdict"]
    assert good["account"]["connected"]
    assert "does not work" not in shown(print_reasons, "e1", [good])
    await lose(store, calendar)
    instead = await why("e2")
    assert instead["instead_of"] == "zoom"
    assert (
        "a static meeting in the place of zoom, which cannot be had now: title:@zoom." in instead["verdict"]
    )
    waits = await why("e2", replace(BASE, flags=replace(BASE.flags, fallback=())))
    assert waits["account"]["relink"] == f"huddled link zoom --account {ADA}"
    text = shown(print_reasons, "e2", [waits])
    assert f"That account does not work: {REVOKED}." in text
    assert f"To link it again: {waits['account']['relink']}" in text
    await store.tx(lambda conn: linked.unlink(conn, PROFILE))
    left = await why("e1", replace(BASE, services={**BASE.services, "zoom": Service("zoom")}))
    assert left["account"] == {"id": PROFILE, "connected": False, "trouble": "it is no longer linked"}
    assert "it is no longer linked" in shown(print_reasons, "e1", [left])
