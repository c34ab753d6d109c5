"""The two kinds of model everything in the domain is made of."""

from collections.abc import Sized
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict

KEPT = 64
"""How many policies are shared at once; an agency has a handful."""


def is_none(value: object) -> bool:
    """For a field that came later: left out where nothing is said, it changes no fingerprint of before."""
    return value is None


def is_empty(value: Sized) -> bool:
    """As is_none, of a field that holds several."""
    return not len(value)


class Frozen(BaseModel):
    """A fact. It is stored in histories, so an older reader ignores what a newer writer added."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        # A fact cannot change, so a copied case may share it; this is what makes a trial run of a message cheap.
        return self


class Written(Frozen):
    """A fact people write by hand (a policy file, a request body): a word nobody knows is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Policy = TypeVar("Policy", bound=Written)

_kept: dict[tuple[type[Written], str], Any] = {}


def shared(policy: Policy) -> Policy:
    """One object for the same words. A worker holds hundreds of cases whose policies are few, and a fact cannot change, so
    nobody can tell."""
    key = (type(policy), policy.model_dump_json())
    while len(_kept) >= KEPT and key not in _kept:
        _kept.pop(next(iter(_kept)), None)
    kept: Policy = _kept.setdefault(key, policy)
    return kept
