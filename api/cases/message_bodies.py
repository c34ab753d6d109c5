"""A message as its sender writes it: the model of its body, and what the body says and who speaks."""

from functools import cache
from typing import Any

from pydantic import ConfigDict, Field, JsonValue, create_model

from api.deps import Parts
from throughcare.case.message import SENDERS_WORDS, Facts
from throughcare.case.seats import Actor
from throughcare.usecases.asking import Asking
from throughcare.usecases.attesting import Attested, attested_actor
from throughcare.usecases.storable import Storable


class MessageBody(Storable, Facts):
    """A message as its sender writes it: a word nobody knows is a mistake, and a blank is no reason."""

    model_config = ConfigDict(str_strip_whitespace=True)

    seat: str | None = Field(
        default=None, description="The seat you speak from, when you hold several."
    )
    attested: Attested | None = Field(
        default=None, description="Where you enter somebody else's word for them."
    )


@cache
def body_of(facts: type[Facts], looked_up: tuple[str, ...] = ()) -> type[MessageBody]:
    """The strict model of a message's body, without the facts that are not for its sender to say."""
    hidden = (*looked_up, *Facts.model_fields)
    clash = set(SENDERS_WORDS) & facts.model_fields.keys()
    assert not clash, f"{facts.__name__} has {clash}, which say who speaks"
    fields: dict[str, Any] = {
        field: (info.annotation, info)
        for field, info in facts.model_fields.items()
        if field not in hidden
    }
    return create_model(
        facts.__name__,
        __base__=MessageBody,
        __doc__=facts.__doc__,
        __cls_kwargs__={"extra": "forbid"},
        **fields,
    )


async def told(
    case_id: str, body: MessageBody, asking: Asking, parts: Parts
) -> tuple[dict[str, JsonValue], Actor]:
    """What the body says, and who speaks. Raises BadRequestValue and NotForYou."""
    facts = body.model_dump(mode="json", exclude=set(SENDERS_WORDS), exclude_unset=True)
    if body.attested is None:
        return facts, asking.actor(body.seat)
    actor = await attested_actor(case_id, body.seat, body.attested, asking, parts)
    facts.setdefault("event_at", body.attested.said_at.isoformat())
    return facts, actor
