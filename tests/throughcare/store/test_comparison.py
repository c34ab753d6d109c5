"""What the tables say beside what a workflow says: every way of differing is found, named without its values, and mended."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from tests.samples import (
    CASE,
    NOW,
    answer,
    case_record,
    duty,
    entry,
    notice,
    served_record,
    writing,
)
from throughcare.case.duty import DutyStatus
from throughcare.case.entry import CaseLink, Relation
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.store.comparison import differences, read_recorded, rewrite
from throughcare.store.differences import Kind
from throughcare.store.notice_queue import claim
from throughcare.store.records import apply_record
from throughcare.store.tables import (
    CaseLinkRow,
    CaseRow,
    CaseSeatRow,
    ConflictCaseRow,
    DutyHolderRow,
    DutyRow,
    EntryRow,
    MessageRow,
    NoticeRow,
    PlanSectionRow,
)

DUTY = duty().id
RECORD = case_record(
    2,
    entries=(entry(1), entry(2)),
    answers=(answer("m1"),),
    links=(CaseLink(case="another", relation=Relation.absorbed),),
)
LATER = NOW + timedelta(days=30)


async def recorded(database, record=RECORD):
    await database.write(apply_record, record)


async def found(database, record=RECORD):
    return differences(record, await database.read(read_recorded, record.case_id))


async def run(database, *statements):
    def run_all(connection):
        for statement in statements:
            connection.execute(statement)

    await database.write(run_all)


async def scalars(database, query):
    return await database.read(lambda connection: connection.scalars(query).all())


async def mend(database, record=RECORD):
    here = await database.read(read_recorded, record.case_id)
    return await database.write(rewrite, record, here, LATER)


def stray_duty():
    copied = {
        column.name: column
        for column in DutyRow.__table__.columns
        if column.name != "id"
    }
    return insert(DutyRow).from_select(
        ["id", *copied], select(DutyRow.id + "#9", *copied.values())
    )


def everything_of_the_case():
    tables = (
        DutyHolderRow,
        DutyRow,
        CaseSeatRow,
        CaseLinkRow,
        EntryRow,
        ConflictCaseRow,
    )
    return [*(delete(table) for table in tables), delete(CaseRow)]


PLANTED = {
    "a duty's status": (
        [update(DutyRow).values(status="met")],
        ("duties", DUTY, Kind.changed, ("status",)),
    ),
    "a duty's due date": (
        [update(DutyRow).values(due_at=LATER)],
        ("duties", DUTY, Kind.changed, ("due_at",)),
    ),
    "what a duty says": (
        [update(DutyRow).values(body={"note": "secret"})],
        ("duties", DUTY, Kind.changed, ("body",)),
    ),
    "a duty gone": (
        [delete(DutyRow)],
        ("duties", DUTY, Kind.missing, ()),
    ),
    "a duty too many": (
        [stray_duty()],
        ("duties", f"{DUTY}#9", Kind.stray, ()),
    ),
    "a holder gone": (
        [delete(DutyHolderRow).where(DutyHolderRow.role == "worker")],
        ("duty_holders", f"{DUTY} worker", Kind.missing, ()),
    ),
    "a holder who is somebody else": (
        [
            update(DutyHolderRow)
            .where(DutyHolderRow.role == "worker")
            .values(person_id="secret")
        ],
        ("duty_holders", f"{DUTY} worker", Kind.changed, ("person_id",)),
    ),
    "the case gone": (
        everything_of_the_case(),
        ("cases", "", Kind.missing, ()),
    ),
    "whom the case is about": (
        [update(ConflictCaseRow).values(youth="secret", subject="secret")],
        ("conflict_cases", "", Kind.changed, ("youth", "subject")),
    ),
    "a case that closed": (
        [update(CaseRow).values(status="agreed", closed_at=NOW)],
        ("cases", "", Kind.changed, ("closed_at", "status")),
    ),
    "a record from the future": (
        [update(CaseRow).values(at=LATER)],
        ("cases", "", Kind.changed, ("at",)),
    ),
    "a later version": (
        [update(CaseRow).values(version=9)],
        ("cases", "", Kind.changed, ("version",)),
    ),
    "an entry gone": (
        [delete(EntryRow).where(EntryRow.seq == 1)],
        ("timeline", "1", Kind.missing, ()),
    ),
    "an entry too many": (
        [
            insert(EntryRow).values(
                case_id=CASE, seq=9, kind="note", at=NOW, event_at=NOW, body={}
            )
        ],
        ("timeline", "9", Kind.stray, ()),
    ),
    "an entry rewritten": (
        [update(EntryRow).where(EntryRow.seq == 2).values(body={"note": "secret"})],
        ("timeline", "2", Kind.changed, ("body",)),
    ),
    "a seat gone": (
        [delete(CaseSeatRow).where(CaseSeatRow.role == "worker")],
        ("case_seats", "worker", Kind.missing, ()),
    ),
    "a link gone": (
        [delete(CaseLinkRow)],
        ("case_links", "another absorbed", Kind.missing, ()),
    ),
    "a message gone": (
        [delete(MessageRow)],
        ("messages", "m1", Kind.missing, ()),
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
async def test_whatever_differs_is_named_without_what_it_says_and_mended(
    database, planted
):
    statements, expected = PLANTED[planted]
    await recorded(database)
    await run(database, *statements)

    (difference,) = await found(database)

    assert (
        difference.table,
        difference.key,
        difference.kind,
        difference.columns,
    ) == expected
    assert difference.case == CASE
    for private in ("secret", "alder", "ironwood", "Y-1", "school"):
        assert private not in difference.text
    assert await mend(database)
    assert await found(database) == []


async def test_tables_that_say_what_the_workflow_does_do_not_differ(database):
    await recorded(database)

    # A workflow that is asked later says so, and nothing else has changed.
    asked_later = RECORD.model_copy(update={"at": LATER})

    assert await found(database, asked_later) == []


async def test_both_values_are_shown_where_they_say_nothing_of_anybody(database):
    await recorded(database)
    await run(database, update(DutyRow).values(status="met", due_at=None))

    (difference,) = await found(database)

    assert difference.text == (
        "status: met here, open in the workflow; "
        "due_at: none here, 2026-11-25 16:00:00 UTC in the workflow"
    )


async def test_what_was_recorded_since_is_never_overwritten(database):
    await recorded(database)
    here = await database.read(read_recorded, CASE)
    newer = case_record(3, step="A2", duties=(duty(1, DutyStatus.met),))
    await recorded(database, newer)

    assert not await database.write(rewrite, RECORD, here, LATER)

    assert await scalars(database, select(CaseRow.step)) == ["A2"]
    assert await scalars(database, select(DutyRow.status)) == ["met"]


async def test_a_case_that_is_recorded_for_the_first_time_meanwhile_is_left_alone(
    database,
):
    nothing = await database.read(read_recorded, CASE)
    await recorded(database)

    assert not await database.write(rewrite, case_record(1, step="A9"), nothing, LATER)

    assert await found(database) == []


async def test_mending_and_a_record_at_once_leave_what_the_record_says(database):
    for number in range(3, 13):
        before = case_record(number - 1, step=f"A{number - 1}")
        await recorded(database, before)
        await run(database, update(CaseRow).values(status="halted"))
        here = await database.read(read_recorded, CASE)
        newer = case_record(number, step=f"A{number}", duties=(duty(number),))

        await asyncio.gather(
            recorded(database, newer), database.write(rewrite, before, here, LATER)
        )

        assert await found(database, newer) == []


async def test_of_two_that_mend_at_once_nobody_finds_a_row_in_the_way(database):
    await recorded(database)
    await run(database, update(CaseRow).values(status="halted"))
    here = await database.read(read_recorded, CASE)

    await asyncio.gather(
        *(database.write(rewrite, RECORD, here, LATER) for _ in range(4))
    )

    assert await found(database) == []


async def test_a_case_is_read_as_of_one_moment_while_it_is_recorded(database):
    """`version` is as many entries as a record has."""
    await recorded(database, case_record(1, entries=(entry(1),)))

    async def record_on():
        for number in range(2, 12):
            await recorded(database, case_record(number, entries=(entry(number),)))

    recording = asyncio.create_task(record_on())
    read = [await database.read(read_recorded, CASE)]
    while not recording.done():
        read.append(await database.read(read_recorded, CASE))
    await recording

    assert [each.case["version"] for each in read] == [
        len(each.rows[EntryRow]) for each in read
    ]


async def test_a_later_record_still_overwrites_what_was_mended(database):
    await recorded(database)
    await run(database, update(CaseRow).values(at=LATER, status="halted"))
    await mend(database)

    newer = case_record(3, step="A2", entries=(entry(3),))
    await recorded(database, newer)

    assert await scalars(database, select(CaseRow.step)) == ["A2"]
    assert await scalars(database, select(CaseRow.version)) == [3]
    assert len(await scalars(database, select(EntryRow.seq))) == 3


async def test_what_a_workflow_no_longer_knows_is_kept(database):
    await recorded(database)
    await recorded(
        database,
        case_record(1, notices=(notice("k1"),), answers=(answer("forgotten"),)),
    )
    await database.write(claim, ["k1"], "e-mail", NOW)

    assert await found(database) == []
    assert await mend(database)

    kept = await scalars(database, select(MessageRow.id))
    assert set(kept) == {"m1", "forgotten"}
    assert await scalars(database, select(NoticeRow.delivery)) == ["sending"]


async def test_a_closed_case_keeps_what_it_needs_to_be_taken_up_again(database):
    closed = case_record(2, status=ConflictStatus.withdrawn, closed_at=NOW, allowed=())
    await recorded(database, closed)
    await run(
        database,
        update(CaseRow).values(carried={"state": "whole"}, status="agreed"),
    )

    await mend(database, closed)

    assert await scalars(database, select(CaseRow.carried)) == [{"state": "whole"}]
    assert await found(database, closed) == []


async def test_a_closed_case_that_lost_it_gets_it_from_a_workflow_that_tells_it(
    database,
):
    closed = case_record(2, status=ConflictStatus.withdrawn, closed_at=NOW, allowed=())
    await recorded(database, closed)
    whole = {"opening": "whole"}
    telling = closed.model_copy(update={"carried": whole})

    (difference,) = await found(database, telling)
    await mend(database, telling)

    assert (difference.columns, difference.text) == (("carried",), "carried differs")
    assert await found(database, telling) == []
    assert await scalars(database, select(CaseRow.carried)) == [whole]


SERVED = served_record(2, entries=(entry(1),), answers=(answer("m1"),))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (update(DutyRow).values(status="met"), ("duties", DUTY, ("status",))),
        (update(CaseRow).values(client_id="secret"), ("cases", "", ("client_id",))),
        (update(CaseRow).values(facts={"offer": None}), ("cases", "", ("facts",))),
        (update(CaseRow).values(kind="care-plan"), ("cases", "", ("kind",))),
    ],
    ids=["a duty", "whom it serves", "what is known", "its kind"],
)
async def test_a_case_about_a_client_is_held_against_its_workflow_as_any_other(
    database, statement, expected
):
    await recorded(database, SERVED)
    assert await found(database, SERVED) == []
    await run(database, statement)

    (difference,) = await found(database, SERVED)

    assert (difference.table, difference.key, difference.columns) == expected
    assert "secret" not in difference.text
    assert await mend(database, SERVED)
    assert await found(database, SERVED) == []


async def test_what_was_stored_before_a_fact_gained_a_field_does_not_differ(database):
    await recorded(database, SERVED)
    (body,) = await scalars(database, select(DutyRow.body))
    (line,) = await scalars(database, select(EntryRow.body))
    (facts,) = await scalars(database, select(CaseRow.facts))
    for stored, field in ((body, "done_by"), (line, "corrects"), (facts, "gaps")):
        del stored[field]
    await run(
        database,
        update(DutyRow).values(body=body),
        update(EntryRow).values(body=line),
        update(CaseRow).values(facts=facts),
    )

    assert await found(database, SERVED) == []


PLANNED = served_record(
    2, kind="care-plan", writings=(writing(1), writing(2, revision=2)), entries=()
)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            update(PlanSectionRow)
            .where(PlanSectionRow.seq == 1)
            .values(content={"text": "secret"}),
            ("plan_sections", "1", Kind.changed, ("content",)),
        ),
        (
            update(PlanSectionRow)
            .where(PlanSectionRow.seq == 2)
            .values(person="secret"),
            ("plan_sections", "2", Kind.changed, ("person",)),
        ),
        (
            delete(PlanSectionRow).where(PlanSectionRow.seq == 2),
            ("plan_sections", "2", Kind.missing, ()),
        ),
        (
            insert(PlanSectionRow).values(
                case_id=CASE,
                seq=3,
                section="vision",
                revision=3,
                content={"text": "secret"},
                at=NOW,
            ),
            ("plan_sections", "3", Kind.stray, ()),
        ),
    ],
    ids=["its words", "its writer", "gone", "too many"],
)
async def test_the_text_of_a_plan_is_held_against_its_workflow_and_rebuilt(
    database, statement, expected
):
    await recorded(database, PLANNED)
    assert await found(database, PLANNED) == []
    await run(database, statement)

    (difference,) = await found(database, PLANNED)

    said = difference.table, difference.key, difference.kind, difference.columns
    assert said == expected
    assert "secret" not in difference.text
    assert await mend(database, PLANNED)
    assert await found(database, PLANNED) == []


async def test_text_stored_before_a_section_could_hold_more_does_not_differ(database):
    await recorded(database, PLANNED)
    await run(database, update(PlanSectionRow).values(content={"text": "a home"}))

    assert await found(database, PLANNED) == []
