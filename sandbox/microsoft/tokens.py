"""The tokens that Microsoft's sign-in service hands out: access and refresh tokens, codes, id tokens."""

# https://learn.microsoft.com/entra/identity-platform/access-tokens

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

if TYPE_CHECKING:
    from sandbox.state import World


Json = dict[str, Any]

TENANT = "sandbox-tenant"
CLIENT_ID = "sandbox-app"
CLIENT_SECRET = "sandbox-app-secret"
SHORTEST, LONGEST = 3600, 5400
"""Seconds that an access token lives, at random between the two."""
CODE_LIFE = timedelta(minutes=10)
KEY_ID = "sandbox-signing-key"


@dataclass(frozen=True, slots=True)
class Grant:
    """What was allowed: to whom, and until when; `email` is "" for the app itself."""

    email: str
    oid: str
    scopes: frozenset[str]
    granted: datetime
    expires: datetime
    challenge: str = ""
    """The PKCE challenge of a code."""
    redirect: str = ""
    nonce: str = ""

    @property
    def app_only(self) -> bool:
        """Say whether the app acts as itself, with what an administrator has allowed."""
        return not self.email


class Tokens:
    """Every token that is or was good."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.access: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}
        self.codes: dict[str, Grant] = {}
        self.redeemed: set[str] = set()
        """Codes that were good once."""
        self.valid_from: dict[str, datetime] = {}
        """Since when a person's grants count; what is older has been revoked."""

    def issue(self, grant: Grant) -> tuple[str, int]:
        """Return a new access token and for how many seconds it is good."""
        seconds = self._world.random.randint(SHORTEST, LONGEST)
        expires = self._world.now() + timedelta(seconds=seconds)
        token = self._world.token("EwB", 60)
        self.access[token] = replace(grant, expires=expires)
        return token, seconds

    def remember(self, grant: Grant) -> str:
        """Return a new refresh token; those before it stay good, as Microsoft's do."""
        token = self._world.token("1.AX8A", 60)
        self.refresh[token] = grant
        return token

    def code(self, grant: Grant) -> str:
        """Return a new authorisation code."""
        token = self._world.token("0.AX8A", 40)
        self.codes[token] = replace(grant, expires=self._world.now() + CODE_LIFE)
        return token

    def grant(self, token: str) -> Grant | None:
        """Return what an access token stands for, None when it is unknown or over."""
        grant = self.access.get(token)
        return grant if grant and grant.expires > self._world.now() and not self.revoked(grant) else None

    def revoked(self, grant: Grant) -> bool:
        """Say whether the person has taken this consent back."""
        since = self.valid_from.get(grant.email)
        return since is not None and grant.granted <= since

    def revoke(self, email: str) -> None:
        """End every grant that a person has given so far."""
        self.valid_from[email] = self._world.now()


class SigningKey:
    """The key that signs id tokens; it outlives a reset of the sandbox."""

    def __init__(self, world: World) -> None:
        del world

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        """Return the key, made when first needed."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public(self) -> Json:
        """Return the public half as a JSON web key."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": KEY_ID,
            "n": encoded(numbers.n.to_bytes(256, "big")),
            "e": encoded(numbers.e.to_bytes(3, "big")),
        }

    def signed(self, claims: Json) -> str:
        """Return the claims as a signed token."""
        head = {"typ": "JWT", "alg": "RS256", "kid": KEY_ID}
        text = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(claims).encode())}"
        signature = self.private.sign(text.encode(), padding.PKCS1v15(), SHA256())
        return f"{text}.{encoded(signature)}"


def encoded(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def object_id(name: str) -> str:
    """Return the directory's id of a person or an app."""
    digest = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:]}"
