"""Cases mended over HTTP: somebody else's word, corrections, cases taken up again, merged, refiled and moved."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.conftest import MEETING
from tests.waiting import until

WHY = {"reason": "a reason"}
AN_HOUR_AGO = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
BY_PHONE = {"seat": "human-service-worker", "how": "by phone", "said_at": AN_HOUR_AGO}


async def entries(service, person, case, kind):
    answer = await service.get(person, f"/conflicts/{case['id']}/timeline", limit="100")
    return [each for each in answer.json()["items"] if each["kind"] == kind]


async def settled(service):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", **MEETING, outcome="agreement")
    answer = await service.say("ironwood", case, "agreement_reached")
    assert answer.json()["status"] == "agreed", answer.text
    return case


# -- somebody else's word ------------------------------------------------------------------------------------------------


async def test_a_word_by_phone_is_entered_for_the_other_agency_and_marked_so(service):
    case = await service.opened()

    answer = await service.say(
        "alder", case, "meeting_held", **MEETING, attested=BY_PHONE
    )

    assert answer.status_code == 200, answer.text
    (entry,) = await entries(service, "alder", case, "meeting_held")
    assert entry["capacity"] == "attested"
    assert entry["person"]["id"] == "ironwood"
    assert entry["attested"]["entered_by"]["id"] == "alder"
    assert entry["attested"]["how"] == "by phone"
    assert entry["event_at"] == entry["attested"]["said_at"]


async def test_one_person_does_not_agree_and_attest_the_other_sides_agreement(service):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", **MEETING, outcome="agreement")

    answer = await service.say("alder", case, "agreement_reached", attested=BY_PHONE)

    assert answer.status_code == 409
    assert "One person cannot agree for both sides" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("person", "attested", "status", "says"),
    [
        ("alder", BY_PHONE | {"seat": "coordinator-supervisor-1"}, 422, "seat of this"),
        ("alder", BY_PHONE | {"seat": "coordinator-1"}, 422, "another agency"),
        ("alder", BY_PHONE | {"told_to": "nobody"}, 422, "told_to"),
        ("alder", BY_PHONE | {"said_at": "2126-01-01T00:00:00Z"}, 422, "future"),
        ("alder", BY_PHONE | {"how": ""}, 422, "how"),
    ],
    ids=["no part", "own agency", "stranger", "future", "blank"],
)
async def test_a_word_that_cannot_be_entered_is_refused_in_words(
    service, person, attested, status, says
):
    case = await service.opened()

    answer = await service.say(
        person, case, "meeting_held", **MEETING, attested=attested
    )

    assert answer.status_code == status, answer.text
    assert says in answer.text


# -- corrections -----------------------------------------------------------------------------------------------------


async def test_a_correction_names_the_entry_it_corrects(service):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", **MEETING)
    (entry,) = await entries(service, "alder", case, "meeting_held")

    answer = await service.say(
        "alder", case, "correct_entry", entry=entry["seq"], correction="at noon"
    )

    assert answer.status_code == 200, answer.text
    (corrected,) = await entries(service, "alder", case, "corrected")
    assert (corrected["corrects"], corrected["note"]) == (entry["seq"], "at noon")


# -- taken up again --------------------------------------------------------------------------------------------------


async def test_a_broken_agreement_takes_a_closed_case_up_again_and_it_can_close_anew(
    service,
):
    case = await settled(service)

    answer = await service.say("ironwood", case, "agreement_broken", **WHY)

    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert (page["status"], page["step"], page["closed_at"]) == ("open", "A1", None)
    await service.say("alder", case, "meeting_held", **MEETING, outcome="agreement")
    again = await service.say("ironwood", case, "agreement_reached")
    assert again.json()["status"] == "agreed", again.text
    seqs = [
        each["seq"]
        for kind in ("opened", "agreed", "agreement_broken")
        for each in await entries(service, "alder", case, kind)
    ]
    assert len(seqs) == len(set(seqs)) == 4


@pytest.mark.both_databases
async def test_the_same_message_twice_takes_a_case_up_once(service):
    case = await settled(service)

    first = await service.say("alder", case, "agreement_broken", key="once", **WHY)
    second = await service.say("alder", case, "agreement_broken", key="once", **WHY)

    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert len(await entries(service, "alder", case, "agreement_broken")) == 1


async def test_a_closed_case_refuses_what_cannot_be_heard_before_anything_is_started(
    service,
):
    case = await settled(service)

    late = await service.say("alder", case, "withdraw", **WHY)
    wrong = await service.say("alder", case, "reopen", **WHY)
    stranger = await service.say(
        "alder", case, "correct_entry", entry=99, correction="x"
    )

    assert [late.status_code, wrong.status_code, stranger.status_code] == [
        409,
        409,
        422,
    ]
    assert "closed (agreed)" in late.json()["detail"]
    assert await entries(service, "alder", case, "refused") == []


async def test_an_entry_of_a_closed_case_is_corrected_and_the_case_stays_closed(
    service,
):
    case = await settled(service)

    answer = await service.say("alder", case, "correct_entry", entry=1, correction="so")

    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "agreed"
    assert len(await entries(service, "alder", case, "corrected")) == 1


# -- parts -----------------------------------------------------------------------------------------------------------


async def test_the_administrator_names_another_seat_for_a_part_and_only_a_fitting_one(
    service,
):
    case = await service.opened()
    part = {"role": "care-coordinator", **WHY}

    wrong = await service.say(
        "walnut", case, "assign_seat", assigned="human-service-worker", **part
    )
    none = await service.say("walnut", case, "assign_seat", assigned="nowhere", **part)
    right = await service.say(
        "walnut", case, "assign_seat", assigned="coordinator-2", **part
    )

    assert wrong.status_code == none.status_code == 422
    assert "cannot take the part of Care Coordinator" in wrong.text
    assert right.status_code == 200, right.text
    seats = {each["role"]: each["seat"] for each in right.json()["seats"]}
    assert seats["care-coordinator"] == "coordinator-2"
    holders = [
        each["seat"] for duty in right.json()["duties"] for each in duty["holders"]
    ]
    assert "coordinator-2" in holders and "coordinator-1" not in holders


async def test_a_recused_worker_leaves_a_duty_to_fill_the_seat(service):
    case = await service.opened()

    answer = await service.say("alder", case, "recuse", role="care-coordinator", **WHY)

    assert answer.status_code == 204, answer.text
    page = await service.get("walnut", f"/conflicts/{case['id']}")
    acts = {each["act"]: each["text"] for each in page.json()["duties"]}
    assert "recused" in acts["fill_seat"]
    refused = await service.say("alder", case, "meeting_held", **MEETING)
    assert refused.status_code == 403
    assert refused.json()["detail"].startswith("You are recused from this case")


@pytest.fixture
async def recused(service):
    """A case that alder was made to step back from, and what came after."""
    case = await service.opened(subject="Whose turn it is to fetch the twins")
    by_alder = {"role": "care-coordinator", **WHY}
    answer = await service.say("walnut", case, "recuse", **by_alder)
    assert answer.status_code == 200, answer.text
    after = {"role": "care-coordinator", "assigned": "coordinator-2", **WHY}
    await service.say("walnut", case, "assign_seat", **after)
    return case


@pytest.mark.parametrize(
    "of_it",
    ["", "/timeline", "/due-dates", "/links", "/messages/anything"],
    ids=["page", "timeline", "due dates", "links", "messages"],
)
async def test_somebody_recused_reads_nothing_of_the_case_and_is_told_why(
    service, recused, of_it
):
    answer = await service.get("alder", f"/conflicts/{recused['id']}{of_it}")

    assert answer.status_code == 403
    assert "You are recused from this case" in answer.json()["detail"]
    assert "successor" not in answer.text


async def test_somebody_recused_finds_the_case_in_no_list_count_or_feed(
    service, recused
):
    found = {}
    for path, asked in {
        "/cases": {"limit": "100"},
        "/conflicts": {"limit": "100"},
        "/duties": {"mine": "true", "limit": "100"},
        "/duties ": {"case": recused["id"]},
        "/duties  ": {"seat": "coordinator-1", "limit": "100"},
        "/reports/ageing": {},
        "/messages": {"limit": "100"},
    }.items():
        answer = await service.get("alder", path.strip(), **asked)
        assert answer.status_code == 200, answer.text
        found[path] = recused["id"] in answer.text
    words = {"text": "fetch the twins"}
    search = await service.post("alder", "/cases/search", words)
    counts = await service.get("alder", "/duties/counts", case=recused["id"])

    assert not any(found.values()), found
    assert search.json()["items"] == []
    assert set(counts.json().values()) == {0}


async def test_changes_of_a_case_are_no_news_to_somebody_recused(service, recused):
    start = (await service.get("alder", "/cases/changes")).json()["after"]
    await service.say("walnut", recused, "withdraw", **WHY)
    other = await service.opened()

    changed = await service.get("alder", "/cases/changes", after=start, limit="100")

    cases = {each["case"] for each in changed.json()["items"]}
    assert other["id"] in cases and recused["id"] not in cases


async def test_the_successor_and_the_administrator_read_on_after_a_recusal(
    service, recused
):
    for person in ("elm", "walnut"):
        page = await service.get(person, f"/conflicts/{recused['id']}")
        assert page.status_code == 200, page.text


# -- more than one case ------------------------------------------------------------------------------------------------


@pytest.mark.clause("CR-N-2")
async def test_a_second_opening_about_the_same_youth_between_the_same_seats_is_tied(
    service,
):
    first = await service.opened()
    youth = first["youth"]

    second = await service.opened(youth=f" {youth.upper()} ")
    other = await service.opened(youth=f"{youth}-2")

    assert second["links"] == [{"case": first["id"], "relation": "same_dispute"}]
    assert other["links"] == []
    assert second["status"] == "open"

    async def is_told():
        page = (await service.get("alder", f"/conflicts/{first['id']}")).json()
        return page["links"] == [{"case": second["id"], "relation": "same_dispute"}]

    await until(is_told)
    assert len(await entries(service, "alder", first, "linked")) == 1


async def test_a_dispute_that_is_over_ties_no_new_one(service):
    over = await settled(service)

    assert (await service.opened(youth=over["youth"]))["links"] == []


@pytest.mark.both_databases
async def test_two_openings_of_one_dispute_become_one_case_and_name_each_other(service):
    kept = await service.opened()
    double = await service.opened(youth=kept["youth"])

    answer = await service.say("alder", double, "merge", into=kept["id"], **WHY)

    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "merged"
    same = {"case": kept["id"], "relation": "same_dispute"}
    link = {"case": kept["id"], "relation": "merged_into"}
    assert answer.json()["links"] == [link, same]

    async def is_told():
        page = (await service.get("alder", f"/conflicts/{kept['id']}")).json()
        return {"case": double["id"], "relation": "absorbed"} in page["links"]

    await until(is_told)
    tied = [e["text"] for e in await entries(service, "alder", kept, "linked")]
    assert any("merged into this one" in each for each in tied)


async def test_a_case_is_merged_only_into_an_open_one_between_the_same_two_seats(
    service,
):
    case = await service.opened()
    other_seats = await service.opened(counterpart_seat="network-provider")
    closed = await settled(service)

    answers = [
        await service.say("alder", case, "merge", into=into, **WHY)
        for into in (other_seats["id"], closed["id"], case["id"], "nothing")
    ]

    assert [answer.status_code for answer in answers] == [422] * 4
    assert "between other seats" in answers[0].text
    assert "closed" in answers[1].text


async def test_a_case_on_the_wrong_ladder_begins_anew_on_the_right_one(service):
    case = await service.opened()
    seats = {
        "coordinator_seat": "coordinator-1",
        "counterpart_seat": "network-provider",
    }

    answer = await service.say("alder", case, "refile", key="k", **seats, **WHY)
    again = await service.say("alder", case, "refile", key="k", **seats, **WHY)

    assert answer.status_code == 200, answer.text
    assert again.json() == answer.json()
    page = answer.json()
    assert page["status"] == "refiled"
    (link,) = page["links"]
    assert link["relation"] == "refiled_as"

    async def has_begun():
        return (
            await service.get("alder", f"/conflicts/{link['case']}")
        ).status_code == 200

    await until(has_begun)
    new = (await service.get("alder", f"/conflicts/{link['case']}")).json()
    assert (new["ladder"], new["step"], new["youth"]) == ("C", "C1", case["youth"])
    assert new["links"] == [{"case": case["id"], "relation": "refiled_from"}]


async def test_a_case_is_not_filed_anew_where_it_already_is(service):
    case = await service.opened()

    answer = await service.say(
        "alder",
        case,
        "refile",
        coordinator_seat="coordinator-1",
        counterpart_seat="human-service-worker",
        **WHY,
    )

    assert answer.status_code == 422
    assert "already is" in answer.text
