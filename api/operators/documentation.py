"""The API's own document, and as a page without scripts that loads nothing from anywhere."""

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api import pages
from api.deps import TheParts, asking
from api.routing import Routes
from throughcare.config import Environment

router = Routes(tags=["health"])


async def may_read(request: Request, parts: TheParts) -> None:
    """In production only whoever has a key is told what there is. Raises NotSignedIn."""
    if parts.settings.environment is Environment.production:
        await asking(request)


Permitted = Annotated[None, Depends(may_read)]


@router.get("/openapi.json", include_in_schema=False)
async def read_document(request: Request, _: Permitted) -> Response:
    """What clients are generated from."""
    return JSONResponse(await asyncio.to_thread(request.app.openapi))


@router.get("/docs", include_in_schema=False)
async def read_documentation(request: Request, _: Permitted) -> HTMLResponse:
    """Every route in words, with its example."""
    # To write the document the first time takes seconds, and a page of it is long.
    return await asyncio.to_thread(_page, request.app)


def _page(app: FastAPI) -> HTMLResponse:
    document = app.openapi()
    groups = [
        (tag, list(_operations(document, tag["name"])))
        for tag in app.openapi_tags or ()
    ]
    return pages.page("docs.html", title=app.title, text=app.description, groups=groups)


def _operations(document: dict[str, Any], tag: str) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                body = operation.get("requestBody", {}).get("content", {})
                schema = body.get("application/json", {}).get("schema", {})
                example = next(iter(schema.get("examples", ())), None)
                yield {
                    "name": f"{method.upper()} {path}",
                    "text": operation["description"],
                    "parameters": operation.get("parameters", ()),
                    "fields": _fields(document, schema),
                    "example": json.dumps(example, indent=2, ensure_ascii=False)
                    if example is not None
                    else "",
                    "answers": operation["responses"],
                }


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a body, each with whether it must be there."""
    name = schema.get("$ref", "").rpartition("/")[2]
    model = document["components"]["schemas"].get(name, schema)
    return [
        {
            "name": field,
            "required": field in model.get("required", ()),
            "text": said.get("description", ""),
        }
        for field, said in model.get("properties", {}).items()
    ]
