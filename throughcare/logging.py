"""Logs: lines of names, ids, numbers and times; never a sentence.

What people write may name a client, and so may an exception that quotes it, or a
library's message that quotes the exception. So a line is made of what is known to be
safe, rather than searched for what is not: an event's dotted name, the fields named in
`FIELDS` where they hold single words, and of an exception its type and its place.
Other values appear as "…"; other fields are only counted, as `hidden`.
"""

import logging
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from traceback import walk_tb
from types import TracebackType

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow

HIDDEN = "…"
WITHHELD = "text.withheld"
EXCEPTIONS_SHOWN = 10
PLACES_SHOWN = 8

# A new field belongs here if no value it will ever hold tells who a client is.
_FIELD_NAMES = (
    # The line
    "event level logger timestamp at exceptions type "
    # A case: opaque ids, and words of the policy
    "case_id case_ids duty_id message_id message_name notice_key link_id pack pack_version clause rule step "
    "ladder rung seat_role side kind status outcome basis "
    "due_at opened_at closed_at received_at sent_at "
    # The directory, by id
    "agency_id organization_id program seat_id person_id key_id "
    # The service
    "request_id service version part port address route method status_code duration_ms count attempts cases different mended unreachable "
    "signal exit_status pid environment "
    # What Temporal adds in workflows and activities
    "temporal_workflow temporal_activity namespace task_queue attempt run_id update_id "
    "update_name workflow_id workflow_run_id workflow_type activity_id activity_type"
)
FIELDS = frozenset(_FIELD_NAMES.split())

# case.opened is a name; "Opened the case of …" is not, and neither is anything a
# library says, which may be formatted from what it was given.
EVENT_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
WORD = re.compile(r"[\w.:/@+-]{1,200}")


def configure(level: str, *, json: bool) -> None:
    """Send every log line of this process, whoever writes it, to stderr in safe form.

    `level` is a name such as "info". Call it once, at an entry point, and start uvicorn
    with `log_config=None` so that its lines come this way too.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter(json))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    # Else a line that cannot be written is printed whole, with what it was given.
    logging.raiseExceptions = False
    sys.excepthook = _log_uncaught
    # Their context comes as fields; in the text it would be withheld with the text.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def facts_only(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Keep of a line what cannot be free text. The last processor before the renderer."""
    record: logging.LogRecord = line.pop("_record")
    line.pop("_from_structlog")
    raised = _raised(line.pop("exc_info", None))
    facts = _facts(line)
    if not EVENT_NAME.fullmatch(str(line["event"])):
        facts |= {"event": WITHHELD, "at": f"{record.module}:{record.lineno}"}
    if raised:
        shown = islice(_chain(raised), EXCEPTIONS_SHOWN)
        facts["exceptions"] = [_type_and_place(error) for error in shown]
    return facts


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


# One list, however often this is configured: loggers that were used before keep the list they found.
_PROCESSORS = [
    structlog.stdlib.filter_by_level,
    *_shared(),
    ProcessorFormatter.wrap_for_formatter,
]


def _formatter(json: bool) -> ProcessorFormatter:
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return ProcessorFormatter(
        foreign_pre_chain=[*_shared(), ExtraAdder()],
        processors=[facts_only, renderer],
        use_get_message=False,
    )


def _facts(line: Mapping[str, object]) -> dict[str, object]:
    facts = {name: _safe(value) for name, value in line.items() if name in FIELDS}
    # Counted, not listed: a dictionary may be keyed by people's names.
    if hidden := len(line) - len(facts):
        facts["hidden"] = hidden
    return facts


def _safe(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return value if WORD.fullmatch(value) else HIDDEN
        case date():
            return value.isoformat()
        case Mapping():
            return _facts(value)
        case list() | tuple():
            return [_safe(item) for item in value]
        case _:
            return HIDDEN


def _raised(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case None | False:
            return None
        case _:
            return sys.exc_info()[1]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _chain(part)
        error = error.__cause__ or (
            None if error.__suppress_context__ else error.__context__
        )


def _type_and_place(error: BaseException) -> dict[str, object]:
    places = [
        f"{'/'.join(Path(frame.f_code.co_filename).parts[-2:])}:{line_number}"
        for frame, line_number in walk_tb(error.__traceback__)
    ]
    return {"type": type(error).__qualname__, "at": places[-PLACES_SHOWN:]}


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    structlog.get_logger("throughcare").critical(
        "process.failed", exc_info=(kind, error, trace)
    )
