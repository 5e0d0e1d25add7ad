"""Routes of manual_counts."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["manual_counts"])
