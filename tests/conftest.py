"""What tests of several packages share."""

import gc
from zlib import crc32

import pytest

from tests import chance
from tests.databases import KINDS, Postgresql, Sqlite
from throughcare.store.database import open_database, upgrade

FIRST = ("leaks", "test_kills.py", "faults", "e2e")
"""Whose tests share what takes longest to make. Only what is late in the order is taken over by another worker, so these
stay together, and what is left at the end is short."""


def pytest_addoption(parser):
    parser.addoption(
        "--full",
        action="store_true",
        help="What `make test` leaves out: half of the API on PostgreSQL, and tests that act at random at full length.",
    )
    parser.addoption(
        "--quick",
        action="store_true",
        help="Leave out what is marked `long`: kills, deployments, leaks, fuzzing and years of a case.",
    )
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


def pytest_configure(config):
    chance.choose(full=config.getoption("--full"))


def pytest_collection_finish():
    # All that was imported stays until the end; there is no garbage in it to search for again and again.
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    if config.getoption("--quick"):
        left_out = [each for each in items if each.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [each for each in items if each not in left_out]
    items.sort(key=_turn)


def _turn(item):
    names = (item.path.parent.name, item.path.name)
    return next((n for n, each in enumerate(FIRST) if each in names), len(FIRST))


def pytest_generate_tests(metafunc):
    """Every test that works with a database runs on both kinds; of the API's those that are marked. The others run on SQLite in
    `make test`, and half of them on either kind with --full."""
    marks = metafunc.definition.iter_markers("parametrize")
    if "databases" in metafunc.fixturenames and not any(
        "databases" in mark.args[0] for mark in marks
    ):
        path = metafunc.definition.path
        on_one = path.parent.name == "api" or path.name == "test_reconciliation.py"
        on_both = metafunc.definition.get_closest_marker("both_databases")
        kinds: tuple[str, ...] = KINDS
        if on_one and not on_both:
            name = f"{path.name}:{metafunc.definition.name}".encode()
            is_full = metafunc.config.getoption("--full")
            kinds = (KINDS[crc32(name) % len(KINDS) if is_full else 0],)
        metafunc.parametrize("databases", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def update_goldens(request):
    return request.config.getoption("--update-goldens")


@pytest.fixture(scope="session")
def sqlite():
    made = Sqlite()
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgresql():
    made = Postgresql()
    yield made
    made.close()


@pytest.fixture(scope="session")
def databases(request):
    """Of the kind that the test is run on."""
    return request.getfixturevalue(request.param)


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
