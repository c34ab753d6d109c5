"""A registry of messages: what is wrong in a registration is an error at once, and what does not fit a message says so."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import Field

from throughcare.case.correcting import common
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.message import Facts, LookUp, Messages, MessageType
from throughcare.case.refusals import Unreadable
from throughcare.case.seats import Actor
from throughcare.lifecycles.conflict.lifecycle import CONFLICT

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
ACTOR = Actor(person="alder")


class Visited(Facts):
    """Somebody was visited."""

    whom: str = Field(min_length=1)
    times: int = 1
    found: str

    def apply(self, case: Any, said: Any) -> None: ...


class Unheard(Facts):
    """Nobody hears it."""


class Unsaid(Facts):
    def apply(self, case: Any, said: Any) -> None: ...


FITTING: dict[str, Any] = {
    "name": "visited",
    "facts": Visited,
    "example": {"whom": "the client", "seat": "seat-a", "attested": {}},
    "discharges": "visit",
    "about": "whom",
    "looks_up": LookUp("visits", ("found",)),
}


def registered(**changed: Any) -> MessageType:
    return MessageType(**(FITTING | changed))


def test_a_message_that_says_all_of_itself_is_registered():
    kind = registered()

    assert kind.looked_up == ("found",)
    assert kind.apply is Visited.apply


@pytest.mark.parametrize(
    "who",
    [{"by": lambda case: ()}, {"permits": lambda case: ()}, {"discharges": "visit"}],
    ids=["by a part", "by what the case permits", "by whose duty it is"],
)
def test_one_way_to_say_who_may_send_it_is_enough(who: dict[str, Any]):
    assert registered(**({"discharges": None} | who)).name == "visited"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"facts": Unheard}, "visited: Unheard has no apply()."),
        ({"facts": Unsaid}, "visited: Unsaid has no docstring."),
        ({"discharges": None}, "visited: say what it discharges, or who may send it."),
        ({"about": "place"}, "visited: there is no fact named place."),
        (
            {"looks_up": LookUp("visits", ("found", "last"))},
            "visited: there is no fact named last.",
        ),
        (
            {"example": {"whom": "her", "where": "here"}},
            "visited: its example does not fit: there is no fact named where.",
        ),
        (
            {"example": {"whom": "her", "found": "well"}},
            "visited: its example does not fit: found is found out, and not for its sender to say.",
        ),
        (
            {"example": {"whom": "her", "times": "often"}},
            "visited: its example does not fit: ('times',): Input should be a valid integer",
        ),
        ({"looks_up": None}, "visited: its example does not fit: ('found',): Field"),
    ],
)
def test_a_registration_that_cannot_work_says_why(changed: dict[str, Any], says: str):
    with pytest.raises(TypeError) as refused:
        registered(**changed)

    assert str(refused.value).startswith(says)


def test_the_example_of_a_message_with_a_route_of_its_own_is_that_routes():
    assert registered(example={}, for_itself=True).example == {}


# -- a registry ------------------------------------------------------------------------------------------------------------


def visits() -> Messages:
    messages = Messages()
    messages.message(**{k: v for k, v in FITTING.items() if k != "facts"})(Visited)
    return messages


def test_everything_that_is_said_of_a_message_is_registered_with_its_facts():
    messages = Messages()
    said: dict[str, Any] = {
        "example": {"whom": "her"},
        "discharges": "visit",
        "answers": ("call",),
        "about": "whom",
        "looks_up": LookUp("visits", ("found",)),
        "by": lambda case: (),
        "permits": lambda case: (),
        "when": lambda case: True,
        "beside": True,
        "takes_up": True,
        "ends": True,
        "for_itself": True,
    }

    assert messages.message("visited", **said)(Visited) is Visited

    assert messages["visited"] == MessageType(name="visited", facts=Visited, **said)
    assert (list(messages), len(messages)) == (["visited"], 1)


def test_what_is_not_said_of_a_message_is_as_a_message_has_it():
    assert visits()["visited"] == registered()


def test_a_name_is_registered_once():
    messages = visits()

    with pytest.raises(TypeError, match=r"^visited is registered already\.$"):
        messages.include(visits())


def test_a_lifecycle_takes_messages_of_others_and_says_what_is_otherwise_with_it():
    whole, part = Messages(), Messages()
    whole.include(common)
    part.include(CONFLICT.messages, "recuse", "merge", beside=False)

    assert dict(whole) == dict(common)
    assert list(part) == ["recuse", "merge"]
    assert not part["recuse"].beside
    assert part["recuse"].facts is CONFLICT.messages["recuse"].facts
    with pytest.raises(TypeError, match=r"^recused is not among the messages"):
        part.include(CONFLICT.messages, "recused")


def test_a_lifecycle_whose_messages_nobody_hears_is_an_error():
    class Silent(CONFLICT.state):  # type: ignore[name-defined,misc]  # Of a case that is known at run time.
        messages = Messages()

    fields = {name: getattr(CONFLICT, name) for name in Lifecycle.__dataclass_fields__}

    with pytest.raises(TypeError, match=r"^conflict: its messages say nobody"):
        Lifecycle(**(fields | {"state": Silent}))


# -- a message as it comes -------------------------------------------------------------------------------------------------


def parse(name: str, **facts: Any) -> Any:
    return visits().parse(name, facts, message_id="m1", actor=ACTOR, received_at=NOW)


def test_a_message_that_fits_is_parsed_with_who_sent_it_and_when():
    message = parse("visited", whom="her", found="well")

    assert message.facts == Visited(whom="her", found="well")
    assert (message.name, message.message_id) == ("visited", "m1")
    assert (message.actor, message.received_at) == (ACTOR, NOW)
    assert message.event_at == NOW
    assert message.step is None


def test_a_message_that_nobody_knows_is_refused_with_those_there_are():
    with pytest.raises(Unreadable) as refused:
        parse("seen")

    assert refused.value.detail == "seen is not a message. Messages are: visited."


def test_what_does_not_fit_is_named_field_by_field_and_never_repeated():
    with pytest.raises(Unreadable) as refused:
        parse("visited", whom="", times="a secret")

    named = refused.value.detail.removeprefix("visited: ").split("; ")
    assert [each.split(": ")[0] for each in named] == ["whom", "times", "found"]
    assert "secret" not in refused.value.detail
