"""What all mapped tables share: names of constraints, times, and the version that tells who changed a row first."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from throng.store.columns import UtcDateTime

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""Key that the database numbers itself; SQLite does so for INTEGER only."""

NEVER_AGAIN = {"sqlite_autoincrement": True}
"""Table argument: SQLite would give the id of a row that was deleted to the next one, which would inherit its readings
and its entries in the audit log."""

Json = dict[str, Any]


class Base(DeclarativeBase):
    """Base of all tables. There are no relationships: repositories join what they need."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, Json: JSON, list[Any]: JSON}


def now() -> datetime:
    """Return the present; tables use it for columns that nobody set."""
    return datetime.now(UTC)


class Dated:
    """Mixin: when a row was made and last changed, and a version that grows with each change.

    A change of a row that somebody else has changed since it was read raises `StaleDataError`.
    """

    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    version: Mapped[int] = mapped_column(Integer)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}
