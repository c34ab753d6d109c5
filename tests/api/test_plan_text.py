"""The text of a care plan behind HTTP: read, written by several people at once, put forward, and kept."""

import asyncio

import pytest

from tests.api.careplans import (
    COORDINATOR,
    SECTIONS,
    UPDATES,
    WORKER,
    agreed,
    begun,
    in_force,
    met,
    put,
    put_forward,
    section_of,
    seen,
    signed,
    tell,
    text_of,
    text_path,
    written,
)

VISION = SECTIONS["vision"]
ANOTHER = {"text": "A place near my sister."}
SUPERVISOR = "hawthorn"


async def history(service, plan, section="vision", **params):
    path = f"{text_path(plan, section)}/history"
    return (await service.get(WORKER, path, **params)).json()


async def texts(service, plan, section="vision"):
    items = (await history(service, plan, section))["items"]
    return [each["content"]["text"] for each in items]


async def version_of(service, plan, number):
    answer = await service.get(WORKER, f"{text_path(plan)}/versions/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.clause("CP-O-1", "CP-O-2", "CP-O-3", "CP-O-4")
async def test_the_plan_says_what_may_be_written_and_what_comes_first(service):
    plan = await begun(service)

    sections = {e["id"]: e for e in (await text_of(service, plan))["sections"]}

    assert list(sections)[3:7] == ["vision", "strengths", "needs", "strategies"]
    may = [each for each, shown in sections.items() if shown["may_write"]]
    assert may == ["vision", "updates", "safety"]
    assert sections["needs"]["comes_after"] == [
        {"section": "strengths", "title": "Strengths", "clause": "CP-O-3"}
    ]
    answer = await put(service, plan, "needs", SECTIONS["needs"])
    assert answer.status_code == 409
    assert "CP-O-3" in answer.json()["detail"]


async def test_what_somebody_wrote_is_read_with_its_writer_and_revision(service):
    plan = await begun(service)
    answer = await put(service, plan, "vision", VISION)

    shown = await section_of(service, plan, "vision")

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert (shown["revision"], shown["content"]["text"]) == (1, VISION["text"])
    assert shown["written_by"]["id"] == WORKER
    assert (await section_of(service, plan, "strengths"))["may_write"]


@pytest.mark.clause("CP-T-3c")
@pytest.mark.clause("CP-T-3e")
async def test_the_plan_names_whom_the_team_lacks_and_what_it_lacks_itself(service):
    plan = await begun(service)

    whole = await text_of(service, plan)

    assert {"CP-T-3c", "CP-T-3e"} <= {gap["clause"] for gap in whole["team_gaps"]}
    assert any("CP-C-d" in lack for lack in whole["lacks"])
    await met(service, plan)
    await written(service, plan)
    assert (await text_of(service, plan))["lacks"] == []


async def test_a_text_that_is_known_already_is_not_sent_again(service):
    plan = await begun(service)
    await put(service, plan, "vision", VISION)
    path = text_path(plan, "vision")

    async def status(given):
        async with service.calls(WORKER) as http:
            answer = await http.get(path, headers={"If-None-Match": given})
        return answer.status_code, answer.headers["ETag"], len(answer.content) > 0

    assert await status('"1"') == (304, '"1"', False)
    assert await status('W/"1", "0"') == (304, '"1"', False)
    assert await status('"0"') == (200, '"1"', True)


async def test_nobody_writes_over_what_they_have_not_read(service):
    plan = await begun(service)
    await put(service, plan, "vision", VISION)

    answer = await put(service, plan, "vision", ANOTHER, tag="")

    assert answer.status_code == 428
    assert '"1"' in answer.json()["detail"]
    assert await texts(service, plan) == [VISION["text"]]


@pytest.mark.parametrize("tag", ["1", '"1', '"0" "1"', '* , "1"'])
async def test_what_is_no_list_of_tags_is_refused(service, tag):
    plan = await begun(service)

    answer = await put(service, plan, "vision", VISION, tag=tag)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["If-Match"]


@pytest.mark.parametrize("tag", ["*", '"1"', '"one", "1"', 'W/"0","1" , "7"'])
async def test_a_section_is_written_over_where_one_of_the_tags_is_its_own(service, tag):
    plan = await begun(service)
    await put(service, plan, "vision", VISION, tag="*")

    answer = await put(service, plan, "vision", ANOTHER, tag=tag)

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert await texts(service, plan) == [VISION["text"], ANOTHER["text"]]


@pytest.mark.parametrize("tag", ['W/"1"', '"one"', '"2"', '"0", W/"1"'])
async def test_a_section_is_left_and_shown_where_no_tag_is_its_own(service, tag):
    plan = await begun(service)
    await put(service, plan, "vision", VISION)

    answer = await put(service, plan, "vision", ANOTHER, tag=tag)

    assert answer.status_code == 412
    assert answer.json()["current"]["content"]["text"] == VISION["text"]
    assert await texts(service, plan) == [VISION["text"]]


async def test_what_was_written_over_anything_is_answered_alike_again(service):
    plan = await begun(service)
    once = {"tag": "*", "Idempotency-Key": "vision"}

    answers = [await put(service, plan, "vision", VISION, **once) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert await texts(service, plan) == [VISION["text"]]


@pytest.mark.clause("CP-P-2")
@pytest.mark.both_databases
async def test_two_who_write_one_section_at_once_lose_nothing(service):
    plan = await begun(service)
    sent = {WORKER: VISION, SUPERVISOR: ANOTHER}
    answers = await asyncio.gather(
        *(
            put(service, plan, "vision", content, tag='"0"', person=person)
            for person, content in sent.items()
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 412]
    (won, lost) = sorted(answers, key=lambda each: each.status_code)
    problem, first = lost.json(), won.json()
    mine = SUPERVISOR if first["written_by"]["id"] == WORKER else WORKER

    assert problem["type"] == "urn:throughcare:problem:Overwritten"
    assert problem["current"]["content"]["text"] == first["content"]["text"]
    assert problem["yours"]["text"] == sent[mine]["text"]
    both = f"{first['content']['text']} {problem['yours']['text']}"
    tag = f'"{problem["current"]["revision"]}"'
    merged = await put(service, plan, "vision", {"text": both}, tag=tag, person=mine)
    assert merged.status_code == 200
    assert await texts(service, plan) == [first["content"]["text"], both]


async def test_the_same_writing_sent_twice_under_one_key_is_written_once(service):
    plan = await begun(service)
    key = {"Idempotency-Key": f"vision-{plan['id']}"}

    answers = [
        await put(service, plan, "vision", VISION, tag='"0"', **key) for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [200, 200]
    assert [each.headers["ETag"] for each in answers] == ['"1"', '"1"']
    assert await texts(service, plan) == [VISION["text"]]


async def test_every_text_a_section_had_stays_in_its_history(service):
    plan = await begun(service)
    for number in range(3):
        await put(service, plan, "vision", {"text": f"text {number}"})

    first = await history(service, plan, limit=2, total=True)
    async with service.calls(WORKER) as http:
        rest = (await http.get(first["next"])).json()

    items = [*first["items"], *rest["items"]]
    assert [each["content"]["text"] for each in items] == ["text 0", "text 1", "text 2"]
    assert [each["revision"] for each in items] == [1, 2, 3]
    assert rest["next"] is None
    assert first["total"] == rest["total"] == 3


@pytest.mark.parametrize("section", ["members", "signatures", "nothing"])
async def test_what_nobody_writes_is_no_section_to_write(service, section):
    plan = await begun(service)

    answer = await put(service, plan, section, VISION, tag='"0"')

    assert answer.status_code == 404


@pytest.mark.clause("CP-C-f2")
async def test_a_service_where_a_need_belongs_is_refused_and_nothing_is_kept(service):
    plan = await begun(service)
    await written(service, plan, vision=VISION, strengths=SECTIONS["strengths"])
    need = {"id": "n", "whose": "the client", "text": "Housing", "rank": 1}

    answer = await put(service, plan, "needs", {"needs": [need]})

    assert answer.status_code == 409
    assert "CP-C-f2" in answer.json()["detail"]
    assert (await history(service, plan, "needs"))["items"] == []


@pytest.mark.clause("CP-C-j")
async def test_a_version_shows_whose_name_is_under_it_and_who_is_missing(service):
    plan = await begun(service)
    await met(service, plan)
    await written(service, plan)
    version = await put_forward(service, plan)
    await signed(service, plan, version, COORDINATOR, "account")

    (shown,) = (await text_of(service, plan))["versions"]

    outcomes = {each["member"]: each["outcome"] for each in shown["signatures"]}
    assert outcomes == {"member-1": None, "member-2": "signed"}
    assert (shown["in_force"], shown["digest"]) == (False, version["digest"])


async def test_a_version_keeps_its_own_text_whatever_is_written_later(service):
    plan = await agreed(service)
    before = await version_of(service, plan, "2")
    await put(service, plan, "vision", ANOTHER)

    after = await version_of(service, plan, "2")

    assert after == before
    texts_then = {each["id"]: each["content"] for each in after["sections"]}
    assert texts_then["vision"]["text"] == VISION["text"]
    assert (await section_of(service, plan, "vision"))["content"]["text"] != (
        VISION["text"]
    )


async def test_a_closed_plan_reads_as_it_did(service):
    plan = await agreed(service)
    before = await text_of(service, plan)
    version = await version_of(service, plan, "2")
    await tell(service, plan, "moved", reason="To another county.")

    after = await text_of(service, plan)

    assert (await seen(service, plan))["status"] == "moved"
    assert await version_of(service, plan, "2") == version
    assert after["versions"] == before["versions"]
    assert [each["content"] for each in after["sections"]] == [
        each["content"] for each in before["sections"]
    ]
    assert not [each["id"] for each in after["sections"] if each["may_write"]]
    assert (await put(service, plan, "vision", ANOTHER)).status_code == 409


async def test_what_is_not_there_is_not_found(service):
    plan = await begun(service)

    for path in ("/versions/9", "/sections/nothing", "/sections/nothing/history"):
        answer = await service.get(WORKER, f"{text_path(plan)}{path}")
        assert answer.status_code == 404, path


async def test_a_text_that_is_left_out_is_asked_for_and_wipes_nothing(service):
    case = await begun(service)
    path = f"/care-plans/{case['id']}/plan/sections/vision"
    async with service.calls(WORKER) as http:
        answer = await http.put(path, json={}, headers={"If-Match": "*"})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["content"]


async def test_who_has_no_part_in_the_case_neither_reads_nor_writes_its_plan(service):
    plan = await begun(service)
    await put(service, plan, "vision", VISION)

    for path in (text_path(plan), text_path(plan, "vision")):
        assert (await service.get("alder", path)).status_code == 404
    answer = await put(service, plan, "vision", ANOTHER, tag='"1"', person="alder")
    assert answer.status_code == 404


@pytest.mark.clause("CP-C-h")
async def test_an_amended_plan_says_what_went_well_and_what_got_in_the_way(service):
    plan = await agreed(service)
    await met(service, plan)
    whole = await text_of(service, plan)
    assert any("CP-C-h" in lack for lack in whole["lacks"])
    await written(service, plan, updates={"successes": ["Saw four places."]})

    version = await in_force(service, plan, "amended")

    shown = {e["number"]: e for e in (await text_of(service, plan))["versions"]}
    assert [each["in_force"] for each in shown.values()] == [False, True]
    assert shown[version["number"]]["kind"] == "amended"


async def test_whoever_signed_an_older_version_sees_what_is_different_in_the_newer(
    service,
):
    plan = await agreed(service)
    await met(service, plan)
    await written(service, plan, vision=ANOTHER, updates=UPDATES)
    await in_force(service, plan, "amended")
    path = f"{text_path(plan)}/versions/3/changes"

    changes = (await service.get(WORKER, path, since="2")).json()

    found = {each["section"]: each for each in changes["sections"]}
    assert {name: each["how"] for name, each in found.items()} == {
        "vision": "changed",
        "updates": "added",
    }
    vision = found["vision"]
    assert vision["old"]["text"] == VISION["text"]
    assert vision["new"]["text"] == ANOTHER["text"]
    assert (await service.get(WORKER, path, since="3")).status_code == 422
    assert (await service.get(WORKER, path)).status_code == 422


async def test_the_plan_names_goals_nothing_was_noted_of(service):
    plan = await agreed(service)
    assert (await text_of(service, plan))["goals_without_progress"] == ["home"]

    await tell(service, plan, "progress_noted", need="home", text="Saw two places.")

    assert (await text_of(service, plan))["goals_without_progress"] == []
