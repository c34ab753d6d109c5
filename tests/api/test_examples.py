"""The worked examples of the choice guidelines, as the people of an agency live them through HTTP: S-1 to S-9."""

import pytest

from tests.api.intakes import (
    ACCESS,
    CMH_SUPERVISOR,
    FEMALE,
    MALE,
    accepted,
    opened,
    prefers,
    read,
    refused,
    said,
    say,
    somebody,
    with_worker,
)

MOTHER = {"name": "Parent Demo-Clover", "relation": "mother", "authorised": True}
AUNT = {"name": "Aunt Demo-Clover", "relation": "aunt", "authorised": False}


@pytest.mark.clause("CS-X-1")
async def test_s1_a_mother_asks_for_somebody_mature_and_is_honoured_or_told_why(
    service,
):
    case = await accepted(service, person=somebody(spokespersons=[MOTHER, AUNT]))
    aunt = [{"kind": "age", "words": "mature", "stated_by": "aunt"}]
    detail = await refused(
        service,
        CMH_SUPERVISOR,
        case,
        "preferences_recorded",
        status=422,
        preferences=aunt,
    )
    assert "client, mother" in detail
    await prefers(service, case, ("age", "mature", "mother"))
    unfit = {"assigned": "supports-coordinator-1", "basis": "preference"}

    ignored = await refused(
        service, CMH_SUPERVISOR, case, "coordinator_assigned", **unfit
    )
    partly = {"matches": [{"kind": "age", "honoured": "partly"}]}
    unexplained = await refused(
        service,
        CMH_SUPERVISOR,
        case,
        "coordinator_assigned",
        considered=["supports-coordinator-2"],
        **unfit,
        **partly,
    )
    done = await say(
        service,
        CMH_SUPERVISOR,
        case,
        "coordinator_assigned",
        considered=["supports-coordinator-2"],
        explanation="The other one has no room.",
        **unfit,
        **partly,
    )

    assert "CS-W-4" in ignored
    assert "CS-V-5" in unexplained
    letters = [n["kind"] for n in done["notices"] if n["receiver_seat"] == "client"]
    assert "client_explanation" in letters


@pytest.mark.clause("CS-X-2")
async def test_s2_without_a_wish_the_assessed_need_ranks_the_candidates(service):
    case = await accepted(service)
    need = {"need": "adaptive equipment purchasing"}
    await say(service, CMH_SUPERVISOR, case, "need_added", **need)
    await prefers(service, case)

    path = f"/intakes/{case['id']}/candidates"
    first = (await service.get(CMH_SUPERVISOR, path)).json()["items"][0]
    empty = await refused(
        service,
        CMH_SUPERVISOR,
        case,
        "coordinator_assigned",
        assigned="supports-coordinator-1",
    )

    assert first["candidate"]["seat"] == "supports-coordinator-1"
    assert any("adaptive equipment" in reason for reason in first["reasons"])
    assert "CS-G-3" in empty


@pytest.mark.clause("CS-X-3")
async def test_s3_a_review_that_wants_a_change_starts_one_and_it_is_handed_over(
    service,
):
    case = await with_worker(service)
    unmet = [{"expectation": "Calls are returned", "met": False}]
    asked = await say(
        service,
        FEMALE,
        case,
        "satisfaction_recorded",
        expectations=unmet,
        wants_change=True,
    )
    assert asked["facts"]["changes"][0]["outcome"] is None
    new = {"assigned": "supports-coordinator-2", "need": "autism"}
    new["basis"] = "assessed_need"
    detail = await refused(
        service, CMH_SUPERVISOR, case, "worker_changed", explanation="As asked.", **new
    )
    done = await say(
        service,
        CMH_SUPERVISOR,
        case,
        "worker_changed",
        explanation="As asked.",
        handover="All three met.",
        considered=["supports-coordinator-2"],
        **new,
    )

    assert "handed over" in detail
    assert [each["seat"] for each in done["facts"]["assignments"]] == [
        "supports-coordinator-1",
        "supports-coordinator-2",
    ]
    assert done["facts"]["changes"][0]["outcome"] == "honoured"


@pytest.mark.clause("CS-X-4")
async def test_s4_a_need_that_an_assessment_finds_is_matched_and_a_change_is_offered(
    service,
):
    case = await with_worker(service)
    await say(service, FEMALE, case, "other_worker_offered", answer="content")
    found = await say(
        service,
        FEMALE,
        case,
        "assessment_filed",
        name="Initial assessment",
        needs=["dual conditions"],
    )

    offers = [d for d in found["duties"] if d["act"] == "other_worker"]
    assert [duty["status"] for duty in offers] == ["met", "open"]
    assert len(found["facts"]["assignments"]) == 1
    path = f"/intakes/{case['id']}/candidates"
    ranked = (await service.get(CMH_SUPERVISOR, path)).json()["items"]
    matched = [each for each in ranked if "dual conditions" in str(each["reasons"])]
    assert matched[0]["candidate"]["seat"] == "supports-coordinator-2"


@pytest.mark.clause("CS-X-5")
async def test_s5_a_male_worker_is_asked_for_without_a_reason(service):
    case = await with_worker(service)
    wish = [{"kind": "gender", "words": "male"}]
    await say(service, FEMALE, case, "change_requested", by="client", preferences=wish)
    unable = {
        "outcome": "unable",
        "limited_by": "resources",
        "considered": ["supports-coordinator-2"],
        "explanation": "No room.",
    }
    detail = await refused(
        service, CMH_SUPERVISOR, case, "change_not_granted", status=422, **unable
    )
    done = await say(
        service,
        CMH_SUPERVISOR,
        case,
        "change_not_granted",
        revisit_on="2027-01-15",
        **unable,
    )

    assert "CS-V-2" in detail
    assert "revisit" in [d["act"] for d in done["duties"] if d["status"] == "open"]
    assert done["facts"]["assignments"][-1]["seat"] == "supports-coordinator-1"


@pytest.mark.clause("CS-X-6")
async def test_s6_somebody_who_returns_is_asked_for_the_former_worker_or_a_new_one(
    service,
):
    before = await with_worker(service)
    await say(service, FEMALE, before, "moved", reason="moved away")
    client = before["client"]["id"]

    again = await opened(service, ACCESS, program="csm", client=client)

    (former,) = again["facts"]["former"]
    assert (former["seat"], former["here"]) == ("supports-coordinator-1", True)
    assert again["facts"]["assignments"] == []
    answered = await say(
        service, ACCESS, again, "former_worker_answered", wants="former"
    )
    assert (answered["facts"]["wants"], answered["facts"]["assignments"]) == (
        "former",
        [],
    )


@pytest.mark.clause("CS-X-7")
async def test_s7_a_worker_asks_after_supervision_and_the_reason_stays_with_them(
    service,
):
    case = await with_worker(service)
    early = await refused(service, FEMALE, case, "change_requested", by="worker")
    await say(service, CMH_SUPERVISOR, case, "supervision_held", type="clinical")
    words = "I react too strongly"
    await say(service, FEMALE, case, "change_requested", by="worker", reason=words)

    assert "supervision_held" in early
    (seen,) = await said(service, CMH_SUPERVISOR, case, "worker_asks_change")
    (hidden,) = await said(service, ACCESS, case, "worker_asks_change")
    assert (seen["note"], hidden["note"]) == (words, "")
    assert words not in str(await read(service, ACCESS, case))


@pytest.mark.clause("CS-X-8")
async def test_s8_a_talk_clears_it_up_and_only_the_client_takes_it_back(service):
    case = await with_worker(service)
    wish = {"by": "client", "would_try_first": True}
    await say(service, CMH_SUPERVISOR, case, "change_requested", **wish)
    await say(service, CMH_SUPERVISOR, case, "resolution_meeting_held")

    detail = await refused(
        service, CMH_SUPERVISOR, case, "change_withdrawn", by="supervisor"
    )
    done = await say(service, CMH_SUPERVISOR, case, "change_withdrawn", by="client")

    assert "only the client" in detail
    change = done["facts"]["changes"][0]
    assert (change["outcome"], change["met"]) == ("withdrawn", True)
    assert done["facts"]["assignments"][-1]["seat"] == "supports-coordinator-1"
    assert not [
        d for d in done["duties"] if d["act"] == "change" and not d["discharge"]
    ]


@pytest.mark.clause("CS-X-9")
async def test_s9_what_is_asked_of_the_own_worker_is_the_supervisors_to_answer(service):
    case = await with_worker(service)
    asked = await say(service, FEMALE, case, "change_requested", by="client")

    (duty,) = [d for d in asked["duties"] if d["act"] == "change"]
    assert [holder["role"] for holder in duty["holders"]] == ["supervisor"]
    assert asked["facts"]["changes"][0]["asked_of"] == "Supports Coordinator"
    facts = {"outcome": "unable", "considered": ["x"], "explanation": "no"}
    for person in (FEMALE, MALE):
        status = 403 if person == FEMALE else 404
        await refused(
            service, person, case, "change_not_granted", status=status, **facts
        )
    other = {"assigned": "supports-coordinator-2", "need": "autism"}
    await refused(service, FEMALE, case, "worker_changed", status=403, **other)
