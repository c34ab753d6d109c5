"""E-mail addresses as people type them. Pure."""

import re
import unicodedata

from throughcare.case.patterns import ADDRESS

# None of these can stand in an address, so nothing that is cut at them is a part of one.
_BESIDE = re.compile(r"[\s,;:<>()\[\]\"]+")
LONGEST = 200


def is_address(text: str) -> bool:
    """Whether mail can be sent to just this: USER@DOMAIN in ASCII, its domain with a dot."""
    return len(text) <= LONGEST and bool(re.fullmatch(ADDRESS, text))


def seems_to_have_address(text: str) -> bool:
    # There are other signs that look like this one, and mean it.
    return "@" in unicodedata.normalize("NFKC", text)


def address_in(text: str) -> str | None:
    """The first address in a text that may say other ways to reach somebody beside it. None where there is none, and where
    anything in it that was meant as one cannot be read whole: what is left of it may be somebody else's."""
    meant = [e.rstrip(".") for e in _BESIDE.split(text) if seems_to_have_address(e)]
    # A slash may stand in an address, and as well between two things.
    if not all(is_address(each) and "/" not in each for each in meant):
        return None
    return meant[0] if meant else None
