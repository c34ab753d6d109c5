"""The `throughcare` command, as a process of its own."""

import os
import sqlite3
import stat
import subprocess
import sys
import sysconfig
from contextlib import closing
from pathlib import Path

import pytest

from throughcare.temporal.keys import read

THROUGHCARE = Path(sysconfig.get_path("scripts"), "throughcare")


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments, **settings):
        ours = {f"THROUGHCARE_{name}": value for name, value in settings.items()}
        return subprocess.run(
            [THROUGHCARE, *arguments],
            cwd=tmp_path,
            env=os.environ | {"COLUMNS": "100"} | ours,
            capture_output=True,
            text=True,
        )

    return invoke


def test_help_names_every_command(run):
    result = run("--help")

    assert result.returncode == 0
    named = {"dev", "policy", "clauses", "database", "keys"}
    assert named <= set(result.stdout.split())


def test_the_product_starts_without_loading_the_libraries_that_take_longest():
    code = "import sys, cli.main, cli.dev; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )

    assert "cli.dev" in loaded.stdout.split()
    assert not {"sqlalchemy", "alembic", "temporalio"} & set(loaded.stdout.split())


@pytest.mark.parametrize(
    ("argument", "status"), [("--help", 0), ("no-such-command", 2)]
)
def test_a_command_ends_without_waiting_for_threads_left_behind(argument, status):
    code = f"""
import sys, threading
from cli.main import main

threading.Thread(target=threading.Event().wait).start()
sys.argv[1:] = [{argument!r}]
main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )

    assert ended.returncode == status
    assert "Usage:" in ended.stdout + ended.stderr


def test_database_upgrade_makes_the_tables_and_may_be_repeated(run, tmp_path):
    results = [run("database", "upgrade"), run("database", "upgrade")]

    for result in results:
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == "The tables are up to date.\n"
    file = tmp_path / ".throughcare" / "throughcare.db"
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM cases").fetchone() == (0,)


def test_what_people_wrote_is_only_for_whoever_runs_the_product(run, tmp_path):
    run("database", "upgrade")

    assert stat.S_IMODE((tmp_path / ".throughcare").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sqlite:////no/such/folder/x.db", "unable to open database file"),
        ("postgresql+psycopg://user:hidden@127.0.0.1:1/x", "connection failed"),
        ("postgresql+psycopg://user:hidden@127.0.0.1:no/x", "the port in its address"),
    ],
    ids=["no folder", "no server", "no port"],
)
def test_a_database_that_cannot_be_used_is_refused_in_one_line_without_its_password(
    run, address, said
):
    result = run("database", "upgrade", DATABASE_URL=address)

    assert result.returncode == 2
    assert result.stderr.startswith(f"The database cannot be used: {said}")
    assert result.stderr.count("\n") == 1
    assert "hidden" not in result.stderr


@pytest.mark.parametrize("command", [("database", "upgrade"), ("dev",)])
def test_settings_that_cannot_be_used_are_named_one_to_a_line(run, command):
    result = run(*command, API_PORT="eighty", LOG_LEVEL="loud")

    assert result.returncode == 2
    api, log = result.stderr.splitlines()
    assert api.startswith("THROUGHCARE_API_PORT should be ")
    assert log.startswith("THROUGHCARE_LOG_LEVEL should be ")


def test_keys_are_created_once_and_left_as_they_are(run, tmp_path):
    path = tmp_path / "keys.json"
    results = [run("keys", "create", path), run("keys", "create", path)]

    ring = read(path)
    for result in results:
        assert result.returncode == 0
        assert result.stdout == f"{path}: active key {ring.active}\n"
    assert len(ring.keys) == 1


def test_rotating_makes_a_new_key_active_and_keeps_the_old_one(run, tmp_path):
    path = tmp_path / "keys.json"
    run("keys", "create", path)
    before = read(path)

    result = run("keys", "rotate", path)

    ring = read(path)
    assert ring.active not in before.keys
    assert ring.keys.items() > before.keys.items()
    assert result.stdout == f"{path}: active key {ring.active}, 2 in all\n"


@pytest.mark.parametrize("command", ["create", "rotate"])
def test_a_file_that_holds_no_keys_is_refused_and_left_as_it_is(run, tmp_path, command):
    path = tmp_path / "keys.json"
    path.write_text("{}")

    result = run("keys", command, path)

    assert result.returncode == 2
    assert result.stderr.startswith(f"The key file {path} cannot be used: ")
    assert path.read_text() == "{}"


def test_keys_that_cannot_be_written_are_refused_in_one_line(run, tmp_path):
    (tmp_path / "file").touch()

    result = run("keys", "create", "file/keys.json")

    assert result.returncode == 2
    assert result.stderr.startswith("file/keys.json cannot be written: ")
    assert result.stderr.count("\n") == 1
