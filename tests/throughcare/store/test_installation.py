"""A database is of one installation, and is opened under its keys alone."""

import pytest

from throughcare.store.installation import OtherInstallation, claim
from throughcare.temporal.keys import KeyRing

OURS = KeyRing(active="ours", keys={"ours": bytes(32)})
THEIRS = KeyRing(active="theirs", keys={"theirs": bytes([1]) * 32})
SAME_NAME = KeyRing(active="ours", keys={"ours": bytes([1]) * 32})


def test_a_new_database_takes_an_id_and_keeps_it(connection):
    assert claim(connection, OURS, "first") == "first"
    assert claim(connection, OURS, "second") == "first"


def test_it_is_known_after_the_keys_were_rotated(connection):
    claim(connection, OURS, "first")
    rotated = KeyRing(active="new", keys={"new": bytes([2]) * 32, **OURS.keys})

    assert claim(connection, rotated, "second") == "first"


@pytest.mark.parametrize("keys", [THEIRS, SAME_NAME])
def test_under_other_keys_it_is_refused_with_what_to_do(connection, keys):
    claim(connection, OURS, "first")

    with pytest.raises(
        OtherInstallation, match=r"under the key 'ours'.*THROUGHCARE_KEYS"
    ):
        claim(connection, keys, "second")
