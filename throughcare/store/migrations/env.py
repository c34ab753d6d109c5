"""How alembic reaches the database: over the connection it is given, or at the address after `-x url=`."""

import asyncio
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

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


async def _migrate_at(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(_migrate)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:
    asyncio.run(_migrate_at(context.get_x_argument(as_dictionary=True)["url"]))
