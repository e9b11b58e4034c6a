"""The way out to addresses of strangers: what it reaches, what it refuses, and how little it believes of an answer."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver
from receiving import dribble, drop, flood, hang, receiving, status

from connectors.errors import Rejected, Transient
from connectors.guarded import guard

SOON = 0.3  # seconds


@pytest.fixture
async def receiver():
    async with receiving() as one:
        yield one


async def post(url, *, allow_private=True, deadline=10.0, **options):
    async with guard(**options) as guarded:
        return await guarded.post(url, {"X-Test": "yes"}, b"{}", deadline, allow_private=allow_private)


async def test_what_is_sent_arrives_as_it_was_given(receiver):
    assert await post(f"{receiver.url}/a%2Fb?x=%C3%A4&y=a+b") == 200
    [request] = receiver.received
    assert request.line == "POST /a%2Fb?x=%C3%A4&y=a+b HTTP/1.1"
    assert request.body == b"{}"
    assert request.headers["x-test"] == "yes"
    assert request.headers["user-agent"].startswith("huddled/")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "[::]",
        "LOCALHOST",
        "127.0.0.1.",
    ],
)
async def test_this_machine_is_not_reached_however_it_is_spelt(receiver, host):
    with pytest.raises((Rejected, Transient)):
        await post(f"http://{host}:{receiver.port}/", allow_private=False)
    assert receiver.received == []


async def test_a_private_address_is_refused_with_a_reason_that_people_understand(receiver):
    with pytest.raises(Rejected, match="not on the public internet"):
        await post(receiver.url, allow_private=False)


class Names(AbstractResolver):
    """Tells another address each time that it is asked, as who rebinds a name does."""

    def __init__(self, *addresses):
        self.addresses = list(addresses)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        return [
            {"hostname": host, "host": one, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for one in address.split()
        ]

    async def close(self):
        pass


async def test_a_name_that_leads_to_this_machine_is_refused(receiver):
    with pytest.raises(Rejected):
        await post(
            f"http://app.example:{receiver.port}/", allow_private=False, resolver=lambda: Names("127.0.0.1")
        )
    assert receiver.received == []


async def test_a_name_that_leads_to_private_addresses_only_is_refused(receiver):
    with pytest.raises(Rejected):
        await post(
            f"http://app.example:{receiver.port}/",
            allow_private=False,
            resolver=lambda: Names("127.0.0.1 10.0.0.1"),
        )


async def test_a_name_that_was_public_when_it_was_first_looked_up_is_refused_when_it_is_not_any_more(
    receiver,
):
    """The check is on the address of the connection: `permit` sees each, right before it would be made."""
    seen = []

    def permit(address):
        seen.append(address)
        return address != "127.0.0.1"

    async with guard(permit, lambda: Names("127.0.0.2", "127.0.0.1")) as guarded:
        with pytest.raises(Transient):  # permitted, and nobody listens there
            await guarded.post(f"http://app.example:{receiver.port}/", {}, b"", 10.0)
        guarded.closed.connector.clear_dns_cache()  # as after its ten seconds
        with pytest.raises(Rejected):
            await guarded.post(f"http://app.example:{receiver.port}/", {}, b"", 10.0)
    assert seen == ["127.0.0.2", "127.0.0.1"]
    assert receiver.received == []


async def test_a_connection_that_one_application_may_have_serves_no_other(receiver):
    async with guard() as guarded:
        assert await guarded.post(receiver.url, {}, b"", 10.0, allow_private=True) == 200
        with pytest.raises(Rejected):
            await guarded.post(receiver.url, {}, b"", 10.0)


async def test_a_name_that_is_unknown_may_be_known_later():
    with pytest.raises(Transient):
        await post("http://nobody.invalid/")


async def test_no_redirection_is_followed(receiver):
    receiver.will(status(307, Location=f"{receiver.url}/elsewhere"))
    assert await post(receiver.url) == 307
    assert len(receiver.received) == 1


@pytest.mark.parametrize("answer", [hang, dribble])
async def test_an_answer_that_does_not_come_in_time_is_none(receiver, answer):
    receiver.will(answer)
    with pytest.raises(Transient, match="no answer within"):
        await post(receiver.url, deadline=SOON)


async def test_a_connection_that_breaks_is_no_answer(receiver):
    receiver.will(drop)
    with pytest.raises(Transient, match="the connection failed"):
        await post(receiver.url)


async def test_a_body_is_not_read(receiver):
    receiver.will(flood)
    assert await post(receiver.url) == 200
    await receiver.over.wait()
    assert receiver.flooded < 16 * 1024 * 1024  # what fits into buffers on the way


@pytest.mark.parametrize("code", [429, 503])
async def test_who_asks_for_patience_gets_it(receiver, code):
    receiver.will(status(code, Retry_After="120"))
    with pytest.raises(Transient) as busy:
        await post(receiver.url)
    assert busy.value.retry_after == 120.0


async def test_no_proxy_is_used(receiver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert await post(receiver.url) == 200
