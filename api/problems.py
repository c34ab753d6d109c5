"""Everything that goes wrong is answered as problem+json (RFC 9457), and never with what was sent."""

import re
from collections.abc import Sequence
from http import HTTPStatus

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from throughcare.case.patterns import in_words
from throughcare.case.refusals import Allowed, Refused
from throughcare.errors import (
    BadRequestValue,
    ChangedSinceRead,
    ThroughcareError,
    TooManyAttempts,
    TooManyRequests,
)
from throughcare.store.database import BEGINNINGS, DatabaseBusy
from throughcare.usecases.desk import NotConfirmed, RefusedByCase

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
log = structlog.get_logger("throughcare.api")

# A field's name is the sender's own text where the model has no such field.
FIELD_NAME = re.compile(r"[\w-]{1,64}")

TITLE_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class FieldProblem(BaseModel):
    field: str = Field(examples=["counterpart_seat"])
    problem: str = Field(examples=["Field required"])


NOT_JSON = FieldProblem(field="body", problem="The body is not JSON.")
NOT_SENT_AS_JSON = FieldProblem(
    field="body", problem="Send the body as `Content-Type: application/json`."
)


class Problem(BaseModel):
    """What went wrong, in words for a person, and what would have been right."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(examples=["urn:throughcare:problem:OutOfOrder"])
    title: str = Field(examples=["Out of order"])
    status: int = Field(examples=[409])
    detail: str = Field(
        examples=[
            "close cannot be sent now. Messages that can: meeting_held (from Care Coordinator, Human Service Worker)."
        ]
    )
    instance: str = Field(
        examples=["/conflicts/01JZ0000000000000000000000/messages/close"]
    )
    code: str = Field(
        default="",
        description="What went wrong, as one word for a program",
        examples=["OutOfOrder"],
    )
    about: tuple[str, ...] = Field(
        default=(),
        description="The ids of what stands in the way: duties, entries, members or versions; of a 503 that cannot say whether, the id of what may have been made",
    )
    allowed: tuple[Allowed, ...] = Field(
        default=(),
        description="Of a 403 or 409: the messages valid now and who may send them.",
    )
    current: dict[str, JsonValue] | None = Field(
        default=None, description="Of a 412: what somebody has written since"
    )
    yours: dict[str, JsonValue] | None = Field(
        default=None, description="Of a 412: what you sent"
    )
    errors: tuple[FieldProblem, ...] = Field(
        default=(), description="Of a 422: each field and what is wrong with it."
    )
    parts: dict[str, str] = Field(
        default_factory=dict, description="Of /readyz: each part and what it lacks."
    )

    def as_json(self) -> str:
        return self.model_dump_json(exclude_defaults=True)


def answer(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(problem.as_json(), problem.status, headers, MEDIA_TYPE)


def problem_of(error: Refused | ThroughcareError, instance: str) -> Problem:
    """Of 500 nothing is told: that text is for operators, and may quote anything."""
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return plain_problem(error.status, instance)
    name = error.kind if isinstance(error, RefusedByCase) else type(error).__name__
    shown = error.shown if isinstance(error, Refused) else None
    return Problem(
        type=f"urn:throughcare:problem:{name}",
        title=TITLE_WORDS.sub(" ", name).capitalize(),
        status=error.status,
        detail=str(error),
        instance=instance,
        code=name,
        about=error.about if isinstance(error, Refused | NotConfirmed) else (),
        allowed=error.allowed if isinstance(error, Refused) else (),
        current=error.current
        if isinstance(error, ChangedSinceRead)
        else (shown or {}).get("current"),
        yours=(shown or {}).get("yours"),
        errors=(FieldProblem(field=error.field, problem=error.problem),)
        if isinstance(error, BadRequestValue)
        else (),
    )


def plain_problem(status: int, instance: str) -> Problem:
    """A problem that HTTP's own words describe."""
    return Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=HTTPStatus(status).description or HTTPStatus(status).phrase,
        instance=instance,
    )


# -- handlers ------------------------------------------------------------------------------------------------------


async def on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused | ThroughcareError)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request.failed", exc_info=error)
    headers = _headers(error.status)
    if isinstance(error, TooManyRequests | TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after)
    return answer(problem_of(error, request.url.path), headers)


async def on_bad_payload(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = _unreadable(error) or tuple(
        FieldProblem(field=_field(each["loc"]), problem=in_words(each))
        for each in error.errors()
    )
    return _wrong_fields(request, errors)


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        # The framework's word for a body that is not even text.
        return _wrong_fields(request, (NOT_JSON,))
    headers = dict(error.headers or {})
    problem = plain_problem(error.status_code, request.url.path)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers |= _allow(request)
        detail = f"Methods of this address: {headers.get('Allow', 'none')}."
        problem = problem.model_copy(update={"detail": detail})
    return answer(problem, headers)


async def on_database_away(request: Request, error: Exception) -> Response:
    """Locked or unreachable, and it may work in a moment. Any other fault of it is a crash."""
    assert isinstance(error, OperationalError)
    only_read = request.method == "GET" or error.statement in (None, *BEGINNINGS)
    away = DatabaseBusy() if only_read else NotConfirmed()
    return answer(problem_of(away, request.url.path), _headers(away.status))


async def on_crash(request: Request, _error: Exception) -> Response:
    return answer(plain_problem(HTTPStatus.INTERNAL_SERVER_ERROR, request.url.path))


def _wrong_fields(request: Request, errors: tuple[FieldProblem, ...]) -> Response:
    detail = "; ".join(f"{each.field}: {each.problem}" for each in errors)
    problem = plain_problem(HTTPStatus.UNPROCESSABLE_ENTITY, request.url.path)
    return answer(problem.model_copy(update={"detail": detail, "errors": errors}))


def _headers(status: int) -> dict[str, str]:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return {"WWW-Authenticate": 'Bearer realm="throughcare"'}
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": str(RETRY_AFTER_SECONDS)}
        case _:
            return {}


def _field(location: Sequence[int | str]) -> str:
    """`body` itself is no field, and a name of the sender's own making is not repeated."""
    parts = [str(part) for part in location]
    if len(parts) > 1 and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    return ".".join(part if FIELD_NAME.fullmatch(part) else "…" for part in parts)


def _unreadable(error: RequestValidationError) -> tuple[FieldProblem, ...]:
    """What is wrong with a body as a whole, where none of its fields could be read."""
    if any(each.get("type") == "json_invalid" for each in error.errors()):
        return (NOT_JSON,)
    return (NOT_SENT_AS_JSON,) if isinstance(error.body, bytes) else ()


def _allow(request: Request) -> dict[str, str]:
    """The framework names the methods of one route of a path; a path has several. Where it is an address of its own,
    as a message's name is beside a message's id, only those of that one count."""
    paths: dict[str, dict[str, object]] = request.app.openapi()["paths"]
    matching = [
        template
        for template in paths
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), request.url.path)
    ]
    meant = min(matching, key=lambda each: each.count("{"), default=None)
    if meant is None:
        return {}
    methods = {method.upper() for method in paths[meant]}
    if "GET" in methods:
        methods.add("HEAD")
    return {"Allow": ", ".join(sorted(methods))}


# -- in the OpenAPI document --------------------------------------------------------------------------------------

MEANINGS = {
    401: "No API key, or not one that is in force",
    403: "Another seat may do this; the problem names it",
    404: "Not there, or not yours to see",
    409: "Not now; `allowed` lists the messages valid now and who may send them",
    412: "Somebody wrote it anew since you read it; what stands there now is shown",
    413: "The body is too large",
    422: "The payload is wrong; `errors` names the fields",
    428: "Say in `If-Match` what you have read",
    429: "Too many at once; `Retry-After` says when there is room again",
    500: "A fault of ours; nothing about it is told",
    501: "Not a part of this installation",
    503: "Temporal or the database is away; the detail says whether something may have been changed",
}


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """`responses=` of a route that may answer these problems. Whoever may be unknown may be too many."""
    if 401 in statuses:
        statuses = (*statuses, 429)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": MEANINGS[status], "content": content}
        for status in statuses
    }
