"""Jitsi's meetings: the room follows from our key, so that there is nothing to make, lose or take away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from connectors.errors import ProviderError, Transient
from connectors.http import Http, Request
from connectors.jitsi import wire
from connectors.model import Event, EventRef, Made, Meeting, MeetingRequest, Phone
from connectors.settings import JitsiSettings

PATIENCE = 5.0  # seconds for a dial-in service: the link does not wait longer for numbers

log = structlog.get_logger("connectors.jitsi")


class JitsiMeetings:
    """The rooms of one server."""

    def __init__(self, settings: JitsiSettings, http: Http) -> None:
        """`http` is used only where the settings name the dial-in services."""
        self._settings = settings
        self._http = http

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Return the room of the key: the same one each time, whatever has been tried.

        Where the dial-in services do not answer, the meeting has no numbers; its link is as good.
        """
        settings = self._settings
        name = wire.room(settings.secret, key)
        phones, pin = await self._dial_in(name)
        link = wire.join_url(settings.base_url, name, request.title if settings.subject else "")
        return Made(
            Meeting(
                service="jitsi",
                name=settings.name,
                id=name,
                join_url=link,
                host=request.host,
                phone_passcode=pin,
                phones=phones,
            )
        )

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Return the meeting as it is: a room follows nothing, and a link that stands keeps its subject."""
        return Made(meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Do nothing: a room is there while somebody is in it."""
        return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Return the meeting as it is: a room is never gone."""
        return meeting

    async def _dial_in(self, name: str) -> tuple[tuple[Phone, ...], str]:
        settings = self._settings
        if not settings.dial_in_numbers_url or not settings.dial_in_code_url:
            return (), ""
        asked = wire.code_url(
            settings.dial_in_code_url, settings.base_url, name, settings.dial_in_rooms_domain
        )
        try:
            phones = wire.phones(await self._read("numbers", settings.dial_in_numbers_url))
            pin = wire.pin(await self._read("code", asked))
        except ProviderError as error:
            log.warning("a meeting is made without numbers to dial in", error=str(error))
            return (), ""
        return (phones, pin) if phones and pin else ((), "")

    async def _read(self, op: str, url: str) -> Any:
        answer = await self._http.send(
            Request("GET", url, "jitsi", op, {"Accept": "application/json"}, deadline=PATIENCE)
        )
        if answer.status != 200:
            raise Transient(
                f"the dial-in service answered {answer.status}", provider="jitsi", status=answer.status
            )
        return answer.json()
