"""Every pattern that something written must fit, and the words that say so: to most people a pattern is no reason. Pure."""

from collections.abc import Mapping
from typing import Any

SLUG = r"^[a-z0-9][a-z0-9-]{0,39}$"
SECTION = r"^[a-z][a-z-]{0,39}$"
PLAIN_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
ONE_LINE = r"^[^\r\n]+$"
AMOUNT = r"^[0-9]{1,9}(\.[0-9]{2})?$"
DIGEST = r"^[0-9a-f]{64}$"
PHONE = r"^[0-9 ().+/x-]{3,40}$"
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
IDEMPOTENCY_KEY = r"^[\x21-\x7e]{1,200}$"
ENTITY_TAGS = r'^(\*|(W/)?"[^"]*"( *, *(W/)?"[^"]*")*)$'

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
ADDRESS = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])$"  # fmt: skip

IN_WORDS = {
    SLUG: "Write small letters, digits and hyphens, 40 at most and no hyphen first, as in harbor-2",
    SECTION: "Write small letters and hyphens, 40 at most and a letter first, as in safety-plan",
    PLAIN_ID: "Write letters, digits, dots, hyphens and underscores, 64 at most and a letter or digit first, as in alder-2",
    ONE_LINE: "Write it in one line",
    AMOUNT: "Write an amount of money in digits, with two after a point or none, as in 120 or 120.50",
    DIGEST: "Write the digest as the version shows it, which is 64 of the signs 0 to 9 and a to f",
    PHONE: "Write the number in digits, and an extension after an x, as in 414-555-0142 x7",
    LANGUAGE: "Write the code of a language in small letters, as in en or es",
    IDEMPOTENCY_KEY: "Write 1 to 200 letters, digits and signs of ASCII, without a space",
    ENTITY_TAGS: 'Write the ETag of what you have read, with its quotes, as in "1"',
    ADDRESS: "Mail cannot be sent to this; write USER@DOMAIN, as in jo@family.example",
}


def in_words(error: Mapping[str, Any]) -> str:
    """What pydantic finds wrong with something written, for whoever wrote it."""
    if error["type"] == "string_pattern_mismatch":
        return IN_WORDS[error["ctx"]["pattern"]]
    said: str = error["msg"]
    return said.removeprefix("Value error, ")
