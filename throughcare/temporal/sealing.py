"""Who may speak to a case: only what a key of the ring encrypted for it is taken; Temporal's port asks nobody for a key.

The codec decodes outside the workflow and marks what it opened; here the mark is compared with the case that reads. The same
bytes are marked alike at every replay under the same keys.
"""

from typing import TypeVar

from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import PayloadConverter
from temporalio.exceptions import ApplicationError

from throughcare.case.refusals import NotSealed

SEALED_FOR = "throughcare-sealed-for"
"""Marks a decoded payload with the workflow id it was encrypted for. Set by the codec alone, never taken from outside."""

UNREADABLE = b"binary/throughcare-unreadable"
"""Stands, without data, for an encrypted payload that no key of the ring opens."""

NOT_SEALED = "NotSealed"
"""The error type of a start that was refused."""

Sealed = TypeVar("Sealed")


def sealed_for(payload: Payload) -> str | None:
    """The workflow id a decoded payload was encrypted for, or None where nobody vouches for it."""
    case = payload.metadata.get(SEALED_FOR)
    return case.decode(errors="replace") if case else None


def is_unreadable(payload: Payload) -> bool:
    return payload.metadata.get("encoding") == UNREADABLE


def open_sealed(
    value: RawValue,
    workflow_id: str,
    converter: PayloadConverter,
    type_hint: type[Sealed],
) -> Sealed:
    """What was sent to this case. Raises NotSealed, and what the converter raises where it is not of this type."""
    payload = value.payload
    if is_unreadable(payload) or sealed_for(payload) != workflow_id:
        raise NotSealed
    opened: Sealed = converter.from_payload(payload, type_hint)
    return opened


def check_start(payload: Payload, workflow_id: str) -> None:
    """Raises ApplicationError, which ends the workflow, where its start was not encrypted for it.

    What no key opens is let through: reading it fails the task alone, and the case waits until its key is back."""
    if not is_unreadable(payload) and sealed_for(payload) != workflow_id:
        refused = NotSealed()
        raise ApplicationError(refused.detail, type=NOT_SEALED, non_retryable=True)
