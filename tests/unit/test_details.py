"""The lines by which people join: which there are, and what must never be among them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.block import put, split, take
from connectors.details import details, is_detail
from connectors.model import Block, Meeting, Phone
from connectors.wording import DEFAULT, ENGLISH, GERMAN, SHIPPED, Texts, Wording

KEY = "hd7k2m0q9v4c1t8e5b"
GERMANY, USA = Phone("+49 69 7104 9922", "DE"), Phone("+1 646 558 8656", "US")
ZOOM = Meeting(
    service="zoom",
    name="Zoom",
    id="92674392836",
    join_url="https://us02web.zoom.us/j/92674392836?pwd=8pEk.1",
    host="jchill@example.com",
    code="926 7439 2836",
    passcode="Xk7Q2p",
    phone_passcode="904233",
    phones=(GERMANY, USA),
)


def test_a_meeting_with_everything_has_all_lines() -> None:
    assert details(ZOOM) == (
        "Join Zoom: https://us02web.zoom.us/j/92674392836?pwd=8pEk.1",
        "Meeting ID: 926 7439 2836",
        "Passcode: Xk7Q2p",
        "One tap: +496971049922,,92674392836#,,,,*904233#",
        "One tap: +16465588656,,92674392836#,,,,*904233#",
        "Dial in: +49 69 7104 9922 (DE)",
        "Dial in: +1 646 558 8656 (US)",
        "Phone passcode: 904233",
    )


def test_a_bare_link_has_one_line() -> None:
    assert details(Meeting("static", "our room", "x", "https://meet.example.org/room")) == (
        "Join our room: https://meet.example.org/room",
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"phone_passcode": ""}, "One tap: +496971049922,,92674392836#"),
        ({"code": "abc-defg-hij"}, "One tap: +496971049922,,904233#"),
        ({"code": "162-399-285", "phone_passcode": ""}, "One tap: +496971049922,,162399285#"),
    ],
)
def test_one_tap_dials_what_the_meeting_has(changes: dict[str, str], line: str) -> None:
    lines = details(dataclasses.replace(ZOOM, **changes))
    assert next(text for text in lines if text.startswith("One tap")) == line


def test_one_tap_is_dialled_in_the_way_of_the_service_where_it_has_one() -> None:
    phone = Phone("+1-650-479-3208", "US", "+16504793208,,*01*25544852539#24537043#*01*")
    lines = details(dataclasses.replace(ZOOM, phones=(phone,)))
    assert f"One tap: {phone.tap}" in lines
    assert "Dial in: +1-650-479-3208 (US)" in lines
    assert all(is_detail(line) for line in lines)


@pytest.mark.parametrize(
    "meeting",
    [
        dataclasses.replace(ZOOM, phones=(Phone("069 7104 9922"),)),
        dataclasses.replace(ZOOM, phones=(Phone("+49 69 CALL"),)),
        dataclasses.replace(ZOOM, code="abc", phone_passcode="abc"),
        dataclasses.replace(ZOOM, phones=()),
    ],
    ids=["no country", "letters", "no number to type", "no phones"],
)
def test_one_tap_is_left_out_where_a_phone_could_not_dial_it(meeting: Meeting) -> None:
    assert not any(line.startswith("One tap") for line in details(meeting))


def test_the_phone_passcode_is_named_only_where_it_helps() -> None:
    without_phones = dataclasses.replace(ZOOM, phones=())
    same = dataclasses.replace(ZOOM, passcode="904233")
    assert not any(
        "Phone passcode" in line for meeting in (without_phones, same) for line in details(meeting)
    )


def test_a_long_list_of_numbers_is_cut() -> None:
    lines = details(dataclasses.replace(ZOOM, phones=(GERMANY, USA) * 40))
    assert len(lines) == 4 + 2 * DEFAULT.phones


def test_the_host_and_the_internal_id_stay_inside() -> None:
    shown = "\n".join(details(dataclasses.replace(ZOOM, id="internal-17", host="jchill@example.com")))
    assert "internal-17" not in shown
    assert "jchill" not in shown


def test_our_own_lines_are_known_again() -> None:
    assert all(is_detail(line) for line in details(ZOOM))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Passcode: for the door it is 1234",
        "Agenda: the budget",
        "Join us: bring cake",
        "Dial in: ask Ada",
        "Meeting ID:",
    ],
)
def test_what_people_write_is_not_taken_for_ours(line: str) -> None:
    assert not is_detail(line)


def test_the_lines_come_in_german() -> None:
    assert details(ZOOM, Wording(GERMAN)) == (
        "Mit Zoom teilnehmen: https://us02web.zoom.us/j/92674392836?pwd=8pEk.1",
        "Meeting-ID: 926 7439 2836",
        "Kenncode: Xk7Q2p",
        "Direktwahl: +496971049922,,92674392836#,,,,*904233#",
        "Direktwahl: +16465588656,,92674392836#,,,,*904233#",
        "Einwahl: +49 69 7104 9922 (DE)",
        "Einwahl: +1 646 558 8656 (US)",
        "Telefon-Kenncode: 904233",
    )


@pytest.mark.parametrize("texts", SHIPPED)
def test_lines_are_known_again_in_every_language(texts: Texts) -> None:
    assert all(is_detail(line) for line in details(ZOOM, Wording(texts)))


def test_the_operators_own_words_are_known_again_beside_all_languages() -> None:
    own = dataclasses.replace(GERMAN, join="{name} (C++?): los", passcode="Pass\u0301wort")
    lines = details(ZOOM, Wording(own))
    assert "Pass\u0301wort: Xk7Q2p" in lines
    assert all(is_detail(line, own) for line in (*lines, *details(ZOOM), *details(ZOOM, Wording(GERMAN))))
    assert [line for line in lines if not is_detail(line)] == [lines[0], lines[2]]


@pytest.mark.parametrize("texts", SHIPPED)
def test_a_block_is_whole_again_in_each_language_after_it_was_damaged_in_another(texts: Texts) -> None:
    own = dataclasses.replace(texts, code="Nummer")
    lines = details(ZOOM, Wording(own))
    written = put("Agenda", KEY, lines, texts=own)
    assert split(written, texts=own)[1] == Block(KEY, "\n".join(lines))
    damaged = written.replace(f"---- {texts.opening} ({KEY}) ----\n", "")
    assert take(damaged + "\nBye", texts=own).replace("\n", "") == "AgendaBye"
    for other in (ENGLISH, GERMAN):
        assert put(written, KEY, details(ZOOM), texts=other) == put("Agenda", KEY, details(ZOOM), texts=other)
    assert take(put("Agenda", KEY, lines, texts=own)) == "Agenda"


@pytest.mark.parametrize("dash", ["-", "\u2010", "\u2011"])
def test_a_german_block_survives_other_hyphens(dash: str) -> None:
    written = put("Agenda", KEY, ["x"], texts=GERMAN).replace("Online-", f"ONLINE{dash}")
    assert split(written) == ("Agenda", Block(KEY, "x"))
    assert take(written) == "Agenda"


@pytest.mark.parametrize(
    ("wording", "countries"),
    [
        (Wording(), ["AT", "US", "DE"]),
        (Wording(phones=0), []),
        (Wording(phones=1, countries=("DE",)), ["DE"]),
        (Wording(countries=("DE", "US")), ["DE", "US", "DE"]),
        (Wording(phones=9, countries=("US", "FR", "DE")), ["US", "DE", "DE", "AT", "CH", ""]),
        (Wording(phones=20), ["AT", "US", "DE", "CH", "DE", ""]),
    ],
)
def test_numbers_of_the_countries_that_come_first_come_first(wording: Wording, countries: list[str]) -> None:
    listed = ["AT", "US", "de", "CH", "DE", ""]
    phones = tuple(Phone(f"+1 {at:04}", country) for at, country in enumerate(listed))
    lines = details(dataclasses.replace(ZOOM, phones=phones), wording)
    shown = [line.removeprefix("Dial in: ").split(" (") for line in lines if line.startswith("Dial in")]
    assert [(rest[0][:-1].upper() if rest else "") for _, *rest in shown] == countries
    assert len({number for number, *_ in shown}) == len(countries)
    assert any(line.startswith("Phone passcode") for line in lines) == bool(countries)


TEXT = st.text(max_size=30)


@given(st.builds(Meeting, *[TEXT] * 8, st.lists(st.builds(Phone, TEXT, TEXT), max_size=6).map(tuple)))
def test_every_line_is_one_line(meeting: Meeting) -> None:
    lines = details(meeting)
    assert all(line and line == " ".join(line.split()) for line in lines)
    assert len(lines) <= 4 + 2 * DEFAULT.phones
