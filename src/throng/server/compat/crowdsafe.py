"""The door of CrowdSafe: a camera with one zone covering it."""

from throng.server.compat import (
    crowdsafe_admin,
    crowdsafe_alerts,
    crowdsafe_auth,
    crowdsafe_cameras,
    crowdsafe_metrics,
    crowdsafe_recordings,
    crowdsafe_system,
)

ROUTERS = (
    crowdsafe_auth.routes,
    crowdsafe_cameras.routes,
    crowdsafe_metrics.routes,
    crowdsafe_alerts.routes,
    crowdsafe_system.routes,
    crowdsafe_admin.routes,
    crowdsafe_recordings.routes,
)
