"""Cases: listed, counted, found and read. One set of routes for each kind, and `/cases` over all of them."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import structlog
from fastapi import Body, Query, Request
from pydantic import AfterValidator, BaseModel, Field

from api.cases.page import read_one, read_timeline, shown_as
from api.cases.views import CaseSummary, EntryView
from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.examples import SEARCH
from api.paging import (
    DEFAULT_LIMIT,
    After,
    Page,
    PageSize,
    TotalAsked,
    cursor_of,
    cut,
    next_address,
    read_cursor,
)
from api.problems import documented
from api.routing import Routes
from api.shown import shows
from throughcare.case.lifecycle import Lifecycle
from throughcare.errors import BadRequestValue
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.case_changes import (
    ChangeKey,
    changes_after,
    newest_change,
)
from throughcare.store.case_lists import (
    CaseCount,
    CaseFilter,
    CaseKey,
    count_cases,
    list_cases,
    with_a_word,
)
from throughcare.store.rows import Total
from throughcare.time.deadline import Instant
from throughcare.usecases.asking import Asking
from throughcare.usecases.storable import Storable

router = Routes(tags=["cases"])
log = structlog.get_logger("throughcare.api")

Kinds = StrEnum("Kinds", {kind.replace("-", "_"): kind for kind in LIFECYCLES})  # type: ignore[misc]  # The kinds there are.


class CaseQuery(BaseModel):
    """The filters of a list; together they narrow it."""

    status: list[str] = Field(default_factory=list, examples=[["open"]])
    is_open: bool | None = Field(default=None, alias="open")
    step: str | None = Field(default=None, examples=["A2"])
    program: str | None = None
    client: str | None = Field(default=None, description="A client's id")
    ladder: str | None = Field(default=None, description="Of conflicts")
    branch: str | None = Field(default=None, description="Of intakes")
    overdue: bool | None = None
    opened_after: Instant | None = None
    opened_before: Instant | None = None
    mine: bool = Field(
        default=False, description="Only those in which you sit in a seat yourself"
    )

    def as_filter(
        self, asking: Asking, kinds: Collection[str], text: str | None = None
    ) -> CaseFilter:
        """Raises BadRequestValue for a status that no such case can have."""
        known = statuses(kinds or LIFECYCLES)
        if unknown := sorted(set(self.status) - set(known)):
            raise BadRequestValue(
                "status",
                f"There is no status {unknown[0]!r}. Those there are: {', '.join(known)}.",
            )
        return CaseFilter(
            kind=tuple(kinds),
            seats=asking.own_seats if self.mine else None,
            text=text,
            **self.model_dump(exclude={"mine", "kind", "text"}),
        )


class AnyCaseQuery(CaseQuery):
    kind: list[Kinds] = Field(default_factory=list, description="Of any where left out")


class CaseSearch(Storable, AnyCaseQuery):
    """Words that all stand in the subject of a case, in the reference to its enrollee, in the name or a reference of its
    client, or that are its id. Sent as a body, as no address names anybody."""

    text: Annotated[str, Field(max_length=200), AfterValidator(with_a_word)]


class CaseCounts(BaseModel):
    items: tuple[CaseCount, ...] = Field(description="By kind and status")


class CaseChangeView(BaseModel):
    case: str
    at: datetime = Field(description="When the record was made")


class CaseChanges(BaseModel):
    items: tuple[CaseChangeView, ...]
    after: str = Field(description="Send it as `after` to learn of what comes next")
    more: bool = Field(description="Whether there is more already")


def statuses(kinds: Collection[str]) -> list[str]:
    """Every status that a case of one of these kinds can have."""
    found: dict[str, None] = {}
    for kind in kinds:
        status: Any = LIFECYCLES[kind].state.model_fields["status"].annotation
        found |= {str(each): None for each in status}
    return list(found)


async def listed(
    request: Request,
    wanted: CaseFilter,
    asking: Asking,
    parts: Parts,
    total: Total,
    after: str | None,
    limit: int,
) -> Page[CaseSummary]:
    cursor = read_cursor(after, CaseKey)
    lines = await parts.database.read(
        list_cases, asking.scope, wanted, after=cursor, limit=limit, total=total
    )
    page, last = cut(lines, limit)
    shows(cases=[line.id for line in page])
    key = CaseKey(opened_at=last.opened_at, id=last.id) if last else None
    return Page(
        items=tuple(CaseSummary.of(line) for line in page),
        next=next_address(request, key),
        total=total.rows,
    )


# -- of every kind -----------------------------------------------------------------------------------------------------


@router.get("/cases", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_all_cases(
    request: Request,
    wanted: Annotated[AnyCaseQuery, Query()],
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[CaseSummary]:
    """The cases you may see, of every kind, newest first."""
    asked = wanted.as_filter(asking, wanted.kind)
    return await listed(request, asked, asking, parts, total, after, limit)


@router.post("/cases/search", responses=documented(401, 413, 422))
async def search_cases(
    request: Request,
    body: Annotated[CaseSearch, Body(examples=[SEARCH])],
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[CaseSummary]:
    """The cases you may see in which all of these words stand, newest first. The next page is asked for with the same
    body."""
    asked = body.as_filter(asking, body.kind, body.text)
    return await listed(request, asked, asking, parts, total, after, limit)


@router.get("/cases/counts", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def read_case_counts(
    wanted: Annotated[AnyCaseQuery, Query()], asking: SignedIn, parts: TheParts
) -> CaseCounts:
    """How many cases you may see, by kind and status, and how many of them are overdue."""
    asked = wanted.as_filter(asking, wanted.kind)
    return CaseCounts(items=await parts.database.read(count_cases, asking.scope, asked))


@router.get(
    "/cases/changes", responses=documented(401, 422), dependencies=KNOWN_FILTERS
)
async def read_case_changes(
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> CaseChanges:
    """Which of the cases you may see were recorded anew, in order, none left out and none named twice for one record.
    Without `after` nothing but where to begin."""
    start = read_cursor(after, ChangeKey)
    if start is None:
        return CaseChanges(
            items=(),
            after=cursor_of(await parts.database.read(newest_change)),
            more=False,
        )
    rows = await parts.database.read(changes_after, asking.scope, start, limit=limit)
    page, last = cut(rows, limit)
    shows(cases=[row.case_id for row in page])
    end = page[-1] if page else None
    return CaseChanges(
        items=tuple(CaseChangeView(case=row.case_id, at=row.at) for row in page),
        after=cursor_of(
            ChangeKey(transaction_id=end.transaction_id, seq=end.seq) if end else start
        ),
        more=last is not None,
    )


# -- of each kind ------------------------------------------------------------------------------------------------------

CaseEndpoint = Callable[..., Awaitable[Any]]

NewestFirst = Annotated[
    bool, Query(description="From the end backwards, not from the beginning")
]


def _listing(kind: str) -> CaseEndpoint:
    async def list_these(
        request: Request,
        wanted: Annotated[CaseQuery, Query()],
        asking: SignedIn,
        parts: TheParts,
        total: TotalAsked,
        after: After = None,
        limit: PageSize = DEFAULT_LIMIT,
    ) -> Page[CaseSummary]:
        asked = wanted.as_filter(asking, (kind,))
        return await listed(request, asked, asking, parts, total, after, limit)

    return list_these


def _reading(kind: str) -> CaseEndpoint:
    async def read(case_id: str, asking: SignedIn, parts: TheParts) -> Any:
        return await read_one(kind, case_id, asking, parts)

    return read


def _reading_timeline(kind: str) -> CaseEndpoint:
    async def read(
        request: Request,
        case_id: str,
        asking: SignedIn,
        parts: TheParts,
        total: TotalAsked,
        newest_first: NewestFirst = False,
        after: After = None,
        limit: PageSize = DEFAULT_LIMIT,
    ) -> Page[EntryView]:
        return await read_timeline(
            kind,
            request,
            case_id,
            asking,
            parts,
            total=total,
            after=after,
            limit=limit,
            newest_first=newest_first,
        )

    return read


def _add_routes(lifecycle: Lifecycle) -> None:
    kind, path = lifecycle.kind, lifecycle.path
    one, many = kind.replace("-", "_"), path.strip("/").replace("-", "_")
    said, all_said = one.replace("_", " "), many.replace("_", " ")
    router.add_api_route(
        path,
        _listing(kind),
        name=f"list_{many}",
        summary=f"List {all_said}",
        description=f"The {all_said} you may see, newest first.",
        response_model=Page[CaseSummary],
        responses=documented(401, 422),
        dependencies=KNOWN_FILTERS,
    )
    router.add_api_route(
        f"{path}/{{case_id}}",
        _reading(kind),
        name=f"read_{one}",
        summary=f"Read {said}",
        description=f"One {said}: its seats, duties with receipts, the messages valid now, its facts, notices, and how unclear "
        "sentences are read.",
        response_model=shown_as(lifecycle),
        responses=documented(401, 403, 404),
    )
    router.add_api_route(
        f"{path}/{{case_id}}/timeline",
        _reading_timeline(kind),
        name=f"read_{one}_timeline",
        summary=f"Read {said} timeline",
        description=f"Everything that happened in the {said}, in order or from the end, with who did it and under which clause. "
        "What a worker wrote of themselves is for them and their supervisor.",
        response_model=Page[EntryView],
        responses=documented(401, 403, 404, 422),
        dependencies=KNOWN_FILTERS,
    )


for _lifecycle in LIFECYCLES.values():
    _add_routes(_lifecycle)
