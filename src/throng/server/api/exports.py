"""Routes of exports."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["exports"])
