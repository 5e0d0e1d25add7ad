"""The REST API, one file per noun; `throng.server.routers` lists them."""
