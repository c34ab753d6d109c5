"""A file of a policy pack: what is in it, how it is checked and drawn, and which notices need texts because of it. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from throughcare.case.base import Written
from throughcare.case.findings import Finding
from throughcare.case.parts import ClauseId, Strength

Policy = TypeVar("Policy", bound=Written)


class PolicyPack(Protocol):
    """The pack a file stands in, as its checks see it."""

    @property
    def strengths(self) -> Mapping[ClauseId, Strength]:
        """Every clause that is registered, and its verb."""

    def policy(self, model: type[Policy]) -> Policy | None:
        """What another file of the pack says, where it has that file."""


def _nothing_drawn(policy: Any) -> Iterator[str]:
    return iter(())


@dataclass(frozen=True)
class PolicyFile:
    """`name` is the name of the file, with underscores. `summary` says what it has in a few words, `findings` what is wrong in it,
    `draw` its drawings as Mermaid text. A pack that has it has texts for `notices`, and for `client_notices`, which it may also have
    in other languages. One that does not stand alone goes on from another file."""

    name: str
    model: type[Written]
    summary: Callable[[Any], str]
    findings: Callable[[PolicyPack, Any], Iterator[Finding]]
    draw: Callable[[Any], Iterator[str]] = _nothing_drawn
    notices: frozenset[str] = frozenset()
    client_notices: frozenset[str] = frozenset()
    stands_alone: bool = True

    @property
    def file(self) -> str:
        return f"{self.name.replace('_', '-')}.yaml"
