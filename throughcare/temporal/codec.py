"""What Temporal stores of a case: encrypted, but for the texts written for operators.

`OperatorText` marks a timer's or an activity's summary as meaning without identity.
It and the SDK's own description of a workflow, which carries the current details,
stay readable in the Temporal UI; everything else is AES-GCM. A text that was cut,
joined or formatted is a plain `str` again and so is encrypted: the mistake is safe.
docs/decisions/0001-operators-texts-are-not-encrypted.md says why, and 0013 why what is long is compressed first.
"""

import secrets  # noqa: TID251 (a codec runs outside the workflow)
import zlib
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    ActivitySerializationContext,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from throughcare.errors import ThroughcareError
from throughcare.temporal.keys import KeyRing

ENCRYPTED = b"binary/encrypted"
KEY_ID = "encryption-key-id"
CASE = "throughcare-case"
COMPRESSION = "throughcare-compression"
ZLIB = b"zlib"
AUDIENCE = "throughcare-audience"
OPERATORS = b"operators"
NONCE_BYTES = (
    12  # NIST SP 800-38D §8.2.2: 96 random bits, enough for 2**32 payloads a key
)
WORTH_COMPRESSING = 1024
"""What is shorter is left as it is: it would hardly get smaller."""

FAST = 1
"""The quickest level; what a case says of itself is words and names again and again."""

WORKFLOW_METADATA = WorkflowMetadata.DESCRIPTOR.full_name.encode()


class PayloadUnreadable(ThroughcareError):
    status = 500

    def __init__(self, key_id: str, reason: str) -> None:
        super().__init__(f"A payload encrypted under key {key_id!r} {reason}.")


class OperatorText(str):
    """A text any operator may read: clause, rung and seat, never who."""


class EncryptionCodec(PayloadCodec, WithSerializationContext):
    """AES-GCM under the active key. The key's id and the case's travel beside the payload and are authenticated, so that
    whoever has one decoded is on record for the case it is of."""

    def __init__(self, keys: KeyRing) -> None:
        self._active = keys.active
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.keys.items()}
        self._case = b""

    def with_context(self, context: SerializationContext) -> Self:
        here = copy(self)
        match context:
            case WorkflowSerializationContext() | ActivitySerializationContext():
                here._case = (context.workflow_id or "").encode()
            case _:
                here._case = b""
        return here

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [p if _is_for_operators(p) else self._encrypted(p) for p in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises `PayloadUnreadable`. What is not encrypted passes: operators send such signals."""
        return [self._decrypted(p) if is_encrypted(p) else p for p in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        key_id = self._active.encode()
        nonce = secrets.token_bytes(NONCE_BYTES)
        metadata = {"encoding": ENCRYPTED, KEY_ID: key_id}
        if self._case:
            metadata[CASE] = self._case
        said = payload.SerializeToString()
        if len(said) >= WORTH_COMPRESSING:
            metadata[COMPRESSION] = ZLIB
            said = zlib.compress(said, FAST)
        sealed = self._ciphers[self._active].encrypt(
            nonce, said, _authenticated(metadata)
        )
        return Payload(metadata=metadata, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        key_id = payload.metadata[KEY_ID]
        name = key_id.decode(errors="replace")
        if name not in self._ciphers:
            held = ", ".join(sorted(self._ciphers))
            raise PayloadUnreadable(name, f"cannot be read: the key ring holds {held}")
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            said = self._ciphers[name].decrypt(
                nonce, sealed, _authenticated(payload.metadata)
            )
        except InvalidTag:
            raise PayloadUnreadable(
                name, "was altered, or that key is not the same"
            ) from None
        if payload.metadata.get(COMPRESSION) == ZLIB:
            said = zlib.decompress(said)
        return Payload.FromString(said)


class _Json(PydanticJSONPlainPayloadConverter):
    def to_payload(self, value: object) -> Payload | None:
        payload = super().to_payload(value)
        if payload is not None and isinstance(value, OperatorText):
            payload.metadata[AUDIENCE] = OPERATORS
        return payload


# One per encoding, so JSON is replaced, not preceded. They know nothing of what they convert, and the SDK makes a new
# composite for every payload.
_CONVERTERS = tuple(
    _Json() if isinstance(converter, JSONPlainPayloadConverter) else converter
    for converter in DefaultPayloadConverter.default_encoding_payload_converters
)


class ThroughcarePayloadConverter(CompositePayloadConverter):
    """pydantic's converter, which also marks the texts written for operators."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


def data_converter(keys: KeyRing) -> DataConverter:
    """The one converter of every client, worker and replayer."""
    return DataConverter(
        payload_converter_class=ThroughcarePayloadConverter,
        payload_codec=EncryptionCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def is_encrypted(payload: Payload) -> bool:
    return payload.metadata.get("encoding") == ENCRYPTED


def case_of(payload: Payload) -> str | None:
    """The workflow id a payload was encrypted for, readable without a key; payloads of before carry none."""
    case = payload.metadata.get(CASE)
    return case.decode(errors="replace") if case else None


def _authenticated(metadata: Mapping[str, bytes]) -> bytes:
    beside = (metadata.get(CASE), metadata.get(COMPRESSION))
    return b"\0".join([metadata[KEY_ID], *(each for each in beside if each)])


def _is_for_operators(payload: Payload) -> bool:
    if payload.metadata.get("encoding") == b"json/protobuf":
        return payload.metadata.get("messageType") == WORKFLOW_METADATA
    return payload.metadata.get(AUDIENCE) == OPERATORS
