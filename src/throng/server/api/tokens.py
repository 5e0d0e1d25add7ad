"""Routes of tokens."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["tokens"])
