"""Routes of playbooks."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["playbooks"])
