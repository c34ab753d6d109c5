"""POST /conflicts/{id}/messages/{name}: what is applied, refused, and left for later."""

import asyncio
import json

import pytest

from api.cases.message_bodies import body_of
from api.examples import OPENING
from tests.api.conftest import MEETING
from throughcare.case.casefile import KEPT_ENTRIES
from throughcare.lifecycles.conflict.lifecycle import CONFLICT
from throughcare.usecases.open_conflict import ConflictBegun


@pytest.mark.both_databases
async def test_a_message_is_answered_with_the_case_as_it_then_is(service):
    case = await service.opened()

    answer = await service.say(
        "alder", case, "meeting_held", **MEETING, outcome="no_agreement"
    )

    assert answer.status_code == 200
    assert answer.json()["step"] == "A2"
    assert "contact_made" in [each["message"] for each in answer.json()["messages"]]


async def test_agreement_of_one_side_shows_who_is_waited_for(service):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", **MEETING)

    half = await service.say("alder", case, "agreement_reached", terms="Mornings")
    whole = await service.say("ironwood", case, "agreement_reached")

    assert half.json()["facts"]["agreements"] == [
        {
            "rung": "A1",
            "agreed": ["coordination"],
            "waiting_for": ["Human Service Worker"],
        }
    ]
    assert whole.json()["status"] == "agreed"


async def test_what_each_side_agreed_to_and_added_stands_on_the_timeline(service):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", **MEETING)
    mornings = {"terms": "Mornings by bus", "note": "A good talk"}
    await service.say("alder", case, "agreement_reached", **mornings)

    seen = await service.get("ironwood", f"/conflicts/{case['id']}/timeline")
    await service.say("ironwood", case, "agreement_reached", note="So be it")
    after = await service.get("alder", f"/conflicts/{case['id']}/timeline")

    assert seen.json()["items"][-1]["note"] == "Mornings by bus\nA good talk"
    assert after.json()["items"][-1]["note"] == "So be it"


async def test_a_message_out_of_order_is_told_which_may_come_and_from_whom(service):
    case = await service.opened()

    answer = await service.say("alder", case, "close", reason="Enough")

    body = answer.json()
    assert answer.status_code == 409
    assert body["type"] == "urn:throughcare:problem:OutOfOrder"
    assert body["instance"] == f"/conflicts/{case['id']}/messages/close"
    assert body["allowed"] == [
        {
            key: each[key]
            for key in ("message", "seats", "titles", "beside", "steps", "duties")
            if each[key]
        }
        for each in case["messages"]
    ]


async def test_a_message_that_comes_too_early_is_told_the_duties_before_it(service):
    case = await service.opened()

    answer = await service.say("alder", case, "agreement_reached", terms="Mornings")

    body, duties = answer.json(), {each["id"]: each for each in case["duties"]}
    assert body["code"] == "StepsOutstanding"
    assert body["type"] == f"urn:throughcare:problem:{body['code']}"
    assert [duties[each]["act"] for each in body["about"]] == ["meeting"]


async def test_a_duty_says_which_messages_discharge_it_from_where_and_after_what(
    service,
):
    case = await service.opened()

    duties = {each["act"]: each for each in case["duties"]}

    meeting, outcome = duties["meeting"], duties["outcome"]
    assert meeting["answers"] == ["meeting_held"]
    seats = ["coordinator-1", "human-service-worker"]
    assert (meeting["answered_from"], meeting["after"]) == (seats, [])
    assert "agreement_reached" in outcome["answers"]
    assert outcome["after"] == [meeting["id"]]
    assert meeting["receipt_steps"][-1]["kind"] == "due"
    assert meeting["receipt_steps"][-1]["text"] in meeting["receipt"]
    messages = {each["message"]: each for each in case["messages"]}
    assert messages["meeting_held"]["steps"] == ["A1"]
    assert messages["meeting_held"]["duties"] == [meeting["id"]]


async def test_a_duty_that_is_over_waits_for_no_message(service):
    case = await service.opened()

    answer = await service.say("alder", case, "meeting_held", **MEETING)

    (met,) = [each for each in answer.json()["duties"] if each["status"] == "met"]
    assert (met["answers"], met["answered_from"], met["after"]) == ([], [], [])


async def test_an_entry_is_corrected_as_it_stands_on_record(service):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", **MEETING)
    path = f"/conflicts/{case['id']}/timeline"
    (met,) = [
        each
        for each in (await service.get("alder", path)).json()["items"]
        if each["kind"] == "meeting_held"
    ]

    said = {"entry": met["seq"], "correction": "It was on Monday."}
    made_up = await service.say("alder", case, "correct_entry", **said, original=met)
    none = await service.say("alder", case, "correct_entry", **said | {"entry": 99})
    answer = await service.say("alder", case, "correct_entry", **said)

    assert made_up.status_code == none.status_code == 422
    assert "entry must be one of the timeline: 1 to" in none.json()["detail"]
    assert answer.status_code == 200
    after = (await service.get("alder", path)).json()["items"][-1]
    assert (after["corrects"], after["note"]) == (met["seq"], "It was on Monday.")


async def test_an_entry_the_case_no_longer_carries_is_corrected_too(service):
    case = await service.opened()

    async def corrected(entry, correction):
        said = {"entry": entry, "correction": correction}
        return await service.say("alder", case, "correct_entry", **said)

    # A few at a time: behind a long queue the last one would be answered before it is applied.
    for _ in range(KEPT_ENTRIES // 5):
        await asyncio.gather(*(corrected(1, "Once more.") for _ in range(5)))

    assert (await corrected(1, "At last.")).status_code == 200


@pytest.mark.parametrize(
    ("person", "right", "mine"),
    [
        pytest.param("elm", "holder", True, id="who sits there"),
        pytest.param("ginkgo", "supervisor", False, id="who supervises them"),
        pytest.param("tamarack", None, False, id="who only oversees it"),
    ],
)
async def test_a_case_shows_by_what_right_a_message_and_a_duty_are_ones_own(
    service, person, right, mine
):
    case = await service.opened("elm", coordinator_seat="coordinator-2")

    seen = (await service.get(person, f"/conflicts/{case['id']}")).json()

    rights = {each["message"]: each["yours"] for each in seen["messages"]}
    assert rights["withdraw"] == right
    assert {duty["mine"] for duty in seen["duties"]} == {mine}


async def test_a_message_from_another_seat_names_the_seat_that_may_send_it(service):
    case = await service.opened("alder", counterpart_seat="network-provider")

    answer = await service.say("alder", case, "team_meeting_held")
    withdrawal = await service.say("quince", case, "withdraw", reason="No more")

    assert answer.status_code == 409
    assert withdrawal.status_code == 403
    assert withdrawal.json()["allowed"] == [
        {
            "message": "withdraw",
            "seats": ["coordinator-1"],
            "titles": ["Care Coordinator"],
        }
    ]


@pytest.mark.parametrize(
    ("name", "facts", "field"),
    [
        pytest.param("meeting_held", {}, "attendees", id="a field left out"),
        pytest.param(
            "meeting_held",
            MEETING | {"colour": "blue"},
            "colour",
            id="a field nobody knows",
        ),
        pytest.param(
            "withdraw",
            {"reason": "x", "event_at": "2026-01-05T10:00:00"},
            "event_at",
            id="an instant without a zone",
        ),
        pytest.param(
            "withdraw",
            {"reason": "x", "event_at": "0001-01-01T00:00:00+14:00"},
            "event_at",
            id="an instant before all time",
        ),
        pytest.param(
            "withdraw",
            {"reason": "x", "event_at": "9999-12-31T23:59:59-14:00"},
            "event_at",
            id="an instant after all time",
        ),
        pytest.param(
            "violation_identified", {"kind": "moral"}, "kind", id="an unknown kind"
        ),
        pytest.param(
            "agreement_not_reached", {"waiver": "   "}, "waiver", id="a blank reason"
        ),
        pytest.param("withdraw", {"reason": "y" * 1001}, "reason", id="too long"),
        pytest.param("withdraw", {"reason": "a\0b"}, "reason", id="a NUL character"),
        pytest.param(
            "information_provided",
            {"documents": ["plan", "\0"]},
            "documents",
            id="a NUL character in a list",
        ),
    ],
)
async def test_a_wrong_payload_is_told_field_by_field(service, name, facts, field):
    case = await service.opened()

    answer = await service.say("alder", case, name, **facts)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_a_wrong_payload_is_never_repeated(service):
    case = await service.opened()
    secret = "Marigold Example, born 2011"

    answer = await service.say(
        "alder", case, "violation_identified", kind=secret, **{secret: secret}
    )

    assert answer.status_code == 422
    assert "Marigold" not in answer.text


async def test_a_case_that_is_closed_says_so(service):
    case = await service.opened()
    await service.say("alder", case, "withdraw", reason="Settled itself")

    answer = await service.say("alder", case, "meeting_held", **MEETING)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:throughcare:problem:CaseIsClosed"


async def test_the_same_key_applies_a_message_once(service):
    case = await service.opened()

    first = await service.say("alder", case, "meeting_held", key="met", **MEETING)
    again = await service.say("alder", case, "meeting_held", key="met", **MEETING)

    assert (again.status_code, again.json()) == (200, first.json())
    assert await _times(service, case, "meeting_held") == 1


@pytest.mark.both_databases
async def test_the_same_key_at_the_same_time_applies_a_message_once(service):
    case = await service.opened()

    answers = await asyncio.gather(
        *(
            service.say("alder", case, "meeting_held", key="twins", **MEETING)
            for _ in range(5)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await _times(service, case, "meeting_held") == 1


@pytest.mark.both_databases
async def test_both_sides_may_speak_at_the_same_time(service):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", **MEETING)

    answers = await asyncio.gather(
        service.say("alder", case, "agreement_reached"),
        service.say("ironwood", case, "agreement_reached"),
    )

    assert [answer.status_code for answer in answers] == [200, 200]
    read = await service.get("alder", f"/conflicts/{case['id']}")
    assert read.json()["status"] == "agreed"


async def test_a_message_nobody_knows_is_answered_with_those_there_are(service):
    case = await service.opened()

    answer = await service.say("alder", case, "shout")

    assert answer.status_code == 404
    assert "meeting_held" in answer.json()["detail"]


async def test_a_case_one_has_no_part_in_is_not_there(service):
    case = await service.opened()

    for answer in (
        await service.get("elm", f"/conflicts/{case['id']}"),
        await service.get("elm", f"/conflicts/{case['id']}/timeline"),
        await service.say("elm", case, "meeting_held", **MEETING),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "name", [name for name, kind in CONFLICT.messages.items() if not kind.for_itself]
)
def test_the_example_of_every_message_fits_it(name):
    kind = CONFLICT.messages[name]
    model = body_of(kind.facts, kind.looked_up)
    body = model.model_validate_json(_json(kind.example))

    assert body.model_fields_set == set(kind.example)


def test_the_example_of_an_opening_fits_it():
    assert ConflictBegun.model_validate_json(_json(OPENING)).model_fields_set == set(
        OPENING
    )


async def _times(service, case, kind):
    page = await service.get("alder", f"/conflicts/{case['id']}/timeline")
    return sum(entry["kind"] == kind for entry in page.json()["items"])


def _json(example):
    return json.dumps(example)
