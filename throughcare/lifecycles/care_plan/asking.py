"""Services a care plan asks for, and what becomes of them. Pure."""

from datetime import date, datetime

from throughcare.case.duty import (
    Act,
    Discharge,
    DutyStatus,
)
from throughcare.case.entry import Relation
from throughcare.lifecycles.care_plan.acts import ServiceAskedFor
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.facts import RequestStatus, ServiceAsked
from throughcare.lifecycles.care_plan.said import plan_of, rules_of
from throughcare.lifecycles.client.facts import ProviderUsed
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid

WHAT_CAME = {
    RequestStatus.approved: "A service is approved.",
    RequestStatus.partly: "A service is approved in part.",
    RequestStatus.denied: "A service is denied.",
    RequestStatus.expired: "A service's approval ended.",
    RequestStatus.withdrawn: "A request for a service was taken back.",
}


def service_asked_for(heard: ClientSaid, facts: ServiceAskedFor) -> None:
    """One request for one service, from the provider the client chose; it cites the need and the plan (CP-R-1, CP-R-2,
    CP-P-3)."""
    case, rules = plan_of(heard), rules_of(heard).services
    assert rules is not None
    word = case.policy.client_word
    if not facts.chosen_by_client:
        raise heard.refused(
            f"chosen_by_client: the {word} chooses the provider of each service ({rules.choice_clause})."
        )
    heard.plan_named(facts.plan)
    needs = _needs(case)
    if facts.need not in needs:
        listed = ", ".join(needs) or "none"
        raise heard.unreadable(
            f"need must be one of the plan's ({rules.plan_clause}): {listed}."
        )
    own = heard.seated.organization
    if case.independence and own and facts.organization == own:
        about = f"{heard.seated.title} asks for a service of their own organization."
        heard.flag(case.independence.coordinator, about, exception=facts.exception)
    case.life.services.append(
        ServiceAsked(
            case=facts.request,
            service=facts.service,
            need=facts.need,
            provider=facts.provider,
            provider_title=facts.provider_title,
            plan=facts.plan,
            asked_at=heard.message.event_at,
        )
    )
    case.known.providers.append(
        ProviderUsed(
            provider=facts.provider,
            organization=facts.organization,
            need=facts.need,
            referred=True,
        )
    )
    heard.link(facts.request, Relation.service_request)
    heard.note("provider_chosen", f"The {word} chose a provider.", rules.choice_clause)
    text = "A request for one service begins; it is a case of its own."
    heard.say(text, rules.request_clause, f"{facts.service}\n{facts.provider_title}")


def _needs(case: CarePlan) -> list[str]:
    """Those of the version in force, and those the intake named."""
    current = case.life.current
    contents = case.content_of(current).values() if current else ()
    written = [need.id for content in contents for need in content.needs]
    return list(dict.fromkeys([*written, *(each.id for each in case.known.needs)]))


def service_decided(
    case: CarePlan,
    request: str,
    status: RequestStatus,
    until: date | None,
    now: datetime,
) -> None:
    """Word from a request of this plan's. A provider whose service is approved belongs on the team (CP-T-3f, CP-T-3g)."""
    asked = next((e for e in case.life.services if e.case == request), None)
    if asked is None or case.rules is None or case.is_closed:
        return
    changed = {"status": status, "decided_at": now, "until": until}
    services = case.life.services
    services[services.index(asked)] = asked.model_copy(update=changed)
    rules = case.rules.services
    clause = rules.request_clause if rules else case.rules.clause
    case.note(
        "service_decided", WHAT_CAME[status], now, clause=clause, words=asked.service
    )
    _see_to_provider(case, asked.provider, now)


def _see_to_provider(case: CarePlan, provider: str, now: datetime) -> None:
    """Whoever provides something that is approved is to be added to the team, and nobody whose approvals are all over."""
    waits = [e for e in case.outstanding(Act.add_provider) if e.target == provider]
    asked = [e for e in case.pending if e.act is Act.add_provider]
    here = {each.provider for each in case.answered_for()}
    provides = any(
        each.is_approved for each in case.life.services if each.provider == provider
    )
    if provides and not waits and provider not in here | {e.target for e in asked}:
        case.come(Moment.provider_approved, now, target=provider)
    if not provides:
        text = "Nothing of this provider's is approved any more."
        by = Discharge(event_at=now, entered_at=now, text=text)
        for duty in waits:
            case.drop(duty, DutyStatus.withdrawn, by)
