import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from throughcare.temporal.keys import (
    KeyRing,
    KeysUnreadable,
    add_key,
    read,
    read_or_create,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys.json"


def test_the_first_run_makes_a_key_and_the_next_reads_it(path: Path):
    ring = read_or_create(path)

    assert [len(key) for key in ring.keys.values()] == [32]
    assert ring.active in ring.keys
    assert read_or_create(path) == ring


def test_only_the_owner_may_read_the_file_and_no_draft_of_it_is_left(path: Path):
    read_or_create(path)
    add_key(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_agree_on_the_key(path: Path):
    with ThreadPoolExecutor(8) as starting:
        rings = list(starting.map(read_or_create, [path] * 8))

    assert rings == [rings[0]] * 8


def test_a_new_key_becomes_active_and_the_old_one_is_kept(path: Path):
    before = read_or_create(path)

    after = add_key(path)

    assert after == read(path)
    assert after.active not in before.keys
    assert after.keys[before.active] == before.keys[before.active]


def test_a_ring_never_shows_its_keys(path: Path):
    ring = read_or_create(path)
    key = ring.keys[ring.active]

    for shown in (repr(ring), str(ring), f"{ring}"):
        assert ring.active in shown
        assert repr(key) not in shown


SECRET = "c2VjcmV0IGtleSBtYXRlcmlhbA=="


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(f'{{"active": "k1", "keys": "{SECRET}', "Invalid JSON", id="cut short"),
        pytest.param(f'{{"active": "k1", "keys": {{"k1": "{SECRET}"}}}}', "keys.k1: ", id="short key"),
        pytest.param('{"active": "k1", "keys": {}}', "the active key is not among the keys", id="no active key"),
        pytest.param(f'{{"active": "k1", "keys": {{}}, "spare": "{SECRET}"}}', "spare: ", id="unknown field"),
    ],
)  # fmt: skip
def test_an_unusable_file_is_refused_with_its_reason_and_without_its_keys(
    path: Path, text: str, reason: str
):
    path.parent.mkdir()
    path.write_text(text)

    with pytest.raises(KeysUnreadable) as refused:
        read_or_create(path)

    assert str(path) in str(refused.value)
    assert reason in str(refused.value)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_missing_file_is_named(path: Path):
    with pytest.raises(KeysUnreadable, match="No such file"):
        read(path)


def test_a_ring_without_its_active_key_cannot_be_made():
    with pytest.raises(ValueError, match="the active key is not among the keys"):
        KeyRing(active="k2", keys={"k1": bytes(32)})
