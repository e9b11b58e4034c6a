"""The section [webex], and what the connector gets of it.

The defaults are those of `connectors/settings.py`, with every reason there; a test holds the two together.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from connectors.settings import WebexSettings
from daemon.config.kinds import Name, Secret, Url
from daemon.config.secret_files import wrong
from daemon.config.sections import Section


def site(value: str) -> str:
    """Return the host name of a Webex site, or "". Raises PydanticCustomError when it is none."""
    if value and not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
        raise wrong("is not the name of a site", 'Write for example "example.webex.com", without https://.')
    return value.lower()


class Webex(Section):
    """Webex Meetings: an integration with which people link their own account."""

    client_id: Annotated[Name, Field(examples=["C0123456789abcdef"])]
    """The client id of the integration."""
    client_secret_file: Annotated[Secret, Field(examples=["credential:webex-client-secret"])]
    """The file of its client secret."""
    site_url: Annotated[str, AfterValidator(site)] = ""
    """The site on which meetings are made; empty: the one that each person prefers."""
    invitees: bool = False
    """Tell Webex who is invited."""
    list_lag_seconds: Annotated[float, Field(ge=0, le=3600)] = 60
    """How long a search may not find a new meeting."""
    api_base: Url = "https://webexapis.com/v1"
    """Where the API is, and where people say yes."""

    def settings(self) -> WebexSettings:
        """Return what the connector needs."""
        return WebexSettings(
            client_id=self.client_id,
            client_secret=self.client_secret_file.text.get_secret_value(),
            api_base=self.api_base,
            site_url=self.site_url,
            invitees=self.invitees,
            list_lag_seconds=self.list_lag_seconds,
        )
