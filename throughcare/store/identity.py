"""Who a client is, as they or whoever referred them said."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool

from throughcare.case.base import Written
from throughcare.lifecycles.client.addresses import ADDRESS, LONGEST
from throughcare.lifecycles.client.fields import Name


def _storable(text: str) -> str:
    """PostgreSQL has no NUL character."""
    if "\0" in text:
        raise ValueError("A NUL character cannot be kept; leave it out.")
    return text


def _written_out(value: object) -> object:
    """A bare number would be taken for seconds since 1970, which nobody means."""
    if isinstance(value, int | float) or (
        isinstance(value, str) and value.strip().lstrip("+-").isdigit()
    ):
        raise ValueError("Input should be a date, such as 1990-04-12")
    return value


StorableText = Annotated[Name, AfterValidator(_storable)]
Day = Annotated[date, BeforeValidator(_written_out)]
Phone = Annotated[
    str,
    Field(
        pattern=r"^[0-9 ().+/x-]{3,40}$",
        description="Digits, as they are dialled; an extension after an `x`",
        examples=["414-555-0142"],
    ),
]
Email = Annotated[
    str,
    Field(pattern=f"^{ADDRESS.pattern}$", max_length=LONGEST, examples=["a@b.example"]),
]
Language = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="As in BCP 47: `en`, `es`",
    ),
]


class Spokesperson(Written):
    """Somebody who speaks for a client."""

    name: StorableText
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

    name: StorableText
    born_on: Day | None = None
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

    name: StorableText = Field(default_factory=str)
