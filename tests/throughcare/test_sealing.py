"""Whom a decoded payload was encrypted for, and that nobody without a key can say so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    SerializationContext,
    WorkflowSerializationContext,
)
from temporalio.exceptions import ApplicationError

from throughcare.case.refusals import NotSealed
from throughcare.case.wire import SealedStart
from throughcare.temporal.codec import (
    EncryptionCodec,
    PayloadUnreadable,
    data_converter,
)
from throughcare.temporal.keys import KeyRing
from throughcare.temporal.sealing import open_sealed, sealed_for

KEYS = KeyRing(active="k1", keys={"k1": b"1" * 32})
FORGED = KeyRing(active="k1", keys={"k1": b"2" * 32})
STRANGE = KeyRing(active="k9", keys={"k9": b"9" * 32})
CASE, OTHER = "conflict-1", "conflict-2"
ENCRYPTED = b"binary/encrypted"
MARK = "throughcare-sealed-for"


class Said(BaseModel):
    text: str


def of(workflow_id: str, keys: KeyRing = KEYS) -> DataConverter:
    context = WorkflowSerializationContext(namespace="default", workflow_id=workflow_id)
    return data_converter(keys).with_context(context)


def in_activity(workflow_id: str) -> SerializationContext:
    return ActivitySerializationContext(
        namespace="default",
        activity_id="1",
        activity_type="look_up",
        activity_task_queue="cases",
        workflow_id=workflow_id,
        workflow_type="Conflict",
        is_local=False,
    )


async def encrypted(case: str, value: object, keys: KeyRing = KEYS) -> Payload:
    [payload] = await of(case, keys).encode([value])
    return payload


async def decoded(payload: Payload, case: str = CASE) -> RawValue:
    [value] = await of(case).decode([payload], [RawValue])
    assert isinstance(value, RawValue)
    return value


def opened(value: RawValue) -> Said:
    return open_sealed(value, CASE, of(CASE).payload_converter, Said)


class Begun(SealedStart):
    text: str


async def started(payload: Payload, case: str = CASE) -> Begun:
    [begun] = await of(case).decode([payload], [Begun])
    assert isinstance(begun, Begun)
    return begun


def forged(data: bytes = b"garbage", **metadata: bytes) -> Payload:
    """An "encrypted" payload by somebody without a key."""
    named = {name.replace("_", "-"): value for name, value in metadata.items()}
    return Payload(metadata={"encoding": ENCRYPTED, **named}, data=data)


PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"text": "x"}')
MARKED = Payload(metadata={**PLAIN.metadata, MARK: CASE.encode()}, data=PLAIN.data)
GARBAGE = {
    "without a key's name": forged(),
    "under a key made up": forged(encryption_key_id=b"k9"),
    "under no name in any language": forged(encryption_key_id=b"\xff\xfe"),
    "under a known key": forged(b"x" * 64, encryption_key_id=b"k1"),
    "too short for a nonce": forged(b"x", encryption_key_id=b"k1"),
    "without data": forged(b"", encryption_key_id=b"k1"),
    "compressed, it says": forged(
        b"x" * 64, encryption_key_id=b"k1", throughcare_compression=b"zlib"
    ),
    "for this case, it says": forged(
        b"x" * 64, encryption_key_id=b"k1", throughcare_case=CASE.encode()
    ),
    "marked for this case": forged(
        b"x" * 64, encryption_key_id=b"k1", throughcare_sealed_for=CASE.encode()
    ),
    "said to be unreadable": Payload(
        metadata={"encoding": b"binary/throughcare-unreadable", MARK: CASE.encode()}
    ),
}


async def test_what_was_encrypted_for_this_case_is_taken():
    payload = await encrypted(CASE, Said(text="x"))
    value = await decoded(payload)

    assert sealed_for(value.payload) == CASE
    assert opened(value) == Said(text="x")
    assert await started(payload) == Begun(text="x")


async def test_what_was_encrypted_for_this_case_but_is_something_else_is_no_forgery():
    value = await decoded(await encrypted(CASE, {"words": 1}))

    with pytest.raises(ValidationError):
        opened(value)


async def test_what_an_activity_of_this_case_gave_back_is_of_this_case():
    converter = data_converter(KEYS).with_context(in_activity(CASE))
    [payload] = await converter.encode([Said(text="x")])

    assert opened(await decoded(payload)) == Said(text="x")


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param(MARKED, id="plain and marked"),
        pytest.param(Payload(), id="empty"),
        pytest.param(Payload(metadata={"encoding": b"\xff"}), id="of no encoding"),
    ],
)
async def test_what_nobody_encrypted_is_refused(payload: Payload):
    value = await decoded(payload)

    assert sealed_for(value.payload) is None
    with pytest.raises(NotSealed, match="nobody can say who sent it") as refused:
        opened(value)
    assert refused.value.status == 403


async def test_a_payload_without_a_mark_is_handed_on_as_it_is():
    [payload] = await EncryptionCodec(KEYS).decode([PLAIN])

    assert payload is PLAIN


async def test_the_mark_of_a_plain_payload_is_taken_off_a_copy():
    before = Payload.FromString(MARKED.SerializeToString())

    assert (await decoded(MARKED)).payload == PLAIN
    assert before == MARKED


async def test_what_was_encrypted_for_another_case_names_that_case_and_is_refused():
    value = await decoded(await encrypted(OTHER, Said(text="x")))

    assert sealed_for(value.payload) == OTHER
    with pytest.raises(NotSealed):
        opened(value)


async def test_what_was_encrypted_for_no_case_is_refused():
    [payload] = await data_converter(KEYS).encode([Said(text="x")])

    value = await decoded(payload)

    assert sealed_for(value.payload) is None
    with pytest.raises(NotSealed):
        opened(value)


@pytest.mark.parametrize("case", [CASE.encode(), None])
async def test_a_payload_of_another_case_cannot_be_passed_off_as_of_this_one(
    case: bytes | None,
):
    payload = await encrypted(OTHER, Said(text="x"))
    del payload.metadata["throughcare-case"]
    if case:
        payload.metadata["throughcare-case"] = case

    with pytest.raises(NotSealed):
        opened(await decoded(payload))


async def test_a_mark_that_was_encrypted_with_a_payload_counts_for_nothing():
    for_other = await encrypted(OTHER, RawValue(MARKED))
    for_none = (await data_converter(KEYS).encode([RawValue(MARKED)]))[0]

    assert sealed_for((await decoded(for_other)).payload) == OTHER
    assert sealed_for((await decoded(for_none)).payload) is None


async def test_what_one_case_hands_on_to_another_is_of_the_other():
    first = await decoded(await encrypted(OTHER, Said(text="x")), OTHER)

    handed_on = await decoded(await encrypted(CASE, first))

    assert opened(handed_on) == Said(text="x")


@pytest.mark.parametrize("keys", [FORGED, STRANGE])
async def test_what_was_encrypted_under_somebody_elses_key_is_refused(keys: KeyRing):
    with pytest.raises(NotSealed):
        opened(await decoded(await encrypted(CASE, Said(text="x"), keys)))


@pytest.mark.parametrize("payload", GARBAGE.values(), ids=GARBAGE)
async def test_what_nobody_can_read_holds_up_no_task_and_is_refused(payload: Payload):
    value = await decoded(payload)

    assert sealed_for(value.payload) is None
    assert value.payload.data == b""
    with pytest.raises(NotSealed):
        opened(value)


@pytest.mark.parametrize(
    "context",
    [
        WorkflowSerializationContext(namespace="default", workflow_id=CASE),
        in_activity(CASE),
    ],
    ids=["workflow", "activity"],
)
async def test_whoever_asks_for_the_value_of_what_nobody_can_read_is_told_why(
    context: SerializationContext,
):
    payload = await encrypted(CASE, Said(text="x"), STRANGE)
    converter = data_converter(KEYS).with_context(context)

    typed: list[type] = [Said]
    for hints in (typed, None):
        with pytest.raises(
            PayloadUnreadable, match=r"under key 'k9' cannot be read: .* holds k1"
        ):
            await converter.decode([payload], hints)


async def test_a_start_that_was_not_encrypted_for_it_ends_the_workflow():
    for payload in (PLAIN, await encrypted(OTHER, Said(text="x"))):
        with pytest.raises(ApplicationError, match="not encrypted for this") as ended:
            await started(payload)
        assert ended.value.non_retryable
        assert ended.value.type == "NotSealed"


async def test_a_start_that_no_key_opens_waits_for_its_key():
    with pytest.raises(PayloadUnreadable, match="under key 'k9'"):
        await started(await encrypted(CASE, Said(text="x"), STRANGE))


@pytest.mark.parametrize(
    "metadata",
    [
        {"encoding": b"json/external-storage-reference"},
        {
            "encoding": b"json/plain",
            "__temporal_external_storage_reference": b"true",
        },
        {
            "encoding": b"json/protobuf",
            "messageType": b"temporal.api.sdk.v1.ExternalStorageReference",
        },
    ],
)
async def test_what_claims_to_be_kept_elsewhere_is_refused_as_plain(
    metadata: dict[str, bytes],
):
    converter = of(CASE)
    payloads = [Payload(metadata=metadata, data=b"{}")]
    for step in (
        converter._decode_reference_payload_sequence,
        converter._external_retrieve_payload_sequence,
        converter._decode_payload_sequence,
    ):
        payloads = await step(payloads)

    with pytest.raises(NotSealed):
        opened(RawValue(payloads[0]))


ANY_METADATA = st.dictionaries(
    st.sampled_from(
        [
            "encryption-key-id",
            "throughcare-case",
            "throughcare-compression",
            "throughcare-audience",
            MARK,
        ]
    ),
    st.sampled_from([b"", b"k1", CASE.encode(), b"zlib", b"operators", b"\xff"])
    | st.binary(max_size=8),
)
ANY_ENCODING = (
    st.sampled_from(
        [
            ENCRYPTED,
            b"json/plain",
            b"binary/throughcare-unreadable",
            b"json/external-storage-reference",
        ]
    )
    | st.binary()
)


@given(ANY_ENCODING, ANY_METADATA, st.binary(max_size=80))
async def test_whatever_somebody_without_a_key_makes_up_is_refused_and_nothing_else(
    encoding: bytes, metadata: dict[str, bytes], data: bytes
):
    made_up = Payload(metadata={**metadata, "encoding": encoding}, data=data)

    [payload] = await of(CASE)._decode_payload_sequence([made_up])

    with pytest.raises(NotSealed):
        opened(RawValue(payload))


@given(st.data())
async def test_however_an_encrypted_payload_is_altered_it_is_refused(
    data: st.DataObject,
):
    genuine = await encrypted(OTHER, Said(text=data.draw(st.text(max_size=2000))))
    altered = Payload(
        metadata={**genuine.metadata, **data.draw(ANY_METADATA)}, data=genuine.data
    )
    for name in data.draw(st.sets(st.sampled_from(sorted(genuine.metadata)))):
        del altered.metadata[name]
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(altered.data)))
        altered.data = altered.data[:at] + data.draw(st.binary(max_size=3))

    with pytest.raises(NotSealed):
        opened(await decoded(altered))


@given(st.text(min_size=1), st.text())
async def test_what_is_encrypted_for_a_case_is_of_that_case_alone(case: str, text: str):
    [payload] = await of(case).encode([Said(text=text)])
    twice = [await decoded(payload, case) for _ in range(2)]

    assert sealed_for(twice[0].payload) == case
    assert twice[0].payload == twice[1].payload
