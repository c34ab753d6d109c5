"""The screen, the emergency branch, services and the discretionary fund: what messages about them do. Pure."""

from throughcare.case.duty import Act
from throughcare.lifecycles.client.acts import (
    AgencyChosen,
    ClientContacted,
    ConsentsReceived,
    ContactAttempted,
    EmergencyIdentified,
    EmergencyNeed,
    EmergencyNeedsConfirmed,
    FundPaymentMade,
    IntakeUnitContacted,
    PlanFiled,
    PreliminaryPlanFiled,
    ProvidersConsidered,
    ReferralMade,
    ReimbursementRequested,
    RequestsSent,
    Screened,
    ScreenResultsReviewed,
    ServiceRequested,
    TreatmentProviderTold,
)
from throughcare.lifecycles.client.facts import (
    FundPayment,
    Need,
    PlanKind,
    PlanVersion,
    ProviderUsed,
    ServiceNeeded,
)
from throughcare.lifecycles.client.policy import Branch, Moment
from throughcare.lifecycles.client.said import ClientSaid


def screened(heard: ClientSaid, facts: Screened) -> None:
    if facts.emergency and not heard.case.policy.has_emergencies:
        raise heard.unreadable("This policy knows no emergency branch.")
    if facts.emergency and not facts.needs:
        raise heard.unreadable("needs must name the emergency needs that were found.")
    if facts.needs and not facts.emergency:
        raise heard.unreadable("needs are those of an emergency, and none was found.")
    found = "an emergency need was found" if facts.emergency else "no emergency need"
    heard.discharge(f"Screened: {found}.")
    branch = Branch.emergency if facts.emergency else Branch.ordinary
    _add_needs(heard, facts.needs)
    _begin(heard, branch)


def emergency_identified(heard: ClientSaid, facts: EmergencyIdentified) -> None:
    clause = heard.case.policy.emergency_clause
    heard.say("An emergency need was found; its clocks start now.", clause)
    _add_needs(heard, facts.needs)
    _begin(heard, Branch.emergency)
    if screening := heard.case.outstanding(Act.screening):
        text = "The emergency was found before the screen was entered."
        heard.discharge(text, duties=screening)


def _begin(heard: ClientSaid, branch: Branch) -> None:
    """The screen, or an emergency found later, decides which way the intake goes on (CP-E-0)."""
    heard.case.known.branch = branch
    is_urgent = branch is Branch.emergency
    moment = Moment.emergency if is_urgent else Moment.no_emergency
    heard.case.come(moment, heard.message.event_at)


def _add_needs(heard: ClientSaid, needs: tuple[EmergencyNeed, ...]) -> None:
    known = heard.case.known
    for each in needs:
        if known.need(each.id):
            raise heard.unreadable(
                f"needs: {each.id} is known already; give it another id."
            )
        known.needs.append(Need(id=each.id, text=each.text, emergency=True))


def ciu_contacted(heard: ClientSaid, facts: IntakeUnitContacted) -> None:
    heard.discharge("The worker answered the intake unit.")


def client_contacted(heard: ClientSaid, facts: ClientContacted) -> None:
    heard.case.known.attempts = 0
    heard.discharge("The worker reached the person.", words=facts.how)


def contact_attempted(heard: ClientSaid, facts: ContactAttempted) -> None:
    """An attempt is not a contact: no clock stops for it (CP-E-1b)."""
    heard.case.known.attempts += 1
    duties = heard.case.outstanding(Act.client_contact)
    clause = duties[0].clause if duties else None
    count = heard.case.known.attempts
    text = f"Attempt {count} to reach the person. It reached nobody, and every clock runs on."
    heard.say(text, clause, facts.how)


def screen_results_reviewed(heard: ClientSaid, facts: ScreenResultsReviewed) -> None:
    heard.discharge("The results of the screen were gone over.")


def emergency_needs_confirmed(
    heard: ClientSaid, facts: EmergencyNeedsConfirmed
) -> None:
    known = heard.case.known
    asked = {
        each.id for each in known.needs if each.emergency and each.confirmed is None
    }
    given = {each.need: each.confirmed for each in facts.needs}
    if unknown := sorted(set(given) - asked):
        raise heard.unreadable(
            f"needs: {', '.join(unknown)} is not asked about; asked about are: {', '.join(sorted(asked))}."
        )
    if missing := sorted(asked - set(given)):
        raise heard.unreadable(
            f"needs: say of each whether the client confirms it; missing: {', '.join(missing)}."
        )
    confirmed = sum(given.values())
    heard.discharge(
        f"The client confirmed {confirmed} of {len(given)} emergency needs."
    )
    for number, need in enumerate(known.needs, start=1):
        if need.id not in given:
            continue
        answer = given[need.id]
        known.needs[number - 1] = need.model_copy(update={"confirmed": answer})
        if answer:
            at, about = heard.message.event_at, f"need {number}"
            heard.case.come(Moment.need_confirmed, at, target=need.id, about=about)


def providers_considered(heard: ClientSaid, facts: ProvidersConsidered) -> None:
    (duty,) = heard.duties()
    rules, own = heard.case.independence, heard.case.seated[heard.case.worker]
    outside = [each for each in facts.organizations if each != own.organization]
    if rules and not outside and facts.none_outside is None:
        raise heard.refused(
            f"Only providers of the worker's own agency are named ({rules.outside_options}). Name one from outside, or say in `none_outside` why there is none."
        )
    known = heard.case.known
    for provider, organization in zip(
        facts.providers, facts.organizations, strict=True
    ):
        used = ProviderUsed(
            provider=provider, organization=organization, need=facts.need
        )
        if used not in known.providers:
            known.providers.append(used)
    count = len(facts.providers)
    text = f"{count} provider{'s' if count > 1 else ''} looked at with the client."
    heard.discharge(text, words=facts.none_outside or "", duties=[duty])
    if rules and not outside:
        text = "None is from outside the worker's own agency, for a reason."
        heard.say(text, rules.outside_options, facts.none_outside or "")


def referral_made(heard: ClientSaid, facts: ReferralMade) -> None:
    (duty,) = heard.duties()
    known = heard.case.known
    considered = [each for each in known.providers if each.need == facts.need]
    if facts.provider not in [each.provider for each in considered]:
        listed = ", ".join(each.provider for each in considered)
        raise heard.unreadable(
            f"provider must be one that was looked at for this need: {listed}."
        )
    known.providers = [
        each.model_copy(update={"referred": True})
        if (each.provider, each.need) == (facts.provider, facts.need)
        else each
        for each in known.providers
    ]
    _check_independent(heard, facts.organization, facts.exception)
    if heard.may_go_to(
        facts.provider,
        facts.organization,
        duty,
        facts.emergency_reason,
        provider=facts.provider,
    ):
        heard.discharge("The client was referred to a provider.", duties=[duty])
        title = facts.organization
        heard.case.tell_provider("referral", facts.provider, title, duty)


def _check_independent(
    heard: ClientSaid, organization: str, exception: str | None
) -> None:
    """A provider was added: whoever coordinates, and whoever decided, is looked at again (CF-S-1a, CF-S-2a)."""
    case, rules = heard.case, heard.case.independence
    if rules is None:
        return
    worker = case.seated[case.worker]
    if organization == worker.organization:
        about = f"{worker.title} belongs to an organization that delivers services to this client."
        heard.flag(rules.coordinator, about, exception=exception)
    decided = case.known.determined
    if decided and decided.organization == organization:
        about = "Whoever decided on eligibility belongs to an organization that delivers services to this client."
        heard.flag(rules.decider, about, exception=exception)


def preliminary_plan_filed(heard: ClientSaid, facts: PreliminaryPlanFiled) -> None:
    case, at = heard.case, heard.message.event_at
    for service in facts.services:
        need = case.known.need(service.need)
        if need is None or need.confirmed is not True:
            confirmed = [each.id for each in case.known.needs if each.confirmed]
            raise heard.unreadable(
                f"services: {service.service} must be for a need the client confirmed: {', '.join(confirmed) or 'none'}."
            )
    heard.discharge("The preliminary plan is on file, with its safety and crisis plan.")
    contents = {
        "safety_crisis_plan": facts.safety_crisis_plan,
        "strengths": facts.strengths,
        "natural_supports": facts.natural_supports,
    }
    add_plan(heard, PlanKind.preliminary, facts.reference, contents)
    for service in facts.services:
        needed = ServiceNeeded.model_validate(service.model_dump())
        case.known.services.append(needed)
        about = f"service {len(case.known.services)}"
        case.come(Moment.service_named, at, target=service.service, about=about)
    if facts.services:
        case.come(Moment.services_named, at)
    case.come(Moment.preliminary_plan, at)


def add_plan(
    heard: ClientSaid,
    kind: PlanKind,
    reference: str,
    contents: dict[str, str],
    *,
    filed: PlanFiled | None = None,
) -> PlanVersion:
    """The next version on file."""
    plans = heard.case.known.plans
    plan = PlanVersion(
        version=str(len(plans) + 1),
        kind=kind,
        reference=reference,
        filed_at=heard.message.event_at,
        contents=contents,
        assessments=filed.assessments if filed else (),
        strategies=filed.strategies if filed else (),
        considers_step_down=filed is not None and filed.step_down is not None,
    )
    plans.append(plan)
    return plan


def service_requested(heard: ClientSaid, facts: ServiceRequested) -> None:
    (duty,) = heard.duties()
    plan, known = heard.plan_named(facts.plan), heard.case.known
    if known.need(facts.need) is None:
        listed = ", ".join(each.id for each in known.needs)
        raise heard.unreadable(f"need must be one of this case: {listed}.")
    known.services = [
        each.model_copy(update={"request": facts.reference, "plan": plan.version})
        if each.service == facts.service and each.request is None
        else each
        for each in known.services
    ]
    heard.discharge("A service was requested, on a request of its own.", duties=[duty])


def requests_sent(heard: ClientSaid, facts: RequestsSent) -> None:
    (duty, *_) = heard.duties()
    if not facts.plan_attached:
        raise heard.refused(
            "The requests go out together with a copy of the plan: attach it and send `plan_attached: true`."
        )
    payer = heard.case.policy.payer or facts.to
    if heard.may_go_to("payer", payer, duty):
        heard.discharge(
            "The requests went out with a copy of the plan.", words=facts.to
        )


def fund_payment_made(heard: ClientSaid, facts: FundPaymentMade) -> None:
    case, fund = heard.case, heard.case.policy.fund
    assert fund is not None
    asked = case.known.services_by_need()
    if facts.service not in asked:
        raise heard.unreadable(f"service must be one of: {', '.join(asked)}.")
    if facts.need not in asked[facts.service]:
        needs = ", ".join(asked[facts.service])
        raise heard.unreadable(f"need must be what that service is for: {needs}.")
    if any(each.reference == facts.reference for each in case.known.payments):
        raise heard.unreadable("reference: a payment with this reference is on record.")
    if facts.check_ready_on and facts.needed_on >= facts.check_ready_on:
        raise heard.refused(
            f"The fund is for what is needed before a check can be issued, which is by {facts.check_ready_on}. This is needed on {facts.needed_on}."
        )
    payment = FundPayment(
        reference=facts.reference,
        service=facts.service,
        need=facts.need,
        amount=facts.amount,
        needed_on=facts.needed_on,
        paid_at=heard.message.event_at,
    )
    case.known.payments.append(payment)
    about = f"payment {len(case.known.payments)}"
    heard.say(f"Paid from the discretionary fund: {about}.", fund.clause)
    at = heard.message.event_at
    case.come(Moment.fund_paid, at, target=facts.reference, about=about)


def reimbursement_requested(heard: ClientSaid, facts: ReimbursementRequested) -> None:
    duties, known = heard.duties(), heard.case.known
    known.payments = [
        each.model_copy(update={"reimbursement_at": heard.message.event_at})
        if each.reference == facts.payment
        else each
        for each in known.payments
    ]
    heard.discharge("The payment was asked back.", duties=duties)


def agency_chosen(heard: ClientSaid, facts: AgencyChosen) -> None:
    if facts.chosen not in facts.offered:
        raise heard.unreadable(
            f"chosen must be one of those offered: {', '.join(facts.offered)}."
        )
    known = heard.case.known
    known.agencies_offered, known.agency_chosen = list(facts.offered), facts.chosen
    count = len(facts.offered)
    text = f"The {facts.by} chose the agency, out of {count} offered."
    heard.discharge(text, words=facts.criterion or "")


def consents_received(heard: ClientSaid, facts: ConsentsReceived) -> None:
    heard.discharge("The client's consents are here.", words=facts.how)
    heard.case.come(Moment.consents, heard.message.event_at)


def treatment_provider_told(heard: ClientSaid, facts: TreatmentProviderTold) -> None:
    (duty, *_) = heard.duties()
    title = facts.organization or "the treatment provider"
    recipient, provider = "treatment-provider", facts.provider
    if heard.may_go_to(recipient, title, duty, provider=provider):
        text = "The treatment provider knows who the worker is and how to reach them."
        heard.discharge(text, words=facts.how)
        heard.case.tell_provider("treatment_provider", provider, title, duty)
