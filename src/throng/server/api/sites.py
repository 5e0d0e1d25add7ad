"""Routes of sites."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["sites"])
