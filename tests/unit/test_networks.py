"""Which addresses anybody can reach, and which nobody is to be sent to."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.networks import is_numeric, is_public

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254
168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1
192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::7f00:1 64:ff9b::8.8.8.8
64:ff9b:1::a00:1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1
2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 2606:4700::1%eth0 fec0::1 ff02::1 ff0e::1
""".split()
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.17
169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0
223.255.255.255 2001:200::1 2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450:4001::1
""".split()
ODD = [
    "",
    "localhost",
    "example.com",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "1.2.3",
    "1.2.3.4.5",
    "[::1]",
    "8.8.8.8 ",
    "\uff18.8.8.8",
    "8.8.8.8\0",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_not_everybody_can_reach_is_private(address):
    assert not is_public(address)
    assert is_numeric(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_everybody_can_reach_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("text", ODD)
def test_what_is_no_address_is_not_public(text):
    assert not is_public(text)
    assert not is_numeric(text)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_that_python_calls_special_is_public(address):
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    assume(special)
    assert not is_public(str(address))


@given(st.ip_addresses(v=4))
def test_an_address_of_version_4_in_the_clothes_of_version_6_is_not_public(address):
    number = int(IPv4Address(address))
    for clothes in ("::", "::ffff:0:0", "64:ff9b::", "2002::"):
        shift = 80 if clothes == "2002::" else 0
        assert not is_public(str(IPv6Address(int(IPv6Address(clothes)) | number << shift)))


@given(
    st.sampled_from(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"]),
    st.data(),
)
def test_no_address_of_a_private_network_is_public_and_its_neighbours_are(text, data):
    network = IPv4Network(text)
    inside = data.draw(st.integers(int(network[0]), int(network[-1])))
    assert not is_public(str(ip_address(inside)))
    assert is_public(str(network[0] - 1))
    assert is_public(str(network[-1] + 1))
