"""The demonstration agency, loaded."""

import pytest

from tests.samples import NOW
from throughcare.store.database import open_database
from throughcare.usecases.demo import load_demo


async def load(url):
    database = open_database(url)
    async with database.sessions.begin() as session:
        await load_demo(session, NOW)
    await database.close()


@pytest.fixture(scope="session")
async def demo_database(databases, empty_database):
    """The demonstration agency as of NOW, for copying."""
    return await databases.template(load, empty_database)


@pytest.fixture
async def session(databases, demo_database):
    """One transaction that ends without a commit, on the demonstration agency."""
    database = open_database(databases.copy(demo_database))
    async with database.sessions() as session:
        yield session
    await database.close()
