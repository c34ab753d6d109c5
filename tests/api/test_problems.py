"""What goes wrong is answered as problem+json, whoever finds it wrong."""

import pytest

from api.examples import ABSENCE, OPENING
from api.problems import problem_of
from api.routing import MAX_BODY_BYTES
from throughcare.store.client_changes import NoSuchClient
from throughcare.store.consents import NotAConsent

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/nowhere", 404, id="no such address"),
        pytest.param("GET", "/conflicts/01JZ", 404, id="no such case"),
        pytest.param("DELETE", "/conflicts", 405, id="no such method"),
        pytest.param("POST", "/conflicts", 422, id="no body"),
        pytest.param("GET", "/conflicts?limit=1000", 422, id="a page too long"),
        pytest.param("GET", "/conflicts?after=%21%21", 422, id="a made-up cursor"),
        pytest.param("GET", "/duties?after=e30", 422, id="a cursor of something else"),
        pytest.param("GET", "/conflicts?status=lost", 422, id="an unknown status"),
    ],
)
async def test_every_problem_says_the_same_five_things(service, method, path, status):
    async with service.calls("alder") as http:
        answer = await http.request(method, path)

    body = answer.json()
    assert answer.status_code == body["status"] == status
    assert answer.headers["content-type"] == PROBLEM
    assert body["instance"] == path.partition("?")[0]
    assert body["type"] and body["title"] and body["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/conflicts", "GET, HEAD, POST"),
        ("PATCH", "/seats/x/holder", "PUT"),
        ("POST", "/people", "GET, HEAD"),
        ("PUT", "/conflicts/x/messages/close", "POST"),
    ],
)
async def test_a_method_that_is_not_there_is_told_those_that_are(
    service, method, path, allow
):
    async with service.calls("alder") as http:
        answer = await http.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == allow
    assert allow in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "media_type", "says"),
    [
        pytest.param(b"{", "application/json", "not JSON", id="broken JSON"),
        pytest.param(b"\xff", "application/json", "not JSON", id="not UTF-8"),
        pytest.param(b"{}", "text/plain", "application/json", id="another type"),
    ],
)
async def test_a_body_that_cannot_be_read_is_told_why(
    service, content, media_type, says
):
    async with service.calls("alder") as http:
        answer = await http.post(
            "/conflicts", content=content, headers={"Content-Type": media_type}
        )

    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert wrong["field"] == "body"
    assert says in wrong["problem"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        pytest.param("POST", "/conflicts", OPENING | {"youth": "\0"}, "youth"),
        pytest.param("POST", "/absences", ABSENCE | {"person": "\0"}, "person"),
        pytest.param("PUT", "/seats/x/holder", {"person": "a\0"}, "person"),
    ],
)
async def test_a_character_the_database_cannot_keep_is_refused_by_field(
    service, method, path, body, field
):
    async with service.calls("walnut") as http:
        answer = await http.request(method, path, json=body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_a_body_too_large_is_refused_before_it_is_read(service):
    async with service.calls("alder") as http:
        answer = await http.post("/conflicts", content=b"x" * (MAX_BODY_BYTES + 1))

    assert answer.status_code == 413
    assert answer.headers["content-type"] == PROBLEM


async def test_a_body_too_large_that_does_not_say_so_is_refused_too(service):
    async def chunks():
        for _ in range(MAX_BODY_BYTES // 1024 + 1):
            yield b"x" * 1024

    async with service.calls("alder") as http:
        answer = await http.post(
            "/conflicts",
            content=chunks(),
            headers={"Content-Type": "application/json"},
        )

    assert answer.status_code == 413
    assert answer.headers["content-type"] == PROBLEM


async def test_of_a_fault_of_ours_nothing_is_told(service):
    @service.app.get("/fault")
    async def fault():
        raise RuntimeError("the secret is out")

    answer = await service.get(None, "/fault")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == PROBLEM
    assert "secret" not in answer.text


async def test_every_answer_carries_the_id_its_log_lines_have(service):
    answer = await service.get(None, "/healthz")

    assert len(answer.headers["X-Request-ID"]) == 26


def test_the_title_of_a_problem_is_in_words():
    assert problem_of(NotAConsent("x"), "/consents").title == "Not a consent"
    assert problem_of(NoSuchClient(), "/clients/x").title == "No such client"
