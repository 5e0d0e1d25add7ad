"""Where a request comes from, and whether it came encrypted: proxies are believed only when they are trusted."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from starlette.requests import HTTPConnection

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_HOPS = 20


def client_address(connection: HTTPConnection, trusted_proxies: Sequence[str]) -> str:
    """Return the address of the caller, empty when there is no network in between.

    `X-Forwarded-For` is read from its end: each trusted proxy vouches for the entry before it, so the first address
    that is not a trusted proxy's is the caller's. What an untrusted caller writes into the header counts for nothing.
    """
    peer = _peer(connection)
    if peer is None:
        return ""
    if not is_trusted(peer, trusted_proxies):
        return str(peer)
    hops = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")[-MOST_HOPS:]
    for hop in reversed(hops):
        address = _parsed(hop.strip())
        if address is None:
            break
        peer = address
        if not is_trusted(address, trusted_proxies):
            break
    return str(peer)


def is_secure(connection: HTTPConnection, trusted_proxies: Sequence[str]) -> bool:
    """Whether the caller's connection is encrypted, as this server or a trusted proxy sees it."""
    if connection.scope.get("scheme") in {"https", "wss"}:
        return True
    peer = _peer(connection)
    if peer is None or not is_trusted(peer, trusted_proxies):
        return False
    said = connection.headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower()
    return said in {"https", "wss"}


def is_trusted(address: IpAddress, trusted_proxies: Sequence[str]) -> bool:
    """Whether an address is one of the proxies that are believed."""
    return any(address in network for network in networks(tuple(trusted_proxies)))


@lru_cache(maxsize=64)
def networks(texts: tuple[str, ...]) -> tuple[IpNetwork, ...]:
    """Return networks from `10.0.0.0/8` or single addresses.

    Raises:
        ValueError: one of them is neither.
    """
    return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in texts)


def unmapped(address: IpAddress) -> IpAddress:
    """Return the IPv4 address inside an IPv6 one (`::ffff:10.0.0.1`), and any other as it is."""
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if inner is None else inner


def _peer(connection: HTTPConnection) -> IpAddress | None:
    return None if connection.client is None else _parsed(connection.client.host)


def _parsed(text: str) -> IpAddress | None:
    """Read `1.2.3.4`, `1.2.3.4:567`, `::1`, `[::1]` and `[::1]:567`."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return unmapped(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None
