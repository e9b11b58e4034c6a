"""The applications that may use the HTTP API."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from daemon.config.kinds import LISTED, Link, Name, Secret
from daemon.config.secret_files import wrong
from daemon.config.sections import Section


def client_id(value: str) -> str:
    """Return an id that can stand in a header. Raises PydanticCustomError when it is none."""
    if not re.fullmatch(r"[A-Za-z0-9._~-]{1,128}", value):
        raise wrong("is no client id", "Use letters, digits and - . _ ~ only, and at most 128 of them.")
    return value


def redirect_uri(value: str) -> str:
    """Return an address to which a code can be added. Raises PydanticCustomError when it is none."""
    if "#" in value:
        raise wrong("has a fragment", "Leave out the # and what follows it: it would hide what is added.")
    return value


ClientId = Annotated[str, AfterValidator(client_id)]
RedirectUri = Annotated[Link, AfterValidator(redirect_uri)]


class Application(Section):
    """An application that may use the HTTP API."""

    name: Annotated[Name, Field(examples=["Example Scheduler"])]
    """What people read on the page where they connect a calendar."""
    client_id: Annotated[ClientId, Field(examples=["example-scheduler"])]
    """The id by which the application names itself: any text that no other application has."""
    client_secret_file: Annotated[Secret, Field(examples=["credential:application-secret"])]
    """The file of its secret, any long random word. Webhooks are signed with it too."""
    old_client_secret_file: Secret | None = None
    """The file of the secret before, which counts as well while the application changes over."""
    redirect_uris: Annotated[
        tuple[RedirectUri, ...], LISTED, Field(examples=[["https://app.example.com/back"]])
    ] = ()
    """The addresses to which people may be sent back, letter for letter."""
    edit_external: bool = False
    """Whether it may also change and delete events that it has not made."""
    allow_private: bool = False
    """Whether its webhooks may go to addresses of private networks and of this machine."""
    per_second: Annotated[int, Field(ge=1, le=100_000)] = 50
    """How many calls it may make in any second."""
    per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    """How many calls it may make in any minute."""

    def secrets(self) -> tuple[str, ...]:
        """Return its secrets, the one in force first."""
        files = (self.client_secret_file, self.old_client_secret_file)
        return tuple(file.text.get_secret_value() for file in files if file)
