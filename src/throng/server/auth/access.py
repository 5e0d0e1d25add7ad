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


def needs(*roles: Role, person: bool = False, even_if_due: bool = False) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency that lets in the given roles and, for people, everything above the lowest of them.

    Args:
        *roles: who is let in.
        person: only somebody who logged in, no API token and no edge box.
        even_if_due: also somebody who must set a password or a second factor first.
    """

    async def checked(connection: HTTPConnection, context: Ctx) -> Principal:
        principal = await identify(connection, context)
        if principal is None:
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "log in, or send a token: Authorization: Bearer …", headers=challenge)
        if not _allowed(principal.role, roles):
            raise Problem(403, f"this needs the role {' or '.join(roles)}; yours is {principal.role}")
        if person and principal.kind != "user":
            raise Problem(403, "this needs somebody who has logged in; a token may not do it")
        if principal.due is not None and not even_if_due:
            raise Problem(403, _DUE[principal.due], kind=f"{principal.due}-due")
        if Role.EDGE not in roles:
            context.auth.limit_request(principal)
        return principal

    return checked


_DUE = {
    "password": "set your own password first: POST /api/v1/auth/password",
    "second-factor": "your role needs a second factor; enrol one first: POST /api/v1/auth/totp",
}


def _allowed(role: Role, roles: tuple[Role, ...]) -> bool:
    people = [RANK[r] for r in roles if r is not Role.EDGE]
    return role in roles if role is Role.EDGE else bool(people) and RANK[role] >= min(people)


Viewer = Annotated[Principal, Depends(needs(Role.VIEWER))]
Person = Annotated[Principal, Depends(needs(Role.VIEWER, person=True))]
"""Anybody who has logged in; no API token."""

Newcomer = Annotated[Principal, Depends(needs(Role.VIEWER, person=True, even_if_due=True))]
"""The same, also before they have set what they must set first."""

Operator = Annotated[Principal, Depends(needs(Role.OPERATOR))]
Admin = Annotated[Principal, Depends(needs(Role.ADMIN))]
EdgeBox = Annotated[Principal, Depends(needs(Role.EDGE))]
Reporter = Annotated[Principal, Depends(needs(Role.EDGE, Role.OPERATOR))]
"""Edge boxes, and programs of operators that send counts."""
