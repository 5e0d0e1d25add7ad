"""Routes of statistics."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["statistics"])
