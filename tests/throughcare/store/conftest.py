"""The demonstration agency, loaded."""

import pytest

from tests.samples import NOW
from throughcare.store.database import open_database
from throughcare.usecases.demo import load_demo


async def load(url):
    database = open_database(url)
    await database.write(load_demo, NOW)
    await database.close()


@pytest.fixture(scope="session")
async def demo_database(databases, empty_database):
    """The demonstration agency as of NOW, for copying."""
    return await databases.template(load, empty_database)


@pytest.fixture(scope="session")
async def untouched(databases, demo_database):
    """One copy, in which no test leaves anything."""
    database = open_database(databases.copy(demo_database))
    yield database
    await database.close()


@pytest.fixture
def connection(untouched):
    """One transaction that ends without a commit, on the demonstration agency."""
    with untouched.writes.connect() as connection:
        yield connection


@pytest.fixture
async def office(databases, demo_database):
    """A copy of one's own, for transactions that run at once."""
    database = open_database(databases.copy(demo_database))
    yield database
    await database.close()
