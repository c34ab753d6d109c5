"""What tests of several packages share."""

import shutil

import pytest

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


@pytest.fixture(scope="session")
async def empty_database(tmp_path_factory):
    """A file with the tables and nothing in them, for copying: it takes longer to make than most tests to run."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    await upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
async def database(empty_database, tmp_path):
    path = tmp_path / "throughcare.db"
    shutil.copy(empty_database, path)
    database = open_database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.close()
