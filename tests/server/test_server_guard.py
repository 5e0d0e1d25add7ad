"""Which names and origins are let in."""

import pytest

from throng.server.guard import host_allowed, origin_allowed, own_names


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000", "10.1.2.3"]
)
def test_own_names_and_addresses_are_let_in(host: str) -> None:
    assert host_allowed(host, own_names())


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::1", "@"]
)
def test_other_names_are_not(host: str) -> None:
    assert not host_allowed(host, own_names())


def test_a_name_that_was_allowed_is_let_in() -> None:
    assert host_allowed("Throng.City.example:443", ["throng.city.EXAMPLE"])


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://box:8000", True),
        ("https://box:8000", True),
        ("http://box", False),
        ("http://box:8001", False),
        ("null", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_only_the_servers_own_page_opens_a_socket(origin: str | None, allowed: bool) -> None:
    assert origin_allowed(origin, "box:8000") is allowed
