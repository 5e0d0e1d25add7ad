"""A little OpenID Connect provider: real HTTP, real keys, real signatures; it lets in whoever a test says."""

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID = "throng"
CLIENT_SECRET = "provider-secret-5b1c"


class OidcServer:
    """One provider.

    Attributes:
        issuer: its address.
        claims: of who logs in next.
        override: claims of the next id_token that are not as they should be; None leaves one out.
        userinfo: what the userinfo endpoint says; None when there is no such endpoint.
        token_requests: the forms that came.
        signing_key: another key that signs the next id_token.
        has_keys: whether the keys are where they should be.
    """

    def __init__(self, port: int, now: Any) -> None:
        self.issuer = f"http://127.0.0.1:{port}/realm"
        self.claims: dict[str, Any] = {"sub": "s-1", "preferred_username": "Ada", "groups": ["wardens"]}
        self.override: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.token_requests: list[dict[str, str]] = []
        self.signing_key: Any = None
        self.has_keys = True
        self._now = now
        self._codes: dict[str, dict[str, str]] = {}
        self._access: str = ""
        self.new_key()

    def new_key(self) -> None:
        """Rotate the key."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})

    def app(self) -> FastAPI:
        """Return the provider's application."""
        app = FastAPI()
        app.get("/realm/.well-known/openid-configuration")(self._metadata)
        app.get("/realm/authorize")(self._authorize)
        app.post("/realm/token", response_model=None)(self._token)
        app.get("/realm/keys")(self._keys)
        app.get("/realm/userinfo", response_model=None)(self._userinfo)
        return app

    def _keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False)) if self.has_keys else {"no": "keys"}

    def _metadata(self) -> dict[str, Any]:
        metadata = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
        }  # fmt: skip
        return metadata | ({} if self.userinfo is None else {"userinfo_endpoint": f"{self.issuer}/userinfo"})

    def _authorize(self, request: Request) -> RedirectResponse:
        query = dict(request.query_params)
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(8)
        self._codes[code] = query
        return RedirectResponse(query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]}))

    async def _token(self, request: Request) -> JSONResponse:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.token_requests.append(form)
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        good = asked is not None and asked["code_challenge"] == challenge.decode()
        if not good or asked is None or request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_grant"}, 400)
        if asked["redirect_uri"] != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        self._access = secrets.token_urlsafe(16)
        return JSONResponse({"access_token": self._access, "token_type": "Bearer", "id_token": self._id_token(asked)})

    def _id_token(self, asked: dict[str, str]) -> str:
        now_s = int(self._now().timestamp())
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now_s, "exp": now_s + 300, "nonce": asked["nonce"],
            **self.claims, **self.override,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.signing_key or self.key
        header = {"alg": "RS256", "kid": self.key.kid}
        return jwt.encode(header, claims, key)

    def _userinfo(self, request: Request) -> JSONResponse:
        if request.headers.get("authorization") != f"Bearer {self._access}":
            return JSONResponse({}, 401)
        return JSONResponse(self.userinfo)


@contextmanager
def oidc_server(now: Any) -> Iterator[OidcServer]:
    """Run a provider on a free port; `now` returns its time."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        provider = OidcServer(listener.getsockname()[1], now)
        config = uvicorn.Config(provider.app(), log_config=None, access_log=False, ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline_s = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline_s:
            time.sleep(0.01)
        try:
            yield provider
        finally:
            server.should_exit = True
            thread.join(10)
