"""`throughcare notices`: what it lists and sends again."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, select
from typer.testing import CliRunner

from cli.main import app
from tests.samples import notice
from throughcare.config import Settings
from throughcare.store.database import open_database, upgrade
from throughcare.store.notice_queue import queued
from throughcare.store.tables import NoticeRow
from throughcare.usecases.demo import load_demo

AT = datetime(2026, 11, 20, 16, tzinfo=UTC)
Command = Callable[..., tuple[int, str]]


@pytest.fixture
async def settings(tmp_path, monkeypatch) -> Settings:
    """With a notice that failed, one in doubt, and one that arrived."""
    monkeypatch.setenv("THROUGHCARE_STATE", str(tmp_path))
    settings = Settings(state=tmp_path)
    await upgrade(settings.database)
    database = open_database(settings.database)

    def fill(connection: Connection) -> None:
        load_demo(connection, AT)
        for delivery in ("failed", "uncertain", "delivered"):
            row = queued("a-case", notice(delivery), AT)
            ended = {"delivery": delivery, "settled_at": AT, "reason": "refused (550)"}
            connection.execute(insert(NoticeRow).values(row | ended))

    await database.write(fill)
    await database.close()
    return settings


def run(*arguments: str) -> tuple[int, str]:
    said = CliRunner().invoke(app, ["notices", *arguments])
    return said.exit_code, said.output


def test_it_lists_what_failed_and_what_is_in_doubt(settings):
    status, said = run("list")

    assert status == 0
    assert "failed  failed  2026-11-20 16:00 UTC  refused (550)\n" in said
    assert "uncertain  uncertain  " in said
    assert "delivered" not in said
    assert said.endswith("2 notices did not arrive, or may not have.\n")


async def test_all_that_failed_are_queued_once_in_somebodys_name(settings):
    every = ("send-again", "--by", "yew", "--all", "failed")
    first = await asyncio.to_thread(run, *every)
    again = await asyncio.to_thread(run, *every)

    assert first == (0, "1 notice will be sent again.\n")
    assert again == (0, "0 notices will be sent again.\n")
    database = open_database(settings.database)
    columns = (NoticeRow.key, NoticeRow.delivery, NoticeRow.sent_again_by)
    query = select(*columns, NoticeRow.again_of).order_by(NoticeRow.key)
    found = await database.read(lambda connection: connection.execute(query).all())
    await database.close()
    assert [tuple(row) for row in found] == [
        ("delivered", "delivered", None, None),
        ("failed", "failed", "yew", None),
        ("failed+", "queued", None, "failed"),
        ("uncertain", "uncertain", None, None),
    ]


def test_one_that_arrived_is_not_sent_again(settings):
    status, said = run("send-again", "--by", "yew", "delivered", "uncertain")

    assert status == 1
    assert "delivered  is not sent" in said
    assert said.endswith("1 notice will be sent again.\n")


@pytest.mark.parametrize("arguments", [(), ("failed", "--all", "failed")])
def test_it_wants_either_names_or_all_of_a_kind(settings, arguments):
    assert run("send-again", "--by", "yew", *arguments)[0] == 2


def test_it_wants_somebody_of_the_directory(settings):
    assert run("send-again", "--by", "nobody", "--all", "failed")[0] == 2
