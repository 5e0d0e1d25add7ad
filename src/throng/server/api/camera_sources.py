"""What a camera's source may be, and how its name and password are kept apart from its address."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import anyio

from throng.server.auth.camera_addresses import check_source, split_credentials
from throng.server.errors import ServerError
from throng.server.settings import ServerSettings
from throng.store.secret_box import SecretBox
from throng.video.redact import HIDDEN, redact_address

DEVICE = re.compile(r"[0-9]{1,3}|/dev/video[0-9]{1,3}")
SIMULATED = "sim://"


@dataclass(frozen=True, slots=True)
class KeptSource:
    """A source as the database keeps it.

    Attributes:
        address: without name, password and what looks like a key; that is shown.
        username, password: None where none are needed.
        whole: the address with the secrets in its query; None where it has none there.
    """

    address: str
    username: str | None = None
    password: str | None = None
    whole: str | None = None

    def __repr__(self) -> str:
        """Show no secret."""
        return f"KeptSource({self.address!r})"

    def sealed(self, secrets: SecretBox) -> str | None:
        """Return what is secret of it, encrypted; None when nothing is."""
        secret = {"username": self.username, "password": self.password, "whole": self.whole}
        kept = {name: value for name, value in secret.items() if value is not None}
        return secrets.seal(json.dumps(kept)) if kept else None

    def full(self) -> str:
        """Return the address with everything, as the camera needs it."""
        parts = urlsplit(self.whole or self.address)
        if self.username is None and self.password is None:
            return self.whole or self.address
        user_info = quote(self.username or "", safe="")
        if self.password is not None:
            user_info += ":" + quote(self.password, safe="")
        return urlunsplit(parts._replace(netloc=f"{user_info}@{parts.netloc}"))


def split_source(source: str) -> KeptSource:
    """Take the secrets out of a source.

    Raises:
        ThrongError: it is no address, or its secrets are already hidden.
    """
    if HIDDEN in source:
        raise ServerError(f"the source {redact_address(source)!r} has a hidden part; give the whole address again")
    bare, username, password = split_credentials(source)
    shown = redact_address(bare)
    return KeptSource(shown, username, password, None if shown == bare else bare)


def opened_source(source: str, credentials: str | None, secrets: SecretBox) -> KeptSource:
    """Return a source as the database has it, with its secrets.

    Raises:
        StoreError: they were sealed with another key.
    """
    secret: Mapping[str, str] = {} if credentials is None else json.loads(secrets.open(credentials))
    return KeptSource(source, secret.get("username"), secret.get("password"), secret.get("whole"))


async def require_allowed(source: str, settings: ServerSettings, *, on_edge: bool) -> None:
    """Refuse a source that cameras of this server may not have.

    Args:
        source: address without name and password.
        settings: of the server; its policy holds for the cameras of edges as well.
        on_edge: whether an edge box opens it: then it may be one of its devices.

    Raises:
        ThrongError: an unknown simulation, a device or file of this machine, or an address that the policy refuses.
    """
    if on_edge and DEVICE.fullmatch(source):
        return
    await check_source(source, settings)
    if source.startswith(SIMULATED):
        await anyio.to_thread.run_sync(_check_simulation, source)


def _check_simulation(source: str) -> None:
    from throng.sim.uri import parse_uri  # noqa: PLC0415  (a second of libraries)

    parse_uri(source)
