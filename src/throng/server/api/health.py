"""Routes of health."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["health"])
