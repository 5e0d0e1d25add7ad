"""Routes of ingest."""

from fastapi import APIRouter

routes = APIRouter(prefix="/api/v1", tags=["ingest"])
