"""Routes of detect."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["detect"])
