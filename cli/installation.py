"""What must be there before the product runs: the folder it keeps things in, tables, and an agency to try it with."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import throughcare.store
from cli.parts import Stopped
from throughcare.config import PREFIX, Settings

MIGRATIONS = Path(throughcare.store.__path__[0]) / "migrations" / "versions"


def demo_file(settings: Settings) -> Path:
    """What a newcomer needs to try things: the API's address, and per demonstration person their seats and API key."""
    return settings.state / "demo.json"


def make_state_folder(state: Path) -> None:
    """Raises Stopped where there can be no such folder."""
    try:
        # Only for whoever runs it: the database holds what the agency's people wrote.
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (state / "log").mkdir(exist_ok=True)
    except OSError as error:
        raise Stopped(
            f"{state} cannot be the state folder: {error.strerror}. Set {PREFIX}STATE to another one."
        ) from error


async def upgrade_tables(settings: Settings) -> None:
    """Raises Stopped where the database cannot be used."""
    from sqlalchemy.exc import SQLAlchemyError

    from throughcare.store.database import upgrade

    if settings.database_url is None:
        make_state_folder(settings.state)
    try:
        await upgrade(settings.database)
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        # What the driver said. The rest repeats the statement, or the address with its password.
        said = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
        raise Stopped(
            f"The database cannot be used: {said}. {PREFIX}DATABASE_URL says which it is."
        ) from None


def is_prepared(settings: Settings) -> bool:
    """Whether tables and agency are there. Loading the database library to find out would double the time to start."""
    if settings.database_url or not demo_file(settings).exists():
        return False
    newest = max(path.name.split("_")[0] for path in MIGRATIONS.glob("[0-9]*.py"))
    file = (settings.state / "throughcare.db").resolve()
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("SELECT version_num FROM alembic_version")
            return found.fetchall() == [(newest,)]
    except sqlite3.Error:
        return False


async def prepare(settings: Settings) -> None:
    """Tables, the demonstration agency where there is none, and its people's keys. Raises Stopped."""
    from sqlalchemy import Connection

    from throughcare.store.database import open_database
    from throughcare.usecases.demo import load_demo

    await upgrade_tables(settings)
    draft = demo_file(settings).with_suffix(".part")

    def load(connection: Connection) -> None:
        if people := load_demo(connection, datetime.now(UTC)):
            demo = {
                "api": settings.public_url,
                "people": [person.model_dump(mode="json") for person in people],
            }
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(demo, indent=2) + "\n")

    database = open_database(settings.database)
    try:
        await database.write(load)
    finally:
        await database.close()
    # The database keeps only hashes of the keys: they are written before it commits, and shown after.
    if draft.exists():
        draft.replace(demo_file(settings))
