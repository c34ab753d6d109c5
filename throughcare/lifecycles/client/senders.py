"""Who sends what comes in no fixed order, where that is not everybody who works on the case. Pure."""

from throughcare.case.parts import RoleId
from throughcare.lifecycles.client.case import ClientCase


def who_answers_wishes(case: ClientCase) -> tuple[RoleId, ...]:
    return (case.answers_wishes,)


def all_but_the_worker(case: ClientCase) -> tuple[RoleId, ...]:
    """The worker cannot end by themself what is asked about them (CS-X-9)."""
    return tuple(role for role in case.staff() if role != case.worker)


def worker_and_supervisor(case: ClientCase) -> tuple[RoleId, ...]:
    return (case.worker, case.policy.supervisor)
