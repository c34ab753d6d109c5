"""What the facts of every message to a conflict have in common.

They are stored in histories: fields are added with a default, and never renamed or removed while a case that used them may
still be running.
"""

from pydantic import Field

from throughcare.case.message import Facts


class RungFacts(Facts):
    """What is said to a conflict. `rung` names an earlier rung."""

    rung: str | None = Field(
        default=None,
        description="The rung it belongs to; the current one where left out.",
    )

    @property
    def about_step(self) -> str | None:
        return self.rung


class OutcomeFacts(RungFacts):
    """Whether the sides of a rung agree, which may still be said of a rung left behind (O-24)."""


class EndingFacts(RungFacts):
    """What closes the case, and cannot before every violation is reported (CR-N-3)."""
