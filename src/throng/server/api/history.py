"""Routes of history."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["history"])
