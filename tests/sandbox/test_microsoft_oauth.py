"""Microsoft's sign-in: what it says of itself, consent, tokens, and that msal works against it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from urllib.parse import parse_qs, urlsplit

import msal
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.sandbox import graph_client
from tests.sandbox.graph_client import LOGIN, REDIRECT, SCOPES, Mapped, consented, in_thread, signed_in

NAME = "https://login.sandbox.invalid"
GRACE = "grace@contoso.example"
VERIFIER = "v" * 50


def challenge(verifier=VERIFIER):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def redeemed(outlook):
    async def redeemed(email=GRACE, query=None, **form):
        back = await consented(outlook.http, outlook.url, email, **(query or {}))
        form = {
            "grant_type": "authorization_code",
            "code": back["code"],
            "redirect_uri": REDIRECT,
            "client_info": "1",
        } | form
        return await signed_in(outlook.http, outlook.url, **form)

    return redeemed


async def test_it_says_where_everything_is_at_the_address_that_was_asked(outlook):
    async with outlook.http.get(
        f"{outlook.url}{LOGIN}/v2.0/.well-known/openid-configuration", headers={"Host": "login.test:81"}
    ) as response:
        said = await response.json()
    assert said["token_endpoint"] == f"http://login.test:81{LOGIN}/oauth2/v2.0/token"
    assert said["authorization_endpoint"] == f"http://login.test:81{LOGIN}/oauth2/v2.0/authorize"
    assert said["issuer"].startswith("http://login.test:81/")


async def test_an_unknown_tenant_is_refused(outlook):
    async with outlook.http.get(
        f"{outlook.url}/microsoft/login/nobody/v2.0/.well-known/openid-configuration"
    ) as response:
        assert response.status == 400
        assert (await response.json())["error_codes"] == [90002]


async def test_the_app_gets_a_token_for_its_secret(outlook):
    answer = await signed_in(outlook.http, outlook.url)
    assert answer.status == 200
    assert set(answer.body) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert 3600 <= answer.body["expires_in"] <= 5400


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "other"}, 400, "unauthorized_client", 700016),
        ({"scope": "https://graph.microsoft.com/Calendars.Read"}, 400, "invalid_scope", 1002012),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": "authorization_code", "code": "none"}, 400, "invalid_grant", 9002313),
        ({"grant_type": "refresh_token", "refresh_token": "none"}, 400, "invalid_grant", 9002313),
    ],
)
async def test_a_request_for_a_token_that_is_not_right_is_refused_by_its_number(
    outlook, form, status, error, number
):
    answer = await signed_in(outlook.http, outlook.url, **form)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (status, error, [number])
    assert answer.body["error_description"].startswith(f"AADSTS{number}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(answer.body)


async def test_a_person_consents_and_the_code_is_good_once(outlook):
    back = await consented(outlook.http, outlook.url, GRACE)
    assert back["state"] == "s"
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": REDIRECT}
    first = await signed_in(outlook.http, outlook.url, **form)
    assert first.status == 200
    assert "Calendars.ReadWrite" in first.body["scope"].split()
    again = await signed_in(outlook.http, outlook.url, **form)
    assert (again.status, again.body["error_codes"]) == (400, [54005])


async def test_a_code_that_is_too_old_is_refused(outlook):
    back = await consented(outlook.http, outlook.url, GRACE)
    await outlook("POST", "/clock", {"advance": 601})
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": REDIRECT}
    assert (await signed_in(outlook.http, outlook.url, **form)).body["error_codes"] == [70008]


async def test_the_way_back_must_be_the_same_to_the_letter(redeemed):
    answer = await redeemed(redirect_uri=REDIRECT + "/")
    assert (answer.status, answer.body["error_codes"]) == (400, [500112])


@pytest.mark.parametrize(("verifier", "status"), [(VERIFIER, 200), ("w" * 50, 400), ("", 400)])
async def test_the_proof_of_who_asked_is_checked(redeemed, verifier, status):
    query = {"code_challenge": challenge(), "code_challenge_method": "S256"}
    answer = await redeemed(query=query, code_verifier=verifier)
    assert answer.status == status
    assert status == 200 or answer.body["error_codes"] == [501481]


async def test_the_id_token_is_signed_and_says_who_and_what_for(outlook, redeemed):
    answer = await redeemed(query={"nonce": "n1"})
    head, claims, signature = answer.body["id_token"].split(".")
    async with outlook.http.get(f"{outlook.url}{LOGIN}/discovery/v2.0/keys") as response:
        [key] = (await response.json())["keys"]
    number = {name: int.from_bytes(decoded(key[name]), "big") for name in ("n", "e")}
    public = rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()
    public.verify(decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), SHA256())
    said = json.loads(decoded(claims))
    assert json.loads(decoded(head))["kid"] == key["kid"]
    assert (said["aud"], said["nonce"], said["preferred_username"]) == ("sandbox-app", "n1", GRACE)
    info = json.loads(decoded(answer.body["client_info"]))
    assert (info["uid"], info["utid"]) == (said["oid"], said["tid"])


async def test_every_refresh_brings_another_refresh_token_and_the_old_one_stays_good(outlook, redeemed):
    first = (await redeemed()).body["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": first, "scope": SCOPES}
    second = (await signed_in(outlook.http, outlook.url, **form)).body["refresh_token"]
    assert second != first
    for token in (first, second):
        answer = await signed_in(outlook.http, outlook.url, **(form | {"refresh_token": token}))
        assert answer.status == 200


async def test_a_refresh_cannot_ask_for_more_than_was_granted(outlook, redeemed):
    token = (await redeemed()).body["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "scope": "OnlineMeetings.ReadWrite"}
    assert (await signed_in(outlook.http, outlook.url, **form)).body["error_codes"] == [70011]


async def test_a_consent_taken_back_ends_its_tokens_until_there_is_another(outlook, redeemed):
    answer = await redeemed()
    client = graph_client.Graph(outlook.http, outlook.url, answer.body["access_token"])
    assert (await client.call("GET", "/subscriptions")).status == 200
    await outlook("POST", "/microsoft/revoke", {"email": GRACE})
    assert (await client.call("GET", "/subscriptions")).status == 401
    form = {"grant_type": "refresh_token", "refresh_token": answer.body["refresh_token"], "scope": SCOPES}
    refused = await signed_in(outlook.http, outlook.url, **form)
    assert (refused.status, refused.body["error"], refused.body["error_codes"]) == (
        400,
        "invalid_grant",
        [50173],
    )
    assert (await redeemed()).status == 200


async def test_whoever_is_not_hinted_at_may_pick_an_account_or_decline(outlook):
    await outlook("POST", "/users", {"email": "ada@example.com"})
    await outlook("POST", "/users", {"email": "x@contoso.example", "name": "<b>X", "home": "microsoft"})
    query = {
        "client_id": "sandbox-app",
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": SCOPES,
        "state": "a&b",
    }
    address = f"{outlook.url}{LOGIN}/oauth2/v2.0/authorize"
    async with outlook.http.get(address, params=query) as response:
        page = await response.text()
    assert "linus@contoso.example" in page
    assert "ada@example.com" not in page
    assert "<b>X" not in page
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', page)]
    seen = {}
    for link in links:
        async with outlook.http.get(outlook.url + link, allow_redirects=False) as response:
            back = parse_qs(urlsplit(response.headers["Location"]).query)
            seen[link] = (back.get("error", ["code"])[0], back["state"])
    assert sorted(seen.values()) == [("access_denied", ["a&b"])] + [("code", ["a&b"])] * 3


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"scope": "Mail.Send"}, "invalid_scope"),
        ({"sandbox_answer": "deny"}, "access_denied"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_what_nobody_can_grant_goes_back_as_an_error(outlook, query, error):
    assert (await consented(outlook.http, outlook.url, GRACE, **query))["error"] == error


@pytest.mark.parametrize(
    "query", [{"client_id": "other"}, {"redirect_uri": "http://elsewhere.example/back"}, {"redirect_uri": ""}]
)
async def test_nobody_is_sent_to_a_stranger(outlook, query):
    asked = {"client_id": "sandbox-app", "response_type": "code", "redirect_uri": REDIRECT, "scope": SCOPES}
    address = f"{outlook.url}{LOGIN}/oauth2/v2.0/authorize"
    async with outlook.http.get(address, params=asked | query, allow_redirects=False) as response:
        assert response.status == 400
        assert response.content_type == "text/html"


async def test_the_answer_can_come_as_a_form(outlook):
    asked = {
        "client_id": "sandbox-app",
        "response_type": "code",
        "response_mode": "form_post",
        "redirect_uri": REDIRECT,
        "scope": SCOPES,
        "state": '"><script>',
        "login_hint": GRACE,
    }
    async with outlook.http.get(f"{outlook.url}{LOGIN}/oauth2/v2.0/authorize", params=asked) as response:
        page = await response.text()
    assert f'action="{REDIRECT}"' in page
    assert 'name="code"' in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("reason", "status", "number"),
    [
        ("invalid_grant", 400, 50173),
        ("invalid_client", 401, 7000215),
        ("temporarily_unavailable", 503, 90033),
    ],
)
async def test_scripted_faults_of_the_token_endpoint_have_its_shape(outlook, reason, status, number):
    fault = {"provider": "microsoft", "op": "token", "status": status, "reason": reason}
    await outlook("POST", "/faults", fault)
    answer = await signed_in(outlook.http, outlook.url)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (status, reason, [number])
    assert (await signed_in(outlook.http, outlook.url)).status == 200


# --- msal, as an app would use it ---


def client(outlook, **more):
    return msal.ConfidentialClientApplication(
        "sandbox-app",
        authority=f"{NAME}{LOGIN}",
        instance_discovery=False,
        http_client=Mapped(NAME, outlook.url),
        **({"client_credential": "sandbox-app-secret"} | more),
    )


async def test_msal_gets_a_token_for_the_app_and_keeps_it(outlook):
    app = await in_thread(client, outlook)
    scopes = ["https://graph.microsoft.com/.default"]
    first = await in_thread(app.acquire_token_for_client, scopes)
    assert first["token_source"] == "identity_provider"
    assert (await in_thread(app.acquire_token_for_client, scopes))["token_source"] == "cache"
    graph = graph_client.Graph(outlook.http, outlook.url, first["access_token"])
    assert (await graph.call("GET", "/subscriptions")).status == 200


async def test_msal_says_what_is_wrong_with_a_secret(outlook):
    app = await in_thread(client, outlook, client_credential="wrong")
    said = await in_thread(app.acquire_token_for_client, ["https://graph.microsoft.com/.default"])
    assert (said["error"], said["error_codes"]) == ("invalid_client", [7000215])


async def flow_of(outlook, app, **more):
    """Go through the whole flow as a browser would, and return what msal makes of it."""
    flow = await in_thread(
        app.initiate_auth_code_flow,
        ["Calendars.ReadWrite"],
        redirect_uri=REDIRECT,
        login_hint=GRACE,
        response_mode="query",
    )
    address = flow["auth_uri"].replace(NAME, outlook.url)
    async with outlook.http.get(address, params=more, allow_redirects=False) as response:
        back = urlsplit(response.headers["Location"]).query
    answer = {name: value for name, [value] in parse_qs(back).items()}
    return await in_thread(app.acquire_token_by_auth_code_flow, flow, answer)


@pytest.mark.filterwarnings("ignore:response_mode")
async def test_msal_takes_a_person_through_consent_and_refreshes_silently(outlook):
    cache = msal.SerializableTokenCache()
    app = await in_thread(client, outlook, token_cache=cache)
    got = await flow_of(outlook, app)
    assert got["id_token_claims"]["preferred_username"] == GRACE
    [account] = app.get_accounts()
    assert account["username"] == GRACE
    silent = app.acquire_token_silent_with_error
    kept = await in_thread(silent, ["Calendars.ReadWrite"], account=account)
    assert kept["token_source"] == "cache"

    other = msal.SerializableTokenCache()
    other.deserialize(cache.serialize())
    later = await in_thread(client, outlook, token_cache=other)
    [account] = later.get_accounts()
    silent = later.acquire_token_silent_with_error
    fresh = await in_thread(silent, ["Calendars.ReadWrite"], account=account, force_refresh=True)
    assert fresh["token_source"] == "identity_provider"
    assert other.has_state_changed

    await outlook("POST", "/microsoft/revoke", {"email": GRACE})
    over = await in_thread(silent, ["Calendars.ReadWrite"], account=account, force_refresh=True)
    assert (over["error"], over["error_codes"]) == ("invalid_grant", [50173])


@pytest.mark.filterwarnings("ignore:response_mode")
async def test_msal_hears_that_a_person_declined(outlook):
    app = await in_thread(client, outlook)
    said = await flow_of(outlook, app, sandbox_answer="deny")
    assert said["error"] == "access_denied"
