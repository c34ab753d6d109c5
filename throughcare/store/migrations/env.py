"""How alembic reaches the database: over the connection it is given, or at the address after `-x url=`."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, create_engine

from throughcare.store.tables import Base, Utc


def _written(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    # A revision must stay readable by itself, whatever becomes of our own types.
    is_instant = kind == "type" and isinstance(item, Utc)
    return "sa.DateTime(timezone=True)" if is_instant else False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=_written,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:
    engine = create_engine(context.get_x_argument(as_dictionary=True)["url"])
    with engine.begin() as connection:
        _migrate(connection)
