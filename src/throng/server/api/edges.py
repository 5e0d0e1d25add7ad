"""Routes of edges."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["edges"])
