"""Who a client is, the trail of it, and the same person noticed twice."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, true, update

from tests.samples import NOW, case_record
from throughcare.store.access import Scope
from throughcare.store.client_changes import NoSuchClient
from throughcare.store.clients import (
    ClientQuery,
    add_client,
    authorised_relations,
    cases_about,
    change_client,
    find_client,
    in_a_case_within,
    list_clients,
    may_be_seen,
    open_cases_of,
    search_clients,
)
from throughcare.store.identity import (
    Identity,
    IdentityChange,
    Spokesperson,
)
from throughcare.store.likenesses import (
    MANY,
    Alike,
    NotLikeThemself,
    Settled,
    alike,
    likenesses,
    records_of_same_person,
    settle_likeness,
)
from throughcare.store.records import apply_record
from throughcare.store.rows import rows
from throughcare.store.tables import CaseRow, ClientChangeRow, ClientLikenessRow

FIRST, SECOND, THIRD = (f"01KAHX6Z1M000000000000000{n}" for n in range(3))

CLOVER = Identity(
    name="Client Demo-Clover",
    born_on=date(1990, 4, 12),
    phone="(414) 555-0142",
    email="clover@home.example",
    references=("Old-1042",),
)


def add(connection, client_id, identity=CLOVER):
    return add_client(connection, client_id, identity, by="aspen", at=NOW)


def settle(connection, one, other, settled=Settled.same):
    return settle_likeness(connection, one, other, settled, by="aspen", at=NOW)


def same_as(connection, client_id):
    facts = find_client(connection, client_id)
    assert facts
    return facts.same_as


def case_about(connection, case_id, client_id, **changed):
    apply_record(connection, case_record(case_id=case_id))
    values = {"kind": "intake", "client_id": client_id} | changed
    connection.execute(update(CaseRow).where(CaseRow.id == case_id).values(values))


def trail(connection, client_id):
    query = select(ClientChangeRow).where(ClientChangeRow.client_id == client_id)
    return rows(connection, query)


def test_a_client_is_read_as_they_were_entered(connection):
    mother = Spokesperson(
        name="Relative Demo-Clover", relation="mother", authorised=True
    )
    identity = CLOVER.model_copy(update={"spokespersons": (mother,)})

    assert add(connection, FIRST, identity) == ()

    facts = find_client(connection, FIRST)
    assert facts is not None
    assert facts.model_dump(include=set(Identity.model_fields)) == identity.model_dump()
    assert (facts.created_by, facts.created_at) == ("aspen", NOW)
    assert find_client(connection, SECOND) is None


def test_a_change_leaves_what_it_was_and_who_changed_it_in_the_trail(connection):
    add(connection, FIRST)
    changed = IdentityChange(phone="414-555-0199", language="es")

    change_client(connection, FIRST, changed, by="alder", at=NOW)
    change_client(connection, FIRST, changed, by="elm", at=NOW)

    entered, change = sorted(trail(connection, FIRST), key=lambda row: row.what)
    assert (entered.what, change.what) == ("client_added", "client_changed")
    assert change.before == {"language": "en", "phone": "(414) 555-0142"}
    assert change.after == {"language": "es", "phone": "414-555-0199"}
    assert change.person_id == "alder"


def test_a_client_nobody_entered_cannot_be_changed(connection):
    with pytest.raises(NoSuchClient):
        change_client(connection, FIRST, IdentityChange(), by="alder", at=NOW)


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
def test_the_same_person_is_noticed_by_what_few_people_share(
    connection, identity, reasons
):
    add(connection, FIRST)

    found = alike(connection, NOT_THEM.model_copy(update=identity))

    assert found == ((Alike(client=FIRST, reasons=reasons),) if reasons else ())


def test_somebody_entered_twice_is_two_records_that_wait_for_a_person(connection):
    add(connection, FIRST)
    found = add(connection, SECOND)

    assert [each.client for each in found] == [FIRST]
    for one, other in ((FIRST, SECOND), (SECOND, FIRST)):
        (likeness,) = likenesses(connection, one)
        assert (likeness.client, likeness.settled) == (other, None)
        assert "same phone" in likeness.reasons
        assert same_as(connection, one) is None


def test_a_change_can_show_that_two_records_are_alike(connection):
    add(connection, FIRST)
    add(connection, SECOND, NOT_THEM)
    now_alike = IdentityChange(references=("OLD-1042",))

    found = change_client(connection, SECOND, now_alike, by="aspen", at=NOW)

    assert found == (Alike(client=FIRST, reasons=("same reference",)),)


def test_two_records_of_one_person_stay_two_and_the_later_names_the_first(
    connection,
):
    add(connection, FIRST)
    add(connection, SECOND)

    settled = settle(connection, FIRST, SECOND)

    assert (settled.client, settled.settled, settled.settled_by) == (
        SECOND,
        Settled.same,
        "aspen",
    )
    assert same_as(connection, SECOND) == FIRST
    assert same_as(connection, FIRST) is None
    assert records_of_same_person(connection, SECOND) == (FIRST, SECOND)
    kept = find_client(connection, SECOND)
    assert kept and kept.name == CLOVER.name
    assert "likeness_settled" in {each.what for each in trail(connection, FIRST)}


def test_three_records_of_one_person_all_name_the_first(connection):
    for each in (FIRST, SECOND, THIRD):
        add(connection, each)

    settle(connection, SECOND, THIRD)
    assert same_as(connection, THIRD) == SECOND
    settle(connection, THIRD, FIRST)

    assert same_as(connection, SECOND) == same_as(connection, THIRD) == FIRST
    assert records_of_same_person(connection, SECOND) == (
        FIRST,
        SECOND,
        THIRD,
    )


def test_what_was_said_to_be_one_person_can_be_said_to_be_two(connection):
    add(connection, FIRST)
    add(connection, SECOND)
    settle(connection, FIRST, SECOND)

    settle(connection, SECOND, FIRST, Settled.different)

    assert same_as(connection, SECOND) is None
    assert records_of_same_person(connection, FIRST) == (FIRST,)
    (likeness,) = likenesses(connection, FIRST)
    assert likeness.settled is Settled.different


def test_what_is_settled_stays_so_however_alike_they_become(connection):
    add(connection, FIRST)
    add(connection, SECOND)
    settle(connection, FIRST, SECOND, Settled.different)

    change_client(
        connection,
        SECOND,
        IdentityChange(address="1 Demo Street"),
        by="aspen",
        at=NOW,
    )

    (likeness,) = likenesses(connection, FIRST)
    assert likeness.settled is Settled.different


def test_a_likeness_needs_two_records_that_are_there(connection):
    add(connection, FIRST)

    with pytest.raises(NoSuchClient):
        settle(connection, FIRST, SECOND)
    with pytest.raises(NotLikeThemself):
        settle(connection, FIRST, FIRST)


@pytest.mark.clause("CS-X-1")
def test_only_an_authorised_spokesperson_may_speak_for_a_client(connection):
    speaking = (
        Spokesperson(name="Relative Demo-Clover", relation="mother", authorised=True),
        Spokesperson(name="Friend Demo-Fern", relation="friend", authorised=False),
    )
    add(connection, FIRST, CLOVER.model_copy(update={"spokespersons": speaking}))

    assert authorised_relations(connection, FIRST) == ("mother",)
    assert authorised_relations(connection, SECOND) == ()


def test_clients_are_listed_newest_first_and_page_by_page(connection):
    for each in (FIRST, SECOND, THIRD):
        add(connection, each, NOT_THEM)

    def page(after):
        found = list_clients(connection, true(), unsettled=False, after=after, limit=2)
        return [each.id for each in found]

    assert page(None) == [THIRD, SECOND, FIRST]
    (key,) = list_clients(connection, true(), unsettled=False, after=None, limit=0)
    assert page(key) == [SECOND, FIRST]


def test_those_who_may_be_here_twice_are_listed_until_it_is_settled(connection):
    add(connection, FIRST)
    add(connection, SECOND)
    add(connection, THIRD, NOT_THEM)

    def unsettled():
        found = list_clients(connection, true(), unsettled=True, after=None, limit=9)
        return [each.id for each in found]

    assert unsettled() == [SECOND, FIRST]
    settle(connection, FIRST, SECOND)
    assert unsettled() == []


def names_born(day, *names):
    return [Identity(name=name, born_on=date.fromisoformat(day)) for name in names]


ALMOST = [
    pytest.param(*names_born("1980-01-01", "Łukasz Demowski", "lukasz DEMOWSKI"), id="stroke"),
    pytest.param(*names_born("1991-02-03", "Maeve O'Demo", "Maeve O\u2019Demo"), id="apostrophe"),
    pytest.param(*names_born("1982-01-01", "Clo\u200bver Demo", "Clover Demo"), id="unseen"),
    pytest.param(*names_born("1981-01-01", "Anne-Marie Demo", "Annemarie Demo"), id="hyphen"),
    pytest.param(*names_born("1990-04-12", "Brandy Demo-Quill", "Brandi Demo-Quill"), id="letter"),
    pytest.param(*names_born("1971-01-02", "John Demo-Quill Jr.", "John Demo-Quill"), id="junior"),
    pytest.param(*names_born("1971-01-02", "J. Demo-Quill", "John Demo-Quill"), id="initial"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALMOST)
def test_another_spelling_is_noticed_and_found_by_either(connection, one, other):
    for first, second in ((one, other), (other, one)):
        with connection.begin_nested() as trial:
            add(connection, FIRST, first)
            found = add(connection, SECOND, second)

            assert [each.client for each in found] == [FIRST]
            for wanted in (first, second):
                query = ClientQuery(name=wanted.name)
                seen = search_clients(connection, true(), query, limit=5)
                assert [each.id for each in seen] == [SECOND, FIRST]
            trial.rollback()


def test_day_and_month_may_have_been_swapped(connection):
    add(connection, FIRST, CLOVER.model_copy(update={"born_on": date(1990, 12, 4)}))

    (found,) = alike(connection, Identity(name=CLOVER.name, born_on=CLOVER.born_on))

    assert found.reasons == ("same name, day and month of birth swapped",)


def test_twins_of_two_names_and_others_of_one_birth_date_are_not_alike(connection):
    add(connection, FIRST, CLOVER)

    for name in ("Client Demo-Fern", "Tansy Demo", "Client 2 Demo-Clover 2"):
        born = Identity(name=name, born_on=CLOVER.born_on)
        assert alike(connection, born) == ()


@pytest.mark.parametrize(
    "shared",
    [{"phone": "414-555-0100"}, {"email": "desk@shelter.example"}, {"references": ("none",)}],
    ids=lambda shared: next(iter(shared)),
)  # fmt: skip
def test_what_many_share_is_said_once_and_waits_for_nobody(connection, shared):
    ids = [f"01KAHX6Z1M00000000000001{n:02}" for n in range(40)]
    for n, each in enumerate(ids):
        identity = Identity(name=f"Client Demo {n}", **shared)
        found = add_client(connection, each, identity, by="aspen", at=NOW)

    assert [each.client for each in found] == ids[:1]
    assert found[0].reasons[0].startswith("shared")
    pairs = rows(connection, select(ClientLikenessRow))
    assert len(pairs) <= MANY * (MANY + 1) / 2


def test_records_of_many_people_of_one_name_and_birth_date_grow_by_one_each(connection):
    ids = [f"01KAHX6Z1M00000000000001{n:02}" for n in range(40)]
    nobody = Identity(name="Unknown Demo", born_on=date(1900, 1, 1))
    for each in ids:
        add_client(connection, each, nobody, by="aspen", at=NOW)

    pairs = rows(connection, select(ClientLikenessRow))
    assert len(pairs) <= len(ids) + MANY * (MANY + 1) / 2


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
        ({"reference": "old\u20111042"}, True),
        ({"phone": "(414) 555-0142 x7"}, True),
        ({"name": "Clvoer"}, True),
        ({"name": "Jr. Clover"}, True),
        ({"name": "Fern"}, False),
        ({"name": "100%"}, False),
    ],
)
def test_a_client_is_found_by_whatever_is_known_of_them(connection, wanted, found):
    add(connection, FIRST)

    rows = search_clients(
        connection, true(), ClientQuery.model_validate(wanted), limit=5
    )

    assert [each.id for each in rows] == ([FIRST] if found else [])


def test_whoever_sees_a_case_sees_its_client_and_no_other(connection):
    add(connection, FIRST)
    add(connection, SECOND, NOT_THEM)
    case_about(connection, "case-1", FIRST)
    mine, other = Scope(seats=("seat-of-worker",)), Scope(seats=("elsewhere",))

    both = [FIRST, SECOND]
    assert may_be_seen(connection, in_a_case_within(mine), both) == {FIRST}
    assert may_be_seen(connection, in_a_case_within(other), both) == set()
    assert [
        each.id for each in cases_about(connection, mine.covers(CaseRow.id), both)
    ] == ["case-1"]
    assert not cases_about(connection, other.covers(CaseRow.id), both)


def test_the_open_cases_of_a_person_are_those_of_all_their_records(connection):
    add(connection, FIRST)
    add(connection, SECOND)
    case_about(connection, "case-1", FIRST)
    case_about(connection, "case-2", SECOND, kind="care-plan")
    over = NOW + timedelta(days=1)
    case_about(connection, "case-3", SECOND, closed_at=over)

    assert open_cases_of(connection, FIRST) == (("intake", "case-1"),)
    settle(connection, FIRST, SECOND)
    assert open_cases_of(connection, FIRST) == (
        ("intake", "case-1"),
        ("care-plan", "case-2"),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"references": ["\0"]},
        {"phone": "ask at the desk"},
        {"email": "at home"},
        {"language": "Spanish"},
        {"email": "a@b"},
        {"language": "EN"},
        {"language": "sp"},
        {"born_on": "19900412"},
        {"born_on": "2090-01-01"},
        {"born_on": "0090-04-12"},
        {"name": "\u200b\u200b"},
        {"name": "Demo\nSecond Line"},
        {"name": "Demo\tTab"},
        {"name": "Demo \u202eOmed"},
        {"name": "..."},
        {"name": "1042"},
        {"phone": "xxx"},
        {"phone": "--"},
        {"phone": "000-000-0000"},
        {"phone": "414-555-0142 ext. 7"},
        {"phone": "4145550142 4145550143"},
        {"references": ["\u200b"]},
        {"address": "-"},
        {"nickname": "Clo"},
    ],
    ids=repr,
)
def test_an_identity_that_cannot_be_right_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Identity.model_validate({"name": "Client Demo-Clover"} | wrong)
