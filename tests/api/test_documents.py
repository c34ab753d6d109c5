"""A care plan as PDF, as an invitation and as FHIR, behind HTTP: what they hold, and who may have them."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from icalendar import Calendar
from pypdf import PdfReader

from tests.api.careplans import (
    CLIENT,
    WORKER,
    agreed,
    ahead,
    asked_for,
    begun,
    met,
    put_forward,
    seen,
    signed,
    tell,
    written,
)


async def given(service, plan, document, person=WORKER, kind="care-plans"):
    answer = await service.get(person, f"/{kind}/{plan['id']}/{document}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer


async def printed(service, plan, document, kind="care-plans"):
    """What can be read on the paper."""
    answer = await given(service, plan, f"{document}/pdf", kind=kind)
    assert answer.headers["content-type"] == "application/pdf"
    pages = [page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages]
    return re.sub(r"\s+", " ", " ".join(pages))


async def proposed(service):
    """A plan its team has written, put forward and not signed yet, and that version."""
    plan = await begun(service)
    await met(service, plan)
    await written(service, plan)
    return plan, await put_forward(service, plan)


@pytest.mark.clause("CP-C-j")
async def test_a_version_is_printed_to_be_signed_and_shows_who_has_signed(service):
    plan, version = await proposed(service)
    path = f"plan/versions/{version['number']}"

    before = await printed(service, plan, path)
    await signed(service, plan, version, CLIENT)
    after = await printed(service, plan, path)

    name = (await seen(service, plan))["client"]["name"]
    for said in (name, version["digest"], "A door I can lock.", "The family center"):
        assert said in before
    assert before.count("Signature Date") == 2
    assert after.count("Signature Date") == 1
    assert "on paper" in after


async def test_a_version_is_the_same_file_each_time(service):
    plan, version = await proposed(service)
    path = f"plan/versions/{version['number']}/pdf"

    once, again = [(await given(service, plan, path)).content for _ in range(2)]

    assert once == again


async def test_the_name_of_a_document_says_nothing_of_anybody(service):
    plan, version = await proposed(service)

    answer = await given(service, plan, f"plan/versions/{version['number']}/pdf")

    name = f'inline; filename="care-plan-version-{version["number"]}.pdf"'
    assert answer.headers["content-disposition"] == name


async def test_a_version_that_was_replaced_says_so_on_paper_and_to_other_systems(
    service,
):
    plan = await agreed(service)
    first = (await seen(service, plan))["facts"]["life"]["versions"][-1]["number"]
    before = await printed(service, plan, f"plan/versions/{first}")
    await met(service, plan)
    await written(service, plan, updates={"successes": ["It went well."]})
    amended = await put_forward(service, plan, "amended")
    for member in amended["signers"]:
        await signed(service, plan, amended, member)
    await tell(service, plan, "plan_finalized", version=amended["number"])

    after = await printed(service, plan, f"plan/versions/{first}")
    fhir = (await given(service, plan, f"plan/versions/{first}/fhir")).json()

    assert "Another version has taken its place" not in before
    assert "Another version has taken its place" in after
    assert fhir["entry"][0]["resource"]["status"] == "revoked"


async def test_another_system_gets_the_version_in_force_with_its_requests(service):
    plan = await agreed(service)
    await asked_for(service, plan)

    answer = await given(service, plan, "plan/versions/2/fhir")

    assert answer.headers["content-type"] == "application/fhir+json"
    entries = [each["resource"] for each in answer.json()["entry"]]
    kinds = [each["resourceType"] for each in entries]
    assert kinds == ["CarePlan", "CareTeam", "Goal", "ServiceRequest"]
    assert entries[0]["status"] == "active"
    assert entries[2]["description"]["text"] == "A safe place to sleep"
    assert entries[3]["code"]["text"] == "shelter"


@pytest.mark.clause("CP-C-a")
async def test_the_team_is_printed_as_it_is_now(service):
    plan = await begun(service)
    aunt = {"kind": "family", "name": "Aunt Demo-Sage", "contact": "414-555-0100"}
    await tell(service, plan, "member_invited", **aunt)

    text = await printed(service, plan, "team")

    assert "Aunt Demo-Sage Family or community 414-555-0100 invited" in text


@pytest.mark.clause("CP-R-2")
@pytest.mark.clause("CP-P-3")
async def test_a_request_is_printed_with_the_words_of_the_need_it_cites(service):
    request = await asked_for(service, await agreed(service))

    answer = await given(service, request, "pdf", kind="service-requests")
    pages = PdfReader(BytesIO(answer.content)).pages
    text = re.sub(r"\s+", " ", pages[0].extract_text())

    assert "Service: shelter" in text
    assert "Need it meets: A safe place to sleep" in text
    assert "Version of the plan it cites: 2" in text


@pytest.mark.clause("CP-M-1")
async def test_a_meeting_moved_to_another_day_moves_in_the_calendar(service):
    plan = await begun(service)
    found = []
    for days in (7, 9):
        place = {"place": "12 Demo-Elm Street"}
        await tell(service, plan, "meeting_scheduled", at=ahead(days), **place)
        answer = await given(service, plan, "meetings/1/invitation")
        assert answer.headers["content-type"].startswith("text/calendar")
        assert "Demo-Elm" not in answer.text
        found += Calendar.from_ical(answer.content).events

    first, moved = found
    assert first.uid == moved.uid
    assert moved.sequence == first.sequence + 1
    assert moved.start - first.start >= timedelta(days=1)


async def test_a_meeting_that_is_not_held_is_taken_out_of_the_calendar(service):
    plan = await begun(service)
    await tell(service, plan, "meeting_scheduled", at=ahead(7), place="Here")
    following = {"at": ahead(14), "place": "Here"}
    await tell(service, plan, "meeting_not_held", reason="Snow", next=following)

    off = Calendar.from_ical((await given(service, plan, "meetings/1/invitation")).text)
    on = Calendar.from_ical((await given(service, plan, "meetings/2/invitation")).text)

    assert (off["METHOD"], on["METHOD"]) == ("CANCEL", "REQUEST")


async def test_documents_are_for_those_who_may_see_the_case_and_of_that_case(service):
    plan = await agreed(service)
    request = await asked_for(service, plan)

    for person, path in (
        ("alder", f"care-plans/{plan['id']}/plan/versions/2/pdf"),
        ("alder", f"care-plans/{plan['id']}/plan/versions/2/fhir"),
        ("alder", f"care-plans/{plan['id']}/team/pdf"),
        ("alder", f"care-plans/{plan['id']}/meetings/1/invitation"),
        ("alder", f"service-requests/{request['id']}/pdf"),
        (WORKER, f"care-plans/{plan['id']}/plan/versions/99/pdf"),
        (WORKER, f"care-plans/{plan['id']}/plan/versions/99/fhir"),
        (WORKER, f"care-plans/{plan['id']}/meetings/99/invitation"),
        (WORKER, f"care-plans/{request['id']}/team/pdf"),
        (WORKER, f"service-requests/{plan['id']}/pdf"),
    ):
        answer = await service.get(person, f"/{path}")

        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
