"""How the central server is set up: one YAML file, overridden by environment variables `THRONG_…`."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from throng.server.errors import ServerError

Door = Literal["crowd_monitor", "crowdsafe"]


class OidcSettings(BaseSettings):
    """Log-in by an OpenID Connect provider.

    Attributes:
        issuer: its address; `/.well-known/openid-configuration` is asked there.
        role_claim: the claim whose values give the role, by `roles`; nobody without a known value gets in.
        all_sites: whether those who come for the first time may see every site; else an administrator gives them some.
    """

    model_config = SettingsConfigDict(extra="forbid")

    issuer: str
    client_id: str
    client_secret: SecretStr
    label: str = "Single sign-on"
    role_claim: str = "groups"
    roles: dict[str, Literal["viewer", "operator", "admin"]] = Field(default_factory=dict)
    all_sites: bool = False


class ServerSettings(BaseSettings):
    """Settings that need a restart; what administrators change while the server runs is in the table `settings`.

    Attributes:
        data_dir: where the database, the secret key, videos and clips lie.
        database_url: `sqlite:///…` or `postgresql://…`; empty for SQLite in `data_dir`.
        allowed_hosts: host names to answer to, beyond this machine's own and numeric addresses.
        public_url: the address that users and links use, for example behind a reverse proxy.
        trusted_proxies: addresses whose `X-Forwarded-For` and `-Proto` are believed.
        secret_key: instead of the file `secret.key` in `data_dir`.
        compat: which familiar doors are open; one is mounted at `/`, two under `/compat/…`.
        camera_networks: networks in which cameras may be; private networks by default, never this machine itself.
        local_cameras: whether cameras may be devices of this machine, such as `0` or `/dev/video0`.
        login_idle_h: hours without a request after which a browser's log-in ends.
        login_max_h: hours after which it ends in any case.
        requests_per_s, requests_burst: what each person and token may ask; reports of edges are not limited.
        upload_limit_mb: largest video that may be uploaded.
    """

    model_config = SettingsConfigDict(env_prefix="THRONG_", env_nested_delimiter="__", extra="forbid")

    data_dir: Path = Path("throng-data")
    database_url: SecretStr = SecretStr("")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = ()
    public_url: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    secret_key: SecretStr | None = None
    compat: Annotated[tuple[Door, ...], NoDecode] = ()
    camera_networks: tuple[str, ...] = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8")
    local_cameras: bool = False
    login_idle_h: float = Field(12.0, gt=0, le=24 * 90)
    login_max_h: float = Field(24.0 * 7, gt=0, le=24 * 365)
    requests_per_s: float = Field(50.0, gt=0)
    requests_burst: float = Field(200.0, ge=1)
    upload_limit_mb: int = Field(2048, ge=1)
    oidc: OidcSettings | None = None

    @field_validator("compat", mode="before")
    @classmethod
    def _doors(cls, given: Any) -> Any:
        """Take one door, or several with commas between them, as environment variables have it."""
        return [name.strip() for name in given.split(",") if name.strip()] if isinstance(given, str) else given

    @field_validator("trusted_proxies", "camera_networks")
    @classmethod
    def _are_networks(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            ip_network(text.strip(), strict=False)
        return texts

    def database(self) -> str:
        """Return the address of the database."""
        return self.database_url.get_secret_value() or f"sqlite:///{(self.data_dir / 'throng.db').resolve()}"


def load_settings(path: Path | None = None, **given: Any) -> ServerSettings:
    """Read the settings: what is given wins over the environment, the environment over the file.

    Raises:
        ServerError: the file cannot be read, or a setting is unknown or wrong.
    """
    try:
        in_file = {} if path is None else yaml.safe_load(path.read_text()) or {}
    except (OSError, yaml.YAMLError) as error:
        raise ServerError(f"cannot read the settings {path}: {error}") from error
    if not isinstance(in_file, dict):
        raise ServerError(f"the settings {path} must be a YAML mapping of names to values")
    try:
        from_environment = ServerSettings(**given).model_dump(exclude_unset=True)
        return ServerSettings.model_validate({**in_file, **from_environment, **given})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ServerError(f"settings of the server: {wrong}") from error
