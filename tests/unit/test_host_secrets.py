"""What only the host may know stays where it is: no provider's answer brings it into the details."""

from __future__ import annotations

import pytest

from connectors.daily import wire as daily
from connectors.details import details
from connectors.google import conference
from connectors.goto import wire as goto
from connectors.jitsi import wire as jitsi
from connectors.microsoft import online
from connectors.model import Meeting
from connectors.webex import wire as webex
from connectors.whereby import wire as whereby
from connectors.wording import SHIPPED, Wording
from connectors.zoom import wire as zoom

HOST = "ada@example.com"
SECRET = "canary"
NUMBER = "99999999"  # of hosts, where that has to be a number
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=%7b%7d"

MEETINGS = {
    "zoom": zoom.meeting(
        {
            "id": 92674392836,
            "join_url": "https://us02web.zoom.us/j/92674392836?pwd=8pEk.1",
            "start_url": f"https://us02web.zoom.us/s/92674392836?zak={SECRET}",
            "host_id": SECRET,
            "host_key": NUMBER,
            "password": "Xk7Q2p",
            "pstn_password": "904233",
            "encrypted_password": SECRET,
            "settings": {
                "global_dial_in_numbers": [
                    {"number": "+49 69 7104 9922", "country": "DE", "host_key": NUMBER}
                ],
                "alternative_hosts": SECRET,
            },
        },
        HOST,
    ),
    "webex": webex.meeting(
        {
            "id": "870f",
            "webLink": "https://x.webex.com/j.php?MTID=m1",
            "meetingNumber": "25544852539",
            "password": "Xk7Q2p",
            "hostKey": NUMBER,
            "hostEmail": HOST,
            "hostUserId": SECRET,
            "phoneAndVideoSystemPassword": "24537043",
            "telephony": {
                "accessCode": "25544852539",
                "callInNumbers": [
                    {"callInNumber": "+1-650-479-3208", "label": "US Toll", "tollType": "toll"}
                ],
                "links": [{"rel": "globalCallinNumbers", "href": f"/v1/{SECRET}"}],
            },
        }
    ),
    "goto": goto.meeting(
        [
            {
                "meetingid": 162399285,
                "uniqueMeetingId": 162399285,
                "joinURL": "https://meet.goto.com/162399285",
                "hostURL": f"https://global.gotomeeting.com/start?token={SECRET}",
                "conferenceCallInfo": "Germany: +49 891 2140 2090\nAccess Code: 162-399-285",
                "organizerPin": NUMBER,
            }
        ],
        HOST,
    ),
    "whereby": whereby.room(
        {
            "meetingId": "1",
            "roomName": "/hd0123456789abcdefx",
            "roomUrl": "https://x.whereby.com/hd0123456789abcdefx",
            "hostRoomUrl": f"https://x.whereby.com/hd0123456789abcdefx?roomKey={SECRET}",
            "viewerRoomUrl": f"https://x.whereby.com/hd0123456789abcdefx?viewer={SECRET}",
            "endDate": "2026-12-31T14:45:00.000Z",
        },
        HOST,
    ).meeting,
    "daily": daily.meeting(
        {
            "id": SECRET,
            "name": "hd0123456789abcdef",
            "url": "https://x.daily.co/hd0123456789abcdef",
            "token": SECRET,
            "config": {"owner_only_broadcast": True, "meeting_token": SECRET},
        },
        HOST,
    ),
    "jitsi": Meeting(
        "jitsi",
        "Jitsi",
        "room",
        jitsi.join_url("https://meet.example.org", jitsi.room(SECRET, "hd0123456789abcdef"), ""),
        HOST,
        code=jitsi.pin({"conference": "room", "id": 4283920175, "hostPin": NUMBER}),
        phones=jitsi.phones({"numbers": {"DE": ["+49 89 1234"]}, "hostPin": NUMBER}),
    ),
    "meet": conference.meet(
        {
            "conferenceData": {
                "conferenceId": "abc-defg-hij",
                "conferenceSolution": {"key": {"type": "hangoutsMeet"}},
                "entryPoints": [
                    {"entryPointType": "video", "uri": "https://meet.google.com/abc-defg-hij"},
                    {"entryPointType": "phone", "uri": "tel:+49-40-1", "pin": "123", "regionCode": "DE"},
                    {"entryPointType": "more", "uri": f"https://tel.meet/x?hostPin={SECRET}", "pin": NUMBER},
                ],
                "signature": SECRET,
            }
        },
        HOST,
    ),
    "teams": online.teams(
        {
            "onlineMeetingUrl": None,
            "onlineMeeting": {
                "joinUrl": TEAMS,
                "conferenceId": "123456",
                "tollNumber": "+49 69 1",
                "organizerPin": NUMBER,
                "quickDial": SECRET,
            },
        },
        HOST,
    ),
}


@pytest.mark.parametrize("service", MEETINGS)
@pytest.mark.parametrize("texts", SHIPPED)
def test_the_details_say_nothing_that_only_the_host_may_know(service, texts):
    made = MEETINGS[service]
    shown = "\n".join(details(made, Wording(texts, phones=20)))
    assert made.join_url
    assert made.join_url in shown
    assert [secret for secret in (SECRET, NUMBER, HOST) if secret in shown] == []
    assert [secret for secret in (SECRET, NUMBER) if secret in repr(made)] == []
