"""Routes of users."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["users"])
