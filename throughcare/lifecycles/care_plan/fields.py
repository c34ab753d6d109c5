"""What the facts of a care plan's messages are made of. Pure."""

from pydantic import Field

from throughcare.lifecycles.client.fields import Slug

MemberId = Slug
Some = Field(default=(), max_length=100)
