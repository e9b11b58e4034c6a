"""People who come through applications: looked after, over a restart too, and let go again."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from connectors.errors import Transient
from connectors.http import connect
from connectors.registry import Registry
from daemon.accounts import Accounts
from daemon.applications import Leaving, api, applications, issue
from daemon.config.load import load
from daemon.linking import Opened, Unlinkable, make_link, ways
from daemon.world import World
from store import linked, profiles, tokens, work
from store.db import connect as open_conn
from store.linked import Credential
from store.secrets import open_vault

NOW = 1_800_000_000.0
ADA, DORA = "ada@example.com", "dora@example.com"
CONFIG = """
[server]
public_url = "https://huddled.example.com"
[store]
url = "sqlite:///huddled.db"
key_file = "store.key"
[google]
client_id = "client"
client_secret_file = "secret"
service_account_file = "account.json"
subjects = ["ada@example.com"]
[[applications]]
name = "Scheduler"
client_id = "scheduler"
client_secret_file = "secret"
"""
SECOND = CONFIG + '[[applications]]\nname = "Rival"\nclient_id = "rival"\nclient_secret_file = "secret"\n'


@pytest.fixture
def place(tmp_path):
    texts = {"account.json": '{"client_email": "x@x.example", "private_key": "x"}', "secret": "x"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)

    def configure(text=CONFIG):
        (tmp_path / "config.toml").write_text(text)
        return load(tmp_path / "config.toml", {})

    return configure


class Way:
    """A provider that is told of tokens that are given back."""

    def __init__(self):
        self.revoked, self.broken = [], False

    async def revoke(self, token):
        self.revoked.append(token)
        if self.broken:
            raise Transient("out of order", provider="google")
        return True


@pytest.fixture
async def parts(place, store):
    config = place()
    vault = open_vault(config.store.key_file)

    def now():
        raise AssertionError("nobody asks the time")

    async with connect() as http:
        registry = Registry(http, now, random.Random(1), google=config.google_settings())
        world = World(config, registry, lambda: NOW)
        way = Way()
        forgotten = []

        class Personal:
            forget = staticmethod(forgotten.append)

        leaving = Leaving(store, vault, world, Personal(), {"google": way, "zoom": way})
        yield config, vault, world, Opened(config, vault, world, store), leaving, way, forgotten


async def come(store, opened, who=DORA, token="hers"):
    def keep(conn):
        profile = opened.keep(conn, "google", who, token, NOW)
        tokens.grant(conn, "scheduler", who, profile, NOW)
        return profile

    profile = await store.tx(keep)
    opened.begin("google", who, token)
    return profile


async def test_who_comes_through_an_application_is_looked_after_at_once(parts, store):
    _, _, world, opened, *_ = parts
    profile = await come(store, opened)
    row = await store.read(lambda conn: profiles.get(conn, profile))
    assert (row.address, row.mode, row.trouble) == (DORA, "app", None)
    assert b"hers" not in row.secret
    assert world.credentials[profile].refresh_token == "hers"
    [job] = await store.tx(lambda conn: work.claim(conn, "me", NOW, NOW + 9, 9))
    assert (job.kind, job.key) == ("discover", profile)


async def test_they_are_still_looked_after_when_huddled_starts_again(parts, store, place):
    config, vault, _, opened, *_ = parts
    profile = await come(store, opened)
    found = await Accounts(config, store, vault).enrol(NOW)
    assert {one.address: one.refresh_token for one in found.values()} == {ADA: "", DORA: "hers"}
    await found[profile].save("rotated")
    again = await Accounts(config, store, vault).enrol(NOW)
    assert again[profile].refresh_token == "rotated"
    without = place(CONFIG.partition("[[applications]]")[0])
    assert [one.address for one in (await Accounts(without, store, vault).enrol(NOW)).values()] == [ADA]


async def test_whom_no_configured_application_wants_is_not_looked_after(parts, store, place):
    _, vault, _, opened, *_ = parts
    await come(store, opened)
    other = place(CONFIG.replace('"scheduler"', '"another"'))
    assert [one.address for one in (await Accounts(other, store, vault).enrol(NOW)).values()] == [ADA]


async def test_whom_the_organisation_has_let_in_needs_no_token_of_their_own(parts, store):
    config, vault, world, opened, *_ = parts
    world.credentials.update(await Accounts(config, store, vault).enrol(NOW))
    profile = await come(store, opened, ADA)
    row = await store.read(lambda conn: profiles.get(conn, profile))
    assert (row.mode, row.secret) == ("delegated", None)
    assert world.credentials[profile].refresh_token == ""


async def test_who_is_put_into_the_configuration_later_stays_connected(parts, store, place):
    _, vault, _, opened, *_ = parts
    profile = await come(store, opened)
    listed = place(CONFIG + f'[[google.users]]\nemail = "{DORA}"\n')
    found = await Accounts(listed, store, vault).enrol(NOW)
    assert found[profile].refresh_token == "hers"
    assert (await store.read(lambda conn: profiles.get(conn, profile))).mode == "user"


async def test_calendars_that_no_application_wants_are_forgotten_and_the_consent_given_back(parts, store):
    _, _, world, opened, leaving, way, _ = parts
    profile = await come(store, opened)
    for name in ("scheduler", "rival"):
        await store.tx(lambda conn, name=name: tokens.grant(conn, name, DORA, profile, NOW))
    for name, dropped in (("scheduler", False), ("rival", True)):

        def leave(conn, name=name):
            tokens.withdraw(conn, name, DORA, profile)
            return leaving.drop(conn, profile)

        assert await store.tx(leave) is dropped
    way.broken = True  # nothing but a line in the log
    await leaving.end(profile)
    await leaving.end(profile)
    assert way.revoked == ["hers"]
    assert world.credentials == {}
    assert await store.read(lambda conn: profiles.get(conn, profile)) is None


async def test_who_comes_back_at_once_keeps_the_new_consent(parts, store):
    _, _, world, opened, leaving, way, _ = parts
    profile = await come(store, opened)
    await store.tx(lambda conn: tokens.withdraw(conn, "scheduler", DORA, profile))
    assert await store.tx(lambda conn: leaving.drop(conn, profile))
    await come(store, opened, token="newer")
    await leaving.end(profile)
    assert (way.revoked, world.credentials[profile].refresh_token) == ([], "newer")


async def test_calendars_of_the_configuration_are_never_forgotten(parts, store):
    config, vault, _, _, leaving, *_ = parts
    [profile] = await Accounts(config, store, vault).enrol(NOW)
    assert not await store.tx(lambda conn: leaving.drop(conn, profile))
    assert not await store.tx(lambda conn: leaving.drop(conn, "pro_0"))


async def test_a_conferencing_profile_is_unlinked_and_its_token_given_back(parts, store):
    _, vault, _, _, leaving, way, forgotten = parts
    name = linked.credential_id("zoom", "app", "u1")
    kept = Credential(name, "zoom", "app", "u1", vault.seal("token"), "", NOW, None)
    profile, _ = await store.tx(lambda conn: linked.link(conn, DORA, "Dora", kept, NOW))
    await leaving.unlink(profile)
    assert (way.revoked, forgotten) == (["token"], [name])
    assert await store.read(lambda conn: linked.get(conn, profile)) is None
    await leaving.unlink(profile)


async def test_people_who_came_through_an_application_can_be_sent_a_link(parts, store, tmp_path):
    config, _, _, opened, *_ = parts
    await come(store, opened)
    conn = open_conn(str(tmp_path / "huddled.db"))
    url = await make_link(config, conn, "google", DORA, "", NOW)
    assert url.startswith("https://huddled.example.com/link/")
    conn.close()


async def test_applications_make_ways_to_connect_calendars(place):
    async with connect() as http:
        assert set(ways(place(), http, lambda: None)) == {"google"}
        assert set(ways(place(CONFIG.partition("[[applications]]")[0]), http, lambda: None)) == set()


def test_an_application_is_what_its_table_says(place):
    text = CONFIG + "edit_external = true\nallow_private = true\nper_second = 5\nper_minute = 6\n"
    [one] = applications(place(text)).values()
    assert (one.secrets, one.elevated, one.allow_private, one.per_second, one.per_minute) == (
        ("x",),
        True,
        True,
        5,
        6,
    )
    assert "secrets" not in repr(one)


async def test_a_token_is_issued_without_asking(parts, store, tmp_path, place):
    config, vault, *_ = parts
    [profile] = await Accounts(config, store, vault).enrol(NOW)
    conn = open_conn(str(tmp_path / "huddled.db"))
    told = issue(config, conn, "Ada@Example.com", "", "", NOW)
    assert told["linking_profile"]["profile_id"] == profile
    assert told["scope"] == "read_account list_calendars read_events create_event delete_event"
    found = tokens.find(conn, told["access_token"], NOW)
    assert (found.application, found.account, found.expires_at) == ("scheduler", ADA, NOW + 3600)
    assert tokens.find(conn, told["refresh_token"], NOW + 1e9).kind == "refresh"
    assert tokens.granted(conn, "scheduler", ADA) == [profile]
    conn.close()


@pytest.mark.parametrize(
    ("text", "given", "why"),
    [
        (CONFIG, {"account": "eve@example.com"}, "no calendars of this address are in the configuration"),
        (CONFIG, {"client": "rival"}, "rival is no application of the configuration; these are: scheduler"),
        (CONFIG, {"scope": "read_events fly"}, "the scopes are read_account, list_calendars"),
        (SECOND, {}, "which application? Give --application: rival, scheduler"),
        (CONFIG.partition("[[applications]]")[0], {}, "no application is in the configuration"),
    ],
)
async def test_a_token_that_could_open_nothing_is_not_issued(place, store, tmp_path, text, given, why):
    conn = open_conn(str(tmp_path / "huddled.db"))
    with pytest.raises(Unlinkable) as caught:
        issue(place(text), conn, **{"account": ADA, "client": "", "scope": "", "now": NOW, **given})
    assert why in str(caught.value)
    assert conn.execute("SELECT * FROM api_tokens").fetchall() == []
    conn.close()


def test_without_applications_nothing_of_the_api_is_loaded():
    program = (
        "import sys, daemon.app, daemon.serving, daemon.cli.program, daemon.config.load; print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert [one for one in loaded.split() if one.startswith(("api.v1", "oauthlib"))] == []


async def test_without_applications_there_is_no_api(place):
    assert api(place(CONFIG.partition("[[applications]]")[0]), *[None] * 6) is None
