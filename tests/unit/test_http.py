"""The client against a real server: what it sends, how long it waits, what it says about silence."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from yarl import URL

from connectors import lanes, surroundings
from connectors.errors import Rejected, Transient
from connectors.http import LONGEST_WAIT, Answer, Request, connect, retry_after
from connectors.lanes import Lanes, Limits

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Server:
    """A server that does as it is told and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.answer = lambda request: web.Response(text="ok")
        self.gate = asyncio.Event()
        self.gate.set()
        self.inside = 0
        self.most_inside = 0

    async def handle(self, request):
        self.asked.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await self.gate.wait()
        finally:
            self.inside -= 1
        return self.answer(request)

    def cut(self, request):
        request.transport.abort()
        return web.Response()


@pytest.fixture
async def server(aiohttp_server):
    told = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", told.handle)
    running = await aiohttp_server(app)
    told.url = str(running.make_url("/")).rstrip("/")
    return told


@pytest.fixture
async def http():
    async with connect({"narrow": Limits(concurrent=2)}) as client:
        yield client


def ask(server, path="/", **more):
    values = {"method": "GET", "url": f"{server.url}{path}", "provider": "p", "op": "look"} | more
    return Request(**values)


async def until(true):
    while not true():
        await asyncio.sleep(0)


async def a_while():
    """Let the loop do all that can be done without anything new."""
    for _ in range(200):
        await asyncio.sleep(0)


async def test_an_answer_comes_back_as_it_is(http, server):
    server.answer = lambda _: web.json_response({"a": 1}, status=418, headers={"X-Thing": "Yes"})
    answer = await http.send(ask(server))
    assert (answer.status, answer.json(), answer.headers["x-thing"]) == (418, {"a": 1}, "Yes")


async def test_a_request_goes_out_as_it_is(http, server):
    path = "/calendars/team%20cal%231%40group%2Fx?q=a%2Bb%23"
    await http.send(ask(server, path, method="PATCH", headers={"If-Match": '"1"'}, body=b"{}"))
    ((method, raw, headers, body),) = server.asked
    assert (method, raw, body) == ("PATCH", path, b"{}")
    assert headers["If-Match"] == '"1"'
    assert headers["User-Agent"].startswith("huddled/")
    assert "gzip" in headers["User-Agent"]


async def test_redirects_are_not_followed(http, server):
    server.answer = lambda _: web.Response(status=302, headers={"Location": f"{server.url}/elsewhere"})
    assert (await http.send(ask(server))).status == 302
    assert len(server.asked) == 1


async def test_cookies_are_not_kept(http, server):
    def answer(_):
        response = web.Response()
        response.set_cookie("who", "me")
        return response

    server.answer = answer
    for _ in range(2):
        await http.send(ask(server))
    assert "Cookie" not in server.asked[1][2]


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_may_not_grow_without_end(http, server, packed):
    def answer(_):
        response = web.Response(body=b"0" * 200_000)
        if packed:
            response.enable_compression(web.ContentCoding.gzip)
        return response

    server.answer = answer
    http.largest = 100_000
    with pytest.raises(Rejected, match="larger than 100000"):
        await http.send(ask(server))
    http.largest = 200_000
    assert len((await http.send(ask(server))).body) == 200_000


async def test_where_nobody_listens_nothing_was_sent(http, unused_tcp_port):
    request = Request("POST", f"http://127.0.0.1:{unused_tcp_port}/", "p", "make", body=b"{}")
    with pytest.raises(Transient, match="was not sent") as caught:
        await http.send(request)
    assert (caught.value.reason, caught.value.provider) == ("not_sent", "p")


async def test_after_a_cut_the_outcome_is_unknown(http, server):
    server.answer = server.cut
    with pytest.raises(Transient, match="may have acted") as caught:
        await http.send(ask(server, method="POST", body=b"{}"))
    assert caught.value.reason == "outcome_unknown"
    assert len(server.asked) == 1


async def test_after_a_deadline_the_outcome_is_unknown(http, server):
    server.gate.clear()
    with pytest.raises(Transient, match="no answer in time") as caught:
        await http.send(ask(server, method="POST", deadline=0.2))
    assert caught.value.reason == "outcome_unknown"
    server.gate.set()


async def test_the_client_has_a_deadline_for_requests_that_name_none(server):
    server.gate.clear()
    async with connect(deadline=0.05) as http:
        with pytest.raises(Transient, match="no answer in time"):
            await http.send(ask(server))
    server.gate.set()


async def test_a_deadline_that_passes_in_the_queue_sends_nothing(http, server):
    server.gate.clear()
    before = [asyncio.create_task(http.send(ask(server, provider="narrow", lane="a"))) for _ in range(2)]
    await until(lambda: server.inside == 2)
    with pytest.raises(Transient) as caught:
        await http.send(ask(server, provider="narrow", lane="a", deadline=0.05))
    assert caught.value.reason == "not_sent"
    server.gate.set()
    await asyncio.gather(*before)
    assert len(server.asked) == 2


async def test_a_lane_is_never_fuller_than_allowed(http, server):
    server.gate.clear()
    calls = [asyncio.create_task(http.send(ask(server, provider="narrow", lane="a"))) for _ in range(6)]
    await until(lambda: server.inside == 2)
    await a_while()
    assert server.inside == 2
    server.gate.set()
    await asyncio.gather(*calls)
    assert (len(server.asked), server.most_inside) == (6, 2)


async def test_a_full_lane_does_not_hold_up_another(http, server):
    server.gate.clear()
    calls = [asyncio.create_task(http.send(ask(server, provider="narrow", lane="a"))) for _ in range(6)]
    calls.append(asyncio.create_task(http.send(ask(server, "/other", provider="narrow", lane="b"))))
    await until(lambda: any(raw == "/other" for _, raw, _, _ in server.asked))
    server.gate.set()
    await asyncio.gather(*calls)


async def test_a_call_that_is_given_up_makes_room(http, server):
    server.gate.clear()
    calls = [asyncio.create_task(http.send(ask(server, provider="narrow", lane="a"))) for _ in range(2)]
    await until(lambda: server.inside == 2)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    server.gate.set()
    assert (await http.send(ask(server, provider="narrow", lane="a"))).status == 200


async def test_each_call_is_logged_and_measured_without_its_secrets(server, capsys):
    told = []
    async with connect(on_call=lambda *call: told.append(call)) as http:
        secret = {"Authorization": "Bearer hush"}
        await http.send(ask(server, "/path?token=hush", method="POST", headers=secret, body=b"hush"))
        server.answer = server.cut
        with pytest.raises(Transient):
            await http.send(ask(server, "/path?token=hush", method="POST", body=b"hush"))
    assert [call[:3] for call in told] == [("p", "look", 200), ("p", "look", 0)]
    assert all(seconds > 0 for *_, seconds in told)
    out, err = capsys.readouterr()
    assert (out + err).count("provider call") == 2
    assert "hush" not in out + err + repr(ask(server, "/?token=hush", headers=secret, body=b"hush"))


async def test_a_rate_makes_the_next_one_wait():
    narrow = Lanes({"p": Limits(rate=2)})
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(narrow.turn("p", "a"))
        third = asyncio.create_task(stack.enter_async_context(narrow.turn("p", "a")))
        other = asyncio.create_task(stack.enter_async_context(narrow.turn("p", "b")))
        await a_while()
        assert not third.done()
        assert other.done()
        third.cancel()
        await asyncio.gather(third, return_exceptions=True)


async def test_a_total_rate_counts_all_lanes():
    narrow = Lanes({"p": Limits(total_rate=2)})
    async with AsyncExitStack() as stack:
        for name in "ab":
            await stack.enter_async_context(narrow.turn("p", name))
        third = asyncio.create_task(stack.enter_async_context(narrow.turn("p", "c")))
        await a_while()
        assert not third.done()
        third.cancel()
        await asyncio.gather(third, return_exceptions=True)


async def test_idle_lanes_are_forgotten_and_busy_ones_are_not():
    many = Lanes({})
    async with many.turn("p", "busy"):
        for name in range(10 * lanes.ROOM):
            async with many.turn("p", str(name)):
                pass
        assert len(many._lanes) <= lanes.ROOM
        assert ("p", "busy") in many._lanes


async def test_a_lane_that_has_spent_its_rate_is_not_forgotten():
    many = Lanes({"p": Limits(rate=0.001)})
    for name in range(2 * lanes.ROOM):
        async with many.turn("p", str(name)):
            pass
    assert len(many._lanes) == 2 * lanes.ROOM


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3),
        ("0", 0),
        ("2026-11-23T00:00:00Z", 43_200),
        ("2026-11-23T01:00:00+01:00", 43_200),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30),
        ("2020-01-01T00:00:00Z", 0),
        ("9" * 400, LONGEST_WAIT),
        ("2999-01-01T00:00:00Z", LONGEST_WAIT),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_every_form(value, seconds):
    assert retry_after(CIMultiDict({"retry-after": value}), NOW) == seconds


@given(st.text())
def test_any_retry_after_is_a_sane_wait_or_none(value):
    wait = retry_after({"Retry-After": value}, NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT


def test_no_header_is_no_wait():
    assert retry_after({}, NOW) is None


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, Transient), (302, Transient), (400, Rejected), (404, Rejected), (502, Transient)],
)
@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_an_error(status, error, body):
    with pytest.raises(error, match="not JSON but text/html") as caught:
        Answer(status, {"Content-Type": "text/html"}, body, "p").json()
    assert (caught.value.provider, caught.value.status) == ("p", status)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://127.0.0.1:8490/google", None),
        ("http://localhost/", None),
        ("http://[::1]/", None),
        ("http://inside.example.net/", None),
        ("https://api.zoom.us/v2", URL("http://proxy.example:3128")),
    ],
)
def test_a_proxy_is_for_the_world_outside(monkeypatch, url, found):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "example.net")
    assert surroundings.proxy(URL(url)) == found


@pytest.fixture
async def trusted_only_by_us(aiohttp_server, tmp_path):
    """Serve https with a certificate that no system knows; give the address and the certificate's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "huddled test")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, file = serialization.Encoding.PEM, tmp_path / "ca.pem"
    file.write_bytes(certificate.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(secret)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, tmp_path / "key.pem")

    async def hello(_):
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    running = await aiohttp_server(app, ssl=context)
    return str(running.make_url("/")), file


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_the_operators_own_authority_is_trusted(monkeypatch, trusted_only_by_us, variable):
    url, file = trusted_only_by_us
    monkeypatch.setenv(variable, str(file))
    async with connect() as http:
        assert (await http.send(Request("GET", url, "p", "look"))).body == b"hello"


async def test_a_strangers_certificate_is_refused_before_anything_is_sent(trusted_only_by_us):
    url, _ = trusted_only_by_us
    async with connect() as http:
        with pytest.raises(Transient) as caught:
            await http.send(Request("GET", url, "p", "look"))
    assert caught.value.reason == "not_sent"
