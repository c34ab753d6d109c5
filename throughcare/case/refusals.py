"""Every way a lifecycle refuses a message. Pure; throughcare.errors gives them to callers.

Refused
├── OutOfOrder            the message cannot come now
├── NotYourSeat           it can come now, but not from this person
├── CaseIsClosed          nothing can come any more
├── SomebodyMissing       a meeting without both sides
├── StepsOutstanding      an outcome before the steps the policy demands
├── ViolationOutstanding  closing before a violation is reported (CR-N-3)
├── AlreadySaid           this side has said so before
├── SamePerson            one person answers for both sides (Q-37)
├── NotYourEntry          only its author, or who supervises them, corrects an entry
├── Overwritten           somebody wrote it anew since its writer read it
├── CaseIsFull            the case can carry no more
├── CannotMove            a newer version of the pack does not fit where the case stands
├── NotSealed             it was not encrypted for this case
├── Unreadable            the facts do not fit the message
└── CannotOpen            the seats named do not make a dispute this policy knows
"""

from collections.abc import Sequence
from typing import Any

from throughcare.case.base import Frozen
from throughcare.case.duty import Duty


class Allowed(Frozen):
    """A message that may be sent now, and the seats it may come from."""

    message: str
    seats: tuple[str, ...]
    titles: tuple[str, ...]
    beside: bool = False
    """It mends or moves the case and is no step on the ladder."""
    steps: tuple[str, ...] = ()
    """The steps it could be about, the latest first."""
    duties: tuple[str, ...] = ()
    """The ids of the duties it is for."""

    def __str__(self) -> str:
        return f"{self.message} (from {', '.join(self.titles)})"


class Refused(Exception):
    """`detail` says what is wrong and what would be right; `about` are the ids of what stands in the way; `allowed` is what may
    be sent now, and by whom."""

    status = 409
    shown: dict[str, Any] | None = None
    """What its sender needs to see beside the words."""

    def __init__(
        self,
        detail: str,
        allowed: tuple[Allowed, ...] = (),
        about: tuple[str, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.allowed = allowed
        self.about = about


class OutOfOrder(Refused):
    def __init__(self, message: str, allowed: tuple[Allowed, ...]) -> None:
        steps = [str(each) for each in allowed if not each.beside]
        now = "; ".join(steps) or "none"
        super().__init__(
            f"{message} cannot be sent now. Messages that can: {now}.", allowed
        )


class NotYourSeat(Refused):
    status = 403

    def __init__(self, message: str, allowed: Allowed) -> None:
        super().__init__(
            f"{message} is for {' or '.join(allowed.titles)}, and you hold none of these seats.",
            (allowed,),
        )


class CaseIsClosed(Refused):
    def __init__(self, message: str, outcome: str) -> None:
        super().__init__(f"{message} comes too late: the case is closed ({outcome}).")


class SomebodyMissing(Refused):
    def __init__(self, missing: tuple[str, ...], allowed: tuple[Allowed, ...]) -> None:
        super().__init__(
            f"Both sides must have been there. Missing: {', '.join(missing)}.", allowed
        )


class StepsOutstanding(Refused):
    def __init__(
        self,
        message: str,
        steps: Sequence[Duty | str],
        allowed: tuple[Allowed, ...],
        hint: str = "",
    ) -> None:
        """`steps` are the duties that come first, or in words what is to be done that nobody has as a duty."""
        said = [each if isinstance(each, str) else each.text for each in steps]
        texts = "; ".join(dict.fromkeys(said))
        about = tuple(each.id for each in steps if isinstance(each, Duty))
        super().__init__(f"{message} comes after: {texts}.{hint}", allowed, about)


class ViolationOutstanding(Refused):
    def __init__(
        self,
        message: str,
        recipients: tuple[str, ...],
        about: tuple[str, ...],
        allowed: tuple[Allowed, ...],
    ) -> None:
        super().__init__(
            f"{message} would close the case, but the violation is not yet reported. Report it to {' or '.join(recipients)} first.",
            allowed,
            about,
        )


class AlreadySaid(Refused):
    def __init__(
        self, title: str, waiting_for: str, allowed: tuple[Allowed, ...]
    ) -> None:
        super().__init__(
            f"{title} has already agreed; the case waits for {waiting_for}.", allowed
        )


class SamePerson(Refused):
    def __init__(self, waiting_for: str, allowed: tuple[Allowed, ...]) -> None:
        super().__init__(
            f"One person cannot agree for both sides; the case waits for {waiting_for}, from somebody else.",
            allowed,
        )


class NotYourEntry(Refused):
    status = 403

    def __init__(self, seq: int) -> None:
        super().__init__(
            f"Entry {seq} is corrected by whoever made it, by who supervises that seat, or by the Agency Administrator.",
            about=(str(seq),),
        )


class Overwritten(Refused):
    """Both texts are shown, and neither is lost."""

    status = 412

    def __init__(
        self,
        what: str,
        revision: int,
        shown: dict[str, Any],
        allowed: tuple[Allowed, ...],
    ) -> None:
        super().__init__(
            f"replaces: {what} was written anew since you read it and is at revision {revision} now. Put the two together and send it with replaces {revision}.",
            allowed,
        )
        self.shown = shown


class CannotMove(Refused):
    def __init__(self, version: int, reason: str) -> None:
        super().__init__(f"The case cannot be moved to version {version}: {reason}")


class NotSealed(Refused):
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "It was not encrypted for this case, so nobody can say who sent it."
        )


class CaseIsFull(Refused):
    def __init__(self, message: str) -> None:
        super().__init__(
            f"{message} cannot be taken: this case holds as much as one case can. It can still be brought to an end; ask the Agency Administrator."
        )


class Unreadable(Refused):
    status = 422


class CannotOpen(Refused):
    status = 422
