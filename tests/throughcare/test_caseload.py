"""An existing caseload as a file: every problem at its row and column, and what a row becomes."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.caseloads import as_csv, people, person
from throughcare.case.seats import Capacity
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.packs.reading import load_pack
from throughcare.store.directory import SeatFacts
from throughcare.store.likenesses import Alike
from throughcare.usecases.caseload import (
    COLUMNS,
    REQUIRED,
    Surroundings,
    judge,
    told,
)
from throughcare.usecases.directory_file import read_directory
from throughcare.usecases.dry_run import speaks_from

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)


@cache
def policy(pack: str) -> IntakePolicy:
    found = load_pack(ROOT / "policies" / pack).intake
    assert found is not None
    return found


@cache
def demo_seats() -> dict[str, SeatFacts]:
    return {
        seat.id: SeatFacts(
            id=seat.id,
            agency="demo",
            organization=seat.organization,
            role=seat.role,
            program=seat.program,
            title=seat.title,
            person=seat.person,
            capacity=Capacity.holder,
            until_at=None,
        )
        for seat in read_directory(ROOT / "demo" / "agency.yaml").seats
    }


@pytest.fixture
def around():
    return Surroundings(
        agency="demo",
        zone=ZoneInfo("America/Chicago"),
        now=NOW,
        programs={
            "cars": policy("milwaukee-cars"),
            "csm": policy("southeast-michigan-cmh"),
        },
        independence=None,
        seats=demo_seats(),
        secret=b"of this installation",
    )


def places(caseload):
    return [(problem.row, problem.column) for problem in caseload.problems]


def row_of(around, **changed):
    """What becomes of one row."""
    (row,) = judge(as_csv([person(1, **changed)]), around).rows
    return row


def problems_of(around, **changed):
    return judge(as_csv([person(1, **changed)]), around).problems


# -- a whole file -------------------------------------------------------------------------------------------------------

BROKEN = (
    ("born_on", "13/02/1985", 0),
    ("born_on", "2999-01-01", 0),
    ("language", "Spanish", 0),
    ("language", "sp", 0),
    ("phone", "call me", 0),
    ("email", "nobody at home", 0),
    ("name", "", 0),
    ("source", "", 0),
    ("program", "carz", 0),
    ("referred_at", "2026-13-01", 0),
    ("referred_at", "2999-05-05", 0),
    ("screened_at", "2020-01-01", 5),
    ("reviewed_at", "2020-01-01", 4),
    ("assigned_at", "2020-01-01", 5),
    ("contacted_at", "2020-01-01", 5),
    ("plan_filed_at", "2020-01-01", 5),
    ("emergency", "perhaps", 1),
    ("worker_seat", "rsc-9", 4),
    ("worker_seat", "on-call-1", 4),
    ("plan_reference", "", 5),
)
"""A mistake of each kind, and the stage of somebody who can have it."""


def test_forty_mistakes_among_two_thousand_rows_are_told_and_nothing_else(around):
    rows, planted = people(2000), []
    for number, (column, value, stage) in enumerate(BROKEN * 2):
        place = 7 + number * 49
        rows[place] = person(place, stage=stage, **{column: value})
        planted.append((place + 2, column))

    caseload = judge(as_csv(rows), around)

    assert places(caseload) == planted
    without = judge(as_csv(rows), around, {row for row, _ in planted})
    assert without.problems == ()
    assert (len(without.rows), without.excluded) == (1960, 40)
    assert len({row.id for row in without.rows}) == 1960


def test_rows_are_counted_as_a_spreadsheet_shows_them(around):
    first = person(1, address="Two lines,\nof one cell")
    lines = as_csv([first, person(2, email="none")]).split("\r\n")
    lines.insert(2, "")

    assert places(judge("\r\n".join(lines), around)) == [(4, "email")]


def test_columns_come_in_any_order_and_only_those_that_are_needed_must_be_there(
    around,
):
    few = ("referred_at", "source", "program", "name")
    row = {name: person(1)[name] for name in few}

    caseload = judge(as_csv([row], few), around)

    assert caseload.problems == ()
    (identity,) = (row.identity for row in caseload.rows)
    assert identity and identity.language == "en"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("name,program,source", "row 1, referred_at: this column is missing"),
        (",".join((*COLUMNS, "born")), "row 1, born: there is no such column; write"),
        (",".join((*COLUMNS, "name")), "row 1, name: this column stands here twice"),
        (",".join(("", *COLUMNS)), "row 1: column 1 has no name"),
        ("", "row 1: the header is missing"),
        ('"name', "row 1: a quote begins in this row that never ends"),
    ],
    ids=["missing", "unknown", "twice", "nameless", "empty", "no CSV"],
)
def test_a_header_that_is_wrong_is_told_by_the_name_of_the_column(around, header, said):
    (problem,) = judge(header, around).problems

    assert str(problem).startswith(said)


SAVED = "name,program,source,referred_at,emergency,screened_at,address"
ROW = (
    'Client Demo-Yarrow,cars,walked in,2026-11-02,{},2026-11-02,"1 Demo St\n2nd floor"'
)
SAVED_AS = [
    pytest.param(lambda text: text, id="commas"),
    pytest.param(lambda text: "\ufeff" + text, id="marked"),
    pytest.param(lambda text: text.replace(",", ";"), id="semicolons"),
    pytest.param(lambda text: "sep=;\r\n" + text.replace(",", ";"), id="a separator named"),
    pytest.param(lambda text: "sep=,\n" + text, id="a comma named"),
    pytest.param(lambda text: text.replace(",", "\t"), id="tabs"),
    pytest.param(lambda text: text.replace("\r\n", ",,,\r\n") + ",,,,,,,,,\r\n", id="empty columns"),
    pytest.param(lambda text: text.replace("\r\n", "\n"), id="another line end"),
]  # fmt: skip


@pytest.mark.parametrize("saved", SAVED_AS)
@pytest.mark.parametrize("no", ["no", "FALSE", "N"])
def test_a_file_is_read_as_spreadsheets_save_it(around, saved, no):
    text = f"{SAVED}\r\n{ROW.format(no)}\r\n"

    caseload = judge(saved(text), around)

    assert caseload.problems == ()
    (row,) = caseload.rows
    assert row.number == 2
    assert row.identity is not None
    assert row.identity.address == "1 Demo St\n2nd floor"
    assert row.steps[0].facts["emergency"] is False


def test_true_is_an_emergency(around):
    (row,) = judge(f"{SAVED}\r\n{ROW.format('TRUE')}\r\n", around).rows

    assert row.steps[0].facts["emergency"] is True


def test_the_row_is_named_in_which_a_quote_begins_that_never_ends(around):
    good = as_csv([person(n) for n in range(3)])

    (problem,) = judge(
        good + 'Client "Demo,cars\r\n"Demo,cars\r\nx,y\r\n', around
    ).problems

    assert problem.row == 6
    assert "a quote begins" in problem.text


def test_dates_with_the_month_first_are_read_where_it_is_said_that_they_are(around):
    row = person(1, born_on="3/2/1985", referred_at="11/02/2026")

    assert places(judge(as_csv([row]), around)) == [(2, "born_on"), (2, "referred_at")]
    text = judge(as_csv([row]), around).problems[0].text
    assert text.endswith("say --month-first")
    read = judge(as_csv([row]), replace(around, month_first=True))
    assert read.problems == ()
    identity = read.rows[0].identity
    assert identity is not None
    assert str(identity.born_on) == "1985-03-02"
    assert read.rows[0].referred_at == datetime(2026, 11, 2, 6, tzinfo=UTC)
    same = judge(
        as_csv([row | {"born_on": "1985-03-02"}]), replace(around, month_first=True)
    )
    assert same.rows[0].id == read.rows[0].id


def test_one_kind_of_mistake_is_one_line(around):
    rows = [person(n, referred_at="yesterday") for n in range(15)] + [
        person(20, name="")
    ]

    first, second = told(judge(as_csv(rows), around).problems)

    assert first.startswith(
        "rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 5 more, referred_at: this is no date"
    )
    assert second == "row 17, name: this is missing"


def test_a_row_of_too_many_cells_is_one_that_lost_its_quotes(around):
    text = as_csv([person(1)]).rstrip() + ",too much\r\n"

    (problem,) = judge(text, around).problems

    assert (problem.row, problem.column) == (2, "")
    assert "quotes" in problem.text


def test_a_row_to_exclude_that_is_no_person_is_told(around):
    assert places(judge(as_csv([person(1)]), around, (7,))) == [(7, "")]


# -- what is wrong with a row -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", REQUIRED)
def test_what_is_required_and_missing_is_a_problem_of_its_column(around, column):
    (problem,) = problems_of(around, **{column: " "})

    assert (problem.column, problem.text) == (column, "this is missing")


@pytest.mark.parametrize(
    ("changed", "column", "allowed"),
    [
        ({"referred_at": "03/02/2026"}, "referred_at", "write 2026-03-02"),
        ({"referred_at": "2026-03-02T15:30"}, "referred_at", "its zone"),
        ({"referred_at": "0001-01-01"}, "referred_at", "lies before born_on"),
        ({"born_on": "20260302"}, "born_on", "write 1985-03-02"),
        ({"language": "english"}, "language", "write its code: en, es"),
        ({"program": "wraparound"}, "program", "programs are: cars, csm"),
        ({"worker_seat": "rsc-11", "stage": 4}, "worker_seat", "write rsc-1"),
        ({"worker_seat": "operator", "stage": 4}, "worker_seat", "case-manager (cars)"),
        ({"worker_seat": "", "stage": 4}, "worker_seat", "assigned_at says nothing"),
        ({"worker_seat": "rsc-1"}, "assigned_at", "worker_seat says nothing"),
        ({"emergency": "yes"}, "screened_at", "emergency says nothing"),
        ({"emergency": "", "stage": 1}, "emergency", "screened_at says nothing"),
        ({"emergency": "maybe", "stage": 1}, "emergency", "write yes or no"),
        ({"consents_at": "2026-04-01"}, "consents_at", "an earlier date"),
        ({"reviewed_at": "2026-04-01", "stage": 1}, "reviewed_at", "an earlier date"),
        ({"reviewed_at": "", "stage": 4}, "assigned_at", "Go over the screen"),
        ({"contacted_at": "2026-04-01", "stage": 3}, "contacted_at", "earlier date"),
        ({"screened_at": "2026-03-01", "stage": 1}, "screened_at", "before referred"),
    ],
)
def test_a_problem_is_at_its_column_and_says_what_is_allowed(
    around, changed, column, allowed
):
    (problem,) = problems_of(around, **changed)

    assert problem.column == column
    assert allowed in problem.text


def test_a_plan_comes_after_an_assignment(around):
    filed = {"plan_reference": "plans/1", "plan_filed_at": "2026-04-01"}

    (problem,) = problems_of(around, stage=3, **filed)

    assert problem.column == "plan_filed_at"
    assert "give worker_seat and assigned_at" in problem.text


def test_a_seat_in_which_nobody_sits_takes_no_client(around):
    empty = demo_seats()["rsc-1"].model_copy(update={"person": None})
    without = replace(around, seats=demo_seats() | {"rsc-1": empty})

    (problem,) = problems_of(without, stage=4, worker_seat="rsc-1")

    assert (problem.column, "seat somebody" in problem.text) == ("worker_seat", True)


def test_a_part_of_the_policy_that_nobody_plays_is_told_once(around):
    empty = demo_seats()["rsc-supervisor-1"].model_copy(update={"person": None})
    without = replace(around, seats=demo_seats() | {"rsc-supervisor-1": empty})

    (problem,) = judge(as_csv(people(3)), without).problems

    assert (problem.row, problem.column) == (2, "program")
    assert "nobody sits as Recovery Support Supervisor" in problem.text


def test_a_step_that_the_policy_of_the_program_does_not_have_is_a_problem(around):
    (screened,) = problems_of(around, program="csm", stage=1)
    (emergency,) = problems_of(around, program="csm", stage=1, emergency="yes")

    assert screened.column == "screened_at"
    assert (emergency.column, "write no" in emergency.text) == ("emergency", True)


def test_a_problem_repeats_nothing_that_a_row_says_of_a_person(around):
    secret = {
        "name": "x" * 201,
        "born_on": "ZEBRA",
        "phone": "ZEBRA",
        "email": "ZEBRA",
        "address": "ZEBRA" * 50,
        "reference": "ZEBRA" * 50,
    }

    problems = problems_of(around, **secret)

    assert {problem.column for problem in problems} == set(secret)
    assert not re.search("ZEBRA|xxx", "\n".join(map(str, problems)))


# -- one person twice ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "column"),
    [
        ({"reference": "a-00001"}, "reference"),
        (
            {"name": "  DEMO-BIRCH 1 client ", "born_on": person(1)["born_on"]},
            "name",
        ),
    ],
    ids=["reference", "name and birth date"],
)
def test_a_person_who_stands_in_the_file_twice_is_told_at_the_second_row(
    around, second, column
):
    rows = [person(1), person(3), person(2, **second)]

    (problem,) = judge(as_csv(rows), around).problems

    assert (problem.row, problem.column) == (4, column)
    assert "row 2 has the same" in problem.text
    assert judge(as_csv(rows), around, (2,)).problems == ()


@pytest.mark.parametrize(
    ("one", "other", "column", "said"),
    [
        ({"name": "Maeve O'Demo"}, {"name": "Maeve O\u2019Demo"}, "name", "the same name and birth date"),
        ({"name": "Brandy Demo"}, {"name": "Brandi Demo"}, "name", "a similar name"),
        ({"born_on": "1991-12-04"}, {"born_on": "1991-04-12"}, "born_on", "the other way round"),
        ({"reference": "A-1"}, {"reference": "a\u20111"}, "reference", "the same"),
    ],
)  # fmt: skip
def test_another_spelling_of_somebody_in_the_file_is_told(
    around, one, other, column, said
):
    rows = [
        person(1, **one),
        person(1, **({"reference": "B-2", "name": "Client Demo"} | one | other)),
    ]
    rows[0] |= {"name": "Client Demo"} | one
    rows[0]["born_on"] = one.get("born_on", rows[1]["born_on"])

    (problem,) = judge(as_csv(rows), around).problems

    assert (problem.row, problem.column) == (3, column)
    assert problem.text.startswith(
        f"row 2 has {said}" if column != "born_on" else "row 2"
    )
    assert said in problem.text


def test_a_phone_that_many_share_keeps_nobody_out(around):
    caseload = judge(as_csv([person(1)]), around)

    shared = Alike(client="someone", reasons=("shared phone",))

    assert caseload.with_known({2: [shared]}).problems == ()


def test_two_of_one_name_and_nothing_to_tell_them_apart_are_a_problem(around):
    bare: dict[str, Any] = {"born_on": "", "reference": "", "name": "Client Demo-Elm"}

    (problem,) = judge(as_csv([person(1, **bare), person(2, **bare)]), around).problems

    assert (problem.row, problem.column) == (3, "name")
    assert "a birth date or a reference" in problem.text


def test_somebody_who_is_known_here_is_named_by_the_id_of_the_client(around):
    caseload = judge(as_csv([person(1), person(2)]), around)
    mine, other = caseload.rows
    known = {
        mine.number: (Alike(client="01KNOWN", reasons=("same phone",)),),
        # Brought in by this very file, before it was cut off.
        other.number: (Alike(client=mine.id, reasons=("same phone",)),),
    }

    (problem,) = caseload.with_known(known).problems

    assert (problem.row, problem.column) == (2, "phone")
    assert "client 01KNOWN may be the same person (same phone)" in problem.text


# -- what a row becomes -------------------------------------------------------------------------------------------------------


def test_an_id_is_the_same_again_and_hangs_on_who_it_is_alone(around):
    before = row_of(around)

    assert re.fullmatch(r"0{10}[0-9A-HJKMNP-TV-Z]{16}", before.id)
    for same in ({}, {"referred_at": "2026-05-05"}, {"phone": ""}):
        assert row_of(around, **same).id == before.id
    assert row_of(replace(around, secret=b"another")).id != before.id
    for other in ({"reference": "B"}, {"program": "csm"}):
        assert row_of(around, **other).id != before.id


def test_without_a_reference_an_id_hangs_on_name_and_birth_date(around):
    before = row_of(around, reference="")

    assert row_of(around, reference="", name="BIRCH 1, client demo").id == before.id
    assert row_of(around, reference="", born_on="1980-01-01").id != before.id


def test_a_bare_date_begins_where_the_agency_is(around):
    row = row_of(around, referred_at="2026-07-01")
    exact = row_of(around, referred_at="2026-07-01T09:00:00+02:00")

    assert row.referred_at == datetime(2026, 7, 1, 5, tzinfo=UTC)
    assert exact.referred_at == datetime(2026, 7, 1, 7, tzinfo=UTC)


def test_the_dates_of_a_row_are_the_messages_of_a_case_in_their_order(around):
    row = row_of(around, stage=5)

    assert [step.message for step in row.steps] == [
        "screened",
        "consents_received",
        "intake_reviewed",
        "coordinator_assigned",
        "client_contacted",
        "initial_plan_filed",
    ]
    assert all(step.facts["event_at"] == step.at.isoformat() for step in row.steps)
    assigned = row.steps[3].facts
    assert (assigned["assigned"], assigned["person"]) == ("rsc-2", "cypress")


def test_only_what_a_row_says_becomes_a_message(around):
    assert row_of(around).steps == ()
    assert [step.message for step in row_of(around, stage=1).steps] == ["screened"]


def test_in_an_emergency_a_client_is_reached_before_a_worker_is_assigned(around):
    reached = {"emergency": "yes", "contacted_at": "2026-03-03"}

    row = row_of(around, stage=1, screened_at="2026-03-03", **reached)

    assert [step.message for step in row.steps] == ["screened", "client_contacted"]


def test_what_is_told_is_told_from_the_seats_whose_part_it_was(around):
    row = row_of(around, stage=5)

    held = speaks_from(policy("milwaukee-cars"), around.seats, row.steps)

    seats = {each.seat for each in held}
    assert {"central-intake-1", "rsc-supervisor-1", "on-call-1", "rsc-2"} <= seats
    assert "rsc-1" not in seats
    assert {each.capacity for each in held} == {Capacity.imported}


def test_a_file_without_a_header_has_nobody_of_it_repeated(around):
    (problem,) = judge("Client Demo-Elm,cars,a school,2026-03-02\n", around).problems

    assert (problem.row, problem.column) == (1, "")
    assert "this is no header" in problem.text and "Elm" not in problem.text
