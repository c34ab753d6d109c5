"""The two kinds of model everything in the domain is made of."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A fact. It is stored in histories, so an older reader ignores what a newer writer added."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        # A fact cannot change, so a copied case may share it; this is what makes a trial run of a message cheap.
        return self


class Written(Frozen):
    """A fact people write by hand (a policy file, a request body): a word nobody knows is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
