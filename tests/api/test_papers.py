"""Papers: what is printed for a client, and how each due date was found."""

import re

import pytest

from tests.api.careplans import WORKER, agreed, asked_for, begun
from tests.api.intakes import (
    ACCESS,
    CMH_SUPERVISOR,
    CRITERIA,
    FEMALE,
    accepted,
    opened,
    prefers,
    read,
    say,
    somebody,
    with_worker,
)
from throughcare.case.duty import Basis

WHY = "The worker with the skill you asked for has no room before spring."
CARELESS = "Between us: hard to please."
"""What somebody of the staff wrote, and no client is to read."""

HOME = "12 Demo-Elm Street, Milwaukee"


async def printed(service, person, case, paper, kind="intakes"):
    answer = await service.get(person, f"/{kind}/{case['id']}/{paper}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


def letters(case, kind):
    return [f"letters/{e['key']}" for e in case["notices"] if e["kind"] == kind]


async def letter(service, person, case, kind, of="intakes"):
    (paper,) = letters(case, kind)
    return await printed(service, person, case, paper, of)


async def half_honoured(service, **known):
    """Somebody whose wish for a worker could be honoured in part."""
    case = await accepted(service, person=somebody(address=HOME, **known))
    await prefers(service, case, ("gender", "a woman", "client"))
    match = {
        "assigned": "supports-coordinator-1",
        "basis": "preference",
        "matches": [{"kind": "gender", "honoured": "partly"}],
        "considered": ["supports-coordinator-1", "supports-coordinator-2"],
        "explanation": WHY,
        "note": CARELESS,
    }
    return await say(service, CMH_SUPERVISOR, case, "coordinator_assigned", **match)


@pytest.mark.clause("CS-V-5")
async def test_an_explanation_is_printed_in_the_clients_language_with_name_and_address(
    service,
):
    case = await half_honoured(service, language="es")

    paper = await letter(service, CMH_SUPERVISOR, case, "client_explanation")

    assert '<html lang="es">' in paper
    assert "Hola" in paper
    assert "<h2>Qué decidimos y por qué</h2>" in paper
    for said in (case["client"]["name"], HOME, WHY, "Wraparound Milwaukee"):
        assert said in paper
    title = next(s["title"] for s in case["seats"] if s["role"] == "supervisor")
    assert f'<span lang="en">{title}</span>' in paper
    assert CARELESS not in paper


async def test_what_a_language_has_no_words_for_is_printed_in_the_packs_own(service):
    case = await half_honoured(service, language="hmn")

    paper = await letter(service, CMH_SUPERVISOR, case, "client_explanation")

    assert '<html lang="en">' in paper
    assert "<h2>What we decided, and why</h2>" in paper


async def test_a_letter_that_explains_nothing_has_no_heading_for_it(service):
    case = await half_honoured(service)

    paper = await letter(service, CMH_SUPERVISOR, case, "client_worker")

    assert "<h1>" in paper
    assert "<h2>" not in paper
    assert WHY not in paper


async def test_whoever_is_not_eligible_reads_why_and_where_to_turn(service):
    case = await opened(service, ACCESS, program="csm")
    needs = {"needs": ["help with appointments"], "record_entry": "record/1"}
    await say(service, ACCESS, case, "need_determined", **needs)
    answers = dict.fromkeys(CRITERIA, False)
    case = await say(
        service,
        ACCESS,
        case,
        "eligibility_determined",
        population="developmental-disability",
        answers=answers,
        eligible=False,
        reasons="Another program serves you better.",
        note=CARELESS,
    )

    paper = await letter(service, ACCESS, case, "client_decision")

    assert "Another program serves you better." in paper
    assert "ask the agency&#39;s customer services to look at it again" in paper
    assert CARELESS not in paper


@pytest.mark.clause("CS-V-8")
async def test_a_wish_for_another_worker_is_answered_on_paper_each_time(service):
    case = await with_worker(service)
    for answer in ("First: nobody has room.", "Second: still nobody has room."):
        await say(service, CMH_SUPERVISOR, case, "change_requested", by="client")
        refusal = {
            "outcome": "unable",
            "considered": ["supports-coordinator-2"],
            "explanation": answer,
            "note": CARELESS,
        }
        await say(service, CMH_SUPERVISOR, case, "change_not_granted", **refusal)
    case = await read(service, CMH_SUPERVISOR, case)

    first, second = [
        await printed(service, CMH_SUPERVISOR, case, paper)
        for paper in letters(case, "client_change")
    ]

    assert "First: nobody has room." in first
    assert "Second: still nobody has room." in second
    assert not any(CARELESS in paper for paper in (first, second))


@pytest.mark.clause("CS-V-6")
@pytest.mark.clause("CS-X-7")
async def test_what_a_worker_wrote_of_themselves_or_as_their_reason_is_on_no_paper(
    service,
):
    case = await with_worker(service)
    await say(service, FEMALE, case, "self_assessed", reflection=CARELESS)
    await say(service, FEMALE, case, "change_requested", by="worker", reason=CARELESS)
    answer = {"outcome": "unable", "considered": ["supports-coordinator-2"]}
    answer["explanation"] = "Your worker stays with you."
    case = await say(service, CMH_SUPERVISOR, case, "change_not_granted", **answer)

    papers = [
        "due-dates",
        *(
            f"letters/{e['key']}"
            for e in case["notices"]
            if e["kind"].startswith("client_")
        ),
    ]
    texts = [await printed(service, CMH_SUPERVISOR, case, each) for each in papers]

    assert len(texts) > 2
    assert not any(CARELESS in text for text in texts)


async def test_papers_are_for_those_who_may_see_the_case_and_of_that_case(service):
    case, another = await half_honoured(service), await opened(service)
    (paper,) = letters(case, "client_explanation")
    to_staff = next(e["key"] for e in case["notices"] if e["kind"] == "duty_opened")

    for person, path in (
        ("alder", f"intakes/{case['id']}/{paper}"),
        ("alder", f"intakes/{case['id']}/due-dates"),
        ("aspen", f"intakes/{another['id']}/{paper}"),
        (CMH_SUPERVISOR, f"intakes/{case['id']}/letters/{to_staff}"),
        (CMH_SUPERVISOR, f"intakes/{case['id']}/letters/none"),
        (CMH_SUPERVISOR, f"care-plans/{case['id']}/{paper}"),
        (CMH_SUPERVISOR, f"care-plans/{case['id']}/due-dates"),
        (CMH_SUPERVISOR, f"conflicts/{case['id']}/due-dates"),
    ):
        answer = await service.get(person, f"/{path}")

        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


# -- due dates --------------------------------------------------------------------------------------------------------


def cells(paper):
    """The rows of the table, as lists of what stands in their cells."""
    rows = re.findall(r"<tr>(.*?)</tr>", paper)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


@pytest.mark.clause("CP-N-2")
async def test_every_due_date_says_whose_it_is_whose_limit_and_how_it_was_found(
    service,
):
    case = await opened(service, screen={"emergency": False})
    case = await say(service, "aspen", case, "consents_received")

    paper = await printed(service, "hawthorn", case, "due-dates")

    heads, *rows = cells(paper)
    assert heads[0] == "Clause"
    dated = [duty for duty in case["duties"] if duty["due_at"]]
    assert len(rows) == len(dated) > 0
    shown = {row[0]: row for row in rows}
    assert "Supervisor Demo-Hawthorn" in shown["CP-N-2"][2]
    assert shown["CP-N-2"][4] == "the policy&#39;s"
    assert paper.count('<th scope="col">') == 6
    assert paper.count('<th scope="row">') == len(rows)
    assert "Counted from" in paper
    assert "America/Chicago" in paper
    for duty in dated:
        assert duty["receipt"].split(". ")[0].rstrip(".").replace("'", "&#39;") in paper


async def test_a_conflicts_days_that_were_skipped_are_listed_with_their_reason(service):
    case = await service.opened()

    paper = await printed(service, "alder", case, "due-dates", "conflicts")

    assert "<h3>How it was found, step by step</h3>" in paper
    assert re.search(r"<li>.* skipped: .*</li>", paper)
    whose = Basis.agency.whose.replace("'", "&#39;")
    assert {row[4] for row in cells(paper)[1:]} == {whose}
    assert case["youth"] not in paper
    assert case["subject"] not in paper


async def test_a_care_plan_tells_when_its_review_is_due_and_whose_limit_that_is(
    service,
):
    plan = await begun(service)

    paper = await printed(service, WORKER, plan, "due-dates", "care-plans")

    assert f"Due dates of care plan {plan['id'][-6:]}" in paper
    assert {row[4] for row in cells(paper)[1:]} == {"the policy&#39;s"}


async def test_a_request_without_a_due_date_says_so(service):
    request = await asked_for(service, await agreed(service))

    paper = await printed(service, WORKER, request, "due-dates", "service-requests")

    assert f"Due dates of service request {request['id'][-6:]}" in paper
    assert "Nothing in this case has a due date." in paper


async def test_the_page_of_due_dates_shows_how_the_policy_is_read(service):
    case = await service.opened()

    page = (await service.get("alder", f"/conflicts/{case['id']}/due-dates")).text

    assert "How the policy is read here" in page
    assert "Q-17 (" in page
    assert "Q-22 (CR-C-3)" not in page


NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


async def test_what_is_printed_about_a_client_of_a_recovery_program_carries_the_notice(
    service,
):
    """42 CFR 2.32."""
    case = await opened(service, person=somebody(address=HOME))
    case = await say(service, "aspen", case, "decline", reason="Found other help.")

    dues = await printed(service, "aspen", case, "due-dates")
    written = await letter(service, "aspen", case, "client_closed")

    assert NOTICE in dues
    assert NOTICE in written


async def test_what_is_printed_of_another_program_does_not(service):
    case = await accepted(service, person=somebody(address=HOME))

    assert "42 CFR" not in await printed(service, ACCESS, case, "due-dates")
