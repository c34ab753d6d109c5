"""What the engine writes down as it goes: of every entry the step and the clause, of every duty that ends the reason, and of
every notice what it is about."""

from datetime import timedelta

import pytest

from tests.lifecycles.conflict.conftest import MONDAY_MORNING, Dispute
from tests.lifecycles.intake import cars
from tests.lifecycles.intake.cars import HOUR, ON_CALL, SUPERVISOR, UNIT, WORKER
from tests.lifecycles.intake.walk import Walk, pack
from throughcare.case.advance import advance
from throughcare.case.duty import Act, Basis, Discharge, Duty, DutyStatus
from throughcare.case.entry import CaseLink, EntryKind, Relation
from throughcare.case.notice import Delivered, Delivery, Notice
from throughcare.case.seats import Actor, Attestation, Capacity, HeldSeat, Seated
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.policy import RungLimit

CC, HSW = "care-coordinator", "human-service-worker"
CC_SUP = "coordinator-supervisor"
ADMINISTRATOR = "agency-administrator"
DAY = timedelta(days=1)


@pytest.fixture
def dispute() -> Dispute:
    return Dispute(pack("milwaukee-wraparound"), "A")


def ended(duty: Duty) -> str:
    assert duty.discharge is not None
    return duty.discharge.text


def of(walk: Walk, kind: str) -> Notice:
    """The last notice of this kind."""
    return [notice for notice in walk.posted if notice.kind == kind][-1]


# -- what a message leaves -----------------------------------------------------------------------------------------------


def test_an_entry_names_the_message_it_came_with_and_the_step_it_was_about(
    dispute: Dispute,
):
    dispute.climb_to("A2")
    dispute.wait_for_limit()

    dispute.say("contact_made", CC_SUP, note="by phone")

    entry = dispute.entries("contact_made")[-1]
    assert (entry.message_id, entry.step, entry.note) == ("m", "A2", "by phone")


def test_what_is_done_is_an_entry_of_the_step_that_asked_for_it():
    walk = cars.assigned()
    contact = walk.duty("CP-N-4a")
    assert contact.step != walk.case.step

    walk.say("client_contacted", WORKER, how="by phone")

    entry = walk.said("client_contacted")[0]
    assert (entry.step, entry.clause) == (contact.step, "CP-N-4a")
    assert entry.note == "by phone"


def test_whoever_is_quoted_is_told_by_the_name_of_the_message(dispute: Dispute):
    word = Attestation(
        entered_by="birch",
        said_by=f"person-{HSW}",
        told_to="birch",
        how="by phone",
        said_at=MONDAY_MORNING,
    )
    seats = dispute.seats(CC, HSW)
    held = {seats[1]: Capacity.attested}

    dispute.say("meeting_held", HSW, attendees=seats, held=held, attestation=word)

    (notice,) = dispute.notices("attested")
    assert (notice.what, notice.step) == ("meeting held", "A1")


@pytest.mark.parametrize(
    ("capacity", "mark"),
    [
        (Capacity.holder, ""),
        (Capacity.substitute, " Entered by a substitute."),
        (Capacity.supervisor, " Entered by a supervisor."),
        (Capacity.link, " Entered through a signed link."),
        (Capacity.webhook, " Entered through their agency's own system."),
        (Capacity.imported, " Taken over from the agency's own record."),
    ],
)
def test_an_entry_says_by_what_right_it_was_made(
    dispute: Dispute, capacity: Capacity, mark: str
):
    (seat,) = dispute.seats(CC)

    dispute.say("violation_identified", CC, held={seat: capacity}, kind="policy")

    (entry,) = dispute.entries("violation_identified")
    text = "A policy violation was identified. The ladder goes on."
    assert (entry.text, entry.capacity) == (text + mark, capacity)


# -- corrections -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held_after", "happened_after", "status"),
    [(DAY, -HOUR, "met"), (-DAY, HOUR, "met late")],
    ids=["in time after all", "late after all"],
)
def test_a_correction_says_when_it_was_and_how_the_duty_is_judged_now(
    dispute: Dispute, held_after: timedelta, happened_after: timedelta, status: str
):
    due_at = dispute.conflict.step_due_at
    assert due_at is not None
    dispute.pass_time_to(due_at + held_after)
    dispute.say("meeting_held", CC, attendees=dispute.seats(CC, HSW))
    (held,) = dispute.entries("meeting_held")
    dispute.pass_time_to(due_at + 2 * DAY)

    at = due_at + happened_after
    dispute.say("correct_entry", CC, entry=held.seq, correction="x", happened_at=at)

    (entry,) = dispute.entries("corrected")
    assert entry.text == (
        f"Entry {held.seq} is corrected by Care Coordinator."
        f" It happened on {at:%Y-%m-%d %H:%M} UTC."
        f" CR-A-1 is now {status}: Care Coordinator and Human Service Worker meet."
    )
    assert (entry.step, entry.clause) == ("A1", "CR-A-1")
    assert dispute.conflict.step == "A2"


def test_an_entry_of_no_clause_is_corrected_under_the_main_one_of_its_case(
    dispute: Dispute,
):
    conflict = dispute.conflict
    conflict.note(EntryKind.linked, "Another case is tied to this one.", dispute.now)

    seq = conflict.entries
    dispute.say("correct_entry", ADMINISTRATOR, entry=seq, correction="x")

    (entry,) = dispute.entries("corrected")
    assert entry.clause == conflict.main_clause


# -- what goes up, and what ends with it -----------------------------------------------------------------------------------


def test_what_nobody_is_above_is_on_record_at_the_step_it_was_missed_at():
    walk = cars.assigned()
    missed = walk.duty("CP-N-4a")
    assert missed.step != walk.case.step

    walk.until(missed.due_at + DAY)

    assert {entry.step for entry in walk.said("unresolved")} == {missed.step}
    steps = {each.step for each in walk.duties("CP-N-4a") if each.act == Act.follow_up}
    assert steps == {missed.step}


def test_a_reminder_is_on_record_at_the_step_of_its_duty():
    walk = cars.emergency()

    walk.after(25 * cars.MINUTE)

    steps = {entry.step for entry in walk.said("reminded")}
    assert steps == {walk.duty("CP-E-1b").step}


def test_a_timer_of_a_duty_says_what_is_due_and_whose_limit_it_is():
    walk = cars.emergency()
    duty = walk.duty("CP-E-1b")

    wakes = {wake.name: wake.text for wake in walk.case.wakes()}

    what = f"{duty.text} (CP-E-1b)"
    assert wakes[f"due:{duty.id}"] == f"{duty.step}: {what}, the policy's limit"
    assert wakes[f"remind:{duty.id}"] == f"{duty.step} reminder: {what}"


def test_a_notice_of_a_duty_says_its_step_its_clause_and_by_when():
    walk = cars.emergency()
    duty = walk.duty("CP-E-1b")

    walk.after(25 * cars.MINUTE)

    notice = of(walk, "reminder")
    assert (notice.step, notice.clause) == (duty.step, duty.clause)
    assert (notice.what, notice.due_at) == (duty.text, duty.due_at)


def test_no_clock_runs_for_what_is_done_and_for_what_went_up_from_it():
    walk = cars.emergency()
    walk.after(HOUR)
    above = walk.duty("CP-E-1b", Act.follow_up)
    assert above.id in walk.case.clocks

    walk.say("client_contacted", ON_CALL, how="by phone")

    assert above.id not in walk.case.clocks


def test_what_need_not_be_done_any_more_ends_with_what_went_up_for_it_and_says_why():
    walk = cars.emergency()
    walk.after(HOUR)
    contact, other = walk.duty("CP-E-1b"), walk.duty("CP-E-1a")
    why = Discharge(event_at=walk.now, entered_at=walk.now, text="They moved away.")

    walk.case.drop(contact, DutyStatus.withdrawn, why)

    above = walk.duty("CP-E-1b", Act.follow_up)
    for duty in (walk.duty("CP-E-1b"), above):
        assert (duty.status, ended(duty)) == (DutyStatus.withdrawn, "They moved away.")
    assert above.id not in walk.case.clocks
    (left,) = walk.case.outstanding(Act.follow_up)
    assert left.target == other.id
    assert left.id in walk.case.clocks


def test_what_a_case_leaves_open_at_its_end_says_why_it_ended(dispute: Dispute):
    dispute.say("withdraw", CC, reason="enough")

    meeting = dispute.duty("CR-A-1", ConflictAct.meeting)
    assert meeting.status is DutyStatus.withdrawn
    assert ended(meeting).startswith("Withdrawn")


def test_a_case_that_is_over_asks_for_nothing_more(dispute: Dispute):
    dispute.conflict.want_seats()

    dispute.conflict.cancelled(dispute.now)

    assert advance(dispute.conflict, dispute.now) is None


def test_a_case_that_is_over_wakes_for_nobody_who_leaves_a_seat(dispute: Dispute):
    leaves_at = dispute.now + DAY
    (seated, *_) = dispute.conflict.seated.values()
    leaving = seated.model_copy(update={"until_at": leaves_at})
    dispute.conflict.take_seats((leaving,), dispute.now)
    seats = [w for w in dispute.conflict.wakes() if w.name == "seats"]
    assert [(w.at, w.text) for w in seats] == [(leaves_at, "a seat changes hands")]

    dispute.say("withdraw", CC, reason="enough")
    dispute.conflict.seated[leaving.role] = leaving

    assert dispute.conflict.wakes() == ()


# -- empty seats -----------------------------------------------------------------------------------------------------------


def test_a_seat_that_falls_empty_is_on_record_as_it_is_and_halts_nothing():
    walk = cars.assigned()

    walk.vacate(WORKER)

    (fill,) = walk.case.outstanding(Act.fill_seat)
    title = walk.case.seated[WORKER].title
    assert fill.text == f"Fill the seat of {title}: nobody sits there"
    assert fill.basis is Basis.agency
    entry = walk.said("seat_empty")[-1]
    assert entry.text == f"{title}: nobody sits there."
    notice = of(walk, "seat_empty")
    assert (notice.step, notice.clause) == (fill.step, fill.clause)


def test_a_seat_that_the_directory_does_not_have_is_said_to_be_missing():
    walk = cars.assigned()
    gone = walk.case.seated[WORKER].model_copy(update={"seat": None, "person": None})

    walk.case.take_seats((gone,), walk.now)

    (fill,) = walk.case.outstanding(Act.fill_seat)
    assert fill.text.endswith(": the directory has no such seat")


def test_two_seats_that_are_empty_at_one_step_are_duties_with_ids_of_their_own():
    walk = cars.consented(empty={SUPERVISOR, UNIT})

    fills = walk.case.outstanding(Act.fill_seat)

    assert all(str(each.target) in each.id and each.clause in each.id for each in fills)
    assert len({each.id for each in fills}) == len(fills)


def test_whoever_takes_a_seat_is_told_of_all_that_is_theirs_now():
    walk = cars.assigned()
    texts = [d.text for d in walk.case.open_duties() if d.is_held_by(WORKER)]

    walk.sit("seat-worker", "person-rowan")

    notice = of(walk, "seat_taken")
    assert notice.what == "; ".join(texts)
    assert notice.step == walk.case.step
    assert len(texts) > 1


def test_of_a_duty_that_two_share_the_one_who_stays_keeps_their_part(
    dispute: Dispute,
):
    dispute.fill(HSW, "person-rowan")

    meeting = dispute.duty("CR-A-1", ConflictAct.meeting)
    people = {holder.role: holder.person for holder in meeting.holders}
    assert people == {CC: f"person-{CC}", HSW: "person-rowan"}


# -- a calendar that gives no date -----------------------------------------------------------------------------------------


def undated() -> Walk:
    walk = cars.screened()
    walk.calendar_ends = True
    walk.say("consents_received", UNIT)
    return walk


def test_a_due_date_that_is_missing_is_on_record_and_somebodys_to_mend():
    walk = undated()

    (mend,) = walk.case.outstanding(Act.mend_calendar)
    (entry,) = walk.said("undated")
    notice = of(walk, "undated")
    assert mend.text == "Mend the calendar: the calendar ends"
    assert mend.basis is Basis.agency
    assert (
        mend.id
        == f"{mend.step}:{mend.clause}:mend_calendar:{walk.case.administrator.role}"
    )
    assert (entry.step, entry.clause) == (mend.step, mend.clause)
    assert (notice.step, notice.clause, notice.what) == (
        mend.step,
        mend.clause,
        mend.text,
    )


def test_a_due_date_that_comes_late_comes_with_how_it_was_derived():
    walk = undated()
    (mend,) = walk.case.outstanding(Act.mend_calendar)
    walk.calendar_ends = False

    walk.after(HOUR)

    (review,) = walk.case.outstanding(ClientAct.assignment)
    assert review.receipt is not None
    assert review.receipt.due_at == review.due_at
    (mended,) = [d for d in walk.case.duties if d.id == mend.id]
    assert (mended.status, ended(mended)) == (
        DutyStatus.met,
        "The calendar is mended.",
    )


def test_a_calendar_that_nothing_waits_for_any_more_need_not_be_mended():
    walk = undated()
    (mend,) = walk.case.outstanding(Act.mend_calendar)
    walk.say("intake_reviewed", SUPERVISOR)
    walk.assign()

    walk.case.clocks.clear()
    walk.after(HOUR)

    (dropped,) = [d for d in walk.case.duties if d.id == mend.id]
    assert dropped.status is DutyStatus.withdrawn
    assert ended(dropped) == "Nothing here waits for a due date any more."


# -- what is refused, tied and sent ----------------------------------------------------------------------------------------


def test_a_message_that_was_refused_is_on_record_with_who_sent_it(dispute: Dispute):
    held = tuple(
        HeldSeat(seat=seat, capacity=Capacity.holder) for seat in dispute.seats(CC, HSW)
    )
    actor = Actor(person="alder", seats=held, chosen=held[1].seat)

    dispute.conflict.refuse("agreement_reached", "No.", actor, "m7", dispute.now)

    (entry,) = dispute.entries("refused")
    assert (entry.person, entry.message_id, entry.step) == ("alder", "m7", "A1")
    (notice,) = dispute.notices("refused")
    assert notice.receiver == Seated(
        role="sender",
        title="Human Service Worker",
        seat=held[1].seat,
        person="alder",
    )
    assert (notice.what, notice.step) == ("agreement reached", "A1")


@pytest.mark.parametrize(
    ("seats", "told_at"),
    [((), "alder"), (("seat-elsewhere",), "seat-elsewhere")],
    ids=["without a seat", "from a seat elsewhere"],
)
def test_a_sender_who_has_no_part_is_told_all_the_same(
    dispute: Dispute, seats: tuple[str, ...], told_at: str
):
    held = tuple(HeldSeat(seat=seat, capacity=Capacity.holder) for seat in seats)

    dispute.conflict.refuse(
        "withdraw", "No.", Actor(person="alder", seats=held), "m", dispute.now
    )

    (notice,) = dispute.notices("refused")
    told = notice.receiver
    assert (told.title, told.seat, told.person) == ("you", told_at, "alder")


def test_a_case_about_a_client_names_the_message_it_refused():
    walk = cars.assigned()
    actor = Actor(person="alder")

    walk.case.refuse("client_contacted", "No.", actor, "m", walk.now)
    walk.settle()

    assert of(walk, "refused").what == "client contacted"


def test_a_message_that_nobody_can_read_is_on_record_and_told_to_the_administrator(
    dispute: Dispute,
):
    dispute.conflict.refuse_unread("withdraw", "not sealed", dispute.now)

    (entry,) = dispute.entries("refused")
    assert entry.text == "A message was left that nobody can read: not sealed"
    assert entry.at == dispute.now
    (notice,) = dispute.notices("unread")
    assert (notice.receiver.role, notice.step) == (ADMINISTRATOR, "A1")
    assert notice.what == "A message was left in this case that was not taken"


@pytest.mark.parametrize(
    ("relation", "says"),
    [
        (Relation.absorbed, "Another case was merged into this one"),
        (Relation.same_person, "Another intake of the same person was opened"),
        (Relation.refiled_as, "Another case is tied to this one."),
    ],
)
def test_word_of_another_case_says_how_it_is_tied(
    dispute: Dispute, relation: Relation, says: str
):
    link = CaseLink(case="01OTHER", relation=relation)
    facts = {"link": link.model_dump(), "at": dispute.now.isoformat()}

    for name in ("case_linked", "case_linked", "a word of a later release"):
        dispute.conflict.take_word(name, facts, dispute.now + HOUR)

    (entry,) = dispute.entries("linked")
    assert entry.text.startswith(says)
    assert (entry.event_at, entry.at) == (dispute.now, dispute.now + HOUR)
    assert entry.note == "Case 01OTHER."


def test_a_notice_that_does_its_duty_is_an_entry_of_the_duty(dispute: Dispute):
    dispute.climb_to("A2")

    dispute.deliver("told")

    duty = dispute.duty("CR-A-2a", ConflictAct.notice, CC)
    assert ended(duty) == "Sent by e-mail in the sender's name."
    entry = dispute.entries("told")[0]
    assert (entry.step, entry.clause) == ("A2", duty.clause)


@pytest.mark.parametrize(
    ("delivery", "says"),
    [
        (Delivery.failed, "did not arrive (failed)."),
        (Delivery.uncertain, "may not have arrived (uncertain)."),
    ],
)
def test_a_notice_that_fails_is_on_record_where_it_belongs_and_told(
    dispute: Dispute, delivery: Delivery, says: str
):
    notice = dispute.notices("opened")[0]

    dispute.conflict.settled(
        notice, Delivered(key=notice.key, delivery=delivery), dispute.now
    )

    (entry,) = dispute.entries("notice_failed")
    assert entry.text.endswith(f"{notice.receiver.title} {says}")
    (told,) = dispute.notices("notice_failed")
    for each in (entry, told):
        assert (each.step, each.clause) == (notice.step, notice.clause)


# -- limits ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("basis", "timer", "lapsed"),
    [
        ("source", "policy setting", "The policy's limit for A1 passed"),
        ("agency", "agency setting", "The agency's own limit for A1 passed"),
    ],
)
def test_a_limit_is_said_to_be_whose_it_is(basis: str, timer: str, lapsed: str):
    limit = RungLimit.model_validate({"within": "P5D", "basis": basis})
    dispute = Dispute(pack("milwaukee-wraparound"), "A", limits={"A1": limit})
    (wake,) = (w for w in dispute.conflict.wakes() if w.name == "limit:A1")
    assert wake.text.startswith(f"A1 limit ({timer}): ")

    dispute.wait_for_limit()

    assert dispute.entries("lapsed")[0].text.startswith(lapsed)


def test_whoever_is_reminded_of_several_things_is_told_them_all(dispute: Dispute):
    dispute.climb_to("A2")
    acts = (ConflictAct.notice, ConflictAct.information)
    mine = dispute.conflict.outstanding(*acts, step="A2")
    texts = [duty.text for duty in mine if duty.is_held_by(CC)]

    dispute.wait()

    (notice,) = (n for n in dispute.notices("reminder", "A2") if n.receiver.role == CC)
    assert notice.what == "; ".join(texts)
    assert len(texts) > 1


def test_operators_see_of_every_open_duty_whose_it_is_and_by_when(dispute: Dispute):
    due = f"{dispute.conflict.step_due_at:%Y-%m-%d %H:%M:%S}"
    meeting = dispute.duty("CR-A-1", ConflictAct.meeting)

    head, empty, titles, rule, row, *_ = dispute.conflict.as_table().split("\n")

    assert (head, empty) == ("**Ladder A, A1: open**", "")
    assert titles == "| clause | duty | seat | due (UTC) |"
    assert rule == "|---|---|---|---|"
    holders = "Care Coordinator or Human Service Worker"
    assert row == f"| CR-A-1 | {meeting.text} | {holders} | {due} |"
