"""Routes of pictures."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["pictures"])
