"""The names under a version, and how it comes into force: what messages about them do. Pure."""

from typing import Literal

from pydantic import Field

from throughcare.case.duty import Duty, DutyStatus
from throughcare.case.message import Facts, Messages
from throughcare.case.patterns import DIGEST
from throughcare.case.seats import Capacity
from throughcare.lifecycles.care_plan.care_plan import REVIEW_ACTS, CarePlan
from throughcare.lifecycles.care_plan.conditions import (
    has_team,
    has_versions,
    waits_for_signatures,
)
from throughcare.lifecycles.care_plan.said import listed_as, plan_of, rules_of
from throughcare.lifecycles.care_plan.telling import UnderAVersion
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.facts import PlanKind, PlanVersion
from throughcare.lifecycles.client.fields import Name, Words
from throughcare.lifecycles.client.plan_facts import (
    Member,
    Signature,
    Version,
    VersionKind,
)
from throughcare.lifecycles.client.plan_policy import CarePlanPolicy, ReviewKind
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid

signing = Messages()


PLAN_KINDS = {
    VersionKind.preliminary: PlanKind.preliminary,
    VersionKind.final: PlanKind.final,
    VersionKind.amended: PlanKind.revised,
}


@signing.message(
    "plan_signed",
    by=CarePlan.writers,
    beside=True,
    when=has_versions,
    example={
        "member": "member-1",
        "version": "2",
        "digest": "0" * 64,
        "how": "paper",
    },
)
class PlanSigned(UnderAVersion):
    """A member signs one version. `digest` is that of the version they read."""

    digest: str = Field(pattern=DIGEST)
    how: Literal["account", "link", "paper"] = "account"

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """A signature is under one version, whose digest its signer has read."""
        version, member = _version_named(said, self.version), _signer(said, self)
        if self.digest != version.digest:
            raise said.refused(
                f"digest: it is not that of version {version.number}, which is {version.digest}. Read the version again before signing."
            )
        _check_how(said, self, member)
        _sign(said, member, version, "signed", self.how, None)
        text = f"Version {version.number} was signed by one more: {self.how}."
        said.say(text, rules_of(said).versions_clause, member.id)


OWN_ACCOUNT = (Capacity.holder, Capacity.substitute)
"""By what right somebody signs from an account: whoever sits in the seat, and nobody for them."""


def _check_how(said: ClientSaid, facts: PlanSigned, member: Member) -> None:
    """From an account a member signs themself; what is on paper is entered by the agency's people."""
    case = plan_of(said)
    is_own = member.seat == said.seat and said.capacity in OWN_ACCOUNT
    if facts.how == "account" and not is_own:
        raise said.refused(
            f"how: {member.id} has not signed from an account of their own; enter a signature on paper as paper."
        )
    is_theirs = said.seat in (member.id, member.seat)
    by_own_link = is_theirs and said.capacity is Capacity.link
    if facts.how == "link" and not by_own_link:
        raise said.refused(
            "how: this does not come through a signed link of theirs; enter a signature on paper as paper."
        )
    if facts.how == "paper" and not said.roles & set(case.staff()):
        raise said.refused(
            "how: a signature on paper is entered by the agency's people; sign from your own account."
        )


@signing.message(
    "signature_missing",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={
        "member": "member-3",
        "version": "2",
        "outcome": "unavailable",
        "reason": "On leave until May.",
    },
)
class SignatureMissing(UnderAVersion):
    """Why a member's name is not under a version."""

    outcome: Literal["refused", "unavailable"]
    reason: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        version, member = _version_named(said, self.version), _signer(said, self)
        how = "link" if said.capacity is Capacity.link else ""
        _sign(said, member, version, self.outcome, how, self.reason)
        text = f"A name is missing under version {version.number}: {self.outcome}."
        words = f"{member.id}\n{self.reason}"
        said.say(text, rules_of(said).versions_clause, words)


def _sign(
    said: ClientSaid,
    member: Member,
    version: Version,
    outcome: str,
    how: str,
    reason: str | None,
) -> None:
    plan_of(said).life.signatures.append(
        Signature.model_validate(
            {
                "member": member.id,
                "version": version.number,
                "outcome": outcome,
                "at": said.message.event_at,
                "digest": version.digest,
                "how": how,
                "reason": reason,
            }
        )
    )


def _signer(said: ClientSaid, facts: PlanSigned | SignatureMissing) -> Member:
    """Raises Refused where their name is under it already, which no reason takes away again."""
    version, life = _version_named(said, facts.version), plan_of(said).life
    member = life.member(facts.member)
    if member is None or member.id not in version.signers:
        listed = ", ".join(version.signers)
        raise said.unreadable(f"member must be one who signs it: {listed}.")
    known = life.signature(member.id, version.number)
    if known and known.outcome == "signed":
        raise said.refused(f"{member.id} has signed version {version.number} already.")
    return member


def _version_named(said: ClientSaid, number: str) -> Version:
    """One that waits for signatures or is in force; what gave way to another is signed no more."""
    life = plan_of(said).life
    versions = [e for e in life.versions if e.final_at or e is life.proposed]
    for version in versions:
        if version.number == number:
            return version
    listed = ", ".join(each.number for each in versions) or "none"
    raise said.unreadable(
        f"version must be the one that was put forward last, or one that came into force: {listed}."
    )


@signing.message(
    "plan_finalized",
    by=CarePlan.staff,
    beside=True,
    when=waits_for_signatures,
    answers=(
        ClientAct.signing,
        ClientAct.team_plan,
        ClientAct.plan_revision,
    ),
    example={"version": "2"},
)
class PlanFinalized(Facts):
    """The version that was put forward is in force: everybody has signed, or the reason why not is on record (CP-C-j)."""

    version: Name

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """It is in force once everybody who takes part has signed, or it is said why they have not (CP-C-j)."""
        rules = rules_of(said)
        proposed = case.life.proposed
        assert proposed is not None
        if self.version != proposed.number:
            raise said.unreadable(
                f"version must be the one put forward: {proposed.number}."
            )
        unsigned = case.life.unsigned(proposed)
        if unsigned and rules.plan.signatures_clause:
            raise said.refused(
                f"Not signed, and no reason given ({rules.plan.signatures_clause}): {listed_as(unsigned)}."
            )
        is_first = case.life.current is None
        case.life.versions[-1] = proposed.model_copy(
            update={"final_at": said.counted_from}
        )
        _keep(said, proposed)
        text = f"Version {proposed.number} is in force."
        said.discharge_or_say(_met_by(case, proposed), text, rules.versions_clause)
        if is_first and proposed.is_teams:
            case.come(Moment.plan_final, said.counted_from)
            _wind_reviews(said, tuple(rules.reviews))
        elif proposed.is_teams:
            _wind_reviews(said, _now_set_otherwise(case, rules))


def _met_by(case: CarePlan, version: Version) -> list[Duty]:
    """What a version in force answers. A revision asked for after it was put forward is still to be written (CP-P-4)."""
    acts = [ClientAct.signing, *([ClientAct.team_plan] if version.is_teams else [])]
    revisions = case.outstanding(ClientAct.plan_revision)
    answered = [e for e in revisions if e.opened_at <= version.put_forward_at]
    return [*case.outstanding(*acts), *answered]


def _keep(said: ClientSaid, version: Version) -> None:
    """Among the plans of this client, where requests name it by its number (CP-P-3)."""
    plan_of(said).known.plans.append(
        PlanVersion(
            version=version.number,
            kind=PLAN_KINDS[version.kind],
            reference=f"version {version.number}, {version.digest[:12]}",
            filed_at=said.counted_from,
        )
    )


def _wind_reviews(said: ClientSaid, kinds: tuple[ReviewKind, ...]) -> None:
    """From this plan on, these reviews count from it."""
    case = plan_of(said)
    by = said.by.model_copy(update={"text": "It counts from the team's plan."})
    for kind in kinds:
        for duty in case.outstanding(REVIEW_ACTS[kind]):
            if duty.status is DutyStatus.open:
                case.drop(duty, DutyStatus.withdrawn, by)
        case.wind_review(kind, said.counted_from)


def _now_set_otherwise(case: CarePlan, rules: CarePlanPolicy) -> tuple[ReviewKind, ...]:
    """The reviews that are as often as the plan says, where it says otherwise than their clock runs (CS-W-15)."""
    every = case.life.review_every
    return tuple(
        kind
        for kind, review in rules.reviews.items()
        if review.limit is None
        and every
        and not any(
            duty.receipt and duty.receipt.rule.within == every
            for duty in case.outstanding(REVIEW_ACTS[kind])
        )
    )
