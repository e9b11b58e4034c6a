"""What each refusal of Graph means, as tables."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from connectors.errors import (
    Conflict,
    CursorExpired,
    NotFound,
    ProviderError,
    Rejected,
    Transient,
    Unauthorized,
    Unwatchable,
)
from connectors.http import Answer
from connectors.microsoft.errors import cap, claims, duplicate, is_unreached, judge

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def answer(status, code="", message="It is so.", *, inner=True, headers=None):
    error = {"code": code, "message": message}
    if inner:
        error["innerError"] = {"date": "2026-06-01T12:00:00", "request-id": "r-1", "client-request-id": "c-1"}
    return Answer(status, headers or {}, json.dumps({"error": error}).encode(), "microsoft")


def judged(status, code="", message="It is so.", *, conditional=False, **more) -> ProviderError:
    return judge(answer(status, code, message, **more), conditional=conditional, now=NOON)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidRequest", Rejected),
        (400, "ErrorInvalidProperty", Rejected),
        (400, "ErrorOccurrenceCrossingBoundary", Rejected),
        (400, "ErrorInvalidIdMalformed", NotFound),
        (401, "InvalidAuthenticationToken", Unauthorized),
        (401, "", Unauthorized),
        (403, "ErrorAccessDenied", Unauthorized),
        (403, "erroraccessdenied", Unauthorized),
        (403, "Authorization_RequestDenied", Unauthorized),
        (403, "ExtensionError", Rejected),
        (403, "unheardOf", Rejected),
        (404, "ErrorItemNotFound", NotFound),
        (404, "ResourceNotFound", NotFound),
        (404, "MailboxNotEnabledForRESTAPI", Unauthorized),
        (404, "unheardOf", NotFound),
        (404, "", NotFound),
        (408, "", Transient),
        (409, "ErrorIrresolvableConflict", Conflict),
        (409, "ObjectIdentifierInUse", Rejected),
        (410, "SyncStateNotFound", CursorExpired),
        (410, "syncStateNotFound", CursorExpired),
        (410, "resyncRequired", CursorExpired),
        (410, "", CursorExpired),
        (429, "ApplicationThrottled", Transient),
        (429, "activityLimitReached", Transient),
        (429, "", Transient),
        (500, "ErrorInternalServerTransientError", Transient),
        (500, "ErrorItemNotFound", Transient),
        (503, "serviceNotAvailable", Transient),
        (504, "UnknownError", Transient),
    ],
)
def test_status_and_code_say_what_to_do(status, code, kind):
    error = judged(status, code)
    assert type(error) is kind
    assert (error.provider, error.status, error.reason) == ("microsoft", status, code)


@pytest.mark.parametrize("code", ["ErrorIrresolvableConflict", ""])
def test_a_failed_condition_is_a_conflict_only_where_one_was_set(code):
    assert type(judged(412, code, conditional=True)) is Conflict
    assert type(judged(412, code)) is Transient


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_the_provider_says_when_to_come_back(status):
    error = judged(status, headers={"Retry-After": "17"})
    assert isinstance(error, Transient)
    assert error.retry_after == 17


def test_an_error_without_inner_error_is_read():
    error = judged(429, "ApplicationThrottled", "Over its MailboxConcurrency limit.", inner=False)
    assert "MailboxConcurrency" in str(error)
    assert "request-id" not in str(error)


@pytest.mark.parametrize("status", [200, 302, 400, 404, 410, 502, 503])
@pytest.mark.parametrize("body", [b"<html>Service Unavailable", b"", b"[]", b'{"error": "no"}'])
def test_what_is_not_in_graphs_shape_passes(status, body):
    assert type(judge(Answer(status, {}, body), conditional=True, now=NOON)) is Transient


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (412, Transient), (429, Transient)])
def test_some_answers_need_no_body(status, kind):
    assert type(judge(Answer(status, {}, b""), conditional=True, now=NOON)) is kind


def test_a_refusal_names_the_request():
    assert str(judged(400, "InvalidRequest")).endswith("(request-id r-1)")
    told = judge(
        Answer(400, {"request-id": "r-2"}, b'{"error": {"code": "x", "message": "y"}}'),
        conditional=False,
        now=NOON,
    )
    assert str(told).endswith("(request-id r-2)")
    spelt = Answer(400, {}, b'{"error": {"code": "x", "message": "y", "innererror": {"request-id": "r-3"}}}')
    assert "r-3" in str(judge(spelt, conditional=False, now=NOON))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ErrorAccessDenied", ["Calendars.ReadWrite", "administrator", "application access policy"]),
        ("MailboxNotEnabledForRESTAPI", ["no mailbox", "licence"]),
        ("ErrorInvalidUser", ["no mailbox"]),
    ],
)
def test_what_a_person_can_mend_is_said(code, words):
    told = str(judged(404 if "ail" in code else 403, code))
    assert [word for word in words if word not in told] == []


def test_a_mailbox_that_we_may_not_watch_says_how_to_mend_it():
    message = "Operation: Create; Exception: [Status Code: Forbidden; Reason: Forbidden]"
    error = judged(403, "ExtensionError", message)
    assert type(error) is Unauthorized
    assert "administrator" in str(error)


@pytest.mark.parametrize("status", [400, 403, 404])
@pytest.mark.parametrize(
    "message",
    [
        "Operation: Create; Exception: [REST API is not yet supported for this mailbox.]",
        "The mailbox is currently on backend 'Unknown'.",
    ],
)
def test_a_mailbox_that_graph_cannot_watch_is_known(status, message):
    assert type(judged(status, "ExtensionError", message)) is Unwatchable


@pytest.mark.parametrize(
    ("message", "minutes"),
    [
        ("Subscription expiration can only be 10070 minutes in the future.", 10070),
        ("Subscription expiration can only be 4230 minutes in the future.", 4230),
        ("Subscription expiration is odd.", None),
    ],
)
def test_the_longest_life_of_a_subscription_is_read_off_the_refusal(message, minutes):
    assert cap(judged(400, "ExtensionError", message)) == minutes


@pytest.mark.parametrize(
    ("message", "unreached"),
    [
        ("Subscription validation request failed. HTTP status code is 'Forbidden'.", True),
        ("Subscription validation request timed out.", True),
        ("The underlying connection was closed: An unexpected error occurred on a send.", True),
        ("Notification endpoint must respond with 200 OK to validation request.", True),
        ("Invalid 'changeType' attribute.", False),
    ],
)
def test_a_doorbell_that_was_not_reached_is_known(message, unreached):
    assert is_unreached(judged(400, "InvalidRequest", message)) is unreached


def test_the_subscription_that_is_there_already_is_named():
    there = "5522bd62-7c96-4530-85b0-00b916f6151a"
    message = f"Subscription Id {there} already exists for the requested combination"
    assert duplicate(judged(409, "ObjectIdentifierInUse", message)) == there
    assert duplicate(judged(409, "ObjectIdentifierInUse", "It exists.")) == ""
    assert duplicate(judged(400, "InvalidRequest", message)) is None


def test_what_a_token_lacks_is_passed_on():
    wanted = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'
    packed = base64.b64encode(wanted.encode()).decode()
    header = f'Bearer realm="", error="insufficient_claims", claims="{packed}"'
    assert claims(Answer(401, {"WWW-Authenticate": header}, b"")) == wanted
    assert claims(Answer(401, {"WWW-Authenticate": 'Bearer claims="%%%"'}, b"")) == ""
    assert claims(Answer(401, {}, b"")) == ""
