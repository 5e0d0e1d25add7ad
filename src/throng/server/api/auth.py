"""Routes of auth."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["auth"])
