"""What a route demands of the one who asks, as the type of one parameter: `Viewer`, `Operator`, `Admin`, `EdgeBox`.

A person's role includes the lower ones. An edge box may only do what is meant for edge boxes.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from throng.server.auth.identify import identify
from throng.server.auth.principal import RANK, Principal
from throng.server.context import Ctx
from throng.server.problems import Problem
from throng.store.tables import Role


def needs(*roles: Role) -> Callable[[HTTPConnection, Ctx], Awaitable[Principal]]:
    """Return a dependency that lets in the given roles and, for people, everything above the lowest of them."""

    async def checked(connection: HTTPConnection, context: Ctx) -> Principal:
        principal = await identify(connection, context)
        if principal is None:
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "log in, or send a token: Authorization: Bearer …", headers=challenge)
        if not _allowed(principal.role, roles):
            raise Problem(403, f"this needs the role {' or '.join(roles)}; yours is {principal.role}")
        return principal

    return checked


def _allowed(role: Role, roles: tuple[Role, ...]) -> bool:
    people = [RANK[r] for r in roles if r is not Role.EDGE]
    return role in roles if role is Role.EDGE else bool(people) and RANK[role] >= min(people)


Viewer = Annotated[Principal, Depends(needs(Role.VIEWER))]
Operator = Annotated[Principal, Depends(needs(Role.OPERATOR))]
Admin = Annotated[Principal, Depends(needs(Role.ADMIN))]
EdgeBox = Annotated[Principal, Depends(needs(Role.EDGE))]
Reporter = Annotated[Principal, Depends(needs(Role.EDGE, Role.OPERATOR))]
"""Edge boxes, and programs of operators that send counts."""
