"""What the operator's environment says about the network: certificate authorities and proxies."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

from yarl import URL


def tls(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and those of the operator's own bundle.

    OpenSSL reads `SSL_CERT_FILE` and `SSL_CERT_DIR` by itself; `REQUESTS_CA_BUNDLE` is a file or a directory.
    """
    context = ssl.create_default_context()
    if bundle := environ.get("REQUESTS_CA_BUNDLE"):
        if Path(bundle).is_dir():
            context.load_verify_locations(capath=bundle)
        else:
            context.load_verify_locations(cafile=bundle)
    return context


def proxy(url: URL) -> URL | None:
    """Return the proxy that the environment names for this address, never one for this machine itself."""
    host = url.host or ""
    if _loopback(host) or proxy_bypass(host):
        return None
    found = getproxies().get(url.scheme)
    return URL(found) if found else None


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
