"""A lifecycle: everything the product needs to know of one kind of case, in one place. Pure.

Workflows, records, permissions, search attributes, policy checks, drawings, the dry run and the nightly comparison are made from
it. `throughcare.lifecycles.registry` lists those there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from throughcare.case.base import Frozen
from throughcare.case.case import Case
from throughcare.case.message import Messages
from throughcare.case.policyfile import PolicyFile
from throughcare.case.wire import CaseRun, OpenCase


@dataclass(frozen=True)
class Lifecycle:
    """`workflow` is the type that Temporal shows, `module` where its workflow class stands, `path` where its routes do. `policies`
    are the files of a pack that came with it, its own first. `open` makes a case of its opening, `summary` says one in a few words for operators."""

    kind: str
    path: str
    workflow: str
    module: str
    state: type[Case]
    about: type[Frozen]
    facts: type[BaseModel]
    open: Callable[[OpenCase[Any]], Case]
    summary: Callable[[OpenCase[Any]], str]
    policies: tuple[PolicyFile, ...] = ()

    @property
    def messages(self) -> Messages:
        return self.state.messages

    @property
    def run(self) -> Any:
        """The type of its workflow's input."""
        return CaseRun[self.about, self.state]  # type: ignore[name-defined]

    def __post_init__(self) -> None:
        if self.messages.said is None:
            raise TypeError(f"{self.kind}: its messages say nobody who hears them.")
