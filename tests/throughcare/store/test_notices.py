import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.seats import Seated
from throughcare.store.clients import add_client
from throughcare.store.database import Database, within
from throughcare.store.identity import Identity
from throughcare.store.notices import (
    CUT_OFF,
    address_key,
    addressees,
    claim,
    done,
    queued,
    settle,
    take_over,
    to_do,
)
from throughcare.store.tables import NoticeRow, PersonRow, ProviderRow

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
    async with database.sessions.begin() as session:
        session.add(NoticeRow(**queued(CASE, NOTICE, NOW - timedelta(days=1))))
    return database


async def claimed(
    database: Database, at: datetime = NOW, key: str = NOTICE.key
) -> bool:
    return await database.write(claim, key, at)


async def settled(
    database: Database,
    delivery: Delivery,
    reason: str = "",
    try_at: datetime | None = None,
) -> bool:
    outcome = Delivered(key=NOTICE.key, delivery=delivery, reason=reason)
    return await database.write(settle, outcome, LATER, try_at)


async def taken_over(database: Database, left_at: datetime) -> Delivered | None:
    return await database.write(take_over, NOTICE.key, LATER, left_at)


async def due(database, now: datetime, left_at: datetime = NOW, **given) -> list[str]:
    rows = await database.read(to_do, now, left_at, 10, **given)
    return [row.key for row in rows]


async def stored(database: Database) -> NoticeRow:
    async with database.sessions() as session:
        return await session.get_one(NoticeRow, NOTICE.key)


async def test_a_queued_notice_is_the_claimants_to_send_and_the_attempt_counts(
    database,
):
    assert await claimed(database)

    row = await stored(database)
    assert (row.delivery, row.attempts, row.settled_at) == ("sending", 1, None)
    assert (row.queued_at, row.claimed_at) == (NOW - timedelta(days=1), NOW)


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
        key=NOTICE.key, delivery=Delivery.uncertain, reason=CUT_OFF
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


async def test_while_one_letter_of_a_case_is_under_way_the_next_one_waits(database):
    other = NOTICE.model_copy(update={"key": "other"})
    async with database.sessions.begin() as session:
        session.add(NoticeRow(**queued(CASE, other, NOW)))
        session.add(NoticeRow(**queued("another", NOTICE_OF_ANOTHER, NOW)))

    await claimed(database)

    assert not await claimed(database, key=other.key)
    assert await claimed(database, key=NOTICE_OF_ANOTHER.key)
    await settled(database, Delivery.delivered)
    assert await claimed(database, key=other.key)


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
    async with database.sessions.begin() as session:
        await session.execute(update(NoticeRow).values(reports=reports))
    await claimed(database)

    assert await settled(database, Delivery(delivery)) is wants

    left = [NOTICE.key] if wants else []
    assert await due(database, LATER, LATER + timedelta(seconds=1)) == left
    assert await due(database, LATER, LATER) == []
    await database.write(done, [NOTICE.key], LATER)
    assert await due(database, LATER, LATER + timedelta(seconds=1)) == []


async def test_nothing_is_due_of_a_case_that_is_in_hand(database):
    assert await due(database, NOW) == [NOTICE.key]
    assert await due(database, NOW, in_hand=[CASE]) == []


async def test_notices_are_due_in_the_order_of_their_records_and_places(database):
    places = {"c": (2, 0), "b": (1, 1), "a": (1, 0)}
    async with database.sessions.begin() as session:
        for key, (version, place) in places.items():
            new = NOTICE.model_copy(update={"key": key})
            row = queued(CASE, new, NOW, version=version, place=place)
            session.add(NoticeRow(**row))

    assert await due(database, NOW) == [NOTICE.key, "a", "b", "c"]


async def test_addressees_are_looked_up_by_person_and_may_have_no_address(database):
    async with database.sessions.begin() as session:
        session.add(
            PersonRow(id="p1", name="Ana", email="ana@example.org", left_at=None)
        )
        session.add(PersonRow(id="p2", name="Bo", email=None, left_at=None))

    found = await database.read(addressees, {"p1", "p2", "nobody"})

    assert {id: (each.name, each.email) for id, each in found.items()} == {
        "p1": ("Ana", "ana@example.org"),
        "p2": ("Bo", None),
    }


async def test_clients_and_providers_are_found_by_their_part_and_a_client_without_a_name(
    database,
):
    seats = [
        Seated(role=role, title=role, seat=role, person="p1")
        for role in ("worker", "client", "provider")
    ]
    async with database.sessions.begin() as session:
        session.add(PersonRow(id="p1", name="Ana", email="a@a.example", left_at=None))
        identity = Identity(
            name="Client Demo-Alder", email="c@c.example", language="es"
        )
        await within(session, add_client, "p1", identity, by="p1", at=NOW)
        session.add(
            ProviderRow(
                id="p1",
                name="Acorn Demo",
                organization="Acorn Demo Provider",
                services=[],
                email="p@p.example",
                languages=[],
                qualified=True,
            )
        )

    async with database.sessions() as session:
        keys = {address_key("intake", each) or "" for each in seats}
        found = await within(session, addressees, keys)
        same = await within(
            session, addressees, {address_key("conflict", seats[2]) or ""}
        )

    assert {key: (e.name, e.email, e.language) for key, e in found.items()} == {
        "p1": ("Ana", "a@a.example", None),
        "client:p1": ("", "c@c.example", "es"),
        "provider:p1": ("Acorn Demo", "p@p.example", None),
    }
    assert same == {"p1": found["p1"]}
