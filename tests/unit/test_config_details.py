"""The section about the words on events: what it gives the connectors, and what it refuses."""

from __future__ import annotations

import pytest

from connectors.wording import DEFAULT, ENGLISH, GERMAN, Wording
from tests.unit.config_files import BASE, GOOGLE, MICROSOFT, furnish, lines, read


@pytest.fixture
def place(tmp_path):
    return furnish(tmp_path)


def test_without_a_word_the_details_are_english(place):
    config = read(place, BASE + GOOGLE + MICROSOFT)
    assert config.google_settings().wording == config.microsoft_settings().wording == DEFAULT


def test_both_calendars_get_the_words_of_the_operator(place):
    text = """\
[details]
language = "de"
phones = 1
countries = ["de", "US", "DE"]
[details.texts]
join = " An  {name} teilnehmen"
phone_passcode = "PIN"
"""
    config = read(place, BASE + GOOGLE + MICROSOFT + text)
    given = config.google_settings().wording
    assert given == config.microsoft_settings().wording
    assert (given.phones, given.countries) == (1, ("DE", "US"))
    assert (given.texts.join, given.texts.phone_passcode) == ("An {name} teilnehmen", "PIN")
    assert (given.texts.code, given.texts.opening) == (GERMAN.code, GERMAN.opening)
    assert Wording(texts=ENGLISH) == DEFAULT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('language = "fr"', '10: [details] language: must be one of "en", "de".'),
        ("phones = 21", "10: [details] phones: is 21, more than 20. Give a number from 0 to 20."),
        ('countries = ["Germany"]', "10: [details] countries #1: is not a country. Write its code of two"),
        ('texts = {code = ""}', "10: [details.texts] code: has 0 characters. Give it 1 to 60."),
        (f'texts = {{code = "{"x" * 61}"}}', "10: [details.texts] code: has 61 characters."),
        ('texts = {code = "ID:"}', "10: [details.texts] code: has ':' in it, which means something else"),
        ('texts = {tap = "@zoom"}', "10: [details.texts] tap: has '@' in it, which means something else"),
        ('texts = {dial = "{number}"}', "10: [details.texts] dial: has '{' in it, which means something"),
        ('texts = {join = "Join"}', "10: [details.texts] join: has to name the service once. Write for"),
        ('texts = {join = "{name} {name}"}', "10: [details.texts] join: has to name the service once."),
        ('texts = {join = "{name} {key}"}', "10: [details.texts] join: has '{' in it, which means"),
        ('texts = {joyn = "x"}', '10: [details.texts] joyn: unknown key. Did you mean "join"?'),
        ("texts = {code = 3}", "10: [details.texts] code: must be text, but is a number. For example: code"),
        ("texts = 3", "10: [details] texts: must be a table"),
    ],
)
def test_words_that_could_not_be_told_from_others_are_a_problem(place, text, said):
    [line] = lines(place, f"{BASE}{GOOGLE}[details]\n{text}\n")
    assert line.startswith(said)
