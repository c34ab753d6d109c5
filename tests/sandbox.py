"""The SDK's sandbox, in which the tests run cases and replay histories; the worker runs them without (docs/decisions/0017)."""

from temporalio.worker.workflow_sandbox import (
    SandboxedWorkflowRunner,
    SandboxRestrictions,
)
from temporalio.workflow import SandboxImportNotificationPolicy


def sandbox(*modules: str) -> SandboxedWorkflowRunner:
    """With all of our own code and `modules` passed through: to import them again for each case would take most of the time.

    What passes through is watched by ruff's banned-api list. What remains is that a workflow which imports anything else
    from inside the sandbox fails its task.
    """
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            "throughcare", "activities", "workflows", "tzdata", *modules
        ).with_import_notification_policy(
            SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
        )
    )
