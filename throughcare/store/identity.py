"""Who a client is, as they or whoever referred them said."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool

from throughcare.case.base import Written
from throughcare.case.patterns import ADDRESS, LANGUAGE, PHONE
from throughcare.lifecycles.client.addresses import LONGEST
from throughcare.lifecycles.client.fields import Name
from throughcare.lifecycles.client.names import folded, name_words, phone_key

FIRST_YEAR = 1900
"""Nobody alive was born before."""

FURTHEST_EAST = timedelta(hours=14)
"""How far the day of an agency may be ahead of UTC's."""

FEWEST_DIGITS, MOST_DIGITS = 7, 15
"""Of a phone number: a local one has seven, and none in the world has more than fifteen (E.164)."""

ISO_639_1 = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng
nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su
sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
LANGUAGES = frozenset(ISO_639_1.split())
"""Codes of two letters; somebody taken to speak `sp` would be written to in a language they may not read."""


def _storable(text: str) -> str:
    """PostgreSQL has no NUL character."""
    if "\0" in text:
        raise ValueError("A NUL character cannot be kept; leave it out.")
    if not any(map(str.isalnum, folded(text))):
        raise ValueError("There is no word in it. Write a letter or a digit at least.")
    return text


def named(name: str) -> str:
    """The name of a person. Raises ValueError where it cannot be one."""
    for each in name:
        if unicodedata.category(each) in ("Cc", "Zl", "Zp"):
            raise ValueError(
                "A name is one line; leave out line breaks, tabs and other control characters."
            )
        if unicodedata.bidirectional(each) in TURNING:
            raise ValueError(
                f"A name has no {unicodedata.name(each)}, which cannot be seen and turns text round; leave it out."
            )
    if not any(map(str.isalpha, "".join(name_words(name)))):
        raise ValueError("A name has a letter in it; write what they are called.")
    return name


TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def _written_out(value: object) -> object:
    """A bare number would be taken for seconds since 1970, which nobody means."""
    if isinstance(value, int | float) or (
        isinstance(value, str) and value.strip().lstrip("+-").isdigit()
    ):
        raise ValueError("Input should be a date, such as 1990-04-12")
    return value


def _of_somebody(born_on: date) -> date:
    if born_on.year < FIRST_YEAR:
        raise ValueError(
            f"This lies before {FIRST_YEAR}; write the whole year, as in 1990-04-12."
        )
    now = datetime.now(UTC)  # noqa: TID251 - people say it, a workflow never does.
    if born_on > (now + FURTHEST_EAST).date():
        raise ValueError("This lies in the future; write the day they were born.")
    return born_on


def _dialled(phone: str) -> str:
    digits = phone_key(phone) or ""
    if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS or not digits.strip("0"):
        raise ValueError(
            f"A phone number has {FEWEST_DIGITS} to {MOST_DIGITS} digits; write it as in 414-555-0142, an extension after an x."
        )
    return phone


def _spoken(language: str) -> str:
    code = language.partition("-")[0]
    if len(code) == 2 and code not in LANGUAGES:
        raise ValueError(
            "There is no such language; write its code, as in en or es, or three letters as in hmn where it has none of two."
        )
    return language


StorableText = Annotated[Name, AfterValidator(_storable)]
PersonName = Annotated[StorableText, AfterValidator(named)]
Day = Annotated[date, BeforeValidator(_written_out)]
BirthDate = Annotated[Day, AfterValidator(_of_somebody)]
PhoneText = Annotated[
    str,
    Field(
        pattern=PHONE,
        description="Digits, as they are dialled; an extension after an `x`",
        examples=["414-555-0142"],
    ),
]
Phone = Annotated[PhoneText, AfterValidator(_dialled)]
Email = Annotated[
    str, Field(pattern=ADDRESS, max_length=LONGEST, examples=["a@b.example"])
]
Language = Annotated[
    str,
    Field(pattern=LANGUAGE, description="As in BCP 47: `en`, `es`"),
    AfterValidator(_spoken),
]


class Spokesperson(Written):
    """Somebody who speaks for a client."""

    name: PersonName
    relation: StorableText = Field(
        description="What they are to the client", examples=["mother"]
    )
    authorised: StrictBool = Field(
        description="Whether they may decide for the client, as a guardian may"
    )
    phone: Phone | None = None
    email: Email | None = None
    language: Language | None = None


class Identity(Written):
    """Who a client is, as they or whoever referred them said."""

    name: PersonName
    born_on: BirthDate | None = None
    language: Language = Field(
        default="en", description="The language they are written to in, as `en` or `es`"
    )
    phone: Phone | None = None
    email: Email | None = None
    address: StorableText | None = None
    references: tuple[StorableText, ...] = Field(
        default=(), max_length=20, description="The agency's own ids for them"
    )
    spokespersons: tuple[Spokesperson, ...] = Field(default=(), max_length=20)


class IdentityChange(Identity):
    """What is different from now on; what is left out stays as it is."""

    name: PersonName = Field(default_factory=str)
