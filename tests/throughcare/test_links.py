"""The token of a signed link: made from an id and the key ring, and nothing else."""

import re

import pytest

from throughcare.lifecycles.conflict.notices import CONFLICT_NOTICES
from throughcare.notices.links import ASKING_KINDS, LinkSigner
from throughcare.notices.texts import OWN_NOTICES
from throughcare.temporal.keys import KeyRing

LINK = "b5f2cb057b8bbc42f26fc873892ea945"
OLD = KeyRing(active="a", keys={"a": bytes(32)})
ROTATED = KeyRing(active="b", keys={"a": bytes(32), "b": bytes(range(32))})


def test_a_token_leads_back_to_its_link_and_is_the_same_each_time():
    token = LinkSigner(OLD).token(LINK)

    assert LinkSigner(OLD).token(LINK) == token
    assert LinkSigner(OLD).link_id(token) == LINK


def test_a_token_stands_in_an_address_as_it_is():
    assert re.fullmatch(r"[0-9a-f]{32}\.[\w-]{43}", LinkSigner(OLD).token(LINK))


def test_a_token_outlives_a_rotation_of_keys_and_new_ones_are_signed_with_the_new_key():
    before, after = LinkSigner(OLD), LinkSigner(ROTATED)

    assert after.link_id(before.token(LINK)) == LINK
    assert after.token(LINK) != before.token(LINK)
    assert before.link_id(after.token(LINK)) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "nonsense",
        LINK,
        f"{LINK}.",
        f"{LINK}.{'A' * 43}",
        "é.ü",
        "\0",
        "." * 99,
    ],
)
def test_what_was_never_signed_leads_nowhere(token):
    assert LinkSigner(OLD).link_id(token) is None


def test_no_letter_of_a_token_can_be_changed():
    token = LinkSigner(OLD).token(LINK)
    # The last letter of base64 carries bits that are left over.
    for place, letter in enumerate(token[:-1]):
        other = "b" if letter == "a" else "a"
        changed = token[:place] + other + token[place + 1 :]
        assert LinkSigner(OLD).link_id(changed) is None, place


def test_a_kind_of_notice_that_asks_is_one_there_is():
    assert {*CONFLICT_NOTICES, *OWN_NOTICES} >= ASKING_KINDS
