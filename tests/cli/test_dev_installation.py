"""What `throughcare dev` prepares before the first start, and how it knows that it did."""

import json
import sqlite3
import stat
from contextlib import closing

import pytest

from cli.installation import (
    demo_file,
    is_prepared,
    make_state_folder,
    prepare,
    upgrade_tables,
)
from cli.parts import Stopped
from throughcare.config import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(state=tmp_path / "state")


async def test_the_agency_is_loaded_once_and_its_people_have_keys_only_the_owner_reads(
    settings,
):
    await prepare(settings)
    shown = demo_file(settings).read_text()
    await prepare(settings)

    assert demo_file(settings).read_text() == shown
    demo = json.loads(shown)
    assert demo["api"] == "http://127.0.0.1:8000"
    alder = next(each for each in demo["people"] if each["id"] == "alder")
    assert alder["seats"] == ["coordinator-1"]
    assert alder["api_key"].startswith("tc_")
    assert stat.S_IMODE(demo_file(settings).stat().st_mode) == 0o600


async def test_it_is_known_without_the_database_library_what_is_prepared(settings):
    before = is_prepared(settings)
    await prepare(settings)

    assert (before, is_prepared(settings)) == (False, True)


async def test_tables_of_an_earlier_release_are_not_prepared(settings):
    await prepare(settings)
    with closing(sqlite3.connect(settings.state / "throughcare.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
        database.commit()

    assert not is_prepared(settings)


async def test_tables_without_the_people_s_keys_are_not_prepared(settings):
    await upgrade_tables(settings)

    assert not is_prepared(settings)


async def test_a_database_that_was_deleted_is_made_anew_with_new_keys(settings):
    await prepare(settings)
    shown = demo_file(settings).read_text()
    for file in settings.state.glob("throughcare.db*"):
        file.unlink()
    assert not is_prepared(settings)

    await prepare(settings)

    assert is_prepared(settings)
    assert demo_file(settings).read_text() != shown


async def test_keys_are_not_lost_where_the_first_start_was_cut_off_before_showing_them(
    settings,
):
    await prepare(settings)
    shown = demo_file(settings).read_text()
    demo_file(settings).rename(settings.state / "demo.part")

    await prepare(settings)

    assert demo_file(settings).read_text() == shown


def test_a_file_cannot_be_the_state_folder(tmp_path):
    (tmp_path / "state").touch()

    with pytest.raises(
        Stopped, match=r"state cannot be the state folder: .* Set THROUGHCARE_STATE"
    ):
        make_state_folder(tmp_path / "state")
