"""Who a client is, the trail of it, and the same person noticed twice."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, true

from tests.samples import NOW, case_record
from throughcare.store.access import Scope
from throughcare.store.clients import (
    Alike,
    Identity,
    NoSuchClient,
    NotLikeThemself,
    Settled,
    Spokesperson,
    Wanted,
    add_client,
    alike,
    authorised_relations,
    cases_about,
    change_client,
    find_client,
    in_a_case_within,
    likenesses,
    list_clients,
    may_be_seen,
    name_key,
    open_cases_of,
    phone_key,
    records_of_same_person,
    search_clients,
    settle_likeness,
)
from throughcare.store.database import within
from throughcare.store.records import apply_record
from throughcare.store.tables import CaseRow, ClientChangeRow

FIRST, SECOND, THIRD = (f"01KAHX6Z1M000000000000000{n}" for n in range(3))

CLOVER = Identity(
    name="Client Demo-Clover",
    born_on=date(1990, 4, 12),
    phone="(414) 555-0142",
    email="clover@home.example",
    references=("Old-1042",),
)


async def add(session, client_id, identity=CLOVER):
    return await add_client(session, client_id, identity, by="aspen", at=NOW)


async def settle(session, one, other, settled=Settled.same):
    return await settle_likeness(session, one, other, settled, by="aspen", at=NOW)


async def same_as(session, client_id):
    facts = await find_client(session, client_id)
    assert facts
    return facts.same_as


async def case_about(session, case_id, client_id, **changed):
    await within(session, apply_record, case_record(case_id=case_id))
    row = await session.get_one(CaseRow, case_id)
    values = {"kind": "intake", "client_id": client_id} | changed
    for name, value in values.items():
        setattr(row, name, value)
    await session.flush()


async def trail(session, client_id):
    query = select(ClientChangeRow).where(ClientChangeRow.client_id == client_id)
    return (await session.scalars(query)).all()


async def test_a_client_is_read_as_they_were_entered(session):
    mother = Spokesperson(
        name="Relative Demo-Clover", relation="mother", authorised=True
    )
    identity = CLOVER.model_copy(update={"spokespersons": (mother,)})

    assert await add(session, FIRST, identity) == ()

    facts = await find_client(session, FIRST)
    assert facts is not None
    assert facts.model_dump(include=set(Identity.model_fields)) == identity.model_dump()
    assert (facts.created_by, facts.created_at) == ("aspen", NOW)
    assert await find_client(session, SECOND) is None


async def test_a_change_leaves_what_it_was_and_who_changed_it_in_the_trail(session):
    await add(session, FIRST)
    changed = CLOVER.model_copy(update={"phone": "414-555-0199", "language": "es"})

    await change_client(session, FIRST, changed, by="alder", at=NOW)
    await change_client(session, FIRST, changed, by="elm", at=NOW)

    entered, change = sorted(await trail(session, FIRST), key=lambda row: row.what)
    assert (entered.what, change.what) == ("client_added", "client_changed")
    assert change.before == {"language": "en", "phone": "(414) 555-0142"}
    assert change.after == {"language": "es", "phone": "414-555-0199"}
    assert change.person_id == "alder"


async def test_a_client_nobody_entered_cannot_be_changed(session):
    with pytest.raises(NoSuchClient):
        await change_client(session, FIRST, CLOVER, by="alder", at=NOW)


NOT_THEM = Identity(name="Client Demo-Fern", born_on=date(1971, 1, 2))


@pytest.mark.parametrize(
    ("identity", "reasons"),
    [
        pytest.param(
            {"name": "DEMO-Clóver,  client", "born_on": CLOVER.born_on},
            ("same name and birth date",),
            id="another spelling of the name",
        ),
        pytest.param({"phone": "+1 414.555.0142"}, ("same phone",), id="phone"),
        pytest.param({"email": "CLOVER@home.example"}, ("same e-mail",), id="email"),
        pytest.param({"references": ("x", " old-1042 ")}, ("same reference",), id="id"),
        pytest.param(
            {"phone": CLOVER.phone, "email": CLOVER.email},
            ("same phone", "same e-mail"),
            id="two reasons",
        ),
        pytest.param({"name": CLOVER.name, "born_on": None}, None, id="a name alone"),
        pytest.param({"name": CLOVER.name}, None, id="born on another day"),
        pytest.param({"phone": "414-555-0143"}, None, id="another phone"),
    ],
)
async def test_the_same_person_is_noticed_by_what_few_people_share(
    session, identity, reasons
):
    await add(session, FIRST)

    found = await alike(session, NOT_THEM.model_copy(update=identity))

    assert found == ((Alike(client=FIRST, reasons=reasons),) if reasons else ())


async def test_somebody_entered_twice_is_two_records_that_wait_for_a_person(session):
    await add(session, FIRST)
    found = await add(session, SECOND)

    assert [each.client for each in found] == [FIRST]
    for one, other in ((FIRST, SECOND), (SECOND, FIRST)):
        (likeness,) = await likenesses(session, one)
        assert (likeness.client, likeness.settled) == (other, None)
        assert "same phone" in likeness.reasons
        assert await same_as(session, one) is None


async def test_a_change_can_show_that_two_records_are_alike(session):
    await add(session, FIRST)
    await add(session, SECOND, NOT_THEM)
    now_alike = NOT_THEM.model_copy(update={"references": ("OLD-1042",)})

    found = await change_client(session, SECOND, now_alike, by="aspen", at=NOW)

    assert found == (Alike(client=FIRST, reasons=("same reference",)),)


async def test_two_records_of_one_person_stay_two_and_the_later_names_the_first(
    session,
):
    await add(session, FIRST)
    await add(session, SECOND)

    settled = await settle(session, FIRST, SECOND)

    assert (settled.client, settled.settled, settled.settled_by) == (
        SECOND,
        Settled.same,
        "aspen",
    )
    assert await same_as(session, SECOND) == FIRST
    assert await same_as(session, FIRST) is None
    assert await within(session, records_of_same_person, SECOND) == (FIRST, SECOND)
    kept = await find_client(session, SECOND)
    assert kept and kept.name == CLOVER.name
    assert "likeness_settled" in {each.what for each in await trail(session, FIRST)}


async def test_three_records_of_one_person_all_name_the_first(session):
    for each in (FIRST, SECOND, THIRD):
        await add(session, each)

    await settle(session, SECOND, THIRD)
    assert await same_as(session, THIRD) == SECOND
    await settle(session, THIRD, FIRST)

    assert await same_as(session, SECOND) == await same_as(session, THIRD) == FIRST
    assert await within(session, records_of_same_person, SECOND) == (
        FIRST,
        SECOND,
        THIRD,
    )


async def test_what_was_said_to_be_one_person_can_be_said_to_be_two(session):
    await add(session, FIRST)
    await add(session, SECOND)
    await settle(session, FIRST, SECOND)

    await settle(session, SECOND, FIRST, Settled.different)

    assert await same_as(session, SECOND) is None
    assert await within(session, records_of_same_person, FIRST) == (FIRST,)
    (likeness,) = await likenesses(session, FIRST)
    assert likeness.settled is Settled.different


async def test_what_is_settled_stays_so_however_alike_they_become(session):
    await add(session, FIRST)
    await add(session, SECOND)
    await settle(session, FIRST, SECOND, Settled.different)

    await change_client(
        session,
        SECOND,
        CLOVER.model_copy(update={"address": "1 Demo Street"}),
        by="aspen",
        at=NOW,
    )

    (likeness,) = await likenesses(session, FIRST)
    assert likeness.settled is Settled.different


async def test_a_likeness_needs_two_records_that_are_there(session):
    await add(session, FIRST)

    with pytest.raises(NoSuchClient):
        await settle(session, FIRST, SECOND)
    with pytest.raises(NotLikeThemself):
        await settle(session, FIRST, FIRST)


@pytest.mark.clause("CS-X-1")
async def test_only_an_authorised_spokesperson_may_speak_for_a_client(session):
    speaking = (
        Spokesperson(name="Relative Demo-Clover", relation="mother", authorised=True),
        Spokesperson(name="Friend Demo-Fern", relation="friend", authorised=False),
    )
    await add(session, FIRST, CLOVER.model_copy(update={"spokespersons": speaking}))

    assert await authorised_relations(session, FIRST) == ("mother",)
    assert await authorised_relations(session, SECOND) == ()


async def test_clients_are_listed_newest_first_and_page_by_page(session):
    for each in (FIRST, SECOND, THIRD):
        await add(session, each, NOT_THEM)

    async def page(after):
        found = await list_clients(
            session, true(), unsettled=False, after=after, limit=2
        )
        return [each.id for each in found]

    assert await page(None) == [THIRD, SECOND, FIRST]
    (key,) = await list_clients(session, true(), unsettled=False, after=None, limit=0)
    assert await page(key) == [SECOND, FIRST]


async def test_those_who_may_be_here_twice_are_listed_until_it_is_settled(session):
    await add(session, FIRST)
    await add(session, SECOND)
    await add(session, THIRD, NOT_THEM)

    async def unsettled():
        found = await list_clients(session, true(), unsettled=True, after=None, limit=9)
        return [each.id for each in found]

    assert await unsettled() == [SECOND, FIRST]
    await settle(session, FIRST, SECOND)
    assert await unsettled() == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"name": "clov"}, True),
        ({"name": "Clover demo"}, True),
        ({"name": "Clover", "born_on": "1990-04-12"}, True),
        ({"name": "Clover", "born_on": "1990-04-13"}, False),
        ({"phone": "4145550142"}, True),
        ({"email": "Clover@Home.example"}, True),
        ({"reference": "OLD-1042"}, True),
        ({"name": "100%"}, False),
    ],
)
async def test_a_client_is_found_by_whatever_is_known_of_them(session, wanted, found):
    await add(session, FIRST)

    rows = await search_clients(session, true(), Wanted.model_validate(wanted), limit=5)

    assert [each.id for each in rows] == ([FIRST] if found else [])


async def test_whoever_sees_a_case_sees_its_client_and_no_other(session):
    await add(session, FIRST)
    await add(session, SECOND, NOT_THEM)
    await case_about(session, "case-1", FIRST)
    mine, other = Scope(seats=("seat-of-worker",)), Scope(seats=("elsewhere",))

    both = [FIRST, SECOND]
    assert await may_be_seen(session, in_a_case_within(mine), both) == {FIRST}
    assert await may_be_seen(session, in_a_case_within(other), both) == set()
    assert [each.id for each in await cases_about(session, mine, both)] == ["case-1"]
    assert not await cases_about(session, other, both)


async def test_the_open_cases_of_a_person_are_those_of_all_their_records(session):
    await add(session, FIRST)
    await add(session, SECOND)
    await case_about(session, "case-1", FIRST)
    await case_about(session, "case-2", SECOND, kind="care-plan")
    over = NOW + timedelta(days=1)
    await case_about(session, "case-3", SECOND, closed_at=over)

    assert await open_cases_of(session, FIRST) == (("intake", "case-1"),)
    await settle(session, FIRST, SECOND)
    assert await open_cases_of(session, FIRST) == (
        ("intake", "case-1"),
        ("care-plan", "case-2"),
    )


def test_a_name_is_the_same_in_any_order_and_spelling():
    assert name_key("Demo-Clóver, Client") == name_key("client demo clover")
    assert name_key("O'Demo") == name_key("odemo")


@pytest.mark.parametrize("phone", ["414 555 0142", "+1 (414) 555-0142", "14145550142"])
def test_a_phone_number_is_its_digits_with_or_without_the_country(phone):
    assert phone_key(phone) == "4145550142"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"references": ["\0"]},
        {"phone": "ask at the desk"},
        {"email": "at home"},
        {"language": "Spanish"},
        {"born_on": "19900412"},
        {"nickname": "Clo"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_an_identity_that_cannot_be_right_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Identity.model_validate({"name": "Client Demo-Clover"} | wrong)
