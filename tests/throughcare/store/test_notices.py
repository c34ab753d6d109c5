import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.seats import Seated
from throughcare.store.clients import Identity, add_client
from throughcare.store.database import Database
from throughcare.store.notices import (
    CUT_OFF,
    address_key,
    addressees,
    claim,
    queued,
    settle,
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


async def claimed(database, at: datetime = NOW) -> Delivered:
    async with database.sessions.begin() as session:
        return await claim(session, CASE, NOTICE, at)


async def settled(database, delivery: Delivery, reason: str = "") -> Delivered:
    outcome = Delivered(key=NOTICE.key, delivery=delivery, reason=reason)
    async with database.sessions.begin() as session:
        return await settle(session, outcome, LATER)


async def stored(database: Database) -> NoticeRow:
    async with database.sessions() as session:
        return await session.get_one(NoticeRow, NOTICE.key)


async def test_a_queued_notice_is_the_claimants_to_send_and_the_attempt_counts(
    database,
):
    async with database.sessions.begin() as session:
        session.add(NoticeRow(**queued(CASE, NOTICE, NOW - timedelta(days=1))))

    assert (await claimed(database)).delivery is Delivery.sending

    row = await stored(database)
    assert (row.delivery, row.attempts, row.settled_at) == ("sending", 1, None)
    assert row.queued_at == NOW - timedelta(days=1)


async def test_a_notice_nobody_wrote_down_yet_is_written_down_by_its_claim(database):
    assert (await claimed(database)).delivery is Delivery.sending

    row = await stored(database)
    assert (row.case_id, row.kind, row.rung) == (CASE, "opened", "A1")
    assert (row.receiver_seat, row.receiver_person) == ("seat-a", "person-a")
    assert (row.sender_seat, row.queued_at) == ("seat-b", NOW)


@pytest.mark.parametrize("end", ["delivered", "failed", "uncertain"])
async def test_a_settled_notice_is_never_anybodys_to_send_again(database, end):
    await claimed(database)
    await settled(database, Delivery(end), "a reason")

    again = await claimed(database)

    assert again == Delivered(key=NOTICE.key, delivery=Delivery(end), reason="a reason")
    row = await stored(database)
    assert (row.attempts, row.settled_at) == (1, LATER)


async def test_a_notice_cut_off_while_it_was_being_sent_becomes_uncertain(database):
    await claimed(database)

    found = await claimed(database, LATER)

    assert found == Delivered(
        key=NOTICE.key, delivery=Delivery.uncertain, reason=CUT_OFF
    )
    row = await stored(database)
    assert (row.attempts, row.settled_at) == (1, LATER)


async def test_what_the_case_was_told_is_uncertain_stays_so_when_the_lost_sender_returns(
    database,
):
    await claimed(database)
    await claimed(database)

    assert (await settled(database, Delivery.delivered)).delivery is Delivery.uncertain


async def test_a_notice_the_mail_server_did_not_take_can_be_claimed_again(database):
    await claimed(database)
    await settled(database, Delivery.queued, "the mail server cannot be reached")
    waiting = await stored(database)

    assert (await claimed(database)).delivery is Delivery.sending

    assert (waiting.reason, waiting.settled_at) == (
        "the mail server cannot be reached",
        None,
    )
    assert (await stored(database)).attempts == 2


async def test_of_two_who_claim_at_once_only_one_may_send(database):
    found = await asyncio.gather(claimed(database), claimed(database))

    assert sorted(each.delivery for each in found) == ["sending", "uncertain"]


async def test_of_two_who_claim_a_waiting_notice_at_once_only_one_may_send(database):
    async with database.sessions.begin() as session:
        session.add(NoticeRow(**queued(CASE, NOTICE, NOW)))

    found = await asyncio.gather(claimed(database), claimed(database))

    assert sorted(each.delivery for each in found) == ["sending", "uncertain"]
    row = await stored(database)
    assert (row.delivery, row.reason, row.attempts) == ("uncertain", CUT_OFF, 1)


async def test_addressees_are_looked_up_by_person_and_may_have_no_address(database):
    async with database.sessions.begin() as session:
        session.add(
            PersonRow(id="p1", name="Ana", email="ana@example.org", left_at=None)
        )
        session.add(PersonRow(id="p2", name="Bo", email=None, left_at=None))

    async with database.sessions() as session:
        found = await addressees(session, {"p1", "p2", "nobody"})

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
        await add_client(session, "p1", identity, by="p1", at=NOW)
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
        found = await addressees(session, keys)
        same = await addressees(session, {address_key("conflict", seats[2]) or ""})

    assert {key: (e.name, e.email, e.language) for key, e in found.items()} == {
        "p1": ("Ana", "a@a.example", None),
        "client:p1": ("", "c@c.example", "es"),
        "provider:p1": ("Acorn Demo", "p@p.example", None),
    }
    assert same == {"p1": found["p1"]}
