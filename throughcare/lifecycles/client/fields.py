"""What the facts of several messages are made of, and how a case about a client can stand. Pure."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from throughcare.case.patterns import SLUG

Words = Annotated[
    str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)
]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)
]
Slug = Annotated[str, StringConstraints(pattern=SLUG)]


class ClientStatus(StrEnum):
    open = "open"
    enrolled = "enrolled"
    declined = "declined"
    not_eligible = "not_eligible"
    unreachable = "unreachable"
    moved = "moved"
    died = "died"
    withdrawn = "withdrawn"
    opened_in_error = "opened_in_error"
    """It should never have been opened; nothing counts it."""
    # Of a care plan.
    completed = "completed"
    """The team agreed that it is no longer needed."""
    transferred = "transferred"
    # Of a request for a service.
    denied = "denied"
    expired = "expired"
