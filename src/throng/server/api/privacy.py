"""Routes of privacy."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["privacy"])
