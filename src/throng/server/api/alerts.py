"""Routes of alerts."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["alerts"])
