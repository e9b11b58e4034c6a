"""The people of a configuration, and the tokens that their provider puts in the place of what it says."""

from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet
from stored import ADA, NOW, furnish

from connectors.errors import Rejected, Unauthorized
from daemon.accounts import Accounts, disconnect
from daemon.config.load import load
from store import profiles, work
from store.secrets import Vault

CAROL = "carol@example.com"
CONFIG = """
[server]
public_url = "https://huddled.example.com"
[store]
url = "sqlite:///huddled.db"
key_file = "store.key"
"""
GOOGLE = """
[google]
service_account_file = "account.json"
client_id = "client"
client_secret_file = "client.secret"
subjects = ["ada@example.com", "bob@example.com"]
[[google.users]]
email = "carol@example.com"
refresh_token_file = "carol.token"
"""


@pytest.fixture
def vault():
    return Vault([Fernet.generate_key()])


@pytest.fixture
def accounts(tmp_path, store, vault):
    """Return the accounts of a configuration in which Carol's token is the one that is given."""

    def of(token="first-token", text=CONFIG + GOOGLE, key=vault):
        account = {"type": "service_account", "client_email": "huddled@x.iam.example", "private_key": "x"}
        files = {
            "account.json": json.dumps(account),
            "client.secret": "x",
            "carol.token": token,
            "config.toml": text,
        }
        for name, content in files.items():
            path = tmp_path / name
            path.write_text(content)
            path.chmod(0o600)
        return Accounts(load(tmp_path / "config.toml", {}), store, key)

    return of


def profile(address):
    return profiles.profile_id("google", address)


async def carols(accounts):
    return (await accounts.enrol(NOW))[profile(CAROL)]


async def test_everybody_in_the_configuration_gets_a_profile_once(store, accounts):
    found = await accounts().enrol(NOW)
    again = await accounts().enrol(NOW + 99)
    everyone = await store.read(profiles.everyone)
    assert [(one.address, one.mode, one.since) for one in everyone] == [
        (ADA, "delegated", NOW),
        ("bob@example.com", "delegated", NOW),
        (CAROL, "user", NOW),
    ]
    assert set(found) == set(again) == {one.id for one in everyone}


async def test_delegated_accounts_need_no_token_and_the_others_have_their_own(accounts):
    found = await accounts().enrol(NOW)
    ada, carol = found[profile(ADA)], found[profile(CAROL)]
    assert (ada.provider, ada.address, ada.refresh_token, ada.save) == ("google", ADA, "", None)
    assert (carol.provider, carol.address, carol.refresh_token) == ("google", CAROL, "first-token")


async def test_without_google_there_is_nobody(store, accounts):
    assert await accounts(text=CONFIG).enrol(NOW) == {}
    assert await store.read(profiles.everyone) == []


async def test_a_token_that_the_provider_replaced_is_used_from_then_on(accounts):
    await (await carols(accounts())).save("second-token")
    second = await carols(accounts())
    assert second.refresh_token == "second-token"
    await second.save("third-token")
    assert (await carols(accounts())).refresh_token == "third-token"


async def test_a_new_token_in_the_configuration_beats_the_one_that_was_kept(accounts):
    await (await carols(accounts())).save("second-token")
    assert (await carols(accounts("reconnected"))).refresh_token == "reconnected"
    assert (await carols(accounts())).refresh_token == "second-token"


async def test_a_token_that_is_kept_is_sealed(store, accounts, vault):
    await (await carols(accounts())).save("second-token")
    row = await store.read(lambda conn: profiles.get(conn, profile(CAROL)))
    assert b"second" not in row.secret
    assert "first-token" not in vault.open(row.secret)  # only its print is kept with it
    assert json.loads(vault.open(row.secret))["token"] == "second-token"


async def test_with_another_key_the_token_of_the_configuration_is_used(accounts):
    await (await carols(accounts())).save("second-token")
    other = Vault([Fernet.generate_key()])
    assert (await carols(accounts(key=other))).refresh_token == "first-token"


async def test_credentials_do_not_show_the_token(accounts):
    assert "first-token" not in repr(await carols(accounts()))


def job(kind, key):
    return work.Job(kind, key, 1, 1, 1)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("discover", "{profile}"),
        ("sync", "{calendar}"),
        ("reconcile", "{calendar}/e1"),
        ("stop", "{calendar} c r"),
    ],
)
async def test_an_account_that_is_refused_is_noted_whatever_was_asked(store, kind, key):
    calendar = await store.tx(furnish)
    failed = job(kind, key.format(profile=profile(ADA), calendar=calendar))
    await store.tx(lambda conn: disconnect(conn, failed, Unauthorized("revoked", provider="google"), NOW))
    assert (await store.read(lambda conn: profiles.get(conn, profile(ADA)))).trouble == "revoked"


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (Rejected("no", provider="google"), "{calendar}"),
        (Unauthorized("zoom's own trouble", provider="zoom"), "{calendar}/e1"),
        (Unauthorized("revoked", provider="google"), "cal_unknown"),
    ],
)
async def test_other_failures_disconnect_nobody(store, error, key):
    calendar = await store.tx(furnish)
    await store.tx(lambda conn: disconnect(conn, job("sync", key.format(calendar=calendar)), error, NOW))
    assert await store.read(profiles.count_disconnected) == 0
