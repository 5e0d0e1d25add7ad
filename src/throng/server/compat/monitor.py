"""The door of Smart Crowd Density Monitor: a location is our zone."""

from throng.server.compat import monitor_alerts, monitor_detection, monitor_live, monitor_locations

ROUTERS = (monitor_locations.routes, monitor_detection.routes, monitor_alerts.routes, monitor_live.routes)
