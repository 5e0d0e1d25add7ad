"""Runs migrations on the connection that `throng.store.migrate` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from throng.store.columns import UtcDateTime
from throng.store.tables import Base


def plain_types(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write migrations in plain types, so that they stay what they were when the program's types change."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_item=plain_types,
)
with context.begin_transaction():
    context.run_migrations()
