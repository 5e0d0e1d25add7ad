"""Routes of videos."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["videos"])
