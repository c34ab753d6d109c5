"""The whole product, HTTP in and HTTP out: cases that people settle, that nobody touches, and that outlive their parts."""

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.product import Product, is_alive
from tests.waiting import until
from throughcare.packs.reading import load_pack

WITHIN = timedelta(seconds=3)
"""How late a timer may be noted on a busy machine."""


@pytest.fixture(scope="module")
async def untouched(product):
    """A case opened before everything else, which climbs while the other tests run."""
    return await product.opened()


def instant(text):
    return datetime.fromisoformat(text)


def lapses(timeline):
    return [entry for entry in timeline if entry["kind"] == "lapsed"]


def receivers(mails, subject):
    return {mail["To"] for mail in mails if subject in mail["Subject"]}


@pytest.mark.clause("CR-A-1")
async def test_two_workers_who_meet_and_agree_settle_their_case(product, untouched):
    case = await product.opened()
    mine = await product.get("ironwood", "/duties", mine=True, case=case)
    assert [duty["act"] for duty in mine["items"]] == ["meeting", "outcome"]

    workers = ["coordinator-1", "human-service-worker"]
    answers = [
        await product.say("alder", case, "meeting_held", attendees=workers),
        await product.say("alder", case, "agreement_reached", terms="By turns"),
        await product.say("ironwood", case, "agreement_reached"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json()["status"] for answer in answers] == ["open", "open", "agreed"]
    settled = await product.case(case)
    assert (settled["status"], settled["step"]) == ("agreed", "A1")
    assert {duty["status"] for duty in settled["duties"]} == {"met"}
    told = [entry["kind"] for entry in await product.timeline(case)]
    assert [kind for kind in told if kind in ("opened", "meeting_held", "agreed")] == [
        "opened",
        "meeting_held",
        "agreed",
    ]
    mine = await product.get("ironwood", "/duties", mine=True, case=case)
    assert mine["items"] == []

    async def both_heard_of_it():
        return len(receivers(product.mails(case), "is settled")) == 2

    await until(both_heard_of_it)
    assert receivers(product.mails(case), "is settled") == {
        "alder@coordination.example",
        "ironwood@cyfs.example",
    }


async def test_a_case_nobody_touches_climbs_to_the_top_by_its_timers_and_stays_there(
    product, untouched
):
    async def is_reported_twice():
        # Each time to two: whoever may close it, and quality assurance.
        return product.count_mails("is-unresolved-at-the-top") >= 4

    await until(is_reported_twice, 60)
    case = await product.case(untouched)
    assert (case["status"], case["step"], case["level"]) == (
        "unresolved_at_top",
        "A5",
        5,
    )
    timeline = await product.timeline(untouched)
    assert [entry["step"] for entry in lapses(timeline)] == [
        "A1",
        "A2",
        "A3",
        "A4",
        "A5",
    ]
    assert all(
        timedelta(0) <= instant(entry["at"]) - instant(entry["event_at"]) < WITHIN
        for entry in lapses(timeline)
    )


async def test_every_rung_tells_its_people_in_the_order_of_the_policy(
    product, untouched
):
    pack = load_pack(product.state.parent / "policies" / "milwaukee-wraparound")
    rungs = pack.conflict_policy.ladder("A").rungs
    people = {
        seat["role"]: seat["person"]["id"]
        for seat in (await product.case(untouched))["seats"]
    }
    asked = [
        {(passing.clause, people[passing.receiver]) for passing in rung.notices}
        for rung in rungs
        if rung.notices
    ]

    told = [
        (
            mail.get_content().split("Sent under ")[1].split(".")[0],
            mail["To"].split("@")[0],
        )
        for mail in product.mails(untouched)
        if "no agreement so far" in mail["Subject"]
    ]

    assert [len(each) for each in asked] == [2, 2, 2]
    assert [set(told[:2]), set(told[2:4]), set(told[4:])] == asked


@pytest.mark.long
async def test_cases_interrupted_by_ctrl_c_go_on_at_the_next_start_with_their_timers_on_time(
    product,
):
    cases = [await product.opened("dmcps-case-manager") for _ in range(10)]
    before = [await product.case(case) for case in cases]
    parts = product.pids().values()

    assert await product.stop() == 0, product.said
    assert "Every case goes on at the next start." in product.said
    assert not any(is_alive(pid) for pid in parts)

    await product.start()
    runs_again_at = datetime.now(UTC)
    assert all(instant(case["due_at"]) > runs_again_at for case in before)
    for case in before:
        assert (await product.case(case["id"]))["due_at"] == case["due_at"]

    async def all_climbed():
        found = await product.get("tamarack", "/conflicts", ladder="B", step="B2")
        return len(found["items"]) == len(cases)

    await until(all_climbed, 60)
    for case in before:
        [lapse] = lapses(await product.timeline(case["id"]))
        late = instant(lapse["at"]) - instant(case["due_at"])
        assert timedelta(0) <= late < WITHIN

    async def all_are_told():
        return all(
            len(receivers(product.mails(case), "no agreement so far")) == 2
            for case in cases
        )

    await until(all_are_told)
    sent = [mail["Message-ID"] for mail in product.mails()]
    assert len(sent) == len(set(sent))


async def test_a_second_start_from_the_same_state_is_refused_and_harms_nothing(
    product, tmp_path
):
    second = Product(tmp_path, STATE=product.state)
    await second.launch()

    assert await second.ends() == 2
    assert second.said == (
        f"Throughcare already runs from {product.state}. "
        "Stop it there, or set THROUGHCARE_STATE to another folder.\n"
    )
    assert all(is_alive(pid) for pid in product.pids().values())


async def test_a_message_left_while_the_worker_is_dead_is_applied_once_when_it_is_back(
    product,
):
    case = await product.opened("network-provider")
    workers = ["coordinator-1", "network-provider"]
    await product.say("alder", case, "meeting_held", attendees=workers)
    await product.say("alder", case, "agreement_reached")

    # The first time it is back before anybody notices.
    os.kill(product.pids()["worker"], signal.SIGKILL)
    await product.says("Started the worker again")
    os.kill(product.pids()["worker"], signal.SIGKILL)
    await product.says("The worker died (killed by SIGKILL).", times=2)
    answer = await product.say("quince", case, "agreement_reached")
    assert (answer.status_code, answer.json().get("outcome")) == (202, "recorded")

    await product.says("Started the worker again", times=2)

    async def is_applied():
        left = await product.get("quince", answer.headers["Location"])
        return left["outcome"] == "applied"

    await until(is_applied, 30)
    assert (await product.case(case))["status"] == "agreed"
    kinds = [entry["kind"] for entry in await product.timeline(case)]
    assert kinds.count("agreed") == 1


async def test_a_temporal_server_that_is_killed_comes_back_with_every_case(product):
    case = await product.opened("network-provider")
    os.kill(product.pids()["Temporal server"], signal.SIGKILL)
    await product.says("Started the Temporal server again")

    async def hears():
        answer = await product.say("alder", case, "withdraw", reason="It was nothing")
        return answer.status_code == 200

    await until(hears, 30)
    assert (await product.case(case))["status"] == "withdrawn"


async def test_what_a_killed_product_left_running_is_ended_by_the_next_start(product):
    case = await product.opened("network-provider")
    left = product.pids()

    product.process.kill()
    await product.ends()
    assert all(is_alive(pid) for pid in left.values())

    await product.start()
    for name, pid in left.items():
        assert (
            f"Stopping the {name} (process {pid}), left over from before."
            in product.said
        )
        assert not is_alive(pid)
    answer = await product.say("alder", case, "withdraw", reason="It was nothing")
    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
