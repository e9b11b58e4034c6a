"""A service account's key: read from Google's key file, and what it signs.

https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from connectors.errors import Unauthorized


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A key that is ready to sign. To read one takes a twentieth of a second, so it is read once for all."""

    email: str
    client_id: str
    key_id: str
    private: rsa.RSAPrivateKey = field(repr=False)

    def signed(self, claims: Mapping[str, Any]) -> str:
        """Return the claims as a signed JSON Web Token."""
        header = {"alg": "RS256", "typ": "JWT", "kid": self.key_id}
        text = b".".join(_segment(json.dumps(part).encode()) for part in (header, claims))
        signature = self.private.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return b".".join((text, _segment(signature))).decode()


def read(file: Mapping[str, Any]) -> ServiceKey:
    """Read a key file. Raises Unauthorized where it is none of a service account."""
    try:
        private = serialization.load_pem_private_key(str(file["private_key"]).encode(), password=None)
        email = str(file["client_email"])
    except (KeyError, ValueError) as error:
        raise Unauthorized(
            "this is not the key file of a service account: download a new one as JSON", provider="google"
        ) from error
    if not isinstance(private, rsa.RSAPrivateKey):
        raise Unauthorized("the service account's key is not an RSA key", provider="google")
    return ServiceKey(email, str(file.get("client_id")), str(file.get("private_key_id") or ""), private)


def _segment(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
