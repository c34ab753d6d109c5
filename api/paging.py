"""Lists are read page by page: each page says where the next one begins, and stays right while rows come and go."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field, ValidationError

from throughcare.errors import BadRequestValue
from throughcare.store.rows import Total

Item = TypeVar("Item")
Row = TypeVar("Row")
Key = TypeVar("Key", bound=BaseModel)

DEFAULT_LIMIT = 50

PageSize = Annotated[int, Query(ge=1, le=100, description="How many at most")]
After = Annotated[
    str | None,
    Query(max_length=500, description="Where the page before ended, as in its `next`"),
]


async def _total(
    wanted: Annotated[
        bool, Query(alias="total", description="Whether to count the whole list")
    ] = False,
) -> Total:
    return Total(wanted=wanted)


TotalAsked = Annotated[Total, Depends(_total)]


class Page(BaseModel, Generic[Item]):
    items: tuple[Item, ...]
    next: str | None = Field(
        default=None,
        description="The address of the next page; null on the last one",
        examples=["/conflicts?limit=50&after=eyJvcGVuZWRfYXQ"],
    )
    total: int | None = Field(
        default=None, description="How many there are on all pages, with `total=true`"
    )


def read_cursor(after: str | None, kind: type[Key]) -> Key | None:
    """Raises BadRequestValue where it is not a cursor of this list."""
    if after is None:
        return None
    try:
        padded = after + "=" * (-len(after) % 4)
        return kind.model_validate_json(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, ValidationError):
        raise BadRequestValue(
            "after", "Take it unchanged from `next` of the page before."
        ) from None


def cut(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], Row | None]:
    """The rows of this page, and its last where another page follows."""
    page = rows[:limit]
    return page, page[-1] if len(rows) > limit else None


def next_address(request: Request, key: BaseModel | None) -> str | None:
    if key is None:
        return None
    url = request.url.include_query_params(after=cursor_of(key))
    return f"{url.path}?{url.query}"


def cursor_of(key: BaseModel) -> str:
    text = base64.urlsafe_b64encode(key.model_dump_json().encode()).decode()
    return text.rstrip("=")
