"""Every list and report as CSV, for whoever asks with `Accept: text/csv`: the whole of it, and safe to open in a spreadsheet.

The list is asked for page by page in place of whoever asked, so that what is shown, checked and put on record is that of the
list itself. A cell that a spreadsheet would take for a formula has an apostrophe before it.
"""

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator
from types import NoneType
from typing import Any, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer, plain_problem
from throughcare.store.reports import Independent

MEDIA_TYPE = "text/csv"
MOST_ROWS = 10_000
PAGE = 100

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes the text for that of an old code page."""

FORMULA = frozenset("=+-@\t\r\n")
LISTS = {"items", *Independent.model_fields}
"""What answers call their lists; one report has several."""

OF_PAGES = ("next", "total", "more", "after", "elsewhere")
CUT = "There are more than these. A file has at most {} rows: narrow the list by its filters."
NO_LIST = "Only lists and reports are given as text/csv."

Path = tuple[str, ...]


class Spreadsheets:
    """Answers in JSON in, CSV out, of `most_rows` at most."""

    def __init__(self, app: ASGIApp, most_rows: int = MOST_ROWS) -> None:
        self._app = app
        self._most_rows = most_rows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and is_list(scope["method"], scope["path"])
            and _wants_csv(Headers(scope=scope))
        ):
            await self._as_csv(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _as_csv(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = _Sent(receive)
        first = await self._page(scope, sent)
        if first.status != 200:
            await first.send_on(send)
            return
        sheet = sheet_of(getattr(scope["route"], "response_model", None))
        if sheet is None or not first.is_json:
            refusal = answer(
                plain_problem(406, scope["path"]).model_copy(update={"detail": NO_LIST})
            )
            await refusal(scope, receive, send)
            return
        await send(_start(scope["route"].name))
        await send(_chunk(BYTE_ORDER_MARK + _lines([sheet.header])))
        page, room = first.read(), self._most_rows
        while True:
            found = list(sheet.rows(page))
            await send(_chunk(_lines(found[:room])))
            room -= len(found)
            following = page.get("next")
            if not following or room <= 0:
                break
            answered = await self._page(_following(scope, following), sent)
            if answered.status != 200:
                # The file ends in the middle, so that nobody takes it for the whole list.
                raise ConnectionAbortedError
            page = answered.read()
        is_cut = room < 0 or following or page.get("more")
        await send(
            _chunk(
                _lines([[CUT.format(self._most_rows)]]) if is_cut else "", more=False
            )
        )

    async def _page(self, scope: Scope, sent: "_Sent") -> "_Answer":
        collected = _Answer()
        await self._app(scope, sent.receiving(), collected.take)
        return collected


def is_list(method: str, path: str) -> bool:
    """What changes something answers with no list."""
    return method == "GET" or (method == "POST" and path.endswith("/search"))


def _wants_csv(headers: Headers) -> bool:
    accepted = headers.get("accept", "").split(",")
    return accepted[0].split(";")[0].strip().casefold() == MEDIA_TYPE


def _following(scope: Scope, address: str) -> Scope:
    query = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    return {**scope, "query_string": urlencode(query | {"limit": PAGE}).encode()}


class _Sent:
    """What was sent, as the application took it, for each of its pages anew."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._taken: list[Message] = []

    def receiving(self) -> Receive:
        again = iter(tuple(self._taken))

        async def receive() -> Message:
            if (message := next(again, None)) is None:
                message = await self._receive()
                self._taken.append(message)
            return message

        return receive


class _Answer:
    """An answer of the application, whole."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body += message.get("body", b"")

    @property
    def status(self) -> int:
        status: int = self._start["status"]
        return status

    @property
    def is_json(self) -> bool:
        media_type = Headers(raw=self._start["headers"]).get("content-type", "")
        return media_type.startswith("application/json")

    def read(self) -> dict[str, Any]:
        page: dict[str, Any] = json.loads(self._body)
        return page

    async def send_on(self, send: Send) -> None:
        await send(self._start)
        await send({"type": "http.response.body", "body": self._body})


def _start(name: str) -> Message:
    headers = MutableHeaders()
    headers["Content-Type"] = f"{MEDIA_TYPE}; charset=utf-8"
    headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    headers["Cache-Control"] = "no-store"
    return {"type": "http.response.start", "status": 200, "headers": headers.raw}


def _chunk(text: str, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": text.encode(), "more_body": more}


# -- the sheet --------------------------------------------------------------------------------------------------------


class Sheet:
    """What a model of a list looks like in rows. `lists`: its lists with the columns of each; what stands beside them, such as
    when a report was made and what is to be known of it, follows in every row."""

    def __init__(self, lists: dict[str, list[Path]], beside: list[Path]) -> None:
        self._lists = lists
        self._beside = beside
        columns = (path for paths in lists.values() for path in paths)
        self._columns = list(dict.fromkeys(columns))

    @property
    def header(self) -> list[str]:
        which = ["list"] if len(self._lists) > 1 else []
        return which + [".".join(each) for each in (*self._columns, *self._beside)]

    def rows(self, page: dict[str, Any]) -> Iterator[list[str]]:
        beside = [_cell(page, path) for path in self._beside]
        for name in self._lists:
            which = [name] if len(self._lists) > 1 else []
            for item in page[name]:
                yield which + [_cell(item, each) for each in self._columns] + beside


def sheet_of(model: Any) -> Sheet | None:
    """None where it has no list in it."""
    if not _is_model(model):
        return None
    fields = model.model_fields
    lists = {
        name: list(_columns(item))
        for name, field in fields.items()
        if name in LISTS and (item := _item_of(field.annotation))
    }
    beside = [
        path
        for name, field in fields.items()
        if name not in lists and name not in OF_PAGES
        for path in _paths(name, field.annotation)
    ]
    return Sheet(lists, beside) if lists else None


def _columns(model: type[BaseModel]) -> Iterator[Path]:
    for name, field in model.model_fields.items():
        yield from _paths(field.serialization_alias or name, field.annotation)


def _paths(name: str, annotation: Any) -> Iterator[Path]:
    """A thing within a thing has its columns there; whatever else has one."""
    inner = _one_of(annotation)
    if _is_model(inner):
        yield from ((name, *path) for path in _columns(inner))
    else:
        yield (name,)


def _item_of(annotation: Any) -> type[BaseModel] | None:
    """Of `tuple[Item, ...]`."""
    arguments = get_args(annotation)
    is_list = getattr(annotation, "__origin__", None) in (tuple, list)
    return arguments[0] if is_list and _is_model(arguments[0]) else None


def _one_of(annotation: Any) -> Any:
    """Of `Item | None`, the item."""
    found = [each for each in get_args(annotation) if each is not NoneType]
    return (
        found[0] if len(found) == 1 and NoneType in get_args(annotation) else annotation
    )


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _cell(item: Any, path: Path) -> str:
    for name in path:
        item = item.get(name) if isinstance(item, dict) else None
    match item:
        case None:
            return ""
        case bool():
            return "true" if item else "false"
        case int() | float():
            return str(item)
        case list() if not any(isinstance(each, dict | list) for each in item):
            return defused("; ".join(map(str, item)))
        case dict() | list():
            return json.dumps(item, ensure_ascii=False)
        case _:
            return defused(str(item))


def defused(text: str) -> str:
    """A spreadsheet takes what begins like this for a formula, in its wide form too, and carries it out."""
    first = unicodedata.normalize("NFKC", text.lstrip(" \xa0")[:1])
    return f"'{text}" if first in FORMULA else text


def _lines(rows: Iterable[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()
