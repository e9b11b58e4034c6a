"""What the sign-in service's refusals mean, and how to mend them. Sans-I/O.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.errors import ProviderError, Transient, Unauthorized
from connectors.microsoft.errors import PROVIDER

_PASSING = frozenset({"temporarily_unavailable", "server_error", "service_unavailable", "timeout"})
_PASSING_NUMBERS = frozenset({90033, 90055, 50196})  # out of order, throttled, in a loop
# The app's own faults: no person can mend them by signing in.
_MEND = {
    7000215: "the client secret of [microsoft] is wrong: use the secret's value, not its id",
    7000222: "the client secret of [microsoft] has expired: make a new one under Certificates & secrets",
    700016: "this tenant does not know the app: check tenant and client_id of [microsoft]",
    7000112: "the app registration is disabled",
    90002: "there is no such tenant: check tenant of [microsoft]",
    900023: "there is no such tenant: check tenant of [microsoft]",
    500011: "Microsoft Graph is not known in this tenant",
    1002016: "the sign-in service wants a newer TLS",
}
_NUMBER = re.compile(r"AADSTS(\d{4,8})")

_TRACE = re.compile(r"\s*Trace ID:")  # for Microsoft's support, in what follows


def reconnect(address: str) -> str:
    """Say how a person's account is connected again."""
    return f"run: huddled link microsoft --account {address}"


def judge(result: Mapping[str, Any] | None, address: str = "") -> ProviderError:
    """Return the exception for what msal gives in the place of a token; `address` is "" for the app itself."""
    told = result or {}
    error = str(told.get("error") or "no_token")
    text = _TRACE.split(str(told.get("error_description") or ""))[0].splitlines()
    number = _number(told)
    if error.lower() in _PASSING or number in _PASSING_NUMBERS:
        return Transient(f"the sign-in service is out of order ({error})", provider=PROVIDER, reason=error)
    why = f"({error}: {text[0]})" if text else f"({error})"
    message = f"{_what(error, number, address)} {why}{_how(error, number, address)}"
    return Unauthorized(message, provider=PROVIDER, reason=error)


def not_connected(address: str) -> Unauthorized:
    """Return the exception for a person who has not signed in yet."""
    message = f"nobody has connected the account {address} yet; {reconnect(address)}"
    return Unauthorized(message, provider=PROVIDER, reason="not_connected")


def unreadable(address: str) -> Unauthorized:
    """Return the exception for a kept token cache that is none."""
    message = f"what was kept of the sign-in of {address} is unreadable; {reconnect(address)}"
    return Unauthorized(message, provider=PROVIDER, reason="unreadable")


def no_tenant(told: str) -> Unauthorized:
    """Return the exception for an authority that does not describe itself."""
    first = told.splitlines()[0] if told else ""
    message = f"the sign-in service does not know the tenant: check tenant of [microsoft] ({first})"
    return Unauthorized(message, provider=PROVIDER, reason="invalid_tenant")


def _what(error: str, number: int, address: str) -> str:
    if number in _MEND:
        return _MEND[number]
    if error == "invalid_client":
        return "the client secret of [microsoft] is refused"
    if not address:
        return "the app gets no token: check tenant, client_id and client_secret of [microsoft]"
    return f"Microsoft no longer accepts the consent of {address}"


def _how(error: str, number: int, address: str) -> str:
    own_fault = number in _MEND or error in ("invalid_client", "unauthorized_client")
    return f"; {reconnect(address)}" if address and not own_fault else ""


def _number(told: Mapping[str, Any]) -> int:
    codes = told.get("error_codes")
    if isinstance(codes, list) and codes and isinstance(codes[0], int):
        return codes[0]
    found = _NUMBER.search(str(told.get("error_description") or ""))
    return int(found[1]) if found else 0
