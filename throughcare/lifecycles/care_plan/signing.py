"""The names under a version, and how it comes into force: what messages about them do. Pure."""

from throughcare.case.duty import (
    Act,
    Duty,
    DutyStatus,
)
from throughcare.case.seats import Capacity
from throughcare.lifecycles.care_plan.acts import (
    PlanFinalized,
    PlanSigned,
    SignatureMissing,
)
from throughcare.lifecycles.care_plan.care_plan import REVIEW_ACTS, CarePlan
from throughcare.lifecycles.care_plan.facts import (
    Member,
    Signature,
    Version,
    VersionKind,
)
from throughcare.lifecycles.care_plan.policy import CarePlanPolicy, ReviewKind
from throughcare.lifecycles.care_plan.said import (
    listed_as,
    plan_of,
    rules_of,
)
from throughcare.lifecycles.client.facts import PlanKind, PlanVersion
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.client.turns import staff

PLAN_KINDS = {
    VersionKind.preliminary: PlanKind.preliminary,
    VersionKind.final: PlanKind.final,
    VersionKind.amended: PlanKind.revised,
}


def plan_signed(heard: ClientSaid, facts: PlanSigned) -> None:
    """A signature is under one version, whose digest its signer has read."""
    version, member = _version_named(heard, facts.version), _signer(heard, facts)
    if facts.digest != version.digest:
        raise heard.refused(
            f"digest: it is not that of version {version.number}, which is {version.digest}. Read the version again before signing."
        )
    _check_how(heard, facts, member)
    _sign(heard, member, version, "signed", facts.how, None)
    text = f"Version {version.number} was signed by one more: {facts.how}."
    heard.say(text, rules_of(heard).versions_clause, member.id)


OWN_ACCOUNT = (Capacity.holder, Capacity.substitute)
"""By what right somebody signs from an account: whoever sits in the seat, and nobody for them."""


def _check_how(heard: ClientSaid, facts: PlanSigned, member: Member) -> None:
    """From an account a member signs themself; what is on paper is entered by the agency's people."""
    case = plan_of(heard)
    is_own = member.seat == heard.seat and heard.capacity in OWN_ACCOUNT
    if facts.how == "account" and not is_own:
        raise heard.refused(
            f"how: {member.id} has not signed from an account of their own; enter a signature on paper as paper."
        )
    is_theirs = heard.seat in (member.id, member.seat)
    by_own_link = is_theirs and heard.capacity is Capacity.link
    if facts.how == "link" and not by_own_link:
        raise heard.refused(
            "how: this does not come through a signed link of theirs; enter a signature on paper as paper."
        )
    if facts.how == "paper" and not heard.roles & set(staff(case)):
        raise heard.refused(
            "how: a signature on paper is entered by the agency's people; sign from your own account."
        )


def signature_missing(heard: ClientSaid, facts: SignatureMissing) -> None:
    version, member = _version_named(heard, facts.version), _signer(heard, facts)
    how = "link" if heard.capacity is Capacity.link else ""
    _sign(heard, member, version, facts.outcome, how, facts.reason)
    text = f"A name is missing under version {version.number}: {facts.outcome}."
    words = f"{member.id}\n{facts.reason}"
    heard.say(text, rules_of(heard).versions_clause, words)


def _sign(
    heard: ClientSaid,
    member: Member,
    version: Version,
    outcome: str,
    how: str,
    reason: str | None,
) -> None:
    plan_of(heard).life.signatures.append(
        Signature.model_validate(
            {
                "member": member.id,
                "version": version.number,
                "outcome": outcome,
                "at": heard.message.event_at,
                "digest": version.digest,
                "how": how,
                "reason": reason,
            }
        )
    )


def _signer(heard: ClientSaid, facts: PlanSigned | SignatureMissing) -> Member:
    """Raises Refused where their name is under it already, which no reason takes away again."""
    version, life = _version_named(heard, facts.version), plan_of(heard).life
    member = life.member(facts.member)
    if member is None or member.id not in version.signers:
        listed = ", ".join(version.signers)
        raise heard.unreadable(f"member must be one who signs it: {listed}.")
    known = life.signature(member.id, version.number)
    if known and known.outcome == "signed":
        raise heard.refused(f"{member.id} has signed version {version.number} already.")
    return member


def _version_named(heard: ClientSaid, number: str) -> Version:
    """One that waits for signatures or is in force; what gave way to another is signed no more."""
    life = plan_of(heard).life
    versions = [e for e in life.versions if e.final_at or e is life.proposed]
    for version in versions:
        if version.number == number:
            return version
    listed = ", ".join(each.number for each in versions) or "none"
    raise heard.unreadable(
        f"version must be the one that was put forward last, or one that came into force: {listed}."
    )


def plan_finalized(heard: ClientSaid, facts: PlanFinalized) -> None:
    """It is in force once everybody who takes part has signed, or it is said why they have not (CP-C-j)."""
    case, rules = plan_of(heard), rules_of(heard)
    proposed = case.life.proposed
    assert proposed is not None
    if facts.version != proposed.number:
        raise heard.unreadable(
            f"version must be the one put forward: {proposed.number}."
        )
    unsigned = case.life.unsigned(proposed)
    if unsigned and rules.plan.signatures_clause:
        raise heard.refused(
            f"Not signed, and no reason given ({rules.plan.signatures_clause}): {listed_as(unsigned)}."
        )
    is_first = case.life.current is None
    case.life.versions[-1] = proposed.model_copy(update={"final_at": heard.now})
    _keep(heard, proposed)
    text = f"Version {proposed.number} is in force."
    duties = _met_by(case, proposed)
    if duties:
        heard.discharge(text, duties=duties)
    else:
        heard.say(text, rules.versions_clause)
    if is_first and proposed.is_teams:
        case.come(Moment.plan_final, heard.now)
        _wind_reviews(heard, tuple(rules.reviews))
    elif proposed.is_teams:
        _wind_reviews(heard, _now_set_otherwise(case, rules))


def _met_by(case: CarePlan, version: Version) -> list[Duty]:
    """What a version in force answers. A revision asked for after it was put forward is still to be written (CP-P-4)."""
    acts = [Act.signing, *([Act.team_plan] if version.is_teams else [])]
    revisions = case.outstanding(Act.plan_revision)
    answered = [e for e in revisions if e.opened_at <= version.put_forward_at]
    return [*case.outstanding(*acts), *answered]


def _keep(heard: ClientSaid, version: Version) -> None:
    """Among the plans of this client, where requests name it by its number (CP-P-3)."""
    plan_of(heard).known.plans.append(
        PlanVersion(
            version=version.number,
            kind=PLAN_KINDS[version.kind],
            reference=f"version {version.number}, {version.digest[:12]}",
            filed_at=heard.now,
        )
    )


def _wind_reviews(heard: ClientSaid, kinds: tuple[ReviewKind, ...]) -> None:
    """From this plan on, these reviews count from it."""
    case = plan_of(heard)
    by = heard.by.model_copy(update={"text": "It counts from the team's plan."})
    for kind in kinds:
        for duty in case.outstanding(REVIEW_ACTS[kind]):
            if duty.status is DutyStatus.open:
                case.drop(duty, DutyStatus.withdrawn, by)
        case.wind_review(kind, heard.now)


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
