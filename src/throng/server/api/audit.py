"""Routes of audit."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["audit"])
