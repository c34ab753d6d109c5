"""What holds for the body of every request."""

from typing import Annotated

from pydantic import BaseModel, Field, JsonValue, field_validator

Reason = Annotated[str, Field(min_length=1, max_length=1000)]
"""Why somebody did it, in their own words."""


class Storable(BaseModel):
    """Text the database can keep: PostgreSQL has no NUL character."""

    @field_validator("*", mode="before")
    @classmethod
    def _has_no_nul(cls, value: JsonValue) -> JsonValue:
        texts = value if isinstance(value, list | tuple) else (value,)
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise ValueError("A NUL character cannot be kept; leave it out.")
        return value
