"""The projection: once per record, never backwards, and whole."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.samples import (
    CASE,
    NOW,
    answer,
    case_record,
    duty,
    entry,
    notice,
    seated,
    served_record,
    writing,
)
from throughcare.case.duty import DutyStatus
from throughcare.case.entry import CaseLink, Relation
from throughcare.case.wire import RecordedDuty, Refusal
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.store.records import apply_record
from throughcare.store.resending import send_again
from throughcare.store.restores import declare_restore
from throughcare.store.rows import rows as read_rows
from throughcare.store.superseding import DONE_OVER
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


@pytest.fixture
def apply(database):
    async def applied(record):
        return await database.write(apply_record, record)

    return applied


@pytest.fixture
def rows(database):
    async def found(table):
        key = table.__mapper__.primary_key
        return await database.read(read_rows, select(table).order_by(*key))

    return found


async def test_a_record_becomes_a_row_that_can_be_listed(apply, rows):
    assert await apply(case_record(3))

    (case,) = await rows(CaseRow)
    assert (case.id, case.status, case.step, case.level) == (CASE, "open", "A1", 1)
    assert (case.at, case.version) == (NOW + timedelta(seconds=3), 3)
    (allowed,) = case.allowed
    assert (allowed["message"], allowed["seats"]) == ("withdraw", ["a"])
    assert case.facts["agreed"] == {"A1": ["coordination"]}
    (conflict,) = await rows(ConflictCaseRow)
    assert (conflict.ladder, conflict.youth) == ("A", "Y-1")


async def test_the_same_record_again_changes_nothing(apply, rows):
    record = case_record(entries=(entry(1),), notices=(notice("k1"),))
    assert await apply(record)
    assert not await apply(record)

    assert [each.seq for each in await rows(EntryRow)] == [1]
    assert [each.key for each in await rows(NoticeRow)] == ["k1"]


async def test_an_older_record_overwrites_nothing_but_adds_what_was_missing(
    apply, rows
):
    newer = case_record(2, step="A2", duties=(duty(1, DutyStatus.met),))
    older = case_record(
        1, entries=(entry(1),), notices=(notice("k1"),), answers=(answer("m1"),)
    )

    assert await apply(newer)
    assert await apply(older)

    assert [(case.step, case.version) for case in await rows(CaseRow)] == [("A2", 2)]
    assert [each.status for each in await rows(DutyRow)] == ["met"]
    assert [each.seq for each in await rows(EntryRow)] == [1]
    assert [each.key for each in await rows(NoticeRow)] == ["k1"]
    assert [each.id for each in await rows(MessageRow)] == ["m1"]


async def test_records_of_one_instant_are_ordered_by_their_version(apply, rows):
    for version, step in ((2, "A2"), (1, "A1")):
        await apply(case_record(version, at=NOW, step=step))

    assert [case.step for case in await rows(CaseRow)] == ["A2"]


async def test_a_case_set_back_counts_from_one_again_and_is_still_the_newer(
    apply, rows
):
    await apply(case_record(7, duties=(duty(1), duty(2))))
    await apply(case_record(1, at=NOW + timedelta(hours=1), duties=(duty(1),)))

    assert [case.version for case in await rows(CaseRow)] == [1]
    stands, superseded = await rows(DutyRow)
    assert (stands.status, stands.superseded_at) == ("open", None)
    assert superseded.status == "superseded"
    assert superseded.superseded_at == NOW + timedelta(hours=1)
    held = {each.duty_id for each in await rows(DutyHolderRow)}
    assert held == {duty(1).id}


async def test_a_duty_that_a_case_set_back_opens_again_stands_again(apply, rows):
    await apply(case_record(7, duties=(duty(1), duty(2))))
    for version in (1, 2):
        at = NOW + timedelta(hours=version)
        duties = (duty(1), duty(2))[:version]
        await apply(case_record(version, at=at, duties=duties))

    assert {(row.status, row.superseded_at) for row in await rows(DutyRow)} == {
        ("open", None)
    }
    assert {each.open for each in await rows(DutyHolderRow)} == {True}


async def test_a_duty_comes_back_as_it_was_recorded(apply, rows):
    await apply(case_record())

    (row,) = await rows(DutyRow)
    assert RecordedDuty.model_validate(row.body) == duty()
    assert (row.clause, row.act, row.basis) == ("CR-A-1", "meeting", "agency")
    assert row.due_at == duty().due_at


async def test_duties_that_change_are_rewritten_and_new_ones_join_them(apply, rows):
    await apply(case_record(1, duties=(duty(1), duty(2))))
    met = duty(1, DutyStatus.met)
    await apply(case_record(2, duties=(met, duty(2), duty(3))))

    assert [(row.id[-1], row.status) for row in await rows(DutyRow)] == [
        ("1", "met"),
        ("2", "open"),
        ("3", "open"),
    ]


async def test_a_duty_that_was_over_before_stays_as_it_is_until_a_record_leaves_it_out(
    apply, rows
):
    over = duty(1, DutyStatus.met)
    await apply(served_record(1, duties=(over, duty(2))))
    await apply(served_record(2, duties=(duty(2),), settled=(over.id,)))
    assert [row.status for row in await rows(DutyRow)] == ["met", "open"]

    await apply(served_record(3, duties=(duty(2),)))

    statuses = {row.id: row.status for row in await rows(DutyRow)}
    assert statuses == {over.id: "superseded", duty(2).id: "open"}
    held = {row.duty_id for row in await rows(DutyHolderRow)}
    assert held == {duty(2).id}


async def test_what_was_missed_stays_in_its_holders_list_and_makes_the_case_overdue(
    apply, rows
):
    missed, met = duty(1, DutyStatus.missed), duty(2, DutyStatus.met)
    await apply(case_record(duties=(missed, met), overdue=True))

    (case,) = await rows(CaseRow)
    assert case.overdue
    open_to = {
        (row.duty_id, row.person_id) for row in await rows(DutyHolderRow) if row.open
    }
    assert open_to == {(missed.id, "alder"), (missed.id, "ironwood")}


async def test_a_seat_that_changes_hands_takes_its_duties_along(apply, rows):
    await apply(case_record(1))
    taken = duty().held_now_by(seated("coordinator", "elm"))
    seats = (seated("coordinator", "elm"), seated("worker", "ironwood"))
    await apply(case_record(2, seats=seats, duties=(taken,)))

    people = {row.role: row.person_id for row in await rows(CaseSeatRow)}
    holders = {row.role: row.person_id for row in await rows(DutyHolderRow)}
    assert people == holders == {"coordinator": "elm", "worker": "ironwood"}


async def test_a_seat_that_somebody_wrote_over_is_put_right_by_the_next_record(
    apply, rows, database
):
    await apply(case_record(1))
    workers = update(CaseSeatRow).where(CaseSeatRow.role == "worker")
    taken = workers.values(person_id="elm")
    await database.write(lambda connection: connection.execute(taken))

    await apply(case_record(2))

    people = {row.role: row.person_id for row in await rows(CaseSeatRow)}
    assert people == {"coordinator": "alder", "worker": "ironwood"}


async def test_a_part_that_is_no_longer_in_the_case_is_removed(apply, rows):
    await apply(case_record(1))
    await apply(case_record(2, seats=(seated("worker", None),)))

    assert [(row.role, row.person_id) for row in await rows(CaseSeatRow)] == [
        ("worker", None)
    ]


async def test_a_timeline_entry_is_never_rewritten(apply, rows):
    await apply(case_record(1, entries=(entry(1, "first"),)))
    await apply(case_record(2, entries=(entry(1, "second"), entry(2, "third"))))

    assert [row.body["text"] for row in await rows(EntryRow)] == ["first", "third"]


async def test_a_notice_waits_to_be_sent_and_one_on_its_way_is_left_alone(
    apply, rows, database
):
    await apply(case_record(1, notices=(notice("k1"),)))
    (row,) = await rows(NoticeRow)
    assert (row.delivery, row.attempts) == ("queued", 0)
    sent = update(NoticeRow).values(delivery="delivered")
    await database.write(lambda connection: connection.execute(sent))

    await apply(case_record(2, notices=(notice("k1"),)))

    assert [row.delivery for row in await rows(NoticeRow)] == ["delivered"]


async def test_a_refusal_is_kept_for_its_sender(apply, rows):
    refusal = Refusal(kind="OutOfOrder", status=409, detail="Not now.")
    refused = answer("m2").model_copy(update={"refusal": refusal})
    await apply(case_record(answers=(answer("m1"), refused)))

    taken, turned_down = await rows(MessageRow)
    assert (taken.applied, taken.refusal) == (True, None)
    assert not turned_down.applied
    assert Refusal.model_validate(turned_down.refusal) == refusal


async def test_a_closed_case_says_when(apply, rows):
    await apply(case_record(1))
    closed_at = NOW + timedelta(days=1)
    await apply(
        case_record(2, status=ConflictStatus.agreed, closed_at=closed_at, due_at=None)
    )

    (case,) = await rows(CaseRow)
    assert (case.status, case.closed_at, case.due_at) == ("agreed", closed_at, None)


async def test_what_a_cut_off_task_recorded_gives_way_to_what_it_was_done_over_as(
    database, rows
):
    """The worker died after it had recorded; done over, the case heard another message first."""
    first = case_record(1, entries=(entry(1),), entries_before=0, follows_at=NOW)
    undone = case_record(
        2,
        entries=(entry(2, "Never heard."), entry(3, "Nor this.")),
        notices=(notice("never-sent"),),
        answers=(answer("m"),),
        links=(CaseLink(case="other", relation=Relation.absorbed),),
    )
    done = case_record(
        3,
        entries=(entry(2, "Heard first."),),
        notices=(notice("sent"),),
        answers=(answer("m"), answer("n")),
        entries_before=1,
        follows_at=first.at,
    )
    for record in (first, undone, done):
        await database.write(apply_record, record)

    entries = await rows(EntryRow)
    assert [row.body["text"] for row in entries if not row.superseded_at] == [
        "Conflict opened.",
        "Heard first.",
    ]
    notices = {row.key: (row.delivery, row.done_at) for row in await rows(NoticeRow)}
    assert notices == {
        "sent": ("queued", None),
        "never-sent": ("superseded", done.at),
    }
    assert {row.id for row in await rows(MessageRow)} == {"m", "n"}
    assert [row.superseded_at for row in await rows(CaseLinkRow)] == [done.at]


async def test_what_gave_way_stays_and_says_when_and_why(database, rows):
    said = entry(2, "Never heard.").model_copy(update={"message_id": "m"})
    for record in (
        case_record(1, entries=(entry(1),), entries_before=0),
        case_record(2, entries=(said,), answers=(answer("m"),)),
        case_record(3, entries=(entry(2, "Heard first."),), entries_before=1),
        case_record(4, entries=(entry(2, "And once more."),), entries_before=1),
    ):
        await database.write(apply_record, record)

    gone = [row for row in await rows(EntryRow) if row.superseded_at]
    assert [(row.seq, row.supersession, row.body["text"]) for row in gone] == [
        (2, 1, "Never heard."),
        (2, 2, "Heard first."),
    ]
    assert {row.superseded_why for row in gone} == {DONE_OVER}
    assert [row.superseded_at for row in gone] == [
        NOW + timedelta(seconds=second) for second in (3, 4)
    ]
    (message,) = await rows(MessageRow)
    assert message.superseded_at == NOW + timedelta(seconds=3)


async def test_what_is_said_again_word_for_word_stands_as_it_was(database, rows):
    """The worker died after it had recorded; done over, the case heard the same."""
    said = entry(2, "Heard.").model_copy(update={"message_id": "m"})
    for record in (
        case_record(2, entries=(said, entry(3, "Then late.")), answers=(answer("m"),)),
        case_record(
            3, entries=(said, entry(3)), answers=(answer("m"),), entries_before=1
        ),
    ):
        await database.write(apply_record, record)

    found = [
        (row.seq, row.supersession, row.body["text"]) for row in await rows(EntryRow)
    ]
    assert found == [
        (2, 0, "Heard."),
        (3, 0, "Conflict opened."),
        (3, 1, "Then late."),
    ]
    assert [row.superseded_at for row in await rows(MessageRow)] == [None]


async def test_a_message_that_is_heard_after_all_stands_again(database, rows):
    said = entry(2, "Heard.").model_copy(update={"message_id": "m"})
    for record in (
        case_record(2, entries=(said,), answers=(answer("m"),)),
        case_record(3, entries_before=1),
        case_record(4, entries=(said,), answers=(answer("m"),)),
    ):
        await database.write(apply_record, record)

    assert [row.superseded_at for row in await rows(MessageRow)] == [None]


async def test_a_notice_that_gave_way_unsent_is_queued_once_it_comes_again(
    database, rows
):
    for record in (
        case_record(2, notices=(notice("k1"),)),
        case_record(3, follows_at=NOW, notices=(notice("k1"),)),
    ):
        await database.write(apply_record, record)

    (row,) = await rows(NoticeRow)
    assert (row.delivery, row.version, row.done_at) == ("queued", 3, None)


async def test_a_notice_that_somebody_sent_again_is_no_record_s_to_take_back(
    database, rows
):
    await database.write(apply_record, case_record(1, notices=(notice("k1"),)))
    failed = update(NoticeRow).values(delivery="failed", settled_at=NOW, attempts=1)
    await database.write(lambda connection: connection.execute(failed))
    later = NOW + timedelta(hours=1)
    await database.write(send_again, ["k1"], "alder", later)

    told = case_record(2, at=later + timedelta(seconds=1), follows_at=NOW)
    await database.write(apply_record, told)

    found = {row.key: row.delivery for row in await rows(NoticeRow)}
    assert found == {"k1": "failed", "k1+": "queued"}


async def test_after_a_declared_restore_a_notice_goes_out_under_a_key_used_before(
    database, rows
):
    await database.write(apply_record, case_record(1, notices=(notice("k1"),)))
    sent = update(NoticeRow).values(delivery="delivered", attempts=1)
    await database.write(lambda connection: connection.execute(sent))
    declared_at = NOW + timedelta(hours=1)
    await database.write(declare_restore, declared_at, "alder", "the disk was lost")

    for version in (2, 3):
        at = declared_at + timedelta(minutes=version)
        told = case_record(version, at=at, notices=(notice("k1"), notice("k2")))
        await database.write(apply_record, told)

    found = {row.key: (row.delivery, row.version) for row in await rows(NoticeRow)}
    assert found == {
        "k1": ("delivered", 1),
        "k1@1": ("queued", 2),
        "k2": ("queued", 2),
    }
    bodies = {row.key: row.body["key"] for row in await rows(NoticeRow)}
    assert all(key == said for key, said in bodies.items())


async def test_a_record_that_does_not_say_what_was_before_it_takes_nothing_back(
    apply, rows
):
    await apply(case_record(1, entries=(entry(1), entry(2)), notices=(notice("k1"),)))
    await apply(case_record(2, entries=(entry(3),)))

    assert [row.seq for row in await rows(EntryRow)] == [1, 2, 3]
    assert [row.key for row in await rows(NoticeRow)] == ["k1"]


async def test_a_late_record_of_a_cut_off_task_changes_nothing_that_came_after(
    database, rows
):
    """Written again by a patient retry, long after."""
    done = case_record(
        3, entries=(entry(1), entry(2, "Heard first.")), entries_before=0
    )
    undone = case_record(2, entries=(entry(2, "Never heard."),), entries_before=1)
    for record in (done, undone):
        await database.write(apply_record, record)

    texts = [row.body["text"] for row in await rows(EntryRow)]
    assert texts == ["Conflict opened.", "Heard first."]


# -- the text of plans --------------------------------------------------------------------------------------------------


def plan_record(version, *writings, before=0, **changed):
    """What a care plan says of itself once it has these new writings."""
    return served_record(
        version,
        kind="care-plan",
        writings=writings,
        writings_before=before,
        **changed,
    )


async def test_every_writing_of_a_plan_is_added_once_and_none_is_changed(apply, rows):
    first = plan_record(1, writing(1), writing(2, "strengths"))
    await apply(first)
    await apply(first)
    await apply(plan_record(2, writing(3, revision=2, text="another"), before=2))

    found = await rows(PlanSectionRow)
    assert [(row.seq, row.section, row.revision) for row in found] == [
        (1, "vision", 1),
        (2, "strengths", 1),
        (3, "vision", 2),
    ]
    assert [row.content["text"] for row in found] == ["a home", "a home", "another"]
    assert {row.person for row in found} == {"alder"}


async def test_a_writing_whose_task_was_done_over_gives_way(apply, rows):
    await apply(plan_record(1, writing(1)))
    await apply(plan_record(2, writing(2, text="never heard"), before=1))
    await apply(plan_record(3, writing(2, text="heard instead"), before=1))

    found = await rows(PlanSectionRow)
    assert [(row.content["text"], row.supersession) for row in found] == [
        ("a home", 0),
        ("heard instead", 0),
        ("never heard", 1),
    ]


async def test_a_writing_that_is_done_over_word_for_word_stands(apply, rows):
    for version in (1, 2):
        await apply(plan_record(version, writing(1)))

    assert [row.supersession for row in await rows(PlanSectionRow)] == [0]


async def test_an_older_record_adds_the_writings_that_were_missing(apply, rows):
    await apply(plan_record(2, writing(2, "strengths"), before=1))
    await apply(plan_record(1, writing(1)))

    assert [row.seq for row in await rows(PlanSectionRow)] == [1, 2]


async def test_a_record_that_says_nothing_of_the_text_leaves_it_alone(apply, rows):
    await apply(plan_record(1, writing(1)))
    await apply(served_record(2, kind="care-plan"))

    assert [row.seq for row in await rows(PlanSectionRow)] == [1]
