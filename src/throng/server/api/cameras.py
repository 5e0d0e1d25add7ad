"""Routes of cameras."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["cameras"])
