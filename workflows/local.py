"""Activities as a case runs them: within its own workflow task where that is quick, the durable way where it is not."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Concatenate, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

from throughcare.temporal.codec import operator_text

QUICK = timedelta(seconds=2)
"""How long a local activity may take in all before the same work is given to a regular, endlessly patient one."""

PATIENT = RetryPolicy(maximum_interval=timedelta(minutes=1))

Given = TypeVar("Given")
Got = TypeVar("Got")


async def do(
    activity: Callable[Concatenate[Any, Given, ...], Awaitable[Got]],
    given: Given,
    text: str,
) -> Got:
    """Run as a local activity: one event, no queue. On timeout (the database is away) fall back to the same activity as a regular
    one with unlimited retries. Raises ActivityGaveUp."""
    try:
        return await workflow.execute_local_activity_method(
            activity,
            given,
            schedule_to_close_timeout=QUICK,
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=100),
                maximum_interval=timedelta(seconds=1),
            ),
            summary=operator_text(text),
        )
    except FailureError as error:
        # An ActivityError when it happens; a replay finds what it was caused by, a TimeoutError, bare in the history.
        if is_cancelled_exception(error):
            raise
    try:
        return await workflow.execute_activity_method(
            activity,
            given,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=PATIENT,
            summary=operator_text(text),
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        raise ActivityGaveUp(error.activity_type) from error


class ActivityGaveUp(Exception):
    """An activity failed for good, which ours never should. Not a Temporal failure, so that it fails the workflow task
    and waits for a mended worker: a bug must never end a case."""
