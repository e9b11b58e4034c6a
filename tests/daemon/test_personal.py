"""People's own accounts: one token for all who use a credential, read when needed, kept when replaced, kept alive."""

from __future__ import annotations

import asyncio
import sqlite3
from random import Random

import pytest
from cryptography.fernet import Fernet
from stored import NOW, conference

from connectors.errors import Rejected, Transient, Unauthorized
from connectors.http import connect
from connectors.linking import linkables
from connectors.model import Meeting
from connectors.registry import Registry
from connectors.settings import GoToSettings, WebexSettings, ZoomSettings
from daemon.accounts import disconnect
from daemon.personal import Personal, Refresh, taken
from daemon.terms import Linked
from daemon.worker import Worker
from sandbox.app import serve
from sandbox.state import World
from sandbox.zoom import oauth
from sandbox.zoom.room import Account
from store import conferences, linked, work
from store.linked import Credential
from store.secrets import Vault

ADA, BOB = "ada@example.com", "bob@example.com"
BACK, VERIFIER = "https://huddled.example.com/link/callback/zoom", "v" * 43
CREDENTIAL = linked.credential_id("zoom", "sandbox-zoom-app", "ada")


@pytest.fixture
async def sandbox():
    async with serve(World(seed=11)) as running:
        running.world.room(Account).join(ADA, "Ada", "UTC")
        yield running


@pytest.fixture
async def http():
    async with connect() as client:
        yield client


@pytest.fixture
def vault():
    return Vault([Fernet.generate_key()])


class NoBudget:
    async def spend(self, host, *, cancel):
        pass

    async def exhausted(self, host, until):
        pass


@pytest.fixture
def settings(sandbox):
    return {
        "zoom": ZoomSettings(
            user_client_id="sandbox-zoom-app",
            user_client_secret="sandbox-zoom-app-secret",
            api_base=f"{sandbox.url}/zoom/v2",
            oauth_base=f"{sandbox.url}/zoom/oauth",
        ),
        "goto": GoToSettings("client", "secret"),
        "webex": WebexSettings("client", "secret"),
    }


@pytest.fixture
def start(store, vault, http, sandbox, settings):
    """Make what a process has that has just started."""

    def begin(vault=vault, **changes):
        mine, now = {**settings, **changes}, sandbox.world.now
        registry = Registry(http, now, Random(7), budget=NoBudget(), taken=taken(store), **mine)
        return Personal(store, vault, http, registry, linkables(http, now, mine), now)

    return begin


@pytest.fixture
async def personal(start, store, vault, sandbox):
    """Ada has linked her account, and Bob's calendar uses the same."""
    made, now = start(), sandbox.world.now().timestamp()
    code = oauth.new_code(sandbox.world.room(Account), ADA, BACK)
    got = await made.providers["zoom"].redeem(code, VERIFIER, BACK)
    row = Credential(CREDENTIAL, "zoom", "sandbox-zoom-app", "ada", vault.seal(got.token), "", now, None)
    await store.tx(lambda conn: [linked.link(conn, who, ADA, row, now) for who in (ADA, BOB)])
    return made


def refreshes(sandbox):
    """Count what the token endpoint was asked, without the redeeming of the code."""
    return sum(call["op"] == "zoom.token" for call in sandbox.world.calls.since(0)) - 1


async def stored(store, vault):
    row = await store.read(lambda conn: linked.credential(conn, CREDENTIAL))
    return vault.open(row.secret)


async def test_a_hundred_who_need_a_token_at_once_refresh_once(personal, sandbox):
    tokens = await asyncio.gather(*(personal.tokens("zoom", CREDENTIAL).token() for _ in range(100)))
    assert len(set(tokens)) == 1
    assert refreshes(sandbox) == 1


async def test_a_hundred_whose_token_was_refused_at_once_refresh_once_more(personal, sandbox):
    stale = await personal.tokens("zoom", CREDENTIAL).token()
    again = await asyncio.gather(*(personal.tokens("zoom", CREDENTIAL).refresh(stale) for _ in range(100)))
    assert set(again) != {stale}
    assert len(set(again)) == 1
    assert refreshes(sandbox) == 2


async def test_all_profiles_of_a_credential_share_what_makes_their_meetings(personal):
    made = [personal(Linked(f"pro_{who}", "zoom", CREDENTIAL, person="ada", name=ADA)) for who in "ab"]
    assert made[0] is made[1]
    other = personal(Linked("pro_c", "zoom", "cre_other", person="carol", name="carol@example.com"))
    assert other is not made[0]


@pytest.mark.parametrize("service", ["zoom", "goto", "webex"])
def test_each_service_is_made_in_the_account_of_the_person(start, service):
    made = start()(Linked("pro_a", service, "cre_a", person="42", name=ADA))
    assert type(made).__module__ == f"connectors.{service}.meetings"


def test_what_is_not_configured_is_told(start):
    with pytest.raises(Rejected, match="webex is not configured for people's own accounts"):
        start(webex=None)(Linked("pro_a", "webex", "cre_a"))


def test_each_account_waits_in_a_lane_of_its_own(start, http):
    made = start()
    one, other = (made(Linked("pro", "goto", name, person="1")) for name in ("cre_1", "cre_2"))
    assert (one._client.http.lane, other._client.http.lane) == ("cre_1", "cre_2")
    assert one._client.http.lanes is http.lanes
    assert one._organizer == "1"


async def test_without_its_section_the_account_waits_and_is_not_lost(personal, start):
    with pytest.raises(Rejected, match="zoom is not configured for people's own accounts"):
        await start(zoom=None).tokens("zoom", CREDENTIAL).token()


async def test_a_rotated_token_is_on_disk_before_it_is_used_and_a_restart_goes_on_with_it(
    personal, start, store, vault, sandbox
):
    first = await stored(store, vault)
    await personal.tokens("zoom", CREDENTIAL).token()
    second = await stored(store, vault)
    assert first != second
    await start().tokens("zoom", CREDENTIAL).token()
    assert await stored(store, vault) != second
    row = await store.read(lambda conn: linked.credential(conn, CREDENTIAL))
    assert row.refreshed_at == pytest.approx(sandbox.world.now().timestamp(), abs=60)


async def test_a_token_that_another_process_has_replaced_is_read_again(personal, start):
    await personal.tokens("zoom", CREDENTIAL).token()
    await start().tokens("zoom", CREDENTIAL).token()
    personal.forget(CREDENTIAL)
    assert await personal.tokens("zoom", CREDENTIAL).token()


async def relink(personal, store, vault, sandbox):
    """Have Ada agree once more, as the page does; return what is stored then."""
    code = oauth.new_code(sandbox.world.room(Account), ADA, BACK)
    got = await personal.providers["zoom"].redeem(code, VERIFIER, BACK)
    row = Credential(CREDENTIAL, "zoom", "sandbox-zoom-app", "ada", vault.seal(got.token), "", 1.0, None)
    await store.tx(lambda conn: linked.link(conn, ADA, ADA, row, 1.0))
    return got.token


async def test_who_links_again_while_a_refresh_waits_for_the_disk_keeps_the_new_tokens(
    personal, start, store, vault, sandbox
):
    refuse = "CREATE TRIGGER sick BEFORE UPDATE ON credentials BEGIN SELECT RAISE(ABORT, 'x'); END"
    await store.tx(lambda conn: conn.execute(refuse).fetchall())
    with pytest.raises(sqlite3.IntegrityError):
        await personal.tokens("zoom", CREDENTIAL).token()
    await store.tx(lambda conn: conn.execute("DROP TRIGGER sick").fetchall())
    await relink(personal, store, vault, sandbox)
    assert await personal.tokens("zoom", CREDENTIAL).token()
    assert await stored(store, vault) in sandbox.world.room(Account).refreshes
    assert await start().tokens("zoom", CREDENTIAL).token()


async def test_who_unlinks_while_a_refresh_is_under_way_leaves_no_token_at_zoom(personal, store, sandbox):
    sandbox.world.faults.add(provider="zoom", op="zoom.token", delay=0.2)
    asked = asyncio.ensure_future(personal.tokens("zoom", CREDENTIAL).token())
    while refreshes(sandbox) < 1:
        await asyncio.sleep(0.01)
    await store.tx(lambda conn: [linked.unlink(conn, one.id) for one in linked.sharing(conn, CREDENTIAL)])
    with pytest.raises(Unauthorized, match="no longer linked"):
        await asked
    assert sandbox.world.room(Account).refreshes == {}


async def test_a_refusal_of_tokens_that_were_replaced_meanwhile_disconnects_nobody(
    personal, store, vault, sandbox
):
    """At Zoom, every token dies with the next consent: whoever was at work just then is refused."""
    await personal.tokens("zoom", CREDENTIAL).token()
    refused = Unauthorized("refused", provider="zoom", reason="invalid_grant")
    job = work.Job("refresh", CREDENTIAL, 1, 1, 1)

    def fails(conn):
        return disconnect(conn, job, refused, NOW, personal.overtaken)

    new = await relink(personal, store, vault, sandbox)
    assert await store.tx(fails) == ""
    row = await store.read(lambda conn: linked.credential(conn, CREDENTIAL))
    assert row.trouble is None
    assert vault.open(row.secret) == new
    assert await personal.tokens("zoom", CREDENTIAL).token()
    assert await store.tx(fails) == CREDENTIAL


async def test_who_has_agreed_again_is_asked_for_with_the_new_tokens_at_once(personal, store, vault, sandbox):
    """The old ones may be good still, and allow too little."""
    old = await personal.tokens("zoom", CREDENTIAL).token()
    held = dict(sandbox.world.room(Account).grants)
    await relink(personal, store, vault, sandbox)
    sandbox.world.room(Account).grants |= held
    assert await personal.tokens("zoom", CREDENTIAL).token() == old
    personal.renew(CREDENTIAL)
    personal.renew("cre_unknown")
    asked = len(refused(sandbox))
    assert await personal.tokens("zoom", CREDENTIAL).token() != old
    assert len(refused(sandbox)) == asked


def refused(sandbox):
    return [call for call in sandbox.world.calls.since(0) if call["status"] >= 400]


async def test_an_answer_that_is_lost_is_told_and_what_it_lost_needs_the_person(personal, sandbox):
    sandbox.world.faults.add(provider="zoom", op="zoom.token", drop="after")
    with pytest.raises(Transient) as lost:
        await personal.tokens("zoom", CREDENTIAL).token()
    assert lost.value.reason == "refresh_lost"
    with pytest.raises(Unauthorized, match="huddled link zoom --account ada@"):
        await personal.tokens("zoom", CREDENTIAL).token()


async def test_what_was_forgotten_is_asked_for_again(personal, sandbox):
    await personal.tokens("zoom", CREDENTIAL).token()
    personal.forget(CREDENTIAL)
    personal.forget("cre_unknown")
    await personal.tokens("zoom", CREDENTIAL).token()
    assert refreshes(sandbox) == 2


async def test_with_another_key_the_person_is_named_who_has_to_link_again(personal, start):
    other = start(Vault([Fernet.generate_key()]))
    with pytest.raises(Unauthorized, match="restore the key, or link the account again") as refused:
        await other.tokens("zoom", CREDENTIAL).token()
    assert refused.value.provider == "zoom"


async def test_an_account_whose_key_is_back_is_connected_again_with_the_next_start(
    personal, start, store, sandbox
):
    other = start(Vault([Fernet.generate_key()]))
    await run(store, other, sandbox)
    with pytest.raises(Unauthorized) as refused:
        await other.tokens("zoom", CREDENTIAL).token()
    job = work.Job("refresh", CREDENTIAL, 1, 1, 1)
    await store.tx(lambda conn: disconnect(conn, job, refused.value, NOW))

    async def trouble():
        return (await store.read(lambda conn: linked.credential(conn, CREDENTIAL))).trouble

    await other.reopen()
    assert "restore the key" in await trouble()
    await start().reopen()
    assert await trouble() is None
    assert await start().tokens("zoom", CREDENTIAL).token()
    await store.tx(lambda conn: linked.report(conn, CREDENTIAL, "revoked", NOW))
    await start().reopen()
    assert await trouble() == "revoked"


async def test_who_has_unlinked_meanwhile_is_not_asked_for(personal, store):
    await store.tx(lambda conn: [linked.unlink(conn, one.id) for one in linked.sharing(conn, CREDENTIAL)])
    with pytest.raises(Unauthorized, match="no longer linked"):
        await personal.tokens("zoom", CREDENTIAL).token()


async def run(store, personal, sandbox, at=0.0):
    handlers = {"refresh": Refresh(store, personal)}
    worker = Worker(store, handlers, lambda: sandbox.world.now().timestamp() + at, "me")
    await store.tx(lambda conn: work.ring(conn, "refresh", [CREDENTIAL], sandbox.world.now().timestamp()))
    for job in await worker._claim(1):
        await worker._work(worker._lease(job))


async def test_an_idle_account_is_refreshed_and_then_left_alone(personal, store, sandbox):
    sandbox.world.clock.advance(25 * 86_400)
    await run(store, personal, sandbox)
    assert refreshes(sandbox) == 1
    row = await store.read(lambda conn: linked.credential(conn, CREDENTIAL))
    assert row.refreshed_at == pytest.approx(sandbox.world.now().timestamp(), abs=60)
    assert await store.read(lambda conn: conn.execute("SELECT count(*) FROM work").fetchone()[0]) == 0


async def test_an_account_that_does_not_work_is_not_asked_again_and_again(personal, store, sandbox):
    await store.tx(lambda conn: linked.report(conn, CREDENTIAL, "revoked", 1.0))
    await run(store, personal, sandbox)
    assert refreshes(sandbox) == 0


async def test_a_meeting_of_another_conference_is_known_as_taken(store):
    meeting = Meeting("goto", "GoTo Meeting", "123", "https://meet.goto.com/123")
    mine = conference("hd1", service="goto", meeting=meeting)
    await store.tx(lambda conn: conferences.save(conn, "cal_a", "e1", mine, NOW))
    ask = taken(store)
    assert [await ask("123", key) for key in ("hd1", "hd2")] == [False, True]
    assert not await ask("124", "hd2")
