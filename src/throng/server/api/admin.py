"""Routes of admin."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["admin"])
