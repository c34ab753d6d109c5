"""What Temporal stores of a case: encrypted, but for the texts written for operators.

`OperatorText` marks a timer's or an activity's summary as meaning without identity.
It and the SDK's own description of a workflow, which carries the current details,
stay readable in the Temporal UI; everything else is AES-GCM. A text that was cut,
joined or formatted is a plain `str` again and so is encrypted: the mistake is safe.
What was encrypted for a case is marked so when it is decoded; throughcare.temporal.sealing asks for that mark.
docs/decisions/0001-operators-texts-are-not-encrypted.md says why, and 0013 why what is long is compressed first.
"""

import secrets  # noqa: TID251 (a codec runs outside the workflow)
import zlib
from collections.abc import Mapping, Sequence
from copy import copy
from functools import lru_cache
from typing import Any, NoReturn, Self, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    ActivitySerializationContext,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from throughcare.case.wire import SealedStart
from throughcare.errors import ThroughcareError
from throughcare.temporal.keys import KeyRing
from throughcare.temporal.sealing import (
    SEALED_FOR,
    UNREADABLE,
    check_start,
)

ENCRYPTED = b"binary/encrypted"
KEY_ID = "encryption-key-id"
CASE = "throughcare-case"
REASON = "throughcare-reason"
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
        self.key_id, self.reason = key_id, reason


class OperatorText(str):
    """A text any operator may read: clause, rung and seat, never who."""


SUMMARY_LIMIT = 180
"""Bytes of a summary the Temporal UI is documented to keep."""


def operator_text(text: str) -> OperatorText:
    """A summary for operators, cut to what the UI keeps. Never anything about a client."""
    raw = text.encode()
    if len(raw) <= SUMMARY_LIMIT:
        return OperatorText(text)
    return OperatorText(raw[: SUMMARY_LIMIT - 3].decode(errors="ignore") + "…")


class EncryptionCodec(PayloadCodec, WithSerializationContext):
    """AES-GCM under the active key. The key's id and the case's travel beside the payload and are authenticated, so that
    whoever has one decoded is on record for the case it is of."""

    def __init__(self, keys: KeyRing) -> None:
        self._active = keys.active
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.keys.items()}
        self._case = b""
        self._in_case = False

    def with_context(self, context: SerializationContext) -> Self:
        here = copy(self)
        match context:
            case WorkflowSerializationContext() | ActivitySerializationContext():
                here._case, here._in_case = (context.workflow_id or "").encode(), True
            case _:
                here._case, here._in_case = b"", False
        return here

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [p if _is_for_operators(p) else self._encrypted(p) for p in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises `PayloadUnreadable`; in the context of a case the converter does, for whoever asks for the value.

        What is not encrypted passes, without a mark of whom it is for."""
        return [self._opened(p) if is_encrypted(p) else _unmarked(p) for p in payloads]

    def _opened(self, payload: Payload) -> Payload:
        try:
            opened = _unmarked(self._decrypted(payload))
        except PayloadUnreadable as error:
            # Raised here, a forged signal would fail its case's every task from then on, before any handler sees it.
            if self._in_case:
                return _stand_in(error)
            raise
        case = payload.metadata.get(CASE)
        if case:
            opened.metadata[SEALED_FOR] = case
        return opened

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
        name = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
        if name not in self._ciphers:
            held = ", ".join(sorted(self._ciphers))
            raise PayloadUnreadable(name, f"cannot be read: the key ring holds {held}")
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            said = self._ciphers[name].decrypt(
                nonce, sealed, _authenticated(payload.metadata)
            )
            if payload.metadata.get(COMPRESSION) == ZLIB:
                said = zlib.decompress(said)
            return Payload.FromString(said)
        # ValueError is of a nonce that is too short.
        except (InvalidTag, ValueError, zlib.error, DecodeError):
            raise PayloadUnreadable(
                name, "was altered, or that key is not the same"
            ) from None


class _Json(PydanticJSONPlainPayloadConverter):
    def to_payload(self, value: object) -> Payload | None:
        payload = super().to_payload(value)
        if payload is not None and isinstance(value, OperatorText):
            payload.metadata[AUDIENCE] = OPERATORS
        return payload


class _Unreadable(EncodingPayloadConverter):
    """Raises the `PayloadUnreadable` that the codec held back."""

    @property
    def encoding(self) -> str:
        return UNREADABLE.decode()

    def to_payload(self, value: object) -> Payload | None:
        return None

    def from_payload(
        self, payload: Payload, type_hint: type[Any] | None = None
    ) -> NoReturn:
        raise PayloadUnreadable(
            payload.metadata.get(KEY_ID, b"").decode(errors="replace"),
            payload.metadata.get(REASON, b"").decode(errors="replace"),
        )


# One per encoding, so JSON is replaced, not preceded. They know nothing of what they convert, and the SDK makes a new
# composite for every payload.
_CONVERTERS = (
    *(
        _Json() if isinstance(converter, JSONPlainPayloadConverter) else converter
        for converter in DefaultPayloadConverter.default_encoding_payload_converters
    ),
    _Unreadable(),
)


class ThroughcarePayloadConverter(CompositePayloadConverter):
    """pydantic's converter, which also marks the texts written for operators, and hands a workflow no start but its own."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)
        self._workflow_id: str | None = None

    def with_context(self, context: SerializationContext) -> Self:
        here = copy(self)
        here._workflow_id = (
            context.workflow_id
            if isinstance(context, WorkflowSerializationContext)
            else None
        )
        return here

    def from_payloads(
        self, payloads: Sequence[Payload], type_hints: list[type] | None = None
    ) -> list[Any]:
        # Here rather than in the workflow: nothing of it exists yet, so nothing is left half begun.
        if self._workflow_id is not None:
            for payload, hint in zip(payloads, type_hints or (), strict=False):
                if isinstance(hint, type) and issubclass(hint, SealedStart):
                    check_start(payload, self._workflow_id)
        return super().from_payloads(payloads, type_hints)


CONTEXTS = 256
"""Cases and activities that payloads are converted for at about the same time."""


class _InPlaceDataConverter(DataConverter):
    """Nothing is kept outside Temporal, so what claims to refer to such a place is a plain payload like any other.

    The SDK would fail every task of a case that was sent one."""

    __hash__ = object.__hash__

    def with_context(self, context: SerializationContext) -> Self:
        here: Self = _in_context(self, context)
        return here

    def for_context(self, context: SerializationContext) -> Self:
        return super().with_context(context)

    async def _decode_reference_payload_sequence(
        self, payloads: Sequence[Payload]
    ) -> list[Payload]:
        return list(payloads)

    async def _external_retrieve_payload_sequence(
        self, payloads: Sequence[Payload]
    ) -> list[Payload]:
        return list(payloads)


Converter = TypeVar("Converter", bound=_InPlaceDataConverter)


@lru_cache(maxsize=CONTEXTS)
def _in_context(converter: Converter, context: SerializationContext) -> Converter:
    """The SDK asks for one anew for each payload, and to make one takes longer than most payloads do."""
    return converter.for_context(context)


def data_converter(keys: KeyRing) -> DataConverter:
    """The one converter of every client, worker and replayer."""
    return _InPlaceDataConverter(
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


def _unmarked(payload: Payload) -> Payload:
    if SEALED_FOR not in payload.metadata:
        return payload
    unmarked = Payload()
    unmarked.CopyFrom(payload)
    del unmarked.metadata[SEALED_FOR]
    return unmarked


def _stand_in(error: PayloadUnreadable) -> Payload:
    return Payload(
        metadata={
            "encoding": UNREADABLE,
            KEY_ID: error.key_id.encode(),
            REASON: error.reason.encode(),
        }
    )


def _authenticated(metadata: Mapping[str, bytes]) -> bytes:
    beside = (metadata.get(CASE), metadata.get(COMPRESSION))
    return b"\0".join([metadata[KEY_ID], *(each for each in beside if each)])


def _is_for_operators(payload: Payload) -> bool:
    if payload.metadata.get("encoding") == b"json/protobuf":
        return payload.metadata.get("messageType") == WORKFLOW_METADATA
    return payload.metadata.get(AUDIENCE) == OPERATORS
