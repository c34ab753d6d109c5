"""The OpenAPI document: what clients are generated from, so a change to it is read in review."""

import json
from pathlib import Path

import pytest

from api.app import create_app
from throughcare.case.patterns import IN_WORDS
from throughcare.config import Settings

GOLDEN = Path(__file__).parent / "openapi.json"


@pytest.fixture(scope="module")
def document():
    return create_app(Settings()).openapi()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_the_document_is_the_one_in_the_file(document, update_goldens):
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    if update_goldens:
        GOLDEN.write_text(text)

    assert text == GOLDEN.read_text(), "run pytest --update-goldens and read the diff"


def test_every_route_says_what_it_does_and_what_may_go_wrong(document):
    for name, operation in operations(document):
        assert operation["description"], name
        assert operation["tags"], name
        # Another agency's system proves itself by its signature.
        if not {"health", "webhooks"} & set(operation["tags"]):
            assert "401" in operation["responses"], name
            assert operation["security"] == [{"ApiKey": []}], name


def test_every_body_has_an_example(document):
    for name, operation in operations(document):
        if body := operation.get("requestBody"):
            schema = body["content"]["application/json"]["schema"]
            assert schema["examples"], name


def test_every_problem_is_a_problem(document):
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "4":
                assert list(response["content"]) == ["application/problem+json"], name
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_reference_leads_somewhere(document):
    text = json.dumps(document)
    for name in {
        part.split('"')[0] for part in text.split("#/components/schemas/")[1:]
    }:
        assert name in document["components"]["schemas"]


def patterns(part):
    if isinstance(part, dict):
        yield from [part["pattern"]] if isinstance(part.get("pattern"), str) else []
        part = list(part.values())
    for each in part if isinstance(part, list) else ():
        yield from patterns(each)


def test_every_pattern_is_said_in_words(document):
    assert set(patterns(document)) <= IN_WORDS.keys()
