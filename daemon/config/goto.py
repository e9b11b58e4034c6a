"""The section [goto], and what the connector gets of it.

The defaults are those of `connectors/settings.py`, with every reason there; a test holds the two together.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from connectors.settings import GoToSettings
from daemon.config.kinds import Name, Secret, Url
from daemon.config.sections import Section


class GoTo(Section):
    """GoTo Meeting: an OAuth client with which people link their own account."""

    client_id: Annotated[Name, Field(examples=["01234567-89ab-cdef-0123-456789abcdef"])]
    """The id of the OAuth client."""
    client_secret_file: Annotated[Secret, Field(examples=["credential:goto-client-secret"])]
    """The file of its secret."""
    mark_subjects: bool = False
    """End each meeting's subject with a key of ours, by which it is surely known again."""
    list_lag_seconds: Annotated[float, Field(ge=0, le=3600)] = 60
    """How long a new meeting may be missing from GoTo's list."""
    api_base: Url = "https://api.getgo.com"
    """Where the API is."""
    oauth_base: Url = "https://identity.goto.com/oauth"
    """Where people say yes, and where tokens are fetched."""

    def settings(self) -> GoToSettings:
        """Return what the connector needs."""
        return GoToSettings(
            client_id=self.client_id,
            client_secret=self.client_secret_file.text.get_secret_value(),
            api_base=self.api_base,
            oauth_base=self.oauth_base,
            mark_subjects=self.mark_subjects,
            list_lag_seconds=self.list_lag_seconds,
        )
