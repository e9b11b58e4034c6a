"""How meetings and people look in Zoom's answers."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

from sandbox.zoom.model import Meeting, Occurrence, Person
from sandbox.zoom.times import show

SITE: Final = "https://us02web.zoom.us"
AGENDA_IN_LISTS: Final = 250

DIAL_IN: Final = (
    {"country_name": "Germany", "number": "+49 69 7104 9922", "type": "toll", "country": "DE"},
    {"country_name": "US", "city": "New York", "number": "+1 646 558 8656", "type": "toll", "country": "US"},
)

OFF: Final = {"enable": False}

DEFAULTS: Final[dict[str, Any]] = {
    **dict.fromkeys(
        (
            "host_video participant_video cn_meeting in_meeting join_before_host mute_upon_entry "
            "watermark use_pmi enforce_login alternative_host_update_polls close_registration "
            "show_share_button allow_multiple_devices request_permission_to_unmute_participants "
            "meeting_authentication internal_meeting show_join_info participant_focused_meeting "
            "push_change_to_calendar device_testing focus_mode enable_dedicated_group_chat "
            "private_meeting host_save_video_order email_in_attendee_report"
        ).split(),
        False,
    ),
    **dict.fromkeys(
        (
            "registrants_confirmation_email waiting_room registrants_email_notification "
            "alternative_hosts_email_notification email_notification"
        ).split(),
        True,
    ),
    "jbh_time": 0,
    "approval_type": 2,
    "audio": "both",
    "auto_recording": "none",
    "enforce_login_domains": "",
    "alternative_hosts": "",
    "encryption_type": "enhanced_encryption",
    "approved_or_denied_countries_or_regions": OFF,
    "breakout_room": OFF,
    "sign_language_interpretation": OFF,
    "continuous_meeting_chat": OFF
    | {"auto_add_invited_external_users": False, "auto_add_meeting_participants": False},
    "resources": [],
}


def encrypted(meeting: Meeting) -> str:
    """Return the passcode as it stands in the join link; another passcode gives another."""
    digest = hashlib.sha256(f"{meeting.id}:{meeting.password}".encode()).digest()
    return (
        base64.urlsafe_b64encode(digest).decode().rstrip("=")[:30].replace("_", "x").replace("-", "y") + ".1"
    )


def join_url(meeting: Meeting) -> str:
    """Return the link that guests open."""
    link = f"{SITE}/j/{meeting.id}"
    return f"{link}?pwd={encrypted(meeting)}" if meeting.password else link


def full(meeting: Meeting, *, start_token: str, no_password: bool, no_dial_in: bool) -> dict[str, Any]:
    """Write a meeting as create and get answer it; `start_url` logs the host in and is a secret."""
    body: dict[str, Any] = _head(meeting) | {
        "host_email": meeting.host.email,
        "status": "waiting",
        "agenda": meeting.agenda,
        "start_url": f"{SITE}/s/{meeting.id}?zak={start_token}",
        "join_url": join_url(meeting),
        "settings": _settings(meeting, no_dial_in=no_dial_in),
        "creation_source": "open_api",
        "pre_schedule": meeting.pre_schedule,
    }
    if meeting.password and not no_password:
        body |= {
            "password": meeting.password,
            "h323_password": meeting.phone_password,
            "pstn_password": meeting.phone_password,
            "encrypted_password": encrypted(meeting),
        }
    if meeting.assistant_id:
        body["assistant_id"] = meeting.assistant_id
    if meeting.tracking_fields:
        body["tracking_fields"] = list(meeting.tracking_fields)
    if meeting.recurrence is not None:
        body["recurrence"] = meeting.recurrence
        body["occurrences"] = [_occurrence(one) for one in meeting.occurrences]
    return body


def item(meeting: Meeting) -> dict[str, Any]:
    """Write a meeting as lists show it: a short agenda, and no key for what is empty."""
    body = _head(meeting) | {"join_url": join_url(meeting)}
    if meeting.agenda:
        body["agenda"] = meeting.agenda[:AGENDA_IN_LISTS]
    return body


def user(person: Person, account_id: str) -> dict[str, Any]:
    """Write a person as GET /users/{id} answers."""
    first, _, last = person.name.partition(" ")
    return {
        "id": person.id,
        "first_name": first,
        "last_name": last,
        "display_name": person.name,
        "email": person.email,
        "type": 2,
        "role_name": "Member",
        "use_pmi": False,
        "timezone": person.timezone,
        "verified": 1,
        "language": "en-US",
        "status": "active",
        "account_id": account_id,
    }


def user_settings() -> dict[str, Any]:
    """Write what GET /users/{id}/settings says about passcodes and waiting rooms."""
    return {
        "schedule_meeting": {
            "default_password_for_scheduled_meetings": "",
            "require_password_for_scheduling_new_meetings": True,
            "meeting_password_requirement": {
                "length": 8,
                "consecutive_characters_length": 4,
                "have_letter": True,
                "have_number": True,
                "have_special_character": False,
                "have_upper_and_lower_characters": False,
                "only_allow_numeric": False,
                "weak_enhance_detection": False,
            },
        },
        "in_meeting": {"waiting_room": True},
        "recording": {"auto_recording": "none"},
    }


def _head(meeting: Meeting) -> dict[str, Any]:
    body: dict[str, Any] = {
        "uuid": meeting.uuid,
        "id": meeting.id,
        "host_id": meeting.host.id,
        "topic": meeting.topic,
        "type": meeting.type,
        "timezone": meeting.timezone,
        "created_at": show(meeting.created),
    }
    if meeting.start is not None:
        body |= {"start_time": show(meeting.start), "duration": meeting.duration}
    return body


def _settings(meeting: Meeting, *, no_dial_in: bool) -> dict[str, Any]:
    numbers = [] if no_dial_in else list(DIAL_IN)
    countries = [] if no_dial_in else ["DE", "US"]
    dial_in = {"global_dial_in_countries": countries, "global_dial_in_numbers": numbers}
    return DEFAULTS | dial_in | {key: value for key, value in meeting.settings.items() if key not in dial_in}


def _occurrence(one: Occurrence) -> dict[str, Any]:
    return {
        "occurrence_id": one.id,
        "start_time": show(one.start),
        "duration": one.duration,
        "status": one.status,
    }
