"""What holds for the body of every request."""

from pydantic import BaseModel, JsonValue, field_validator


class Storable(BaseModel):
    """Text the database can keep: PostgreSQL has no NUL character."""

    @field_validator("*", mode="before")
    @classmethod
    def _has_no_nul(cls, value: JsonValue) -> JsonValue:
        texts = value if isinstance(value, list | tuple) else (value,)
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise ValueError("A NUL character cannot be kept; leave it out.")
        return value
