"""Who is on the team: what messages about that do. Pure."""

from throughcare.case.duty import Act
from throughcare.lifecycles.care_plan.acts import (
    MemberAnswered,
    MemberInvited,
    MemberLeft,
    SlotLeftOpen,
    SupportsNamed,
    SystemsRecorded,
)
from throughcare.lifecycles.care_plan.facts import (
    Member,
    MemberStatus,
    Slot,
)
from throughcare.lifecycles.care_plan.policy import MemberKind
from throughcare.lifecycles.care_plan.said import (
    member_named,
    plan_of,
    rules_of,
    settle,
)
from throughcare.lifecycles.client.said import ClientSaid

ANSWERS = {
    "joined": (MemberStatus.joined, "Somebody who was invited is on the team."),
    "refused": (MemberStatus.refused, "Somebody who was invited does not join."),
    "declined_by_client": (
        MemberStatus.declined_by_client,
        "Somebody is not on the team, as the {word} does not want it.",
    ),
}


def member_invited(heard: ClientSaid, facts: MemberInvited) -> None:
    """Members come as services and supports do (CP-T-3g). Of two kinds there is one, and it is there from the start."""
    case, rules = plan_of(heard), rules_of(heard)
    if facts.kind in (MemberKind.client, MemberKind.coordinator):
        raise heard.unreadable(
            f"kind: the {facts.kind} is on the team from the start; say who else joins."
        )
    if facts.kind is MemberKind.system and not facts.system:
        raise heard.unreadable("system: say which system they speak for.")
    if any(each.name.casefold() == facts.name.casefold() for each in case.life.members):
        raise heard.refused("name: somebody of this name is on the team already.")
    if facts.member_seat and any(
        each.seat == facts.member_seat for each in case.life.members
    ):
        raise heard.refused(
            "member_seat: somebody from this seat is on the team already."
        )
    status = MemberStatus.joined if facts.joined else MemberStatus.invited
    member = case.add_member(
        facts.kind,
        facts.name,
        heard.now,
        status=status,
        contact=facts.contact,
        organization=facts.organization or None,
        system=facts.system,
        provider=facts.provider,
        seat=facts.member_seat,
    )
    case.life.open_slots = [e for e in case.life.open_slots if e.kind != facts.kind]
    clause = rules.team.kinds.get(facts.kind, rules.team.added_clause)
    what = "joined" if facts.joined else "was invited to"
    text = f"Somebody {what} the team: {member.kind}."
    words, target = f"{member.id}: {facts.name}", facts.provider
    if target:
        settle(heard, (Act.add_provider,), text, clause, words=words, target=target)
    else:
        heard.say(text, clause, words)
    _see_if_complete(heard)


def member_answered(heard: ClientSaid, facts: MemberAnswered) -> None:
    case, rules = plan_of(heard), rules_of(heard)
    member = _not_one_of_the_two(heard, facts.member)
    if facts.answer == "declined_by_client" and not facts.reason:
        raise heard.unreadable(
            f"reason: say why the {case.policy.client_word} does not want them."
        )
    status, text = ANSWERS[facts.answer]
    case.change_member(member, status, heard.now, facts.reason)
    clause = rules.team.kinds.get(member.kind, rules.team.added_clause)
    words = "\n".join(filter(None, (f"{member.id}: {member.name}", facts.reason)))
    heard.say(text.format(word=case.policy.client_word), clause, words)
    _see_if_complete(heard)


def member_left(heard: ClientSaid, facts: MemberLeft) -> None:
    case = plan_of(heard)
    member = _not_one_of_the_two(heard, facts.member)
    case.change_member(member, MemberStatus.left, heard.now, facts.reason)
    clause = rules_of(heard).team.added_clause
    words = f"{member.id}: {member.name}\n{facts.reason}"
    heard.say("Somebody left the team.", clause, words)
    _see_if_complete(heard)


def _not_one_of_the_two(heard: ClientSaid, member_id: str) -> Member:
    """The client is always on the team, and the coordinator is whoever the worker is (CP-T-3a, CP-T-3b)."""
    member, kinds = member_named(heard, member_id), rules_of(heard).team.kinds
    if member.kind in (MemberKind.client, MemberKind.coordinator):
        clause = kinds.get(member.kind, rules_of(heard).team.added_clause)
        raise heard.refused(f"The {member.kind} is always on the team ({clause}).")
    return member


def slot_left_open(heard: ClientSaid, facts: SlotLeftOpen) -> None:
    case, rules = plan_of(heard), rules_of(heard)
    if facts.kind is not MemberKind.clinical:
        raise heard.unreadable(
            "kind must be clinical; nobody else's place stays open for a reason."
        )
    if any(each.kind is facts.kind for each in case.life.members):
        raise heard.refused(
            "kind: somebody of this kind is on the team; say first that they left."
        )
    case.life.open_slots = [Slot(kind=facts.kind, reason=facts.reason)]
    clause = rules.team.kinds.get(facts.kind, rules.team.added_clause)
    text = "The place of the primary clinical provider stays open, for a reason."
    heard.say(text, clause, facts.reason)
    _see_if_complete(heard)


def systems_recorded(heard: ClientSaid, facts: SystemsRecorded) -> None:
    case, rules = plan_of(heard), rules_of(heard)
    case.life.systems = list(facts.systems)
    clause = rules.team.kinds.get(MemberKind.system, rules.team.added_clause)
    count = len(facts.systems)
    text = f"Systems the {case.policy.client_word} is involved in: {count or 'none'}."
    heard.say(text, clause, ", ".join(facts.systems))
    _see_if_complete(heard)


def supports_named(heard: ClientSaid, facts: SupportsNamed) -> None:
    case, rules = plan_of(heard), rules_of(heard)
    case.life.supports += [e for e in facts.names if e not in case.life.supports]
    clause = rules.team.kinds.get(MemberKind.family, rules.team.added_clause)
    text = f"The {case.policy.client_word} named family or community for the team."
    heard.say(text, clause, ", ".join(facts.names))
    _see_if_complete(heard)


def _see_if_complete(heard: ClientSaid) -> None:
    """Done once nobody is missed; a place that comes empty later is to be filled again (CP-T-3)."""
    case = plan_of(heard)
    duties, gaps = case.outstanding(Act.team_complete), case.gaps()
    if duties and not gaps:
        text = "Everybody the policy names is on the team, or it is said why not."
        heard.discharge(text, duties=duties, kind="team_complete")
    # A provider who is to be added is a duty of its own.
    elif gaps and not duties and not case.outstanding(Act.add_provider):
        case.ask_to_complete_team(heard.now)
