import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import UTC, datetime

import pytest
import structlog
from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.testing import ActivityEnvironment

from throughcare.logging import configure

NAME = "Wilhelmina Quastenflosser"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What this process writes to stderr, with logging as a service has it."""
    root = logging.getLogger()
    before = root.level, root.handlers[:], logging.raiseExceptions, sys.excepthook
    with redirect_stderr(io.StringIO()) as stderr:
        configure("debug", json=True)
    yield stderr
    root.level, root.handlers[:], logging.raiseExceptions, sys.excepthook = before
    logging.captureWarnings(False)
    workflow.logger.workflow_info_on_message = True
    activity.logger.activity_info_on_message = True
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def lines(written: io.StringIO):
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


class Age(BaseModel):
    years: int


def refuse():
    raise ValueError(f"{NAME} has no seat")


def test_an_event_is_one_line_with_its_facts(lines):
    due_at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    structlog.get_logger("throughcare").info(
        "duty.opened", clause="CR-3", count=2, due_at=due_at
    )

    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "duty.opened",
        "level": "info",
        "logger": "throughcare",
        "clause": "CR-3",
        "count": 2,
        "due_at": "2026-03-02T09:00:00+00:00",
    }


def test_what_is_bound_to_the_context_is_on_every_line(lines):
    structlog.contextvars.bind_contextvars(case_id="01J", client=NAME)

    structlog.get_logger().info("case.opened")
    logging.getLogger("aiosmtplib").info("notice.sent")

    assert [(line["case_id"], line["hidden"]) for line in lines()] == [("01J", 1)] * 2


def test_a_field_nobody_vouched_for_is_only_counted(lines):
    structlog.get_logger().info("case.opened", client=NAME, **{NAME: 1})

    [line] = lines()
    assert line["hidden"] == 2
    assert NAME not in str(line)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(NAME, id="words"),
        pytest.param([NAME], id="a list of words"),
        pytest.param({"case_id": NAME, NAME: 1}, id="words by name"),
        pytest.param(ValueError(NAME), id="an exception"),
        pytest.param(NAME.encode(), id="bytes"),
    ],
)
def test_free_text_in_a_known_field_is_hidden(lines, value: object):
    structlog.get_logger().info("case.opened", case_id=value)

    [line] = lines()
    assert "…" in str(line["case_id"])
    assert "Wilhelmina" not in str(line)


def test_a_sentence_instead_of_an_event_is_withheld_and_its_place_told(lines):
    structlog.get_logger().warning(f"The case of {NAME} was opened")

    [line] = lines()
    assert line["event"] == "text.withheld"
    assert line["at"].startswith("test_logging:")
    assert NAME not in str(line)


@pytest.mark.parametrize("library", ["uvicorn.access", "temporalio.worker", "asyncio"])
def test_a_library_s_words_and_arguments_are_withheld(lines, library: str):
    log = logging.getLogger(library)

    log.error('%s - "%s %s"', "127.0.0.1", "GET", f"/people?name={NAME}")
    log.error(f"Failed decoding {NAME}", extra={"payload": NAME}, stack_info=True)
    log.error("%d", NAME)

    assert [line["event"] for line in lines()] == ["text.withheld"] * 3
    assert {line["logger"] for line in lines()} == {library}
    assert NAME not in str(lines())


def test_an_exception_is_told_by_type_and_place(lines):
    try:
        try:
            refuse()
        except ValueError as error:
            error.add_note(NAME)
            raise KeyError(NAME) from error
    except KeyError:
        structlog.get_logger().exception("notice.failed")
        logging.getLogger("uvicorn.error").exception(f"About {NAME}")

    for line in lines():
        key_error, value_error = line["exceptions"]
        assert key_error["type"] == "KeyError"
        assert value_error["type"] == "ValueError"
        assert value_error["at"][-1].startswith("throughcare/test_logging.py:")
    assert NAME not in str(lines())


def test_an_exception_given_as_a_value_is_told_by_type_and_place(lines):
    try:
        Age.model_validate({"years": NAME})
    except ValueError as error:
        structlog.get_logger().error("message.refused", exc_info=error)

    [line] = lines()
    assert [told["type"] for told in line["exceptions"]] == ["ValidationError"]
    assert NAME not in str(line)


def test_every_exception_of_a_group_is_told(lines):
    group = ExceptionGroup(NAME, [ValueError(NAME), KeyError(NAME)])

    structlog.get_logger().error("part.failed", exc_info=group)

    [line] = lines()
    told = [told["type"] for told in line["exceptions"]]
    assert told == ["ExceptionGroup", "ValueError", "KeyError"]
    assert NAME not in str(line)


def test_an_exception_nobody_caught_is_told_by_type_and_place(lines):
    try:
        refuse()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    [line] = lines()
    assert line["event"] == "process.failed"
    assert line["exceptions"][0]["type"] == "ValueError"
    assert NAME not in str(line)


def test_a_warning_is_withheld(lines):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(f"{NAME} is deprecated", stacklevel=1)

    assert NAME not in str(lines())
    assert [line["logger"] for line in lines()] == ["py.warnings"]


async def test_an_activity_s_line_carries_its_context_as_fields(lines):
    @activity.defn
    async def send() -> None:
        activity.logger.info("notice.sent", extra={"notice_key": "n1"})

    await ActivityEnvironment().run(send)

    [line] = [line for line in lines() if line["event"] == "notice.sent"]
    assert line["notice_key"] == "n1"
    assert line["temporal_activity"]["activity_type"] == "unknown"
    assert line["temporal_activity"]["attempt"] == 1


def test_for_people_at_a_console_the_rules_are_the_same(written: io.StringIO):
    with redirect_stderr(written):
        configure("info", json=False)

    structlog.get_logger("throughcare").info("case.opened", case_id="01J", client=NAME)

    shown = written.getvalue()
    assert "case.opened" in shown
    assert "case_id=01J hidden=1" in shown
    assert NAME not in shown
