"""Whom the person would rather work with: what messages about it do. Pure."""

from throughcare.case.message import Facts, LookUp, Messages
from throughcare.case.wording import listed
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import Preference
from throughcare.lifecycles.client.said import ClientSaid

preferences = Messages()


def _asks_for_preferences(case: ClientCase) -> bool:
    return case.policy.preferences is not None


@preferences.message(
    "preferences_recorded",
    by=ClientCase.staff,
    beside=True,
    when=_asks_for_preferences,
    answers=(ClientAct.preferences,),
    looks_up=LookUp("spokespersons", ("authorised",)),
    example={
        "preferences": [{"kind": "gender", "words": "female", "stated_by": "client"}]
    },
)
class PreferencesRecorded(Facts):
    """The person was asked whom they would rather work with; having no wish is an answer (CS-L-5, CS-G-4)."""

    preferences: tuple[Preference, ...] = ()
    none_stated: bool = False
    authorised: tuple[str, ...] = ()
    """The relations that may speak for the client. The API looks them up."""

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """Asked for at set points, and welcome at any time (CS-G-4, CS-V-3). That there is none is an answer (CS-L-5)."""
        if bool(self.preferences) == self.none_stated:
            raise said.unreadable(
                "Name preferences, or send `none_stated: true`; one of the two."
            )
        take_preferences(said, self.preferences, self.authorised)
        count = len(self.preferences)
        stated = f"{count} stated" if count else "none stated"
        text = f"Preferences for a worker: {stated}."
        words = "\n".join(_in_words(each) for each in self.preferences)
        duties, rules = case.outstanding(ClientAct.preferences), case.policy.preferences
        said.discharge_or_say(duties, text, rules.clause if rules else None, words)


def _in_words(preference: Preference) -> str:
    return f"{preference.kind}: {preference.words} ({preference.stated_by})"


def take_preferences(
    said: ClientSaid, preferences: tuple[Preference, ...], authorised: tuple[str, ...]
) -> None:
    """What somebody states takes the place of what they stated before; of what others stated it takes nothing away."""
    rules, known = said.case.policy.preferences, said.case.known
    for each in preferences:
        said.check_authorised(each.stated_by, authorised)
        if rules and each.kind not in rules.kinds:
            raise said.unreadable(f"kind must be one of: {listed(rules.kinds)}.")
    speakers = {each.stated_by.casefold() for each in preferences}
    kept = known.preferences if speakers and known.preferences else []
    others = [each for each in kept if each.stated_by.casefold() not in speakers]
    known.preferences = [*others, *preferences]
    known.choice_offered_at.append(said.message.event_at)
