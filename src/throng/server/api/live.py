"""Routes of live."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["live"])
