"""What the bodies of create and update may hold, from Zoom's published Meeting API description.

Unknown keys are refused: Zoom was seen to take a guessed key on create and to refuse it on update.
https://developers.zoom.us/docs/api/meetings/
"""

from __future__ import annotations

from typing import Any, Final

from sandbox.zoom.fields import Check, Problem, email, flag, line, many, one_of, record, text, whole

# `Z` for UTC, or local time beside `timezone`; an offset such as +01:00 is not a documented form.
START_TIME: Final = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?Z?"

FLAGS: Final = (
    "allow_host_control_participant_mute_state allow_multiple_devices alternative_host_update_polls "
    "alternative_hosts_email_notification auto_start_ai_companion_questions auto_start_meeting_summary "
    "close_registration cn_meeting device_testing disable_participant_video email_in_attendee_report "
    "email_notification focus_mode host_save_video_order host_video in_meeting internal_meeting "
    "join_before_host meeting_authentication mute_upon_entry participant_focused_meeting "
    "participant_video private_meeting registrants_confirmation_email registrants_email_notification "
    "show_share_button use_pmi waiting_room watermark"
).split()

TEXTS: Final = (
    "alternative_hosts authentication_domains authentication_option contact_email contact_name "
    "summary_template_id"
).split()

INTERPRETER: Final = record({"languages": text(), "interpreter_languages": text(), "email": email()})
SIGNER: Final = record({"sign_language": text(), "email": email()})

COMMON_SETTINGS: Final[dict[str, Check]] = {
    **{name: flag() for name in FLAGS},
    **{name: text() for name in TEXTS},
    "approval_type": one_of(0, 1, 2),
    "approved_or_denied_countries_or_regions": record(
        {
            "enable": flag(),
            "method": one_of("approve", "deny"),
            "approved_list": many(text()),
            "denied_list": many(text()),
        }
    ),
    "audio": one_of("both", "telephony", "voip", "thirdParty"),
    "audio_conference_info": text(2048),
    "auto_recording": one_of("local", "cloud", "none"),
    "breakout_room": record(
        {"enable": flag(), "rooms": many(record({"name": text(), "participants": many(text())}))}
    ),
    "calendar_type": one_of(1, 2),
    "continuous_meeting_chat": record(
        {
            "enable": flag(),
            "auto_add_invited_external_users": flag(),
            "auto_add_meeting_participants": flag(),
            "who_is_added": one_of("all_users", "org_invitees_and_participants", "org_invitees"),
        }
    ),
    "encryption_type": one_of("enhanced_encryption", "e2ee"),
    "global_dial_in_countries": many(text(2)),
    "jbh_time": one_of(0, 5, 10, 15),
    "language_interpretation": record({"enable": flag(), "interpreters": many(INTERPRETER)}),
    "meeting_invitees": many(record({"email": email()}, required=("email",))),
    "question_and_answer": record(
        {
            "enable": flag(),
            "allow_submit_questions": flag(),
            "allow_anonymous_questions": flag(),
            "question_visibility": one_of("answered", "all"),
            "attendees_can_comment": flag(),
            "attendees_can_upvote": flag(),
        }
    ),
    "registration_type": one_of(1, 2, 3),
    "resources": many(
        record(
            {
                "resource_type": one_of("whiteboard"),
                "resource_id": text(),
                "permission_level": one_of("editor", "commenter", "viewer"),
            }
        )
    ),
    "sign_language_interpretation": record({"enable": flag(), "interpreters": many(SIGNER, 20)}),
    "who_can_ask_questions": one_of(1, 2, 3, 4, 5),
    "who_will_receive_summary": one_of(1, 2, 3, 4),
}

CREATE_SETTINGS: Final[dict[str, Check]] = COMMON_SETTINGS | {
    "additional_data_center_regions": many(text()),
    "authentication_exception": many(record({"name": text(), "email": email()})),
    "push_change_to_calendar": flag(),
}

UPDATE_SETTINGS: Final[dict[str, Check]] = COMMON_SETTINGS | {
    "authentication_exception": many(record({"name": text(), "email": email(), "join_url": text()})),
    "authentication_name": text(),
    "custom_keys": many(record({"key": text(64), "value": text(256)}, required=("key",)), 10),
    "enforce_login": flag(),
    "enforce_login_domains": text(),
    "global_dial_in_numbers": many(
        record(
            {
                "city": text(),
                "country": text(),
                "country_name": text(),
                "number": text(),
                "type": one_of("toll", "tollfree"),
            }
        )
    ),
}

RECURRENCE: Final = record(
    {
        "type": one_of(1, 2, 3),
        "repeat_interval": whole(1, 99),
        "weekly_days": text(pattern=r"[1-7](,[1-7])*"),
        "monthly_day": whole(1, 31),
        "monthly_week": one_of(-1, 1, 2, 3, 4),
        "monthly_week_day": one_of(1, 2, 3, 4, 5, 6, 7),
        "end_times": whole(0, 60),
        "end_date_time": text(pattern=r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"),
    },
    required=("type",),
)

COMMON: Final[dict[str, Check]] = {
    "topic": line(200),
    "type": one_of(1, 2, 3, 8, 10),
    "start_time": text(pattern=START_TIME),
    "timezone": text(),
    "duration": whole(1),
    "agenda": text(2000),
    "schedule_for": text(),
    "pre_schedule": flag(),
    "template_id": text(),
    "recurrence": RECURRENCE,
}

CREATE: Final = record(
    COMMON
    | {
        "default_password": flag(),
        "password": text(10),
        "tracking_fields": many(record({"field": text(), "value": text()}, required=("field",))),
        "settings": record(CREATE_SETTINGS),
    }
)

UPDATE: Final = record(
    COMMON
    | {
        # The character set is documented for updates only.
        "password": text(10, r"[A-Za-z0-9@\-_*]*"),
        "tracking_fields": many(record({"field": text(), "value": text()})),
        "settings": record(UPDATE_SETTINGS),
    }
)

# One occurrence of a type 8 series takes fewer fields, and no topic.
UPDATE_OCCURRENCE: Final = record(
    {
        "agenda": text(2000),
        "start_time": text(pattern=START_TIME),
        "timezone": text(),
        "duration": whole(1),
        "settings": record(
            {
                "host_video": flag(),
                "participant_video": flag(),
                "join_before_host": flag(),
                "mute_upon_entry": flag(),
                "waiting_room": flag(),
                "watermark": flag(),
                "auto_recording": one_of("local", "cloud", "none"),
            }
        ),
    }
)


def problems(check: Check, body: dict[str, Any]) -> list[Problem]:
    """List what is wrong with a body."""
    return list(check(body, ""))
