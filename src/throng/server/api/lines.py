"""Routes of lines."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["lines"])
