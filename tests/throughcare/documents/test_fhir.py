"""A version of a plan as FHIR R4, held against the standard's own schema and codes, which are HL7's and not the library's."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema_rs import Draft6Validator

from tests.throughcare.documents.samples import CASE, CONTENTS, paper, policy, version
from throughcare.documents.fhir import PLANS, plan_bundle
from throughcare.documents.plan import plan_paper
from throughcare.lifecycles.client.plan_facts import Content, RequestStatus

HERE = Path(__file__).parent
SCHEMA = Draft6Validator(json.loads((HERE / "fhir-r4.schema.json").read_text()))
CODES = json.loads((HERE / "fhir-r4.codes.json").read_text())
"""Of every element that may have only codes of one set, those codes (CC0, from the definitions of R4)."""

BASE = "https://care.example"


def bundle(**changed):
    return json.loads(plan_bundle(paper(**changed), BASE))


def problems(resource) -> list[str]:
    return [
        *(error.message for error in SCHEMA.iter_errors(resource)),
        *_wrong_codes(resource, ""),
    ]


def _wrong_codes(node, path: str) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _wrong_codes(each, path)
    elif isinstance(node, dict):
        path = node.get("resourceType", path)
        for name, value in node.items():
            yield from _wrong_codes(value, f"{path}.{name}")
    elif path in CODES and node not in CODES[path]:
        yield f"{path}: {node}"


def resources(made, kind):
    found = [each["resource"] for each in made["entry"]]
    return [each for each in found if each["resourceType"] == kind]


@pytest.mark.parametrize("standing", PLANS)
def test_a_version_is_fhir_whatever_became_of_it(standing):
    assert problems(bundle(standing=standing)) == []


def test_a_request_is_fhir_whatever_became_of_it():
    (asked,) = paper().services
    every = tuple(asked.model_copy(update={"status": each}) for each in RequestStatus)

    made = bundle(services=every)

    assert len(resources(made, "ServiceRequest")) == len(RequestStatus)
    assert problems(made) == []


def test_an_empty_preliminary_version_is_fhir_too():
    bare = version({}, members=(), attendance=(), follow_up=None, signers=())
    made = json.loads(
        plan_bundle(paper({}, version=bare, services=(), signatures=()), BASE)
    )

    assert problems(made) == []


def test_what_is_wrong_is_found_by_these_tests():
    made = bundle()
    resources(made, "CarePlan")[0]["status"] = "banana"
    resources(made, "Goal")[0]["colour"] = "green"

    found = "\n".join(problems(made))

    assert "CarePlan.status: banana" in found
    assert "colour" in found


def test_a_plan_has_its_team_its_goals_and_what_is_done_for_each():
    made = bundle()
    (plan,) = resources(made, "CarePlan")
    at = {each["fullUrl"]: each["resource"] for each in made["entry"]}

    goals = [at[each["reference"]]["description"]["text"] for each in plan["goal"]]
    assert goals == ["Feel safe at home", "Sleep through"]
    done = {
        at[each["detail"]["goal"][0]["reference"]]["description"]["text"]: each[
            "detail"
        ]["description"]
        for each in plan["activity"]
    }
    assert done["Feel safe at home"] == "A lock on the door (Who: Coordinator)"
    team = at[plan["careTeam"][0]["reference"]]
    roles = [each["role"][0]["text"] for each in team["participant"]]
    assert roles == ["Client", "Coordinator", "Family or community"]


def test_every_reference_within_is_to_something_that_is_there():
    made = bundle()
    there = {each["fullUrl"] for each in made["entry"]}

    named = {
        part.split('"')[0] for part in json.dumps(made).split('"reference": "')[1:]
    }

    assert named
    assert named <= there


def test_a_goal_has_the_needs_rank_and_whose_it_is():
    first, second = resources(bundle(), "Goal")

    assert (first["priority"]["text"], second["priority"]["text"]) == ("1", "2")
    assert first["note"][0]["text"] == "Whose: Client"
    assert first["identifier"][0]["value"] == f"{CASE}/need-1"


@pytest.mark.clause("CP-P-3")
def test_a_request_is_based_on_the_plan_and_cites_its_need():
    made = bundle()
    (request,) = resources(made, "ServiceRequest")
    at = {each["fullUrl"]: each["resource"] for each in made["entry"]}

    assert at[request["basedOn"][0]["reference"]]["resourceType"] == "CarePlan"
    assert request["reasonCode"][0]["text"] == "Feel safe at home"
    assert request["occurrencePeriod"]["end"] == "2026-06-30"
    assert request["status"] == "active"


def test_only_services_asked_for_under_this_version_are_in_it():
    asked = paper().services[0]
    of_two = (asked, asked.model_copy(update={"case": "another", "plan": "1"}))
    made = plan_paper(
        policy(),
        version(),
        CONTENTS,
        (),
        services=of_two,
        **paper().model_dump(
            include={"standing", "case", "agency", "client", "client_name"}
            | {"language", "zone"}
        ),
    )

    assert [each.case for each in made.services] == [asked.case]


def test_what_fhir_has_no_place_for_is_a_note_under_its_title():
    (plan,) = resources(bundle(), "CarePlan")

    notes = {each["text"].partition(":")[0]: each["text"] for each in plan["note"]}
    assert "I want my own door." in notes["The life the client wants"]
    assert "Comes to everything" in notes["Strengths"]
    assert "The aunt, day and night" in notes["Safety and crisis plan"]
    assert "The library, room 2" in notes["The next meeting"]


def test_a_plan_in_force_is_active_since_then_and_one_put_forward_is_a_draft():
    now = version().put_forward_at
    final = version(final_at=now)

    (active,) = resources(bundle(version=final, standing="in_force"), "CarePlan")
    (draft,) = resources(bundle(), "CarePlan")

    assert active["status"] == "active"
    assert active["period"]["start"] == "2026-03-04T20:10:00Z"
    assert draft["status"] == "draft"
    assert "period" not in draft


def test_control_characters_do_not_make_it_something_else_than_fhir():
    odd = CONTENTS | {"vision": Content(text="a\x07b \n ok", quotes=(" ",))}

    made = json.loads(plan_bundle(paper(odd), BASE))

    assert problems(made) == []


def test_the_same_version_is_written_the_same_twice():
    assert plan_bundle(paper(), BASE) == plan_bundle(paper(), BASE)


def test_a_bundle_about_a_client_of_a_recovery_program_carries_the_notice():
    """42 CFR 2.32."""
    notice = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."

    made = bundle(redisclosure=notice)

    assert problems(made) == []
    (label,) = made["meta"]["security"]
    assert (label["code"], label["display"]) == ("42CFRPart2", notice)
    (plan,) = resources(made, "CarePlan")
    assert plan["note"][0]["text"] == notice
    assert "meta" not in bundle()
