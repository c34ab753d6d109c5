"""The demonstration agency, loaded."""

import shutil

import pytest

from tests.samples import NOW
from throughcare.demo import load_demo
from throughcare.store.database import open_database


@pytest.fixture(scope="session")
async def demo_database(empty_database, tmp_path_factory):
    """A file with the demonstration agency as of NOW, for copying."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(empty_database, path)
    database = open_database(f"sqlite+aiosqlite:///{path}")
    async with database.sessions.begin() as session:
        await load_demo(session, NOW)
    await database.close()
    return path


@pytest.fixture
async def session(demo_database, tmp_path):
    """One transaction that ends without a commit, on the demonstration agency."""
    path = tmp_path / "demo.db"
    shutil.copy(demo_database, path)
    database = open_database(f"sqlite+aiosqlite:///{path}")
    async with database.sessions() as session:
        yield session
    await database.close()
