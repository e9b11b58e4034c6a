"""The pushes that the load generator sends and the durable server knows: both make them from their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

# https://developers.google.com/workspace/calendar/api/guides/push#understanding-the-notification-message-format
HEADERS = """\
POST /hooks/google/{channel} HTTP/1.1
Host: 127.0.0.1:{port}
Accept: */*
User-Agent: APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)
Content-Length: 0
X-Goog-Channel-ID: {channel}
X-Goog-Channel-Token: {token}
X-Goog-Channel-Expiration: Thu, 31 Dec 2099 01:13:52 GMT
X-Goog-Resource-ID: {resource}
X-Goog-Resource-URI: https://www.googleapis.com/calendar/v3/calendars/{calendar}/events?alt=json
X-Goog-Resource-State: exists
X-Goog-Message-Number: 10
Accept-Encoding: gzip, deflate, br

"""


def channel(number: int) -> str:
    """Return the id of a channel."""
    return str(UUID(bytes=sha256(f"channel {number}".encode()).digest()[:16]))


def token(number: int) -> str:
    """Return its token."""
    return sha256(f"token {number}".encode()).hexdigest()[:43]


def calendar(number: int) -> str:
    """Return the calendar that it rings for, as the provider calls it."""
    return f"person{number}@bench.example"


def requests(port: int, channels: int) -> Iterator[bytes]:
    """Write one push for each channel."""
    for number in range(channels):
        text = HEADERS.format(
            channel=channel(number),
            token=token(number),
            port=port,
            resource=sha256(str(number).encode()).hexdigest()[:27],
            calendar=calendar(number).replace("@", "%40"),
        )
        yield text.replace("\n", "\r\n").encode()
