"""What was once found out about Google's OAuth client, so that it is not tried again with every start."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from daemon.config.model import Config
from store import budgets
from store.db import Store

CAPABILITY = "google.third_party_conference_data"


async def recall(store: Store, config: Config) -> bool | None:
    """Recall whether other services' conference data is taken; another client has to find out for itself."""
    client = _client(config)
    value = await store.read(lambda conn: budgets.known(conn, CAPABILITY))
    return {f"{client} yes": True, f"{client} no": False}.get(value or "")


def remember(store: Store) -> Callable[[str, bool], Awaitable[None]]:
    """Return what keeps the answer."""

    async def keep(client: str, supported: bool) -> None:  # noqa: FBT001 - the shape is the connector's
        value = f"{client} {'yes' if supported else 'no'}"
        await store.tx(lambda conn: budgets.learn(conn, CAPABILITY, value))

    return keep


def _client(config: Config) -> str:
    settings = config.google_settings()
    account = (settings.service_account or {}) if settings else {}
    return (settings.client_id if settings else "") or str(account.get("client_email", ""))
