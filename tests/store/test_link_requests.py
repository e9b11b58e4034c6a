from __future__ import annotations

import pytest
from sqlite_utils import Database

from store import link_requests
from store.db import connect
from store.link_requests import LinkRequest, request_id
from store.schema import migrate

NOW, HOUR = 1000.0, 3600.0
SECRET = "s" * 43


@pytest.fixture
def conn():
    opened = connect(":memory:")
    migrate(Database(opened), ":memory:")
    yield opened
    opened.close()


@pytest.fixture
def request_(conn):
    made = LinkRequest(request_id(SECRET), "ada@example.com", "zoom", "", NOW, NOW + HOUR)
    link_requests.add(conn, made)
    return made


def test_a_link_is_found_by_its_secret_which_is_not_kept(conn, request_):
    assert link_requests.get(conn, request_id(SECRET)) == request_
    assert link_requests.get(conn, SECRET) is None
    assert SECRET not in "\n".join(conn.iterdump())


def test_an_answer_is_taken_once(conn, request_):
    assert link_requests.open_flow(conn, request_.id, b"sealed", NOW)
    assert not link_requests.take_answer(conn, request_.id, b"other")
    assert link_requests.take_answer(conn, request_.id, b"sealed")
    assert not link_requests.take_answer(conn, request_.id, b"sealed")


def test_the_last_question_takes_the_place_of_the_one_before(conn, request_):
    link_requests.open_flow(conn, request_.id, b"first", NOW)
    link_requests.open_flow(conn, request_.id, b"second", NOW)
    assert not link_requests.take_answer(conn, request_.id, b"first")
    assert link_requests.take_answer(conn, request_.id, b"second")


def test_an_expired_link_asks_nothing(conn, request_):
    assert not link_requests.open_flow(conn, request_.id, b"sealed", NOW + HOUR)


def test_a_used_link_asks_nothing_and_awaits_nothing(conn, request_):
    link_requests.open_flow(conn, request_.id, b"sealed", NOW)
    assert link_requests.use(conn, request_.id, NOW + 1)
    assert not link_requests.use(conn, request_.id, NOW + 2)
    assert not link_requests.open_flow(conn, request_.id, b"again", NOW + 2)
    assert not link_requests.take_answer(conn, request_.id, b"sealed")
    found = link_requests.get(conn, request_.id)
    assert (found.used_at, found.opened) == (NOW + 1, None)


def test_links_that_expired_long_ago_are_forgotten(conn, request_):
    assert link_requests.prune(conn, NOW + HOUR) == 0
    assert link_requests.prune(conn, NOW + HOUR + 1) == 1
    assert link_requests.get(conn, request_.id) is None
