"""Links, and what becomes of linked accounts, as the command line asks for them."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import pytest
from sqlite_utils import Database

from connectors.model import CalendarInfo
from daemon.config.load import load
from daemon.linked import relinked
from daemon.linking import Opened, Unlinkable, choose, make_link, unlink
from store import calendars, linked, profiles, work
from store.db import connect
from store.link_requests import request_id
from store.linked import Credential
from store.schema import migrate
from store.secrets import open_vault

NOW = 1_800_000_000.0
ADA = "ada@example.com"
CONFIG = """
[server]
public_url = "https://huddled.example.com/video"
[store]
url = "sqlite:///huddled.db"
key_file = "store.key"
[google]
service_account_file = "account.json"
subjects = ["ada@example.com"]
client_id = "client"
client_secret_file = "secret"
[[google.users]]
email = "carol@example.com"
[zoom]
user_client_id = "app"
user_client_secret_file = "secret"
oauth_base = "http://127.0.0.1:9/oauth"
[webex]
client_id = "app"
client_secret_file = "secret"
"""


@pytest.fixture
def config(tmp_path):
    account = {"type": "service_account", "client_email": "huddled@x.iam.example", "private_key": "x"}
    for name, text in {"account.json": json.dumps(account), "secret": "x", "config.toml": CONFIG}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return load(tmp_path / "config.toml", {})


@pytest.fixture
def conn(config):
    opened = connect(str(config.store.path))
    migrate(Database(opened), ":memory:")
    opened.row_factory = sqlite3.Row
    yield opened
    opened.close()


def link(config, conn, provider="zoom", person="u1"):
    sealed = open_vault(config.store.key_file).seal("refresh-token")
    name = linked.credential_id(provider, "app", person)
    kept = Credential(name, provider, "app", person, sealed, "", NOW, None)
    return linked.link(conn, ADA, "ada@zoom.example", kept, NOW)[0]


async def test_a_link_leads_below_the_public_address_and_its_secret_is_kept_as_a_hash(config, conn):
    url = await make_link(config, conn, "zoom", "Ada@Example.com", "https://app.example.com/?a=b", NOW)
    start, _, secret = url.rpartition("/")
    assert (start, len(secret)) == ("https://huddled.example.com/video/link", 43)
    [row] = conn.execute("SELECT * FROM link_requests").fetchall()
    assert (row["id"], row["account"], row["provider"]) == (request_id(secret), ADA, "zoom")
    assert (row["redirect_uri"], row["expires_at"] - NOW) == ("https://app.example.com/?a=b", 3600)


@pytest.mark.parametrize(
    ("provider", "account", "redirect_uri", "why"),
    [
        ("goto", ADA, "", "goto is not set up for people's own accounts; these are: google, webex, zoom"),
        ("zoom", "eve@example.com", "", "no calendars of this address are in the configuration"),
        ("zoom", ADA, "http://app.example.com/", "the redirect URI is plain http"),
        ("google", ADA, "", "ada@example.com is not in [[google.users]] of the configuration"),
    ],
)
async def test_a_link_that_could_lead_nowhere_is_not_made(config, conn, provider, account, redirect_uri, why):
    with pytest.raises(Unlinkable) as caught:
        await make_link(config, conn, provider, account, redirect_uri, NOW)
    assert why in str(caught.value)
    assert conn.execute("SELECT * FROM link_requests").fetchall() == []


@pytest.mark.parametrize(("provider", "why"), [("zoom", "could not be told"), ("webex", "it offers no way")])
async def test_tokens_are_deleted_even_where_the_provider_cannot_be_told(config, conn, provider, why):
    profile = link(config, conn, provider)
    left = await unlink(config, conn, profile, NOW)
    assert why in left
    assert "should remove the app there" in left
    assert "refresh-token" not in left
    assert conn.execute("SELECT * FROM credentials").fetchall() == []
    assert linked.get(conn, profile) is None


def test_a_token_that_was_kept_before_is_known_about(config, conn):
    """Taking back a consent that was refused would end that one too."""
    opened = Opened(config, open_vault(config.store.key_file), None)
    carol = profiles.ensure(conn, "google", "carol@example.com", "user", NOW)
    assert not opened.holds(conn, "google", "carol@example.com")
    profiles.save_secret(conn, carol, b"sealed")
    assert opened.holds(conn, "google", "carol@example.com")
    assert not opened.holds(conn, "microsoft", "carol@example.com")
    assert not opened.holds(conn, "google", "eve@example.com")


def test_calendars_of_somebody_who_is_new_in_the_configuration_are_kept_for_the_next_start(config, conn):
    """The link is made with the file as it stands, and followed in a daemon that has not read it yet."""
    vault = open_vault(config.store.key_file)
    name = Opened(config, vault, None).keep(conn, "google", "dora@example.com", "canary", NOW)
    kept = profiles.get(conn, name)
    assert kept.address == "dora@example.com"
    assert json.loads(vault.open(kept.secret))["token"] == "canary"


async def test_whoever_does_not_wait_for_the_provider_still_hears_what_is_left_to_do(config, conn):
    asked = asyncio.Event()

    async def hang(reader, writer):
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/oauth"
        slow = config.model_copy(update={"zoom": config.zoom.model_copy(update={"oauth_base": base})})
        leaving = asyncio.ensure_future(unlink(slow, conn, link(config, conn), NOW))
        await asked.wait()
        leaving.cancel()  # as Ctrl-C does
        assert "should remove the app there" in await leaving
    assert conn.execute("SELECT * FROM credentials").fetchall() == []


async def test_what_is_no_conferencing_profile_is_not_unlinked(config, conn):
    calendar = profiles.ensure(conn, "google", ADA, "delegated", NOW)
    for profile, why in (("pro_x", "is no conferencing profile"), (calendar, "take ada@example.com out of")):
        with pytest.raises(Unlinkable, match=why):
            await unlink(config, conn, profile, NOW)


def test_one_account_of_several_is_made_the_default(config, conn):
    first, second = link(config, conn), link(config, conn, "webex")
    assert choose(conn, first).id == first
    assert [one.id for one in linked.of_account(conn, ADA)] == [first, second]


def test_what_waits_for_an_account_is_looked_at_again_once_it_is_linked(config, conn):
    google = profiles.ensure(conn, "google", ADA, "delegated", NOW)
    info = CalendarInfo("a", "Plans", "UTC", writable=True)
    calendars.found(conn, google, "google", info, NOW)
    [calendar] = calendars.of_profile(conn, google)
    calendars.advance(conn, calendar.id, "cursor", NOW, NOW + 600)
    profile = link(config, conn)
    conn.execute(
        "INSERT INTO conferences VALUES (?, 'e1', 'hd1', 'reserved', 'zoom', ?, 0)",
        (calendar.id, json.dumps({"profile": profile})),
    )
    relinked(conn, profile, NOW)
    due = {(job.kind, job.key) for job in work.claim(conn, "me", NOW, NOW + 1, 9)}
    assert due >= {("reconcile", f"{calendar.id}/e1"), ("sync", calendar.id)}
    assert conn.execute("SELECT cursor FROM calendars").fetchone()["cursor"] is None


def test_a_profile_that_is_gone_rings_for_nothing(conn):
    relinked(conn, "pro_gone", NOW)
    assert work.next_due(conn) is None
