"""What follows when a provider says that a person has taken their consent back."""

from __future__ import annotations

import json

import pytest
from stored import NOW, conference, furnish

from daemon.alerts import trouble_of
from daemon.deauthorized import Deauthorized
from daemon.worker import Worker
from store import conferences, linked, work
from store.linked import Credential

CREDENTIAL = linked.credential_id("zoom", "our-app", "ada")
ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture
def told(store):
    """Let a person take back what they agreed to at NOW; return what was forgotten, and what is left."""

    async def tell(since, again=None):
        def put(conn):
            row = Credential(CREDENTIAL, "zoom", "our-app", "ada", b"sealed", "", NOW, None)
            profile, _ = linked.link(conn, ADA, "Ada", row, NOW)
            linked.link(conn, BOB, "Ada", row, again or NOW)
            calendar = furnish(conn)
            conferences.save(conn, calendar, "e1", conference("hd1", "e1", profile=profile), NOW)
            work.ring(conn, "deauthorized", [f"{CREDENTIAL} {since:.3f}"], NOW)

        forgotten = []
        await store.tx(put)
        handlers = {"deauthorized": Deauthorized(lambda: NOW + 60, forgotten.append)}
        worker = Worker(store, handlers, lambda: NOW + 60, "me")
        for job in await worker._claim(1):
            await worker._work(worker._lease(job))
        return forgotten, await store.read(lambda conn: linked.credential(conn, CREDENTIAL))

    return tell


async def test_the_tokens_go_and_the_operator_hears_which_events_wait(told, store):
    forgotten, left = await told(NOW + 1)
    assert (forgotten, left.secret) == ([CREDENTIAL], b"")
    assert "removed the app" in left.trouble
    facts = {one["account"]: one for one in await store.read(lambda conn: trouble_of(conn, CREDENTIAL))}
    assert set(facts) == {ADA, BOB}
    assert [event.rpartition("/")[2] for event in facts[ADA]["events"]] == ["e1"]
    assert "sealed" not in json.dumps(facts)
    rung = await store.read(lambda conn: [tuple(row) for row in conn.execute("SELECT kind, key FROM work")])
    assert rung == [("alert", CREDENTIAL)]


async def test_word_that_is_older_than_the_persons_new_consent_is_not_heeded(told):
    _, left = await told(NOW + 1, again=NOW + 2)
    assert (left.secret, left.trouble) == (b"sealed", None)
