"""POST /conflicts: which ladder, who may, and that one request opens one case."""

import pytest
from sqlalchemy import update

from tests.api.conftest import OPENING
from throughcare.store.database import open_database
from throughcare.store.tables import IdempotencyRow


@pytest.mark.clause("CR-A-0")
async def test_a_conflict_opens_on_its_first_rung_and_can_be_read_at_once(service):
    answer = await service.post("alder", "/conflicts", OPENING)

    case = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/conflicts/{case['id']}"
    assert (case["status"], case["ladder"], case["step"]) == ("open", "A", "A1")
    read = (await service.get("alder", answer.headers["Location"])).json()
    assert read["duties"] == case["duties"]


@pytest.mark.parametrize(
    ("person", "changed", "ladder", "raised_by"),
    [
        pytest.param("alder", {}, "A", "coordination", id="the coordinator"),
        pytest.param("ironwood", {}, "A", "counterpart", id="the other side"),
        pytest.param(
            "birch", {}, "A", "coordination", id="the coordinator's supervisor"
        ),
        pytest.param(
            "maple",
            {"counterpart_seat": "dmcps-case-manager"},
            "B",
            "counterpart",
            id="DMCPS",
        ),
        pytest.param(
            "quince",
            {"counterpart_seat": "network-provider"},
            "C",
            "counterpart",
            id="the provider",
        ),
        pytest.param(
            "rowan",
            {
                "counterpart_seat": "provider-supervisor",
                "supervisor_is_party": "counterpart",
            },
            "C",
            "counterpart",
            id="a supervisor who is the party",
        ),
        pytest.param(
            "hazel",
            {"coordinator_seat": "fiss-case-manager"},
            "A",
            "coordination",
            id="a FISS case manager",
        ),
    ],
)
async def test_the_seats_decide_the_ladder_and_who_asks_decides_the_side(
    service, person, changed, ladder, raised_by
):
    case = await service.opened(person, **changed)

    assert (case["ladder"], case["raised_by"]) == (ladder, raised_by)
    assert case["opened_by"]["id"] == person


@pytest.mark.parametrize(
    ("person", "changed", "status", "problem", "says"),
    [
        pytest.param(
            "alder",
            {"coordinator_seat": "coordinator-supervisor-1"},
            422,
            "CannotOpen",
            "case-manager (fiss)",
            id="a coordinator's seat of no accepted kind",
        ),
        pytest.param(
            "alder",
            {"counterpart_seat": "cyfs-manager"},
            422,
            "CannotOpen",
            "network-provider (ladder C)",
            id="another side no ladder knows",
        ),
        pytest.param(
            "alder",
            {"ladder": "B"},
            422,
            "CannotOpen",
            "or write A",
            id="another ladder",
        ),
        pytest.param(
            "juniper",
            {
                "counterpart_seat": "human-service-worker-supervisor",
                "supervisor_is_party": "counterpart",
            },
            422,
            "CannotOpen",
            "Ladders where one may: C",
            id="a supervisor as party on ladder A",
        ),
        pytest.param(
            "alder",
            {"counterpart_seat": "nowhere"},
            422,
            "BadRequestValue",
            "counterpart_seat",
            id="a seat that does not exist",
        ),
        pytest.param(
            "elm",
            {},
            403,
            "NotYoursToOpen",
            "from neither",
            id="somebody of neither seat",
        ),
        pytest.param(
            "alder",
            {"seat": "coordinator-2"},
            403,
            "NotForYou",
            "coordinator-1",
            id="a seat that is not theirs",
        ),
    ],
)
async def test_what_cannot_be_opened_is_refused_with_what_could_be(
    service, person, changed, status, problem, says
):
    answer = await service.post(person, "/conflicts", OPENING | changed)

    body = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:throughcare:problem:{problem}"
    assert says in body["detail"]


@pytest.mark.parametrize("field", ["youth", "subject"])
async def test_a_blank_is_no_answer(service, field):
    answer = await service.post("alder", "/conflicts", OPENING | {field: " \n"})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


@pytest.mark.clause("CR-N-1b")
async def test_an_enrollee_of_20_is_the_youth_of_a_case_like_any_other(service):
    case = await service.opened(youth="Y-2006, 20 years old")
    aged = await service.post("alder", "/conflicts", OPENING | {"age": 20})

    assert case["youth"] == "Y-2006, 20 years old"
    assert (case["status"], case["step"]) == ("open", "A1")
    assert [each["field"] for each in aged.json()["errors"]] == ["age"]


@pytest.mark.both_databases
async def test_the_same_key_opens_one_case_however_often_it_comes(service):
    first = await service.post("alder", "/conflicts", OPENING, key="open-once")
    again = await service.post("alder", "/conflicts", OPENING, key="open-once")

    assert first.status_code == 201
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Location"] == first.headers["Location"]


@pytest.mark.both_databases
async def test_an_opening_cut_off_before_its_answer_was_kept_is_not_opened_again(
    service,
):
    first = await service.post("alder", "/conflicts", OPENING, key="cut-off")
    database = open_database(service.settings.database)
    unanswered = (
        update(IdempotencyRow)
        .where(IdempotencyRow.key == "cut-off")
        .values(status=None, body=None, location=None)
    )
    await database.write(lambda connection: connection.execute(unanswered))
    await database.close()

    again = await service.post("alder", "/conflicts", OPENING, key="cut-off")

    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])


async def test_the_same_key_with_another_body_is_refused(service):
    await service.post("alder", "/conflicts", OPENING, key="reused")
    other = OPENING | {"subject": "Something else"}

    answer = await service.post("alder", "/conflicts", other, key="reused")

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:throughcare:problem:IdempotencyKeyReused"


async def test_two_people_may_use_the_same_key(service):
    first = await service.post("alder", "/conflicts", OPENING, key="shared")
    other = await service.post("ironwood", "/conflicts", OPENING, key="shared")

    assert first.json()["id"] != other.json()["id"]


async def test_a_refusal_is_repeated_for_its_key(service):
    first = await service.post("elm", "/conflicts", OPENING, key="not-mine")
    again = await service.post("elm", "/conflicts", OPENING, key="not-mine")

    assert first.status_code == 403
    assert again.json() == first.json()
    assert again.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["", "x" * 201, "two words"])
async def test_a_key_is_1_to_200_visible_characters(service, key):
    async with service.calls("alder") as http:
        answer = await http.post(
            "/conflicts", json=OPENING, headers={"Idempotency-Key": key}
        )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
