"""Cases that end in another, begin anew, move to another version or are taken up again, as Temporal runs them."""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from tests.waiting import until
from throughcare.case.duty import DutyStatus
from throughcare.case.wire import workflow_id
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.store.rows import rows
from throughcare.store.tables import CaseLinkRow
from workflows.conflict import ConflictWorkflow

if TYPE_CHECKING:
    from tests.workflows.conftest import Agency, Case

CC, HSW, ADMINISTRATOR = (
    "care-coordinator",
    "human-service-worker",
    "agency-administrator",
)
WHY = "a reason"


async def settle(case: "Case") -> None:
    await case.say(
        "meeting_held", CC, attendees=await case.seats(CC, HSW), outcome="agreement"
    )
    await case.say("agreement_reached", HSW)


async def links(agency: "Agency", case_id: str) -> dict[str, str]:
    mine = select(CaseLinkRow).where(CaseLinkRow.case_id == case_id)
    found = await agency.database.read(rows, mine)
    return {row.other_id: row.relation for row in found}


async def test_a_closed_case_is_taken_up_again_under_its_id_with_all_it_had(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")
    await settle(case)
    await case.result()
    before = await case.handle.query(ConflictWorkflow.whole)

    again = await weeks.take_up(case, "agreement_broken", reason=WHY)

    async def is_open() -> bool:
        return (await again.state()).step == "A1" and not (
            await again.state()
        ).closed_at

    await until(is_open)
    whole = await again.handle.query(ConflictWorkflow.whole)
    assert (whole.status, whole.level) == (ConflictStatus.open, 1)
    assert whole.version > before.version
    assert len(whole.duties) == len(before.duties) + 2
    assert [e.seq for e in whole.entries] == list(range(1, len(whole.entries) + 1))
    assert whole.entries[: len(before.entries)] == before.entries
    await again.keep_history("taken-up-again")
    await settle(again)
    assert (await again.result()).status == ConflictStatus.agreed


async def test_a_case_taken_up_again_climbs_by_a_clock_of_its_own(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")
    await case.say("withdraw", CC, reason=WHY)
    await case.result()
    await weeks.env.sleep(timedelta(days=60))

    again = await weeks.take_up(case, "reopen", reason=WHY)

    async def has_a_clock() -> bool:
        return (await again.state()).due_at is not None

    await until(has_a_clock)
    due_at = (await again.state()).due_at
    now = await weeks.env.get_current_time()
    assert due_at and due_at > now
    await weeks.env.sleep(due_at - now + timedelta(minutes=1))
    assert (await again.state()).step == "A2"
    assert len(await again.said("lapsed")) == 1


async def test_a_merged_case_ends_and_the_one_that_goes_on_hears_of_it(
    weeks: "Agency",
) -> None:
    kept, double = await weeks.open("A"), await weeks.open("A")

    await double.say("merge", CC, into=kept.id, reason=WHY)

    async def is_told() -> bool:
        return await links(weeks, kept.id) == {double.id: "absorbed"}

    await until(is_told)
    assert await links(weeks, double.id) == {kept.id: "merged_into"}
    assert (await double.result()).status == ConflictStatus.merged
    await double.keep_history("merged")
    assert (await kept.state()).status == ConflictStatus.open


async def test_a_merge_into_a_case_that_is_over_says_so(weeks: "Agency") -> None:
    over, double = await weeks.open("A"), await weeks.open("A")
    await settle(over)
    await over.result()

    await double.say("merge", CC, into=over.id, reason=WHY)

    assert len(await double.said("link_failed")) == 1
    assert (await double.result()).status == ConflictStatus.merged


async def test_a_refiled_case_begins_anew_as_a_child_that_goes_its_own_way(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")
    opening = await weeks.opening("B")
    about = opening.about.model_copy(update={"refiled_from": case.id})
    opening = opening.model_copy(update={"about": about})

    await case.say(
        "refile",
        CC,
        reason=WHY,
        case=opening.case_id,
        ladder="B",
        opening=opening.model_dump(mode="json"),
    )

    new = type(case)(
        weeks,
        weeks.client.get_workflow_handle_for(
            ConflictWorkflow.run, workflow_id("conflict", opening.case_id)
        ),
    )
    await case.result()
    await case.keep_history("refiled")

    async def has_begun() -> bool:
        return (await new.state()).step == "B1"

    await until(has_begun)
    assert set(await links(weeks, opening.case_id)) == {case.id}


async def test_a_moved_case_lapses_by_its_new_clock(weeks: "Agency") -> None:
    case = await weeks.open("A")
    before = (await case.state()).due_at
    policy = weeks.pack.conflict_policy
    ladder = policy.ladder("A")
    limit = ladder.rungs[0].limit
    assert limit is not None
    shorter = type(limit).model_validate(
        limit.model_dump(mode="json") | {"within": "P1D", "remind": None}
    )
    rungs = (ladder.rungs[0].model_copy(update={"limit": shorter}), *ladder.rungs[1:])
    newer = policy.model_copy(
        update={"ladders": (ladder.model_copy(update={"rungs": rungs}),)}
    )

    await case.say(
        "move_to_version",
        ADMINISTRATOR,
        reason=WHY,
        pack="milwaukee-wraparound",
        version=2,
        digest="0" * 12,
        policy=newer.model_dump(mode="json"),
    )

    state = await case.state()
    assert state.due_at and before and state.due_at < before
    assert state.pack.version == 2
    await case.keep_history("moved-to-a-version")
    now = await weeks.env.get_current_time()
    await weeks.env.sleep(state.due_at - now + timedelta(minutes=1))
    assert (await case.state()).step == "A2"
    assert [d.status for d in await case.duties("CR-A-1")] == [DutyStatus.missed] * 2


async def test_a_recused_worker_is_replaced_for_this_case_by_the_administrator(
    weeks: "Agency",
) -> None:
    case = await weeks.open("A")
    due_at = (await case.state()).due_at

    await case.say("recuse", CC, role=CC, reason=WHY)
    await case.say(
        "assign_seat", ADMINISTRATOR, role=CC, assigned="coordinator-2", reason=WHY
    )

    state = await case.state()
    assert state.due_at == due_at
    assert await case.seat(CC) == "coordinator-2"
    assert [d.status for d in state.duties if d.act == "fill_seat"] == [DutyStatus.met]
    await case.keep_history("recused-and-assigned")
