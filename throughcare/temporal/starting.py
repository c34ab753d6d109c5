"""How a case is begun in Temporal: the same from the API, from another case and when it is taken up again."""

from datetime import timedelta
from typing import Any

from temporalio.common import SearchAttributePair, TypedSearchAttributes

from throughcare.case.wire import OpenCase
from throughcare.temporal.client import (
    CASE_KIND,
    LINKED_IDS,
    OPENED_AT,
    PACK_VERSION,
    PROGRAM,
)

TASK_TIMEOUT = timedelta(seconds=5)
"""How long a case waits for a worker that took up its work and died, before another gets it."""


def search_attributes(opening: OpenCase[Any]) -> TypedSearchAttributes:
    """What a case is found by in Temporal from its start; never anything about whom it concerns."""
    pack = f"{opening.pack.id} v{opening.pack.version}"
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(CASE_KIND, opening.kind),
        SearchAttributePair(PROGRAM, opening.program),
        SearchAttributePair(PACK_VERSION, pack),
        SearchAttributePair(OPENED_AT, opening.received_at),
    ]
    if opening.linked:
        pairs.append(SearchAttributePair(LINKED_IDS, list(opening.linked)))
    return TypedSearchAttributes(pairs)
