"""The conflict as people live it: on the real worker, database and mail server, with weeks passing."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from tests.databases import set_columns
from tests.waiting import until
from throughcare.case.duty import Act, DutyStatus
from throughcare.case.wire import Answer
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.store.changes import add_absence, change_holder
from throughcare.store.rows import one_row
from throughcare.store.tables import PersonRow
from throughcare.temporal.client import DUE_AT, STEP

if TYPE_CHECKING:
    from tests.workflows.conftest import Agency, Case

CC, HSW = "care-coordinator", "human-service-worker"
CC_SUP, HSW_SUP = "coordinator-supervisor", "human-service-worker-supervisor"
ADMIN, SECTION = "administrative-staff", "section-manager"


async def meet(case: "Case", one: str = CC, other: str = HSW, **facts: object) -> None:
    await case.say("meeting_held", one, attendees=await case.seats(one, other), **facts)


@pytest.mark.clause("CR-A-1")
async def test_two_workers_meet_agree_and_the_case_closes_with_nothing_open(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")

    await meet(case, outcome="agreement")
    await case.say("agreement_reached", HSW)

    settled = await case.result()
    assert settled.status == ConflictStatus.agreed
    assert settled.step == "A1"
    assert not [d for d in (await case.state()).duties if d.is_open]
    assert not [name for name in await case.mails() if "birch" in name]
    await case.keep_history("settled-at-a1")


async def test_a_case_settled_by_the_third_pair_shows_both_packets_on_the_way(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")

    await meet(case, outcome="no_agreement")
    for role in (CC, HSW):
        await case.say("information_provided", role)
    await case.say("contact_made", CC_SUP)
    await case.say("agreement_not_reached", CC_SUP)
    for role in (CC_SUP, HSW_SUP):
        await case.say("information_provided", role)
    await case.say("contact_made", ADMIN)
    await case.say("agreement_reached", ADMIN)
    await case.say("agreement_reached", SECTION)

    assert (await case.result()).step == "A3"
    packets = [
        d for d in (await case.state()).duties if d.act == ConflictAct.information
    ]
    assert {duty.status for duty in packets} == {DutyStatus.met}
    await case.keep_history("settled-at-a3")


async def test_a_conflict_nobody_touches_climbs_rung_by_rung_and_stays_open_at_the_top(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")

    await case.pass_time(timedelta(days=60))

    state = await case.state()
    assert state.status == ConflictStatus.unresolved_at_top
    assert state.step == "A5"
    begun = [text.split(" ")[0] for text in await case.said("rung_begun")]
    assert begun == ["A1", "A2", "A3", "A4", "A5"]
    assert all("agency's own" in text for text in await case.said("lapsed"))
    assert [d.act for d in state.duties if d.is_open] == [ConflictAct.closing]
    await case.keep_history("unresolved-at-the-top")


async def test_the_top_is_asked_after_again_and_an_authority_may_close_it(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")
    await case.pass_time(timedelta(days=75))

    assert len(await case.said("unresolved")) > 1
    await case.say("close", "associate-director", reason="settled elsewhere")

    assert (await case.result()).status == ConflictStatus.closed_by_authority
    await case.keep_history("closed-by-authority")


async def test_a_notice_that_arrived_discharges_the_duty_to_give_it(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")

    await meet(case, outcome="no_agreement")

    async def are_met() -> bool:
        duties = (await case.state()).duties
        told = {duty.status for duty in duties if duty.act == ConflictAct.notice}
        return told == {DutyStatus.met}

    await until(are_met)
    assert len(await case.said("told")) == 2


async def test_a_closing_letter_that_fails_is_on_record_before_the_case_is_over(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")
    await meet(case)
    ironwood = select(PersonRow).where(PersonRow.id == "ironwood")
    before = await weeks.database.read(one_row, ironwood)
    assert before is not None
    await weeks.database.write(set_columns, PersonRow, "ironwood", email=None)

    await case.say("withdraw", CC, reason="settled otherwise")

    await case.result()
    await weeks.database.write(set_columns, PersonRow, "ironwood", email=before.email)
    assert await case.said("notice_failed") == [
        "The notice to Human Service Worker did not arrive (no e-mail address)."
    ]
    assert [name for name in await case.mails() if "walnut" in name]


@pytest.mark.clause("CR-C-1b")
async def test_a_provider_dispute_with_the_team_a_violation_and_help_asked_for(
    weeks: "Agency",
) -> None:
    case = await weeks.open("C")
    provider = "network-provider"
    await case.say("team_intervention_required", provider, reason="needs them all")
    await case.say("violation_identified", CC, kind="licensing")
    await meet(case, CC, provider)

    refusal = await case.refusal("agreement_not_reached", CC)
    assert refusal.kind == "StepsOutstanding"
    await case.say("team_meeting_held", CC)
    await case.say("agreement_not_reached", CC)
    await case.say("contact_made", "provider-supervisor")
    await case.say("agreement_not_reached", "provider-supervisor")
    await case.say("assistance_requested", provider)
    await case.say("agreement_reached", CC)
    assert (await case.refusal("agreement_reached", provider)).kind == (
        "ViolationOutstanding"
    )
    await case.say("violation_reported", CC, recipient="quality-assurance")
    await case.say("agreement_reached", provider)

    assert (await case.result()).step == "C3"
    await case.keep_history("settled-at-c3-with-violation")


@pytest.mark.clause("CR-A-3a")
async def test_an_empty_seat_halts_the_case_in_plain_sight_until_it_is_filled(
    weeks: "Agency",
) -> None:
    now = await weeks.env.get_current_time()
    await weeks.database.write(
        change_holder, "administrative-staff", None, by="walnut", at=now
    )
    case = await weeks.open("A")

    await case.pass_time(timedelta(days=35))
    halted = await case.state()
    assert halted.status == ConflictStatus.halted
    assert halted.step == "A2"
    [fill] = [d for d in halted.duties if d.act == Act.fill_seat and d.is_open]
    assert fill.holders[0].role == "agency-administrator"
    shown = (await case.handle.describe()).typed_search_attributes
    assert shown[STEP] == "halted"
    left = [d.due_at for d in halted.duties if d.is_outstanding and d.due_at]
    assert shown[DUE_AT] == min(left)

    async def is_written_to() -> bool:
        return any("walnut" in name for name in await case.mails())

    await until(is_written_to)

    await weeks.database.write(
        change_holder, "administrative-staff", "cedar", by="walnut", at=now
    )
    await case.directory_changed()

    state = await case.state()
    assert (state.status, state.step) == (ConflictStatus.open, "A3")
    assert not [d for d in state.duties if d.act == Act.fill_seat and d.is_open]
    await case.keep_history("halted-and-filled")


async def test_a_holder_who_leaves_in_mid_rung_hands_over_duties_with_their_clocks(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")
    [before] = [d for d in await case.duties("CR-A-1") if d.act == ConflictAct.meeting]
    now = await weeks.env.get_current_time()

    await weeks.database.write(
        change_holder, "coordinator-1", "elm", by="walnut", at=now
    )
    await case.directory_changed()

    [after] = [d for d in await case.duties("CR-A-1") if d.act == ConflictAct.meeting]
    assert (before.holders[0].person, after.holders[0].person) == ("alder", "elm")
    assert (after.due_at, after.opened_at) == (before.due_at, before.opened_at)
    [change] = [row for row in await case.timeline() if row.kind == "seat_changed"]
    assert (change.before, change.person) == ("alder", "elm")
    await weeks.database.write(
        change_holder, "coordinator-1", "alder", by="walnut", at=now
    )


async def test_a_substitute_takes_over_when_a_planned_absence_begins_and_the_clock_runs_on(
    weeks: "Agency",
) -> None:
    now = await weeks.env.get_current_time()
    await weeks.database.write(
        add_absence,
        "ironwood",
        "juniper",
        now + timedelta(days=1),
        now + timedelta(days=3),
        by="walnut",
        at=now,
    )
    case = await weeks.open("A")
    due_at = (await case.state()).due_at

    async def worker() -> str | None:
        seats = (await case.state()).seats
        return next(seated.person for seated in seats if seated.role == HSW)

    assert await worker() == "ironwood"
    await case.pass_time(timedelta(days=1, minutes=1))
    assert await worker() == "juniper"
    await case.pass_time(timedelta(days=2, minutes=1))
    assert await worker() == "ironwood"
    assert (await case.state()).due_at == due_at


async def test_the_same_message_twice_by_either_way_is_heard_once(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")
    facts: dict[str, object] = {"attendees": await case.seats(CC, HSW)}
    envelope = await case.envelope("meeting_held", "coordinator-1", facts, "the-same")

    first = await case.handle.execute_update(
        "meeting_held", envelope, result_type=Answer
    )
    await case.handle.signal("meeting_held", envelope)
    second = await case.handle.execute_update(
        "meeting_held", envelope, result_type=Answer
    )

    assert first == second
    assert len(await case.said("meeting_held")) == 1


async def test_both_seats_agreeing_at_the_same_moment_settle_it_once(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")
    await meet(case)

    await asyncio.gather(
        case.say("agreement_reached", CC), case.say("agreement_reached", HSW)
    )

    assert (await case.result()).status == ConflictStatus.agreed
    assert len(await case.said("agreed")) == 1


async def test_a_message_left_as_a_signal_that_is_refused_is_on_the_timeline(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")

    await case.handle.signal(
        "contact_made",
        await case.envelope("contact_made", "coordinator-1", {}, "too-early"),
    )
    await case.handle.signal("contact_made", "not an envelope")
    before_time: dict[str, object] = {"event_at": "0001-01-01T00:00:00+14:00"}
    envelope = await case.envelope(
        "contact_made", "coordinator-1", before_time, "before-all-time"
    )
    await case.handle.signal("contact_made", envelope)
    without_zone = envelope.model_dump(mode="json") | {"received_at": "2026-01-05"}
    await case.handle.signal("contact_made", without_zone)

    # A later message is answered only after the earlier ones were heard.
    await meet(case)
    refused = await case.said("refused")
    assert len(refused) == 4
    assert any("contact_made cannot be sent now" in text for text in refused)


async def test_a_message_that_nobody_can_read_is_told_to_the_administrator(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")

    await case.handle.signal("contact_made", "not an envelope")

    async def is_told() -> bool:
        return any("walnut" in name for name in await case.mails())

    await until(is_told)
    (text,) = await case.said("refused")
    assert text.startswith("A message was left that nobody can read")


async def test_cancelling_in_the_temporal_ui_means_withdrawn(weeks: "Agency") -> None:
    case = await weeks.open("B")

    await case.handle.cancel()

    assert (await case.result()).status == ConflictStatus.withdrawn
    assert await case.said("withdrawn") == ["Withdrawn: cancelled by an operator."]
    await case.keep_history("cancelled")


async def test_a_case_keeps_the_rules_it_was_opened_under(weeks: "Agency") -> None:
    case = await weeks.open("A")
    due_at = (await case.state()).due_at
    ladder = weeks.pack.conflict_policy.ladder("A")
    first, *others = ladder.rungs
    unlimited = ladder.model_copy(
        update={"rungs": (first.model_copy(update={"limit": None}), *others)}
    )
    conflict = weeks.pack.conflict_policy.model_copy(update={"ladders": (unlimited,)})
    newer = weeks.pack.model_copy(update={"policies": {"conflict": conflict}})

    other = await weeks.open("A", newer)

    assert (await other.state()).due_at is None
    assert (await case.state()).due_at == due_at


@pytest.mark.clause("CR-P-2")
@pytest.mark.long
async def test_without_a_limit_a_case_still_waits_after_ninety_days_and_is_not_called_late(
    weeks: "Agency",
) -> None:
    ladder = weeks.pack.conflict_policy.ladder("A")
    rungs = tuple(r.model_copy(update={"limit": None}) for r in ladder.rungs)
    ladder = ladder.model_copy(update={"rungs": rungs})
    conflict = weeks.pack.conflict_policy.model_copy(update={"ladders": (ladder,)})
    unlimited = weeks.pack.model_copy(update={"policies": {"conflict": conflict}})
    case = await weeks.open("A", unlimited)

    await case.pass_time(timedelta(days=90))

    state = await case.state()
    assert (state.status, state.step) == (ConflictStatus.open, "A1")
    assert {d.status for d in state.duties} == {DutyStatus.open}
    assert not await case.said("missed")


async def test_a_case_no_due_date_can_be_derived_for_waits_in_plain_sight(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A", calendar="burnt-in-the-fire")

    state = await case.state()
    assert (state.status, state.step) == (ConflictStatus.halted, "")
    [mend] = [duty for duty in state.duties if duty.is_open]
    assert mend.act == Act.mend_calendar
    assert mend.holders[0].role == "agency-administrator"
    assert "there are: always-open, milwaukee-county" in mend.text

    await case.pass_time(timedelta(hours=3))
    assert (await case.state()).status == ConflictStatus.halted
    assert len(await case.said("undated")) == 1
    await case.say("withdraw", CC, reason="it was a fire drill")
    assert (await case.result()).status == ConflictStatus.withdrawn
