"""What tests of several packages share."""

import pytest

from tests.databases import KINDS
from throughcare.store.database import open_database, upgrade


def pytest_addoption(parser):
    parser.addoption(
        "--save-histories",
        action="store_true",
        help="Write the histories of tests/replay that are missing.",
    )
    parser.addoption(
        "--update-goldens",
        action="store_true",
        help="Write the files that answers are compared with; read the diff.",
    )


@pytest.fixture(scope="session")
def update_goldens(request):
    return request.config.getoption("--update-goldens")


@pytest.fixture(scope="session", params=KINDS)
def databases(request):
    """Every test that works with a database runs on both kinds."""
    made = KINDS[request.param]()
    yield made
    made.close()


@pytest.fixture(scope="session")
async def empty_database(databases):
    """The tables and nothing in them, for copying: they take longer to make than most tests to run."""
    return await databases.template(upgrade)


@pytest.fixture(scope="session")
def fresh_database(databases, empty_database):
    """The address of a database with empty tables; a new one each time."""
    return lambda: databases.copy(empty_database)


@pytest.fixture
async def database(databases, empty_database):
    database = open_database(databases.copy(empty_database))
    yield database
    await database.close()
