"""Which addresses are on the public internet. Pure.

Their registries: https://www.iana.org/assignments/iana-ipv4-special-registry/ and iana-ipv6-special-registry.
What Python's `ipaddress` calls private differs between its versions, so the networks stand here.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

CLOSED: Final = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a carrier's NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's own services for a virtual machine
        "169.254.0.0/16",  # link-local: what clouds tell a machine about itself is here
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# All that is handed out to anybody is in here. Outside are loopback, link-local, unique local and multicast
# addresses, and those that stand for one of version 4: mapped, compatible, NAT64.
OPEN_6: Final = IPv6Network("2000::/3")
CLOSED_6: Final = tuple(
    IPv6Network(one)
    for one in (
        "2001::/23",  # protocols, Teredo among them, which carries an address of version 4
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries one too
        "3fff::/20",
    )
)


def is_numeric(host: str) -> bool:
    """Whether this is an address, and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether this numeric address is one that anybody on the internet can reach; what is no address is not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return _public_4(found) if isinstance(found, IPv4Address) else _public_6(found)


def _public_4(address: IPv4Address) -> bool:
    return not any(address in network for network in CLOSED)


def _public_6(address: IPv6Address) -> bool:
    zoned = address.scope_id is not None
    return not zoned and address in OPEN_6 and not any(address in network for network in CLOSED_6)
