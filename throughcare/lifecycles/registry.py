"""The lifecycles there are, by kind of case. A new one is a folder beside this file, its policy, a workflow file and one line here."""

from throughcare.case.lifecycle import Lifecycle
from throughcare.case.policyfile import PolicyFile
from throughcare.lifecycles.care_plan.lifecycle import CARE_PLAN
from throughcare.lifecycles.conflict.lifecycle import CONFLICT
from throughcare.lifecycles.intake.lifecycle import INTAKE
from throughcare.lifecycles.service_request.lifecycle import SERVICE_REQUEST

LIFECYCLES: dict[str, Lifecycle] = {
    each.kind: each
    for each in (
        CONFLICT,
        INTAKE,
        CARE_PLAN,
        SERVICE_REQUEST,
    )
}


def policy_files() -> dict[str, PolicyFile]:
    """The files with policies that a pack may have, by name."""
    return {file.name: file for each in LIFECYCLES.values() for file in each.policies}
