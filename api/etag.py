"""Names what somebody has read, so that nobody's change is written over unread (RFC 9110, 8.8.3 and 13.1)."""

import re
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Response
from pydantic import BaseModel

from throughcare.case.patterns import ENTITY_TAGS
from throughcare.errors import ChangedSinceRead, NotReadFirst

TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def tag_of(view: BaseModel) -> str:
    """A strong ETag: the same as long as everything that is shown is the same."""
    return f'"{sha256(view.model_dump_json().encode()).hexdigest()[:32]}"'


def put_tag(response: Response, view: BaseModel) -> None:
    response.headers["ETag"] = tag_of(view)


def tags_in(header: str) -> list[str]:
    return TAG.findall(header)


class Precondition:
    """What the sender of a change says they have read."""

    def __init__(self, if_match: str | None) -> None:
        self.if_match = if_match

    def matches(self, tag: str) -> bool:
        """Compared strongly: a weak tag matches nothing."""
        if self.if_match is None:
            return False
        return self.if_match == "*" or tag in tags_in(self.if_match)

    def check(self, current: BaseModel, *, needed: bool = False) -> None:
        """To be called with what stands there as it is read under the lock of the change. Raises ChangedSinceRead and,
        where it is `needed` and nothing was said, NotReadFirst."""
        if self.if_match is None:
            if needed:
                raise NotReadFirst(tag_of(current))
        elif not self.matches(tag_of(current)):
            raise ChangedSinceRead(current)


def replaces_a_list(change: BaseModel, current: BaseModel) -> bool:
    """Whether a list somebody may have added to would be written over by one that was read before."""
    for name in change.model_fields_set:
        new, old = getattr(change, name), getattr(current, name)
        if isinstance(new, tuple) and old and new != old:
            return True
    return False


async def precondition(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            pattern=ENTITY_TAGS,
            description="The ETag of what you have read; 412 where it has changed since",
        ),
    ] = None,
) -> Precondition:
    return Precondition(if_match)


IfMatch = Annotated[Precondition, Depends(precondition)]
