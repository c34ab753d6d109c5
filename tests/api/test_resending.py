"""Notices that did not arrive are listed, and a person sends them again, on record."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.api.conftest import installation, working
from tests.waiting import until
from throughcare.notices.mailbox import Mailbox
from throughcare.store.database import open_database
from throughcare.store.notice_queue import take_over
from throughcare.store.tables import NoticeRow

PATIENCE = 60.0
REFUSED = "ironwood@cyfs.example"


@pytest.fixture
async def refused(temporal, tmp_path):
    """An installation whose mail server refused every letter to one person (550), and no longer does."""
    box = Mailbox(tmp_path / "box", refuse={REFUSED})
    port = box.start("127.0.0.1", 0)
    there = installation(tmp_path / "state", mailbox_port=port)
    async with there as service, working(service):
        case = await service.opened()
        await until(lambda: _ended(service, case, "failed"))
        box.refuse = ()
        yield service, case, box
    box.stop()


async def notices(service, case):
    page = await service.get("alder", f"/conflicts/{case['id']}")
    return page.json()["notices"]


async def _ended(service, case, delivery):
    return [
        each
        for each in await notices(service, case)
        if each["delivery"] == delivery and each["receiver"]["id"] == "ironwood"
    ]


async def listed(service, person="yew", **chosen):
    answer = await service.get(person, "/notices/undelivered", **chosen)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_letters_that_were_refused_go_out_again_and_it_stands_who_sent_them(
    refused,
):
    service, case, box = refused
    failed = [each["key"] for each in await listed(service, delivery="failed")]
    assert failed
    before = len(list(box.folder.glob("*.eml")))

    first = await service.post("yew", "/notices/send-again", {"keys": failed})
    twice = await service.post("yew", "/notices/send-again", {"keys": failed})

    assert first.json() == {"sent": failed, "left_out": []}
    assert twice.json() == {"sent": [], "left_out": failed}
    assert await listed(service, delivery="failed") == []
    await until(lambda: _ended(service, case, "delivered"), PATIENCE)
    again = await _ended(service, case, "delivered")
    assert {each["again_of"] for each in again} <= set(failed)
    assert len(list(box.folder.glob("*.eml"))) > before
    for each in await _ended(service, case, "failed"):
        assert each["sent_again_by"]["id"] == "yew"
        assert each["sent_again_at"]


async def test_a_letter_in_doubt_is_listed_and_sent_again_by_the_administrator(refused):
    service, case, _ = refused
    key = await cut_off(service, case)

    doubted = await listed(service, "walnut", delivery="uncertain")
    sent = await service.post("walnut", "/notices/send-again", {"keys": [key]})

    assert [(each["key"], each["case_id"]) for each in doubted] == [(key, case["id"])]
    assert sent.json() == {"sent": [key], "left_out": []}
    await until(lambda: _ended(service, case, "delivered"), PATIENCE)


async def cut_off(service, case):
    """The key of a letter that a worker left in the midst of it."""
    database = open_database(service.settings.database)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    mine = NoticeRow.case_id == case["id"], NoticeRow.delivery == "failed"

    def leave(connection):
        key = connection.scalars(select(NoticeRow.key).where(*mine)).first()
        left = {"delivery": "sending", "claimed_at": long_ago, "done_at": None}
        this = NoticeRow.key == key
        connection.execute(update(NoticeRow).where(this).values(left))
        take_over(connection, [key], datetime.now(UTC), datetime.now(UTC))
        return key

    key = await database.write(leave)
    await database.close()
    return key


@pytest.mark.parametrize("person", ["alder", "tamarack"])
async def test_nobody_else_lists_them_or_sends_them_again(refused, person):
    service, _, _ = refused

    seen = await service.get(person, "/notices/undelivered")
    sent = await service.post(person, "/notices/send-again", {"keys": ["any"]})

    assert (seen.status_code, sent.status_code) == (403, 403)
