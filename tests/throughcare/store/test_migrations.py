"""A migration runs under the release before it: what that one reads and writes still works afterwards, and nothing is lost."""

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    UniqueConstraint,
    create_engine,
    insert,
    select,
    update,
)

from tests.samples import NOW
from throughcare.store.database import MIGRATIONS

CONFIG = Config(attributes={})
CONFIG.set_main_option("script_location", str(MIGRATIONS))
REVISIONS = [
    each.revision
    for each in reversed(list(ScriptDirectory.from_config(CONFIG).walk_revisions()))
]


def migrated(connection: Connection, revision: str, *, down: bool = False) -> MetaData:
    """The tables as this revision has them."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    (command.downgrade if down else command.upgrade)(config, revision)
    tables = MetaData()
    tables.reflect(connection)
    return tables


def row_of(table, name: str) -> dict[str, object]:
    return {
        column.name: value_of(column, name)
        for column in table.columns
        if not _is_numbered(column)
    }


NUMBERED = {("case_changes", "seq"), ("outbox", "id"), ("restores", "number")}


def _is_numbered(column) -> bool:
    """Whether the database gives the value."""
    return (column.table.name, column.name) in NUMBERED


def value_of(column, name: str) -> object:
    match column.type:
        case JSON():
            return []
        case Boolean():
            return False
        case Integer():
            return 1
        case DateTime():
            return NOW
        case Date():
            return NOW.date()
    return name


def write(connection: Connection, tables: MetaData, name: str) -> None:
    """As the release of these tables does: naming their columns and no others."""
    for table in tables.sorted_tables:
        if table.name != "alembic_version":
            connection.execute(insert(table).values(row_of(table, name)))


def change(connection: Connection, tables: MetaData) -> None:
    for table in tables.sorted_tables:
        if table.name != "alembic_version":
            # Every row is given the same, which a column of a kind of key cannot hold.
            keys = {
                column.name
                for each in table.constraints
                if isinstance(each, UniqueConstraint)
                for column in each.columns
            }
            rest = [
                c
                for c in table.columns
                if not c.primary_key and not c.foreign_keys and c.name not in keys
            ]
            values = {column.name: value_of(column, "changed") for column in rest}
            if values:
                connection.execute(update(table).values(values))


@pytest.mark.parametrize("release", REVISIONS)
async def test_an_earlier_release_goes_on_working_on_the_tables_of_today(
    databases, release
):
    url = databases.copy(await databases.template(nothing))

    def walk(connection: Connection) -> None:
        old = migrated(connection, release)
        write(connection, old, "kept")
        migrated(connection, REVISIONS[-1])
        write(connection, old, "written-since")
        change(connection, old)
        people = old.tables["people"]
        found = set(connection.scalars(select(people.c.id)))
        assert found == {"kept", "written-since"}

    on(url, walk)


async def test_every_revision_can_be_taken_back(databases):
    url = databases.copy(await databases.template(nothing))

    def walk(connection: Connection) -> None:
        assert "people" in migrated(connection, REVISIONS[-1]).tables
        left = migrated(connection, "base", down=True).tables
        assert set(left) <= {"alembic_version"}

    on(url, walk)


async def nothing(url: str) -> None:
    """An empty database."""
    on(url, lambda connection: None)


def on(url: str, walk) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        walk(connection)
    engine.dispose()
