"""Log-in by an OpenID Connect provider: authorization code flow with PKCE, state and nonce.

Authlib builds the requests and checks the claims, joserfc the signature. What must survive the way to the provider and
back is sealed in a short-lived cookie, so that any process of the server can answer the callback.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from authlib.common.security import is_secure_transport
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from throng.core.clock import Clock
from throng.server.auth.principal import RANK
from throng.server.problems import Problem
from throng.server.settings import OidcSettings
from throng.store.errors import StoreError
from throng.store.secret_box import SecretBox, new_secret
from throng.store.tables import Role

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SCOPE = "openid profile email"
TIMEOUT_S = 10.0
LARGEST_ANSWER = 512 * 1024
METADATA_FOR = timedelta(hours=1)
KEYS_AT_MOST_EVERY = timedelta(minutes=1)
WAY_THERE = timedelta(minutes=10)
LEEWAY_S = 60


@dataclass(frozen=True, slots=True)
class Journey:
    """One way to the provider and back.

    Attributes:
        until_s: seconds since 1970 at which it is over.
    """

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    until_s: float

    def sealed(self, box: SecretBox) -> str:
        """Return it as the value of a cookie."""
        return box.seal(json.dumps(asdict(self)))


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who the provider says has logged in.

    Attributes:
        subject: issuer and subject, which never change.
        role: the highest that their claims give.
    """

    subject: str
    username: str
    name: str
    email: str
    role: Role


def begin_journey(redirect_uri: str, *, now: datetime) -> Journey:
    """Return a new way to the provider."""
    until_s = (now + WAY_THERE).timestamp()
    return Journey(new_secret(), new_secret(), new_secret(), redirect_uri, until_s)


def opened_journey(sealed: str | None, box: SecretBox, *, now: datetime) -> Journey:
    """Return the way that a cookie tells of.

    Raises:
        Problem: 400, there is none, it is not ours, or it took too long.
    """
    try:
        journey = Journey(**json.loads(box.open(sealed or "")))
    except (StoreError, ValueError, TypeError) as error:
        raise _restart("this log-in was not begun in this browser") from error
    if journey.until_s <= now.timestamp():
        raise _restart("this log-in took more than ten minutes")
    return journey


class OidcProvider:
    """One provider.

    Args:
        settings: where it is and who we are there.
        clock: where the time comes from.
    """

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._metadata: tuple[dict[str, Any], datetime] | None = None
        self._keys: tuple[KeySet, datetime] | None = None

    async def address(self, journey: Journey) -> str:
        """Return where to send the browser."""
        metadata = await self._known_metadata()
        uri: str = prepare_grant_uri(
            metadata["authorization_endpoint"], client_id=self.settings.client_id, response_type="code",
            redirect_uri=journey.redirect_uri, scope=SCOPE, state=journey.state, nonce=journey.nonce,
            code_challenge=create_s256_code_challenge(journey.verifier), code_challenge_method="S256",
        )  # fmt: skip
        return uri

    async def somebody(self, code: str, journey: Journey) -> Somebody:
        """Return who logged in with the code that the provider gave to the browser.

        Raises:
            Problem: 403, they have no role here; 502, the provider does not answer as it should.
        """
        metadata = await self._known_metadata()
        answer = await self._token(metadata, code, journey)
        claims = await self._verified(metadata, answer, journey)
        if self.settings.role_claim not in claims and "userinfo_endpoint" in metadata:
            more = await self._fetch(
                "GET", metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {answer.get('access_token')}"}
            )
            if more.get("sub") != claims["sub"]:
                raise _provider_wrong("its userinfo is about somebody else")
            claims = {**more, **claims}
        return self._somebody(claims)

    def _somebody(self, claims: dict[str, Any]) -> Somebody:
        given = claims.get(self.settings.role_claim)
        values = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        roles = [Role(self.settings.roles[v]) for v in values if isinstance(v, str) and v in self.settings.roles]
        if not roles:
            raise Problem(
                403, f"you have no role here: none of your {self.settings.role_claim} is known to this server; ask an "
                "administrator", kind="no-role",
            )  # fmt: skip
        subject = f"{self.settings.issuer}#{claims['sub']}"
        if len(subject) > 300:
            raise _provider_wrong("its subject is longer than 255 characters")
        email = _text(claims, "email", 254)
        username = _text(claims, "preferred_username", 100) or email or _text(claims, "sub", 100)
        return Somebody(subject, username, _text(claims, "name", 200), email, max(roles, key=RANK.__getitem__))

    async def _token(self, metadata: dict[str, Any], code: str, journey: Journey) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": journey.redirect_uri,
            "code_verifier": journey.verifier, "client_id": self.settings.client_id,
        }  # fmt: skip
        secret = self.settings.client_secret.get_secret_value()
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in methods:
            return await self._fetch(
                "POST", metadata["token_endpoint"], data=form, auth=(self.settings.client_id, secret)
            )
        return await self._fetch("POST", metadata["token_endpoint"], data={**form, "client_secret": secret})

    async def _verified(self, metadata: dict[str, Any], answer: dict[str, Any], journey: Journey) -> dict[str, Any]:
        raw, client = answer.get("id_token"), self.settings.client_id
        if not isinstance(raw, str):
            raise _provider_wrong("it sent no id_token")
        try:
            token = await self._decoded(metadata, raw)
            options = {
                "iss": {"essential": True, "value": metadata["issuer"]},
                "aud": {"essential": True, "value": client},
            }
            params = {"nonce": journey.nonce, "client_id": client, "access_token": answer.get("access_token")}
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(now=self._clock.now().timestamp(), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _provider_wrong(f"its id_token is not valid: {type(error).__name__}") from error
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise _provider_wrong("its id_token names nobody")
        return dict(claims)

    async def _decoded(self, metadata: dict[str, Any], raw: str) -> jwt.Token:
        try:
            return jwt.decode(raw, await self._known_keys(metadata), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            if self._keys is not None and self._clock.now() < self._keys[1] + KEYS_AT_MOST_EVERY:
                raise
            self._keys = None
            return jwt.decode(raw, await self._known_keys(metadata), algorithms=ALGORITHMS)

    async def _known_keys(self, metadata: dict[str, Any]) -> KeySet:
        now = self._clock.now()
        if self._keys is None or self._keys[1] + METADATA_FOR <= now:
            answer: Any = await self._fetch("GET", metadata["jwks_uri"])
            self._keys = KeySet.import_key_set(answer), now
        return self._keys[0]

    async def _known_metadata(self) -> dict[str, Any]:
        now = self._clock.now()
        if self._metadata is None or self._metadata[1] + METADATA_FOR <= now:
            issuer = self.settings.issuer
            metadata = await self._fetch("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
            if metadata.get("issuer") != issuer:
                raise _provider_wrong(f"it calls itself {metadata.get('issuer')!r}, the settings say {issuer!r}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(metadata.get(name), str):
                    raise _provider_wrong(f"it does not say its {name}")
            self._metadata = metadata, now
        return self._metadata[0]

    async def _fetch(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        if not is_secure_transport(url):
            raise _provider_wrong(f"{httpx.URL(url).host} is not reached by https")
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, headers={"Accept": "application/json"}) as client:
                answer = await client.request(method, url, **more)
                body = answer.raise_for_status().json() if len(answer.content) <= LARGEST_ANSWER else None
        except httpx.HTTPStatusError as error:
            raise _provider_wrong(f"it answered {error.response.status_code}") from error
        except (httpx.HTTPError, ValueError) as error:
            raise _provider_wrong(f"it does not answer: {type(error).__name__}") from error
        if not isinstance(body, dict):
            raise _provider_wrong("its answer is not a JSON object")
        return body


def _text(claims: dict[str, Any], name: str, length: int) -> str:
    value = claims.get(name)
    return "".join(c for c in value if c.isprintable())[:length] if isinstance(value, str) else ""


def _provider_wrong(why: str) -> Problem:
    return Problem(502, f"single sign-on failed: {why}", kind="single-sign-on")


def _restart(why: str) -> Problem:
    return Problem(400, f"{why}; begin again", kind="single-sign-on")
