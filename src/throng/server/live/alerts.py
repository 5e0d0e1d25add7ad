"""Tells who watches that an alert is new or has changed."""

from throng.server.api.alerts_schemas import AlertShown
from throng.server.live.hub import LiveHub
from throng.server.live.items import Kind
from throng.store.tables import Alert, AlertState

RESOLVED_STAYS_S = 60.0


def tell_alert(hub: LiveHub, alert: Alert) -> AlertShown:
    """Put an alert into the live state; a resolved one is gone from it a minute later."""
    shown = AlertShown.model_validate(alert)
    leaves_after_s = RESOLVED_STAYS_S if alert.state == AlertState.RESOLVED.value else None
    body = shown.model_dump_json().encode()
    hub.put(Kind.ALERT, alert.site_id, (alert.id, alert.zone_id or 0), body, leaves_after_s=leaves_after_s)
    return shown
