"""What operators see of a case in the Temporal UI, and search by: never anything about whom it concerns."""

from datetime import datetime
from typing import NamedTuple

from temporalio import workflow

from throughcare.temporal.client import (
    DUE_AT,
    LEVEL,
    LINKED_IDS,
    OVERDUE,
    SEAT_ROLES,
    STEP,
)


class Shown(NamedTuple):
    """The search attributes of a case that change."""

    step: str
    roles: list[str]
    level: int
    due_at: datetime | None
    is_overdue: bool
    linked: tuple[str, ...]


class Visibility:
    def __init__(self) -> None:
        self._shown: Shown | None = None

    def show(self, shown: Shown, details: str, *, is_closed: bool) -> None:
        if shown != self._shown and (not is_closed or self._is_worth_it(shown)):
            self._shown = shown
            workflow.upsert_search_attributes(
                [
                    STEP.value_set(shown.step),
                    SEAT_ROLES.value_set(shown.roles),
                    LEVEL.value_set(shown.level),
                    DUE_AT.value_set(shown.due_at)
                    if shown.due_at
                    else DUE_AT.value_unset(),
                    OVERDUE.value_set(shown.is_overdue),
                    LINKED_IDS.value_set(list(shown.linked))
                    if shown.linked
                    else LINKED_IDS.value_unset(),
                ]
            )
        workflow.set_current_details(details)

    def _is_worth_it(self, shown: Shown) -> bool:
        """Of a closed case nobody searches the step; but one that was overdue must not be found as such any more, and one that
        is tied to another must be found by it."""
        before = self._shown
        return before is None or before.is_overdue or before.linked != shown.linked
