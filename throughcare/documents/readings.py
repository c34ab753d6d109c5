"""What every paper says of the policy it is under. Pure."""

from pydantic import JsonValue

from throughcare.case.base import Frozen
from throughcare.case.parts import Reading


class UnderPolicy(Frozen):
    readings: tuple[Reading, ...] = ()
    """How the agency reads what can be read in more than one way (ruling 4)."""
    redisclosure: str = ""
    """The notice of 42 CFR 2.32, where it is about a client of a recovery program."""

    @property
    def policy_words(self) -> dict[str, JsonValue]:
        """As paper.typ sets them."""
        return {
            "redisclosure": self.redisclosure,
            "readings": [
                {
                    "title": f"{each.id} ({', '.join(each.clauses)})",
                    "question": each.question,
                    "reading": each.reading,
                }
                for each in self.readings
            ],
        }
