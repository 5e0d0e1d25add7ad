"""Routes of zones."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["zones"])
