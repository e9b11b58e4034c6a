"""Accounts, calendars and profiles, in the shapes of the contract."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pycronofy
import pytest

from api.v1 import links, reach
from api.v1.calls import Call, Refused
from store import calendars, profiles, tokens
from store.link_requests import request_id
from tests.api.v1.conftest import ADA, BOB, NOW

CALENDAR = {
    "calendar_name": "Home",
    "calendar_readonly": False,
    "calendar_deleted": False,
    "calendar_primary": True,
    "calendar_integrated_conferencing_available": True,
    "calendar_attachments_available": False,
    "permission_level": "sandbox",
}


async def test_userinfo_tells_all_in_the_shape_of_the_contract(api):
    profile, calendar = await api.person()
    zoom = await api.zoom()
    access, _ = await api.token(profile=profile, scope="read_events create_event")
    reply = await api("GET", "/v1/userinfo", access)
    assert reply.json == {
        "sub": tokens.account_id(ADA),
        "email": ADA,
        "name": ADA,
        "zoneinfo": "Europe/Berlin",
        "cronofy.type": "account",
        "cronofy.data": {
            "authorization": {"scope": "create_event read_events", "status": "active"},
            "profiles": [
                {
                    "provider_name": "google",
                    "provider_service": "gsuite",
                    "profile_id": profile,
                    "profile_name": ADA,
                    "profile_connected": True,
                    "profile_initial_sync_required": True,
                    "profile_calendars": [{"calendar_id": calendar, **CALENDAR}],
                }
            ],
            "conferencing_profiles": [
                {
                    "provider_name": "zoom",
                    "profile_id": zoom,
                    "profile_name": f"{ADA} at Zoom",
                    "profile_connected": True,
                }
            ],
        },
    }
    assert (await api("POST", "/v1/userinfo", access)).json == reply.json


async def test_the_account_the_calendars_and_the_profiles_are_told(api):
    profile, calendar = await api.person(provider="microsoft", native=())
    await api.store.tx(lambda conn: calendars.advance(conn, calendar, "cursor", NOW, NOW))
    access, _ = await api.token(profile=profile)
    named = {"provider_name": "office365", "profile_id": profile, "profile_name": ADA}
    assert (await api("GET", "/v1/account", access)).json == {
        "account": {
            "account_id": tokens.account_id(ADA),
            "email": ADA,
            "name": ADA,
            "default_tzid": "Europe/Berlin",
        }
    }
    flags = {**CALENDAR, "calendar_integrated_conferencing_available": False}
    assert (await api("GET", "/v1/calendars", access)).json == {
        "sub": tokens.account_id(ADA),
        "calendars": [{**named, "calendar_id": calendar, **flags}],
    }
    connected = {"profile_connected": True, "profile_initial_sync_required": False}
    service = {"provider_service": "office365", "provider_protocol": "graph_api"}
    assert (await api("GET", "/v1/profiles", access)).json == {
        "profiles": [{**named, **service, **connected}]
    }


async def test_an_account_without_calendars_is_in_utc(api):
    access, _ = await api.token()
    assert (await api("GET", "/v1/account", access)).json["account"]["default_tzid"] == "Etc/UTC"
    assert (await api("GET", "/v1/calendars", access)).json["calendars"] == []


async def test_an_application_calendar_has_no_account(api):
    profile, _ = await api.person("app:1", provider="own")
    access, _ = await api.token("app:1", profile=profile)
    reply = await api("GET", "/v1/account", access)
    assert reply.status == 403
    assert reply.headers["Content-Type"].startswith("text/plain")
    told = (await api("GET", "/v1/userinfo", access)).json
    assert "email" not in told
    assert told["cronofy.data"]["profiles"][0]["provider_name"] == "cronofy"


async def test_a_disconnected_account_is_told_with_an_address_that_mends_it(api):
    profile, _ = await api.person()
    await api.store.tx(lambda conn: profiles.report(conn, profile, "gone", NOW))
    await api.zoom(trouble="gone")
    access, _ = await api.token(profile=profile)
    data = (await api("GET", "/v1/userinfo", access)).json["cronofy.data"]
    for one, provider in ((data["profiles"][0], "google"), (data["conferencing_profiles"][0], "zoom")):
        assert one["profile_connected"] is False
        url = urlsplit(one["profile_relink_url"])
        assert (url.netloc, url.path) == ("huddled.example", f"/v2/relink/{provider}")
        [sealed] = parse_qs(url.query)["request"]
        assert links.relinked(api.context, sealed) == (ADA, provider)
        assert links.relinked(api.context, sealed[:-1]) is None
        api.clock[0] = NOW + links.RELINK_LIFE
        assert links.relinked(api.context, sealed) is None
        api.clock[0] = NOW


async def test_whom_the_organisation_has_let_in_has_nothing_to_link(api):
    profile, _ = await api.person(mode="delegated")
    await api.store.tx(lambda conn: profiles.report(conn, profile, "gone", NOW))
    access, _ = await api.token(profile=profile)
    [one] = (await api("GET", "/v1/profiles", access)).json["profiles"]
    assert (one["profile_connected"], "profile_relink_url" in one) == (False, False)


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ({"provider_name": "zoom"}, "zoom"),
        ({"provider_name": "go_to"}, "goto"),
        ({}, ""),
        ({"provider_name": ""}, ""),
    ],
    ids=str,
)
async def test_a_link_for_a_conferencing_account_is_bound_to_the_account(api, named, kept):
    access, _ = await api.token()
    back = "http://www.example.com/settings?a=b"
    body = {"redirect_uri": back, **named}
    reply = await api("POST", "/v1/conferencing_service_authorizations", access, body)
    url = reply.json["authorization_request"]["url"]
    start, _, secret = url.rpartition("/")
    assert (reply.status, start) == (200, "http://huddled.example/link")
    [row] = await api.store.read(lambda conn: conn.execute("SELECT * FROM link_requests").fetchall())
    assert (row["id"], row["account"], row["provider"]) == (request_id(secret), ADA, kept)
    assert row["redirect_uri"] == back


@pytest.mark.parametrize(
    ("body", "field", "key"),
    [
        ({}, "redirect_uri", "required"),
        ({"redirect_uri": ""}, "redirect_uri", "required"),
        ({"redirect_uri": 5}, "redirect_uri", "invalid_format"),
        ({"redirect_uri": "/settings"}, "redirect_uri", "invalid_format"),
        ({"redirect_uri": "javascript:alert(1)//x"}, "redirect_uri", "invalid_format"),
        ({"redirect_uri": "https://x/\r\nSet-Cookie: a=b"}, "redirect_uri", "invalid_format"),
        ({"redirect_uri": "https://x:y/"}, "redirect_uri", "invalid_format"),
        ({"redirect_uri": "https://x/#f"}, "redirect_uri", "invalid_format"),
        ({"redirect_uri": "https://[x/"}, "redirect_uri", "invalid_format"),
        ({"redirect_uri": "https://x/", "provider_name": "skype"}, "provider_name", "not_recognized"),
        ({"redirect_uri": "https://x/", "provider_name": "google"}, "provider_name", "not_recognized"),
        ({"redirect_uri": "https://x/", "provider_name": ["zoom"]}, "provider_name", "not_recognized"),
        ({"redirect_uri": "https://x/", "provider_name": 7}, "provider_name", "not_recognized"),
    ],
    ids=str,
)
async def test_a_link_that_could_lead_nowhere_is_not_made(api, body, field, key):
    access, _ = await api.token()
    reply = await api("POST", "/v1/conferencing_service_authorizations", access, body)
    assert (reply.status, reply.errors) == (422, {field: [f"errors.{key}"]})


async def test_a_revoked_calendar_profile_is_the_applications_no_more(api):
    profile, _ = await api.person()
    mine, _ = await api.token(profile=profile)
    theirs, _ = await api.token(application="rival", profile=profile)
    reply = await api("POST", f"/v1/profiles/{profile}/revoke", mine, {})
    assert (reply.status, reply.text) == (202, "")
    assert (await api("GET", "/v1/profiles", mine)).json == {"profiles": []}
    assert len((await api("GET", "/v1/profiles", theirs)).json["profiles"]) == 1
    assert api.leaving.dropped == []
    assert (await api("POST", f"/v1/profiles/{profile}/revoke", mine, {})).status == 404
    assert (await api("POST", f"/v1/profiles/{profile}/revoke", theirs, {})).status == 202
    assert api.leaving.dropped == api.leaving.ended == [profile]


async def test_a_revoked_conferencing_profile_is_unlinked(api):
    zoom = await api.zoom()
    access, _ = await api.token()
    assert (await api("POST", f"/v1/profiles/{zoom}/revoke", access, {"profile_id": zoom})).status == 202
    assert api.leaving.unlinked == [zoom]


async def test_to_an_attacker_every_id_of_another_account_is_not_there(api):
    """Also of the same account, where another application was given it."""
    profile, calendar = await api.person()
    zoom = await api.zoom()
    await api.token(profile=profile)
    bob, _ = await api.person(BOB)
    eve, _ = await api.token(BOB, profile=bob)
    rival, _ = await api.token(ADA, application="rival")
    for token, names in ((eve, (profile, zoom, "pro_0", calendar)), (rival, (profile,))):
        for name in names:
            assert (await api("POST", f"/v1/profiles/{name}/revoke", token, {})).status == 404
    seen = str(
        [(await api("GET", path, eve)).json for path in ("/v1/userinfo", "/v1/calendars", "/v1/profiles")]
    )
    for name in (profile, calendar, zoom, ADA, tokens.account_id(ADA)):
        assert name not in seen
    assert (await api("GET", "/v1/calendars", rival)).json["calendars"] == []
    assert api.leaving == type(api.leaving)()


async def test_somebodys_first_calendar_is_theirs_whoever_keeps_it_in_step(api):
    """An assistant was there before: the calendar goes by their profile."""
    assistant, calendar = await api.person(ADA, remote=BOB)
    profile = await api.store.tx(lambda conn: profiles.ensure(conn, "google", BOB, "app", NOW))
    theirs, _ = await api.token(BOB, profile=profile)
    [listed] = (await api("GET", "/v1/calendars", theirs)).json["calendars"]
    assert (listed["calendar_id"], listed["calendar_primary"]) == (calendar, True)
    call = Call(api.context.applications["scheduler"], BOB)
    assert (await api.store.read(lambda conn: reach.calendar(conn, call, calendar))).profile == assistant
    with pytest.raises(Refused):
        await api.store.read(lambda conn: reach.calendar(conn, replace(call, account=ADA), calendar))


async def test_pycronofy_reads_all_of_it(api):
    profile, calendar = await api.person()
    await api.zoom()
    access, refresh = await api.token(profile=profile)
    client = pycronofy.Client("scheduler", "s1-secret", access, refresh)
    client.request_handler.base_url = client.app_base_url = api.url

    def drive():
        told = client.userinfo()["cronofy.data"]["conferencing_profiles"]
        link = client.get_conferencing_services_auth_link("https://app.example/back", provider_name="zoom")
        found = client.account()["email"], client.list_calendars()[0]["calendar_id"], client.list_profiles()
        fresh = client.refresh_authorization()
        client.revoke_profile(profile)
        client.revoke_authorization()
        return told, link, found, fresh

    told, link, (email, first, listed), fresh = await asyncio.to_thread(drive)
    assert [one["provider_name"] for one in told] == ["zoom"]
    assert link.startswith("http://huddled.example/link/")
    assert (email, first, len(listed)) == (ADA, calendar, 1)
    assert fresh["refresh_token"] == refresh
    assert (await api("GET", "/v1/userinfo", fresh["access_token"])).status == 401
