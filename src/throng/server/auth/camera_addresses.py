"""Where cameras may be: a camera's address must not make the server call itself, a cloud's metadata or a stranger.

Every address that a name resolves to must lie in `camera_networks`. What is never allowed, whatever the setting says:
this machine, link-local addresses (with 169.254.169.254), multicast, and IPv6 addresses that wrap an IPv4 one in a way
that only routers undo. A name can change what it resolves to, so whoever opens a camera checks again just before.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import psutil

from throng.server.auth.address import IpAddress, networks, unmapped
from throng.server.problems import Problem
from throng.server.settings import ServerSettings

SCHEMES = frozenset({"rtsp", "rtsps", "http", "https", "srt"})
RESOLVE_S = 5.0
LONGEST = 2000

WRAPPERS = networks(("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
"""NAT64, 6to4, Teredo and IPv4-compatible addresses."""

_SIMULATED = re.compile(r"^sim://[A-Za-z0-9_-]{1,64}(\?[A-Za-z0-9_.=&-]{0,200})?$")
_DEVICE = re.compile(r"^(\d{1,3}|/dev/video\d{1,3})$", re.ASCII)
_NAME = re.compile(r"^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$")
_NUMERIC = re.compile(r"^(0[xX][0-9A-Fa-f]*|\d+)$", re.ASCII)

Resolver = Callable[[str], Awaitable[Iterable[str]]]


async def resolved(host: str) -> list[str]:
    """Return all addresses of a name.

    Raises:
        OSError: it has none, or nobody says so in time.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(RESOLVE_S):
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def check_source(url: str, settings: ServerSettings, *, resolve: Resolver = resolved) -> None:
    """Refuse a source that a camera of this server may not have.

    Args:
        url: `rtsp://`, `rtsps://`, `http://`, `https://`, `srt://` or `sim://`; a camera number or `/dev/video…` where
            `local_cameras` is set.
        settings: `camera_networks` and `local_cameras`.
        resolve: finds the addresses of a name.

    Raises:
        Problem: 422 of kind `camera-address`.
    """
    if _SIMULATED.match(url):
        return
    if _DEVICE.match(url):
        if not settings.local_cameras:
            raise _refused("cameras of the server's own machine are not allowed (local_cameras)")
        return
    host = _host(_parts(url))
    literal = _literal(host)
    try:
        addresses = [host] if literal else list(await resolve(host))
    except (OSError, UnicodeError) as error:
        raise _refused(f"the name {host} cannot be found; check it, or give the camera's numeric address") from error
    if not addresses:
        raise _refused(f"the name {host} has no address")
    for text in addresses:
        check_address(ipaddress.ip_address(text.partition("%")[0]), settings, own=own_addresses())


def check_address(address: IpAddress, settings: ServerSettings, *, own: frozenset[IpAddress]) -> None:
    """Refuse an address that no camera may have.

    Args:
        address: of the camera.
        settings: `camera_networks`.
        own: addresses of this machine.

    Raises:
        Problem: 422 of kind `camera-address`.
    """
    plain = unmapped(address)
    never = (
        plain.is_loopback or plain.is_link_local or plain.is_multicast or plain.is_unspecified
        or any(plain in network for network in WRAPPERS)
    )  # fmt: skip
    if never or plain in own:
        raise _refused(f"{plain} is this machine, link-local, multicast or wrapped; a camera is never there")
    if not any(plain in network for network in networks(settings.camera_networks)):
        allowed = ", ".join(settings.camera_networks)
        raise _refused(
            f"{plain} is in none of the networks for cameras ({allowed}); see camera_networks in the settings"
        )


def own_addresses() -> frozenset[IpAddress]:
    """Return the addresses of this machine's interfaces."""
    texts = (
        entry.address.partition("%")[0]
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in {socket.AF_INET, socket.AF_INET6}
    )
    return frozenset(ipaddress.ip_address(text) for text in texts)


def split_credentials(url: str) -> tuple[str, str | None, str | None]:
    """Return a source without name and password, the name, and the password; None for what it has not.

    What is percent-encoded in the URL is decoded in name and password. A source without `://` is returned as it is.

    Raises:
        Problem: 422 of kind `camera-address`, it is not a URL that means one thing only.
    """
    if "://" not in url or url.lower().startswith("sim://"):
        return url, None, None
    parts = _parts(url)
    info, at, place = parts.netloc.rpartition("@")
    if not at:
        return url, None, None
    name, colon, password = info.partition(":")
    plain = urlunsplit(SplitResult(parts.scheme, place, parts.path, parts.query, parts.fragment))
    return plain, unquote(name) or None, unquote(password) if colon else None


def _parts(url: str) -> SplitResult:
    """Take a URL apart; refuse what another program might take apart differently."""
    if len(url) > LONGEST:
        raise _refused(f"it is longer than {LONGEST} characters")
    if "\\" in url or any(ord(c) <= 32 or ord(c) == 127 for c in url):
        raise _refused("it contains a space, a control character or a backslash; percent-encode them")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _refused("it is not a URL; write for example rtsp://10.0.0.5:554/stream") from error
    if parts.scheme not in SCHEMES:
        raise _refused(f"it must begin with one of {', '.join(sorted(SCHEMES))} and ://, or be sim://NAME")
    _host(parts)
    return parts


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    place = parts.netloc.rpartition("@")[2]
    if place.startswith("["):
        well_formed = _literal(host) and "%" not in host and bool(re.fullmatch(r"\[[^\]]*\](:\d{1,5})?", place))
    else:
        well_formed = bool(_NAME.match(host)) and bool(re.fullmatch(r"[^:]+(:\d{1,5})?", place, re.ASCII))
    if not well_formed:
        raise _refused("its host is neither a name nor an address; percent-encode @, : and / in name and password")
    if _NUMERIC.match(host.rstrip(".").rpartition(".")[2]) and not _literal(host):
        raise _refused("write its numeric address as four decimal numbers, such as 10.0.0.5")
    return host


def _literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _refused(why: str) -> Problem:
    return Problem(422, f"this camera address is not allowed: {why}", kind="camera-address")
