"""Who would fit a client: candidates in an order that gives its reasons. It only ranks; people decide. Pure.

Wishes come before needs (CS-G-2), and where none is stated the needs that were found count (CS-G-3). Nobody is left out:
whoever has no room comes last and says so.
"""

import re
from collections.abc import Iterable, Sequence

from throughcare.case.base import Frozen
from throughcare.lifecycles.client.facts import Preference

LOOKED_FOR_IN: dict[str, tuple[str, ...]] = {
    "gender": ("gender",),
    "age": ("other", "experience"),
    "culture": ("culture",),
    "language": ("languages",),
    "skills": ("skills", "experience"),
    "experience": ("experience", "skills"),
    "history": ("other",),
}
"""Where in a profile a wish of each kind is looked for; any other kind is looked for everywhere."""

EVERYWHERE = ("gender", "experience", "culture", "languages", "skills", "other")

SAYS_NOTHING = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "be",
        "by",
        "experience",
        "experienced",
        "for",
        "has",
        "have",
        "in",
        "is",
        "of",
        "or",
        "someone",
        "speaking",
        "speaks",
        "the",
        "to",
        "who",
        "with",
        "worker",
    ]
)
NEGATIONS = frozenset(
    ["avoid", "except", "neither", "never", "no", "nor", "not", "without"]
)

ONE_WORD = {
    "woman": "female",
    "women": "female",
    "man": "male",
    "men": "male",
    "en": "english",
    "es": "spanish",
}
"""Words that stand for one another."""


class Candidate(Frozen):
    """A worker's seat, with what its profile says. `capacity` is None where nobody has written it down."""

    seat: str
    title: str
    organization: str
    person: str | None
    gender: str | None = None
    experience: tuple[str, ...] = ()
    culture: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    capacity: int | None = None
    caseload: int = 0
    former: bool = False
    """Whether they were this client's worker before."""
    independent: bool | None = None
    """Of everybody who delivers services to this client; None where nobody does yet."""
    shares_with: tuple[str, ...] = ()
    """The providers of this client that belong to the same organization."""
    delivers: tuple[str, ...] = ()
    """The providers of this client that they are themself."""

    @property
    def room(self) -> int | None:
        return None if self.capacity is None else max(self.capacity - self.caseload, 0)

    def says(self, field: str) -> tuple[str, ...]:
        found = getattr(self, field)
        return found if isinstance(found, tuple) else tuple(filter(None, (found,)))


class Ranked(Frozen):
    """A candidate in their place. `meets` are the stated wishes they answer, `answers` the needs; `reasons` is all of it
    in words."""

    candidate: Candidate
    meets: tuple[Preference, ...]
    answers: tuple[str, ...]
    available: bool
    reasons: tuple[str, ...]


def rank(
    candidates: Iterable[Candidate],
    preferences: Sequence[Preference],
    needs: Sequence[str],
) -> tuple[Ranked, ...]:
    """The best match first. Of equals, whoever is independent, then whoever has more room."""
    found = [_ranked(each, preferences, needs) for each in candidates]
    return tuple(sorted(found, key=_place))


def matches(candidate: Candidate, kind: str, words: str) -> bool | None:
    """Whether the profile says it; None where the words say what is not wanted, which is for a person to judge."""
    wanted = _words(words)
    if wanted & NEGATIONS:
        return None
    if kind.casefold() == "history" and candidate.former:
        return True
    fields = LOOKED_FOR_IN.get(kind.casefold(), EVERYWHERE)
    said = (_words(each) for field in fields for each in candidate.says(field))
    return any(_same(wanted, each) for each in said)


def _ranked(
    candidate: Candidate, preferences: Sequence[Preference], needs: Sequence[str]
) -> Ranked:
    judged = [(each, matches(candidate, each.kind, each.words)) for each in preferences]
    answered = tuple(need for need in needs if matches(candidate, "skills", need))
    available = candidate.person is not None and candidate.room != 0
    return Ranked(
        candidate=candidate,
        meets=tuple(each for each, is_met in judged if is_met),
        answers=answered,
        available=available,
        reasons=(
            *(_judgement(each, is_met) for each, is_met in judged),
            *(f"matches the need: {need}" for need in answered),
            *_about(candidate),
        ),
    )


def _place(ranked: Ranked) -> tuple[object, ...]:
    candidate = ranked.candidate
    return (
        not ranked.available,
        -len(ranked.meets),
        -len(ranked.answers),
        candidate.independent is False,
        -(candidate.room or 0),
        candidate.seat,
    )


def _judgement(preference: Preference, is_met: bool | None) -> str:
    said = f"{preference.kind}: {preference.words}"
    match is_met:
        case True:
            return f"matches {said}"
        case False:
            return f"does not match {said}"
        case None:
            return f"for you to judge: {said}"


def _about(candidate: Candidate) -> Iterable[str]:
    if candidate.former:
        yield "was their former worker"
    for provider in candidate.delivers:
        yield f"is the provider {provider} themself: not independent"
    for provider in candidate.shares_with:
        yield f"same agency as provider {provider}: not independent"
    if candidate.independent is None:
        yield "nobody delivers services yet whom they would have to be independent of"
    elif candidate.independent:
        yield "independent of everybody who delivers services"
    if candidate.person is None:
        yield "nobody sits there now"
    yield _room(candidate)


def _room(candidate: Candidate) -> str:
    match candidate.room:
        case None:
            return (
                f"has {candidate.caseload}; how many they can have is not written down"
            )
        case 0:
            return f"has no room: {candidate.caseload} of {candidate.capacity}"
        case room:
            return f"has room for {room} more"


def _words(text: str) -> frozenset[str]:
    found = re.findall(r"\w+", text.casefold())
    return frozenset(ONE_WORD.get(word, word) for word in found) - SAYS_NOTHING


def _same(wanted: frozenset[str], said: frozenset[str]) -> bool:
    """Whether one says all that the other does."""
    return bool(wanted and said) and (wanted <= said or said <= wanted)
