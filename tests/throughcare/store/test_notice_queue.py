import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.seats import Seated
from throughcare.store.database import Database
from throughcare.store.notice_queue import (
    CUT_OFF,
    Settlement,
    claim,
    claim_alone,
    done,
    queued,
    release,
    settle,
    take_over,
    to_do,
)
from throughcare.store.rows import one_row
from throughcare.store.tables import NoticeRow

CASE = "01JCASE"
NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
NOTICE = Notice(
    key=f"{CASE}:A1:opened:-:seat-a:1",
    kind="opened",
    step="A1",
    receiver=Seated(role="a", title="Worker", seat="seat-a", person="person-a"),
    sender=Seated(role="b", title="Supervisor", seat="seat-b", person="person-b"),
)

NOTICE_OF_ANOTHER = NOTICE.model_copy(update={"key": "of-another"})


@pytest.fixture
async def database(database):
    await database.write(put, NOTICE, at=NOW - timedelta(days=1))
    return database


def put(
    connection: Connection,
    notice: Notice,
    at: datetime = NOW,
    case_id: str = CASE,
    version: int = 0,
    place: int = 0,
) -> None:
    row = queued(case_id, notice, at, version=version, place=place)
    connection.execute(insert(NoticeRow), row)


async def claimed(
    database: Database, at: datetime = NOW, key: str = NOTICE.key
) -> bool:
    return await database.write(claim, [key], "e-mail", at) == {key}


async def settled(
    database: Database,
    delivery: Delivery,
    reason: str = "",
    try_at: datetime | None = None,
) -> bool:
    """Whether its case is to be told."""
    outcome = Delivered(key=NOTICE.key, delivery=delivery, reason=reason)
    wants = await database.write(settle, [Settlement(outcome, try_at)], LATER)
    return wants == {NOTICE.key}


async def taken_over(database: Database, left_at: datetime) -> Delivered | None:
    found = await database.write(take_over, [NOTICE.key], LATER, left_at)
    return found[0] if found else None


async def due(database, now: datetime, left_at: datetime = NOW) -> list[str]:
    rows = await database.read(to_do, now, left_at, 10)
    return [row.key for row in rows]


async def stored(database: Database) -> NoticeRow:
    query = select(NoticeRow).where(NoticeRow.key == NOTICE.key)
    row = await database.read(one_row, query)
    assert row
    return row


async def test_a_queued_notice_is_the_claimants_to_send_and_the_attempt_counts(
    database,
):
    assert await claimed(database)

    row = await stored(database)
    assert (row.delivery, row.attempts, row.settled_at) == ("sending", 1, None)
    assert (row.queued_at, row.claimed_at) == (NOW - timedelta(days=1), NOW)
    assert row.channel == "e-mail"


async def test_a_queued_notice_is_kept_whole(database):
    row = await stored(database)

    assert Notice.model_validate(row.body) == NOTICE
    assert (row.case_id, row.kind, row.step) == (CASE, "opened", "A1")
    assert (row.receiver_seat, row.receiver_person) == ("seat-a", "person-a")
    assert row.sender_seat == "seat-b"


@pytest.mark.parametrize("end", ["delivered", "failed", "uncertain"])
async def test_a_settled_notice_is_never_anybodys_to_send_again(database, end):
    await claimed(database)
    await settled(database, Delivery(end), "a reason")

    assert not await claimed(database)

    row = await stored(database)
    assert (row.delivery, row.reason) == (end, "a reason")
    assert (row.attempts, row.settled_at) == (1, LATER)


async def test_a_notice_cut_off_while_it_was_being_sent_becomes_uncertain(database):
    await claimed(database)

    assert await taken_over(database, left_at=NOW) is None
    found = await taken_over(database, left_at=LATER)

    assert found == Delivered(
        key=NOTICE.key, delivery=Delivery.uncertain, reason=CUT_OFF, channel="e-mail"
    )
    row = await stored(database)
    assert (row.attempts, row.settled_at) == (1, LATER)
    assert await taken_over(database, left_at=LATER) is None


async def test_what_the_case_was_told_is_uncertain_stays_so_when_the_lost_sender_returns(
    database,
):
    await claimed(database)
    await taken_over(database, left_at=LATER)

    assert not await settled(database, Delivery.delivered)
    assert (await stored(database)).delivery == "uncertain"


async def test_a_notice_the_mail_server_did_not_take_can_be_claimed_when_it_is_time(
    database,
):
    await claimed(database)
    await settled(database, Delivery.queued, "the mail server cannot be reached", LATER)
    waiting = await stored(database)

    assert not await claimed(database)
    assert await due(database, NOW) == []
    assert await due(database, LATER) == [NOTICE.key]
    assert await claimed(database, LATER)

    assert (waiting.reason, waiting.settled_at, waiting.try_at) == (
        "the mail server cannot be reached",
        None,
        LATER,
    )
    assert (await stored(database)).attempts == 2


async def test_of_two_who_claim_at_once_only_one_may_send(database):
    found = await asyncio.gather(claimed(database), claimed(database))

    assert sorted(found) == [False, True]
    assert (await stored(database)).attempts == 1


async def test_two_rounds_at_once_never_both_send_of_one_case(database):
    """Each claims one notice of whatever is due, as workers do who come at the same time."""
    others = [NOTICE.model_copy(update={"key": f"other-{n}"}) for n in range(4)]
    for each in others:
        await database.write(put, each)

    found = await asyncio.gather(*(database.write(one_more) for _ in range(5)))

    assert sorted(map(len, found)) == [0, 0, 0, 0, 1]


def one_more(connection: Connection) -> set[str]:
    claim_alone(connection)
    rows = to_do(connection, NOW, NOW, 1)
    return claim(connection, [row.key for row in rows], "e-mail", NOW)


async def test_while_one_letter_of_a_case_is_under_way_the_next_one_waits(database):
    other = NOTICE.model_copy(update={"key": "other"})
    await database.write(put, other)
    await database.write(put, NOTICE_OF_ANOTHER, case_id="another")

    await claimed(database)

    assert await due(database, NOW) == [NOTICE_OF_ANOTHER.key]
    await settled(database, Delivery.delivered)
    assert await due(database, NOW) == [NOTICE_OF_ANOTHER.key, other.key]


async def test_what_nobody_began_to_send_is_queued_again_as_if_never_claimed(database):
    await claimed(database)

    await database.write(release, [NOTICE.key], LATER)

    row = await stored(database)
    assert (row.delivery, row.attempts, row.try_at) == ("queued", 0, LATER)
    assert await due(database, LATER) == [NOTICE.key]


@pytest.mark.parametrize(
    ("delivery", "reports", "wants"),
    [
        ("delivered", False, False),
        ("delivered", True, True),
        ("failed", False, True),
        ("uncertain", False, True),
    ],
)
async def test_a_case_is_told_of_what_it_wants_to_hear_and_of_what_did_not_arrive(
    database, delivery, reports, wants
):
    await database.write(
        lambda connection: connection.execute(update(NoticeRow).values(reports=reports))
    )
    await claimed(database)

    assert await settled(database, Delivery(delivery)) is wants

    left = [NOTICE.key] if wants else []
    assert await due(database, LATER, LATER + timedelta(seconds=1)) == left
    assert await due(database, LATER, LATER) == []
    await database.write(done, [NOTICE.key], LATER)
    assert await due(database, LATER, LATER + timedelta(seconds=1)) == []


async def test_notices_are_due_in_the_order_of_their_records_and_places(database):
    places = {"c": (2, 0), "b": (1, 1), "a": (1, 0)}
    for key, (version, place) in places.items():
        new = NOTICE.model_copy(update={"key": key})
        await database.write(put, new, version=version, place=place)

    assert await due(database, NOW) == [NOTICE.key, "a", "b", "c"]
