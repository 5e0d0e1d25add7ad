"""Access tokens of programs: JWT, signed with HS256, short-lived. They say who, the database says what they may."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from throng.store.columns import to_us

ISSUER = "throng"
LIFE = timedelta(minutes=10)
LARGEST = 2048
ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says.

    Attributes:
        user_id: whose it is.
        generation: of the user's tokens; a password change or a sign-out begins a new one.
        expires_at: until when.
    """

    user_id: int
    generation: int
    expires_at: datetime


class AccessTokens:
    """Makes and reads access tokens.

    Args:
        key: 32 secret bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = OctKey.import_key(key)
        self._registry = {
            "iss": {"essential": True, "value": ISSUER},
            "sub": {"essential": True},
            "exp": {"essential": True},
            "gen": {"essential": True},
        }

    def make(self, user_id: int, *, signed_out_at: datetime | None, now: datetime) -> str:
        """Return a token that is valid for ten minutes."""
        at_s = int(now.timestamp())
        claims = {
            "iss": ISSUER,
            "sub": str(user_id),
            "iat": at_s,
            "exp": at_s + int(LIFE.total_seconds()),
            "gen": generation(signed_out_at),
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def read(self, token: str, *, now: datetime) -> AccessClaims | None:
        """Return what a token says; None when it is not ours, was changed, or is over."""
        if len(token) > LARGEST:
            return None
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
            rules = jwt.JWTClaimsRegistry(now=int(now.timestamp()), **self._registry)  # type: ignore[arg-type]
            rules.validate(claims)
            return AccessClaims(int(claims["sub"]), int(claims["gen"]), datetime.fromtimestamp(claims["exp"], UTC))
        except (JoseError, ValueError, TypeError):
            return None


def generation(signed_out_at: datetime | None) -> int:
    """Return the number of a user's present generation of access tokens."""
    return 0 if signed_out_at is None else to_us(signed_out_at)
