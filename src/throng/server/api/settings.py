"""Routes of settings."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["settings"])
