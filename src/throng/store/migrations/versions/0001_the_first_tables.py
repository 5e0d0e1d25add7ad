"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=100), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_index("ix_audit_log_object", "audit_log", ["object_kind", "object_id"], unique=False)
    op.create_table(
        "density_snapshots",
        sa.Column("zone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("x0_m", sa.Double(), nullable=False),
        sa.Column("y0_m", sa.Double(), nullable=False),
        sa.Column("cell_m", sa.Double(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("zone_id", "camera_id", "at_us", name=op.f("pk_density_snapshots")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=False),
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("x_m", sa.Double(), nullable=True),
        sa.Column("y_m", sa.Double(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("zone_id", "camera_id", "kind", "started_at", name=op.f("uq_events_zone_id")),
    )
    op.create_index("ix_events_zone_started", "events", ["zone_id", "started_at"], unique=False)
    op.create_table(
        "ingested_batches",
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "idempotency_key", name=op.f("pk_ingested_batches")),
    )
    op.create_index(op.f("ix_ingested_batches_at_us"), "ingested_batches", ["at_us"], unique=False)
    op.create_table(
        "latest_lines",
        sa.Column("line_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("line_id", "camera_id", name=op.f("pk_latest_lines")),
    )
    op.create_index(op.f("ix_latest_lines_received_us"), "latest_lines", ["received_us"], unique=False)
    op.create_table(
        "latest_zones",
        sa.Column("zone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("zone_id", "camera_id", name=op.f("pk_latest_zones")),
    )
    op.create_index(op.f("ix_latest_zones_received_us"), "latest_zones", ["received_us"], unique=False)
    op.create_table(
        "line_readings",
        sa.Column("line_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("validity", sa.SmallInteger(), nullable=False),
        sa.Column("in_count", sa.Integer(), nullable=True),
        sa.Column("out_count", sa.Integer(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("line_id", "camera_id", "at_us", name=op.f("pk_line_readings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "readings",
        sa.Column("zone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("period_s", sa.Double(), nullable=False),
        sa.Column("validity", sa.SmallInteger(), nullable=False),
        sa.Column("risk_level", sa.SmallInteger(), nullable=True),
        sa.Column("level_of_service", sa.String(length=1), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Double(), nullable=True),
        sa.Column("count_low", sa.Double(), nullable=True),
        sa.Column("count_high", sa.Double(), nullable=True),
        sa.Column("density_mean_per_m2", sa.Double(), nullable=True),
        sa.Column("density_mean_low_per_m2", sa.Double(), nullable=True),
        sa.Column("density_mean_high_per_m2", sa.Double(), nullable=True),
        sa.Column("density_peak_per_m2", sa.Double(), nullable=True),
        sa.Column("occupancy", sa.Double(), nullable=True),
        sa.Column("occupancy_low", sa.Double(), nullable=True),
        sa.Column("occupancy_high", sa.Double(), nullable=True),
        sa.Column("speed_mean_mps", sa.Double(), nullable=True),
        sa.Column("speed_std_mps", sa.Double(), nullable=True),
        sa.Column("inflow_per_min", sa.Double(), nullable=True),
        sa.Column("outflow_per_min", sa.Double(), nullable=True),
        sa.Column("net_per_min", sa.Double(), nullable=True),
        sa.Column("pressure_per_s2", sa.Double(), nullable=True),
        sa.Column("counter_flow", sa.Double(), nullable=True),
        sa.Column("polarisation", sa.Double(), nullable=True),
        sa.Column("congestion_level_per_m", sa.Double(), nullable=True),
        sa.Column("slope_per_m2_per_min", sa.Double(), nullable=True),
        sa.Column("risk_score", sa.Double(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("zone_id", "camera_id", "at_us", name=op.f("pk_readings")),
        postgresql_partition_by="RANGE (at_us)",
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE readings_other PARTITION OF readings DEFAULT")
    op.create_table(
        "readings_hour",
        sa.Column("zone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("known_s", sa.Double(), nullable=False),
        sa.Column("unknown_s", sa.Double(), nullable=False),
        sa.Column("degraded_s", sa.Double(), nullable=False),
        sa.Column("above_caution_s", sa.Double(), nullable=False),
        sa.Column("above_warning_s", sa.Double(), nullable=False),
        sa.Column("above_critical_s", sa.Double(), nullable=False),
        sa.Column("above_80_s", sa.Double(), nullable=False),
        sa.Column("above_100_s", sa.Double(), nullable=False),
        sa.Column("count_high_max", sa.Double(), nullable=True),
        sa.Column("density_mean_high_max", sa.Double(), nullable=True),
        sa.Column("risk_level_max", sa.SmallInteger(), nullable=True),
        sa.Column("count_n", sa.Integer(), nullable=True),
        sa.Column("count_sum", sa.Double(), nullable=True),
        sa.Column("count_min", sa.Double(), nullable=True),
        sa.Column("count_max", sa.Double(), nullable=True),
        sa.Column("density_mean_per_m2_n", sa.Integer(), nullable=True),
        sa.Column("density_mean_per_m2_sum", sa.Double(), nullable=True),
        sa.Column("density_mean_per_m2_min", sa.Double(), nullable=True),
        sa.Column("density_mean_per_m2_max", sa.Double(), nullable=True),
        sa.Column("density_peak_per_m2_n", sa.Integer(), nullable=True),
        sa.Column("density_peak_per_m2_sum", sa.Double(), nullable=True),
        sa.Column("density_peak_per_m2_min", sa.Double(), nullable=True),
        sa.Column("density_peak_per_m2_max", sa.Double(), nullable=True),
        sa.Column("occupancy_n", sa.Integer(), nullable=True),
        sa.Column("occupancy_sum", sa.Double(), nullable=True),
        sa.Column("occupancy_min", sa.Double(), nullable=True),
        sa.Column("occupancy_max", sa.Double(), nullable=True),
        sa.Column("speed_mean_mps_n", sa.Integer(), nullable=True),
        sa.Column("speed_mean_mps_sum", sa.Double(), nullable=True),
        sa.Column("speed_mean_mps_min", sa.Double(), nullable=True),
        sa.Column("speed_mean_mps_max", sa.Double(), nullable=True),
        sa.Column("inflow_per_min_n", sa.Integer(), nullable=True),
        sa.Column("inflow_per_min_sum", sa.Double(), nullable=True),
        sa.Column("inflow_per_min_min", sa.Double(), nullable=True),
        sa.Column("inflow_per_min_max", sa.Double(), nullable=True),
        sa.Column("outflow_per_min_n", sa.Integer(), nullable=True),
        sa.Column("outflow_per_min_sum", sa.Double(), nullable=True),
        sa.Column("outflow_per_min_min", sa.Double(), nullable=True),
        sa.Column("outflow_per_min_max", sa.Double(), nullable=True),
        sa.Column("pressure_per_s2_n", sa.Integer(), nullable=True),
        sa.Column("pressure_per_s2_sum", sa.Double(), nullable=True),
        sa.Column("pressure_per_s2_min", sa.Double(), nullable=True),
        sa.Column("pressure_per_s2_max", sa.Double(), nullable=True),
        sa.Column("risk_score_n", sa.Integer(), nullable=True),
        sa.Column("risk_score_sum", sa.Double(), nullable=True),
        sa.Column("risk_score_min", sa.Double(), nullable=True),
        sa.Column("risk_score_max", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("zone_id", "camera_id", "at_us", name=op.f("pk_readings_hour")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "readings_minute",
        sa.Column("zone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("known_s", sa.Double(), nullable=False),
        sa.Column("unknown_s", sa.Double(), nullable=False),
        sa.Column("degraded_s", sa.Double(), nullable=False),
        sa.Column("above_caution_s", sa.Double(), nullable=False),
        sa.Column("above_warning_s", sa.Double(), nullable=False),
        sa.Column("above_critical_s", sa.Double(), nullable=False),
        sa.Column("above_80_s", sa.Double(), nullable=False),
        sa.Column("above_100_s", sa.Double(), nullable=False),
        sa.Column("count_high_max", sa.Double(), nullable=True),
        sa.Column("density_mean_high_max", sa.Double(), nullable=True),
        sa.Column("risk_level_max", sa.SmallInteger(), nullable=True),
        sa.Column("count_n", sa.Integer(), nullable=True),
        sa.Column("count_sum", sa.Double(), nullable=True),
        sa.Column("count_min", sa.Double(), nullable=True),
        sa.Column("count_max", sa.Double(), nullable=True),
        sa.Column("density_mean_per_m2_n", sa.Integer(), nullable=True),
        sa.Column("density_mean_per_m2_sum", sa.Double(), nullable=True),
        sa.Column("density_mean_per_m2_min", sa.Double(), nullable=True),
        sa.Column("density_mean_per_m2_max", sa.Double(), nullable=True),
        sa.Column("density_peak_per_m2_n", sa.Integer(), nullable=True),
        sa.Column("density_peak_per_m2_sum", sa.Double(), nullable=True),
        sa.Column("density_peak_per_m2_min", sa.Double(), nullable=True),
        sa.Column("density_peak_per_m2_max", sa.Double(), nullable=True),
        sa.Column("occupancy_n", sa.Integer(), nullable=True),
        sa.Column("occupancy_sum", sa.Double(), nullable=True),
        sa.Column("occupancy_min", sa.Double(), nullable=True),
        sa.Column("occupancy_max", sa.Double(), nullable=True),
        sa.Column("speed_mean_mps_n", sa.Integer(), nullable=True),
        sa.Column("speed_mean_mps_sum", sa.Double(), nullable=True),
        sa.Column("speed_mean_mps_min", sa.Double(), nullable=True),
        sa.Column("speed_mean_mps_max", sa.Double(), nullable=True),
        sa.Column("inflow_per_min_n", sa.Integer(), nullable=True),
        sa.Column("inflow_per_min_sum", sa.Double(), nullable=True),
        sa.Column("inflow_per_min_min", sa.Double(), nullable=True),
        sa.Column("inflow_per_min_max", sa.Double(), nullable=True),
        sa.Column("outflow_per_min_n", sa.Integer(), nullable=True),
        sa.Column("outflow_per_min_sum", sa.Double(), nullable=True),
        sa.Column("outflow_per_min_min", sa.Double(), nullable=True),
        sa.Column("outflow_per_min_max", sa.Double(), nullable=True),
        sa.Column("pressure_per_s2_n", sa.Integer(), nullable=True),
        sa.Column("pressure_per_s2_sum", sa.Double(), nullable=True),
        sa.Column("pressure_per_s2_min", sa.Double(), nullable=True),
        sa.Column("pressure_per_s2_max", sa.Double(), nullable=True),
        sa.Column("risk_score_n", sa.Integer(), nullable=True),
        sa.Column("risk_score_sum", sa.Double(), nullable=True),
        sa.Column("risk_score_min", sa.Double(), nullable=True),
        sa.Column("risk_score_max", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("zone_id", "camera_id", "at_us", name=op.f("pk_readings_minute")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("key", name=op.f("uq_sites_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "stale_minutes",
        sa.Column("zone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("minute_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("zone_id", "camera_id", "minute_us", name=op.f("pk_stale_minutes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("all_sites", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_since", sa.BigInteger(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("recovery_hashes", sa.JSON(), nullable=False),
        sa.Column("oidc_subject", sa.String(length=300), nullable=True),
        sa.Column("last_login_at", sa.BigInteger(), nullable=True),
        sa.Column("signed_out_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_users_oidc_subject")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("site_ids", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False)
    op.create_table(
        "edges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("enrolment_hash", sa.String(length=64), nullable=True),
        sa.Column("enrolment_until", sa.BigInteger(), nullable=True),
        sa.Column("software", sa.String(length=64), nullable=True),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("clock_offset_s", sa.Double(), nullable=True),
        sa.Column("status", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_edges_site_id_sites"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edges")),
        sa.UniqueConstraint("enrolment_hash", name=op.f("uq_edges_enrolment_hash")),
        sa.UniqueConstraint("site_id", "key", name=op.f("uq_edges_site_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_edges_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_lines_site_id_sites"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lines")),
        sa.UniqueConstraint("site_id", "key", name=op.f("uq_lines_site_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "logins",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_logins_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
    )
    op.create_index(op.f("ix_logins_user_id"), "logins", ["user_id"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_refresh_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_family"), "refresh_tokens", ["family"], unique=False)
    op.create_index(op.f("ix_refresh_tokens_user_id"), "refresh_tokens", ["user_id"], unique=False)
    op.create_table(
        "site_plans",
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("metres_per_px", sa.Double(), nullable=False),
        sa.Column("origin_px", sa.JSON(), nullable=False),
        sa.Column("rotation_deg", sa.Double(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_site_plans_site_id_sites"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_plans")),
    )
    op.create_table(
        "user_sites",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_user_sites_site_id_sites"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sites_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "site_id", name=op.f("pk_user_sites")),
    )
    op.create_table(
        "zones",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("polygon", sa.JSON(), nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("use", sa.String(length=16), nullable=False),
        sa.Column("risk_profile", sa.String(length=16), nullable=True),
        sa.Column("thresholds_per_m2", sa.JSON(), nullable=True),
        sa.Column("service_profile", sa.String(length=16), nullable=False),
        sa.Column("one_way_deg", sa.Double(), nullable=True),
        sa.Column("exits", sa.JSON(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_zones_site_id_sites"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zones")),
        sa.UniqueConstraint("site_id", "key", name=op.f("uq_zones_site_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cameras",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("edge_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("credentials", sa.Text(), nullable=True),
        sa.Column("calibration", sa.JSON(), nullable=True),
        sa.Column("zone_keys", sa.JSON(), nullable=True),
        sa.Column("mode", sa.JSON(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edge_id"], ["edges.id"], name=op.f("fk_cameras_edge_id_edges"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_cameras_site_id_sites"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cameras")),
        sa.UniqueConstraint("site_id", "key", name=op.f("uq_cameras_site_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "manual_counts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("counted_by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["zone_id"], ["zones.id"], name=op.f("fk_manual_counts_zone_id_zones"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_counts")),
    )
    op.create_index("ix_manual_counts_zone_at", "manual_counts", ["zone_id", "at"], unique=False)
    op.create_table(
        "playbooks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_playbooks_site_id_sites"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["zone_id"], ["zones.id"], name=op.f("fk_playbooks_zone_id_zones"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbooks")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("camera_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("merge_key", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("worst_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=True),
        sa.Column("assigned_to", sa.String(length=200), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_by", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_alerts_camera_id_cameras"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_alerts_site_id_sites"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["zone_id"], ["zones.id"], name=op.f("fk_alerts_zone_id_zones"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alerts_merge_key"), "alerts", ["merge_key"], unique=False)
    op.create_index("ix_alerts_site_raised", "alerts", ["site_id", "raised_at"], unique=False)
    op.create_index("ix_alerts_state_raised", "alerts", ["state", "raised_at"], unique=False)
    op.create_index("ix_alerts_zone_raised", "alerts", ["zone_id", "raised_at"], unique=False)
    op.create_table(
        "recordings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("camera_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_recordings_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index("ix_recordings_camera_started", "recordings", ["camera_id", "started_at"], unique=False)
    op.create_table(
        "alert_steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_steps_alert_id_alerts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_steps")),
    )
    op.create_index("ix_alert_steps_alert", "alert_steps", ["alert_id", "at"], unique=False)
    op.create_table(
        "clips",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("camera_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_clips_alert_id_alerts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_clips_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clips")),
    )
    op.create_index("ix_clips_camera_started", "clips", ["camera_id", "started_at"], unique=False)
    op.create_table(
        "playbook_ticks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("playbook_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ticked_at", sa.BigInteger(), nullable=False),
        sa.Column("ticked_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_playbook_ticks_alert_id_alerts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_ticks")),
        sa.UniqueConstraint("alert_id", "playbook_id", "step", name=op.f("uq_playbook_ticks_alert_id")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("provider_id", sa.String(length=200), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_deliveries_alert_id_alerts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["alert_steps.id"], name=op.f("fk_deliveries_step_id_alert_steps"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("alert_id", "step_id", "channel", "recipient", name=op.f("uq_deliveries_alert_id")),
    )
    op.create_index("ix_deliveries_due", "deliveries", ["state", "next_attempt_at"], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_table("playbook_ticks")
    op.drop_index("ix_clips_camera_started", table_name="clips")
    op.drop_table("clips")
    op.drop_index("ix_alert_steps_alert", table_name="alert_steps")
    op.drop_table("alert_steps")
    op.drop_index("ix_recordings_camera_started", table_name="recordings")
    op.drop_table("recordings")
    op.drop_index("ix_alerts_zone_raised", table_name="alerts")
    op.drop_index("ix_alerts_state_raised", table_name="alerts")
    op.drop_index("ix_alerts_site_raised", table_name="alerts")
    op.drop_index(op.f("ix_alerts_merge_key"), table_name="alerts")
    op.drop_table("alerts")
    op.drop_table("playbooks")
    op.drop_index("ix_manual_counts_zone_at", table_name="manual_counts")
    op.drop_table("manual_counts")
    op.drop_table("cameras")
    op.drop_table("zones")
    op.drop_table("user_sites")
    op.drop_table("site_plans")
    op.drop_index(op.f("ix_refresh_tokens_user_id"), table_name="refresh_tokens")
    op.drop_index(op.f("ix_refresh_tokens_family"), table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index(op.f("ix_logins_user_id"), table_name="logins")
    op.drop_table("logins")
    op.drop_table("lines")
    op.drop_table("edges")
    op.drop_index(op.f("ix_api_tokens_user_id"), table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_table("users")
    op.drop_table("stale_minutes")
    op.drop_table("sites")
    op.drop_table("settings")
    op.drop_table("readings_minute")
    op.drop_table("readings_hour")
    op.drop_table("readings")
    op.drop_table("line_readings")
    op.drop_index(op.f("ix_latest_zones_received_us"), table_name="latest_zones")
    op.drop_table("latest_zones")
    op.drop_index(op.f("ix_latest_lines_received_us"), table_name="latest_lines")
    op.drop_table("latest_lines")
    op.drop_index(op.f("ix_ingested_batches_at_us"), table_name="ingested_batches")
    op.drop_table("ingested_batches")
    op.drop_index("ix_events_zone_started", table_name="events")
    op.drop_table("events")
    op.drop_table("density_snapshots")
    op.drop_index("ix_audit_log_object", table_name="audit_log")
    op.drop_index("ix_audit_log_at", table_name="audit_log")
    op.drop_table("audit_log")
