"""What every fact of the domain is made of."""

from datetime import UTC, datetime
from pathlib import Path

from throughcare.case.base import (
    KEPT,
    Written,
    shared,
)
from throughcare.case.parts import PackRef
from throughcare.case.seats import Side
from throughcare.case.wire import OpenCase
from throughcare.lifecycles.conflict.lifecycle import ConflictOpening
from throughcare.packs.reading import load_pack

POLICY = load_pack(Path("policies/milwaukee-wraparound")).conflict_policy


class Word(Written):
    text: str


def test_the_same_words_are_one_object_and_other_words_another():
    one, same, other = Word(text="a"), Word(text="a"), Word(text="b")

    assert shared(same) is shared(one)
    assert shared(other) is not shared(one)


def test_what_is_shared_is_bounded():
    first = shared(Word(text="the first"))
    for number in range(KEPT):
        shared(Word(text=f"{number} after it"))

    assert shared(Word(text="the first")) is not first


def test_two_cases_under_one_policy_hold_one_copy_of_it():
    about = ConflictOpening(
        policy=POLICY,
        raised_by=Side.coordination,
        chosen={},
        youth="Y-1",
        subject="who drives",
    )
    opening = OpenCase[ConflictOpening](
        kind="conflict",
        case_id="01CASE",
        agency="agency",
        calendar="milwaukee-county",
        pack=PackRef(id="milwaukee-wraparound", version=1, digest="a1b2"),
        opened_by="person",
        received_at=datetime(2026, 3, 4, tzinfo=UTC),
        about=about,
    )
    said = opening.model_dump_json()

    one, other = (OpenCase[ConflictOpening].model_validate_json(said) for _ in range(2))

    assert one.about.policy == POLICY
    assert one.about.policy is other.about.policy
