"""Whose address counts, where cameras may be, and how URLs are taken apart."""

import asyncio
import ipaddress
import socket
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from throng.server.auth import camera_addresses
from throng.server.auth.address import client_address, is_secure
from throng.server.auth.camera_addresses import check_source, own_addresses, split_credentials
from throng.server.problems import Problem
from throng.server.settings import ServerSettings, load_settings

SETTINGS = load_settings()
EVERYWHERE = load_settings(camera_networks=("0.0.0.0/0", "::/0"))


def refused(url: str, settings: ServerSettings = SETTINGS, **names: list[str]) -> bool:
    """Whether a source is refused; names resolve as given, dots written as `_`."""
    known = {name.replace("_", "."): addresses for name, addresses in names.items()}

    async def resolve(host: str) -> list[str]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return known[host]

    try:
        asyncio.run(check_source(url, settings, resolve=resolve))
    except Problem as problem:
        return (problem.status, problem.kind) == (422, "camera-address")
    return False


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://10.0.0.5/stream", "rtsp://10.0.0.5:8554/a/b?x=1#f", "rtsps://192.168.1.9", "http://172.16.4.4:80/mjpg",
        "https://[fd00::5]:8443/x", "srt://10.1.2.3:9000?mode=caller", "RTSP://10.0.0.5/", "rtsp://[::ffff:10.0.0.5]/x",
        "rtsp://ada:pa%40ss@10.0.0.5/x", "sim://square", "sim://square?seed=7",
    ],
)  # fmt: skip
def test_cameras_in_the_networks_are_allowed(url: str) -> None:
    assert not refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://127.0.0.1/x", "rtsp://127.8.8.8/x", "rtsp://[::1]/x", "rtsp://0.0.0.0/x", "rtsp://[::]/x",
        "http://169.254.169.254/latest/meta-data", "http://[fe80::1]/x", "http://[fe80::1%25eth0]/x",
        "rtsp://224.0.0.1/x", "rtsp://[ff02::1]/x", "rtsp://[::ffff:127.0.0.1]/x", "rtsp://[::ffff:169.254.169.254]/",
        "rtsp://[::7f00:1]/x", "rtsp://[64:ff9b::7f00:1]/x", "rtsp://[2002:7f00:1::]/x",
        "rtsp://2130706433/x", "rtsp://0x7f000001/x", "rtsp://0177.0.0.1/x", "rtsp://127.1/x", "rtsp://0x7f.1/x",
        "rtsp://10.0.0.05/x", "rtsp://10.0.0.256/x", "rtsp://10.0.0.5./x", "rtsp://①②⑦.0.0.1/x",
    ],
)  # fmt: skip
def test_this_machine_is_never_a_camera_whatever_the_networks_are(url: str) -> None:
    assert refused(url, EVERYWHERE)


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "rtsp://", "rtsp:///x", "rtsp://:554/x", "rtsp:10.0.0.5", "file:///etc/passwd", "/etc/passwd",
        "gopher://10.0.0.5/", "ftp://10.0.0.5/", "concat:a|b", "rtsp://10.0.0.5:99999/", "rtsp://10.0.0.5:x/",
        "rtsp://10.0.0.5\\@8.8.8.8/", "rtsp://10.0.0.5 /", "rtsp://10.0.0.5\n/", "rtsp://10.0.0.5\x00/", "rtsp://[10.0.0.5/",
        "rtsp://[fd00::1]x/", "rtsp://10.0.0.5%00.evil.example/", "sim://../../etc", "sim://a/b", "pipe:0", "-i",
        "rtsp://8.8.8.8/x", "rtsp://10.0.0.5@8.8.8.8/x", "rtsp://a@10.0.0.5:b@8.8.8.8/x", "0", "/dev/video0", "٣",
        "rtsp://" + "a" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_camera_or_elsewhere_is_refused(url: str) -> None:
    assert refused(url)


def test_all_addresses_of_a_name_count() -> None:
    assert not refused("rtsp://cam.local/x", cam_local=["10.0.0.5", "fd00::5"])
    assert refused("rtsp://cam.local/x", cam_local=["10.0.0.5", "127.0.0.1"])
    assert refused("rtsp://cam.local/x", cam_local=["10.0.0.5", "8.8.8.8"])
    assert refused("rtsp://cam.local/x", cam_local=["10.0.0.5", "fe80::1%2"])
    assert refused("rtsp://cam.local/x", cam_local=["::ffff:127.0.0.1"])
    assert refused("rtsp://cam.local/x", cam_local=[])
    assert refused("rtsp://other.local/x", cam_local=["10.0.0.5"])


def test_real_names_are_resolved() -> None:
    with pytest.raises(Problem, match="this machine"):
        asyncio.run(check_source("rtsp://localhost/x", EVERYWHERE))
    with pytest.raises(Problem, match="cannot be found"):
        asyncio.run(check_source("rtsp://no-such-camera.invalid/x", EVERYWHERE))


def test_own_interfaces_are_no_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ipaddress.ip_address("127.0.0.1") in own_addresses()
    monkeypatch.setattr(camera_addresses, "own_addresses", lambda: frozenset({ipaddress.ip_address("10.0.0.5")}))
    assert refused("rtsp://10.0.0.5/x")
    assert not refused("rtsp://10.0.0.6/x")


def test_devices_need_the_setting() -> None:
    assert not refused("0", load_settings(local_cameras=True))
    assert not refused("/dev/video1", load_settings(local_cameras=True))
    assert refused("/dev/sda", load_settings(local_cameras=True))


def test_refusal_does_not_tell_the_password() -> None:
    for url in (
        "rtsp://ada:geheim99@127.0.0.1/x",
        "rtsp://ada:geheim99@nowhere.invalid/",
        "rtsp://ada:geheim 99@10.0.0.1/",
    ):
        with pytest.raises(Problem) as caught:
            asyncio.run(check_source(url, SETTINGS))
        assert "geheim" not in str(caught.value)


ANY_ADDRESS = st.ip_addresses(v=4) | st.ip_addresses(v=6)


@given(ANY_ADDRESS)
def test_an_address_is_allowed_exactly_when_it_is_in_a_network_and_never_inward(address: Any) -> None:
    shown = f"[{address}]" if address.version == 6 else str(address)
    plain = getattr(address, "ipv4_mapped", None) or address
    networks = [ipaddress.ip_network(text) for text in SETTINGS.camera_networks]
    inside = any(plain in network for network in networks) and plain not in own_addresses()
    assert refused(f"rtsp://{shown}/x") is not inside
    if not refused(f"rtsp://{shown}/x", EVERYWHERE):
        inward = (plain.is_loopback, plain.is_link_local, plain.is_multicast, plain.is_unspecified)
        assert not any(inward)


@given(st.text(max_size=60))
def test_any_text_is_allowed_or_refused_in_words(text: str) -> None:
    refused(text)
    refused(f"rtsp://{text}")
    refused(f"rtsp://{text}@10.0.0.5/")


SAFE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(name=SAFE, password=SAFE, path=st.from_regex(r"/[a-z0-9/@:]{0,10}", fullmatch=True))
def test_credentials_are_split_off_and_nothing_is_left(name: str, password: str, path: str) -> None:
    url = f"rtsp://{quote(name, safe='')}:{quote(password, safe='')}@10.0.0.5:554{path}"
    assert split_credentials(url) == (f"rtsp://10.0.0.5:554{path}", name, password)


def test_credentials_that_are_not_there() -> None:
    assert split_credentials("rtsp://10.0.0.5/a?b=1#c") == ("rtsp://10.0.0.5/a?b=1#c", None, None)
    assert split_credentials("rtsp://ada@10.0.0.5/a") == ("rtsp://10.0.0.5/a", "ada", None)
    assert split_credentials("rtsp://ada:@10.0.0.5/a") == ("rtsp://10.0.0.5/a", "ada", "")
    assert split_credentials("rtsp://a:b@c@10.0.0.5/a") == ("rtsp://10.0.0.5/a", "a", "b@c")
    assert split_credentials("sim://square") == ("sim://square", None, None)
    assert split_credentials("0") == ("0", None, None)
    with pytest.raises(Problem):
        split_credentials("rtsp://ada:se/cret@10.0.0.5/a")


def connection(peer: str | None, forwarded: str | None = None, proto: str | None = None) -> HTTPConnection:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else []
    headers += [(b"x-forwarded-proto", proto.encode())] if proto is not None else []
    client = None if peer is None else (peer, 1)
    return HTTPConnection({"type": "http", "scheme": "http", "headers": headers, "client": client})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        (None, None, ""), ("10.9.9.9", None, "10.9.9.9"), ("8.8.8.8", "1.1.1.1", "8.8.8.8"),
        ("10.0.0.1", "1.1.1.1", "1.1.1.1"), ("10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"), ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"), ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"), ("10.0.0.1", "1.1.1.1:4711", "1.1.1.1"),
        ("::ffff:10.0.0.1", "::ffff:1.1.1.1", "1.1.1.1"), ("testclient", None, ""),
    ],
)  # fmt: skip
def test_forwarded_address_counts_only_from_trusted_proxies(
    peer: str | None, forwarded: str | None, expected: str
) -> None:
    assert client_address(connection(peer, forwarded), ("10.0.0.0/30",)) == expected


@pytest.mark.parametrize(
    ("peer", "proto", "expected"),
    [
        ("10.0.0.1", "https", True), ("10.0.0.1", "http, https", True), ("10.0.0.1", "https, http", False),
        ("10.0.0.1", "http", False), ("10.0.0.1", None, False), ("8.8.8.8", "https", False), (None, "https", False),
    ],
)  # fmt: skip
def test_https_is_believed_only_from_trusted_proxies(peer: str | None, proto: str | None, expected: bool) -> None:
    assert is_secure(connection(peer, proto=proto), ("10.0.0.1",)) is expected


@given(st.lists(ANY_ADDRESS.map(str) | st.text(max_size=10).filter(lambda t: "," not in t), max_size=8))
def test_a_stranger_cannot_choose_an_address(hops: list[str]) -> None:
    forged = ", ".join(hops).encode("utf-8", "replace").decode("latin-1")
    assert client_address(connection("8.8.8.8", forged), ("10.0.0.1",)) == "8.8.8.8"
    assert client_address(connection("10.0.0.1", f"{forged}, 9.9.9.9"), ("10.0.0.1",)) == "9.9.9.9"


def test_settings_say_which_network_is_none() -> None:
    from throng.server.errors import ServerError

    with pytest.raises(ServerError, match="camera_networks"):
        load_settings(camera_networks=("10.0.0.0/99",))
