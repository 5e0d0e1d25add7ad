"""The fields of CrowdSafe's answers, as its table of routes has them."""

CAMERA = frozenset(
    {"id", "name", "location", "source_type", "source_url", "area_sqm", "expected_capacity", "calibration_method",
     "is_active", "status", "latitude", "longitude", "fps_target", "resolution", "created_at"}
)  # fmt: skip
WHOLE = CAMERA | {"metrics"}
METRICS = frozenset(
    {"id", "camera_id", "timestamp", "count", "density", "avg_velocity", "max_velocity", "surge_rate", "flow_in",
     "flow_out", "risk_score", "risk_level", "capacity_utilization", "frame_number"}
)  # fmt: skip
ALERT = frozenset(
    {"id", "alert_id", "camera_id", "timestamp", "risk_level", "trigger_condition", "message", "metrics_snapshot",
     "acknowledged", "acknowledged_by", "acknowledged_at", "resolved", "resolved_at"}
)  # fmt: skip
USER = frozenset({"id", "username", "email", "full_name", "role", "is_active", "created_at", "last_login"})
RECORDING = frozenset({"id", "camera_id", "kind", "start_time", "end_time", "duration", "file_size", "created_at"})
PROBLEM = frozenset({"type", "title", "status", "detail"})
DONE = frozenset({"message"})
