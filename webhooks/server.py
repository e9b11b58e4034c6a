"""The public side: takes pushes, and answers only when they are durable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from webhooks import microsoft_door
from webhooks.bell import Bell, Channels
from webhooks.google_door import STRANGERS_A_MINUTE, GoogleDoor
from webhooks.microsoft_door import MicrosoftDoor
from webhooks.zoom_door import ZoomDoor

# The path of each provider's pushes. {channel} stands for the channel's id.
HOOKS: Mapping[str, str] = {"google": "/hooks/google/{channel}", "microsoft": "/hooks/microsoft"}
ZOOM = "/hooks/zoom"  # its address is entered at Zoom by the operator

LARGEST_HEADER = 8190  # bytes, for one header line: browsers bring the cookies of all that is on the host
SHUTDOWN = 5.0  # seconds that a push under way has left when we stop
LINGERING = 1.0  # seconds that the rest of a body may take after the answer, unread


Answered = Callable[[int], None]


def build(
    bell: Bell,
    channels: Channels,
    answered: Answered = lambda _: None,
    strangers_a_minute: float = STRANGERS_A_MINUTE,
    *,
    zoom: ZoomDoor | None = None,
) -> web.Application:
    """Make the application that listens for pushes; `answered` is told the status of each answer.

    `zoom` is the door for Zoom's events, where we know a secret that they are signed with.
    """
    app = web.Application(client_max_size=microsoft_door.LARGEST_BODY)
    google, microsoft = GoogleDoor(bell, channels, strangers_a_minute), MicrosoftDoor(bell, channels)
    pushes = {HOOKS["google"]: google.push, HOOKS["microsoft"]: microsoft.push}
    if zoom is not None:
        pushes[ZOOM] = zoom.push
    for path, push in pushes.items():
        app.router.add_post(path, _counted(push, answered), expect_handler=_expected)
    return app


async def _expected(request: web.Request) -> None:
    """Let a body come that was announced; refuse other wishes without repeating them, as aiohttp's own answer does."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        raise web.HTTPExpectationFailed
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # nothing of the answer itself has gone out yet


def _counted(
    push: Callable[[web.Request], Awaitable[web.Response]], answered: Answered
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def counted(request: web.Request) -> web.Response:
        response = await push(request)
        answered(response.status)
        return response

    return counted


def runner(app: web.Application, longest_line: int = LARGEST_HEADER) -> web.AppRunner:
    """Serve it with limits that a stranger cannot argue with."""
    return web.AppRunner(
        app,
        access_log=None,
        max_line_size=longest_line,
        max_field_size=LARGEST_HEADER,
        lingering_time=LINGERING,
        shutdown_timeout=SHUTDOWN,
        auto_decompress=False,  # a few bytes can be made to unfold to gigabytes; no provider packs its pushes
    )
