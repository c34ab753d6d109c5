"""How a case about a client ends before its time: what messages about that do. Pure."""

from throughcare.case.message import Facts, Messages
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.fields import ClientStatus, Words
from throughcare.lifecycles.client.said import ClientSaid

endings = Messages()


@endings.message(
    "call_unreachable",
    ends=True,
    by=ClientCase.staff,
    beside=True,
    example={"reason": "Three calls on different days."},
)
class CallUnreachable(Facts):
    """Nobody reached the person, after the attempts the policy asks for."""

    reason: Words

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        needed, made = case.policy.endings.attempts, case.known.attempts
        if made < needed:
            raise said.refused(
                f"A person counts as unreachable after {needed} attempts, an agency setting; {made} on record. Enter each as contact_attempted."
            )
        said.write_to_client("client_closed", case.policy.clause)
        text = f"Unreachable after {made} attempts."
        said.close(ClientStatus.unreachable, text, self.reason)


@endings.message(
    "moved",
    ends=True,
    by=ClientCase.staff,
    beside=True,
    example={"reason": "Moved out of the county."},
)
class Moved(Facts):
    """The person moved away."""

    reason: Words

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        text = "Ended: the person moved away."
        said.close(ClientStatus.moved, text, self.reason)


@endings.message(
    "died",
    ends=True,
    by=ClientCase.staff,
    beside=True,
    example={},
)
class Died(Facts):
    """The person died."""

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        said.close(ClientStatus.died, "Ended: the person died.")


@endings.message(
    "withdraw",
    ends=True,
    by=ClientCase.staff,
    beside=True,
    example={"reason": "Referred by mistake."},
)
class WithdrawIntake(Facts):
    """The referral is taken back, or was made by mistake."""

    reason: Words

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        said.write_to_client("client_closed", case.policy.clause)
        said.close(ClientStatus.withdrawn, "Withdrawn.", self.reason)
