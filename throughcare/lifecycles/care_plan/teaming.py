"""Who is on the team: what messages about that do. Pure."""

from typing import Literal

from pydantic import Field

from throughcare.case.message import Facts, LookUp, Messages
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.conditions import has_team
from throughcare.lifecycles.care_plan.fields import MemberId
from throughcare.lifecycles.care_plan.said import (
    member_named,
    note_held,
    plan_of,
    rules_of,
    settle,
)
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.fields import Name, Slug, Words
from throughcare.lifecycles.client.plan_facts import Member, MemberStatus, Slot
from throughcare.lifecycles.client.plan_policy import MemberKind
from throughcare.lifecycles.client.said import ClientSaid

teaming = Messages()


ANSWERS = {
    "joined": (MemberStatus.joined, "Somebody who was invited is on the team."),
    "refused": (MemberStatus.refused, "Somebody who was invited does not join."),
    "declined_by_client": (
        MemberStatus.declined_by_client,
        "Somebody is not on the team, as the {word} does not want it.",
    ),
}


@teaming.message(
    "member_invited",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    answers=(
        ClientAct.add_provider,
        ClientAct.team_complete,
    ),
    looks_up=LookUp("member", ("organization", "name_key")),
    example={
        "kind": "ancillary",
        "name": "Harbor Demo Shelter",
        "contact": "shelter@birchwood.example",
        "provider": "harbor",
    },
)
class MemberInvited(Facts):
    """Somebody is asked to join the team; with `joined` they are on it already (CP-T-3, CP-T-3g)."""

    kind: MemberKind
    name: Name
    contact: Name | None = Field(
        default=None, description="How to reach them: an e-mail address or a number."
    )
    system: Name | None = Field(
        default=None, description="The system they speak for, of a system's member."
    )
    provider: Slug | None = Field(
        default=None, description="The provider they are of, by its id."
    )
    joined: bool = False
    organization: str = ""
    """Whose they are. The API looks this up of a provider and of a seat."""
    name_key: str = ""
    """What their name is compared by. Of a message from before there was one, the name itself is."""
    member_seat: Slug | None = Field(
        default=None, description="Their seat, where the directory has one."
    )

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """Members come as services and supports do (CP-T-3g). Of two kinds there is one, and it is there from the start."""
        rules = rules_of(said)
        if self.kind in (MemberKind.client, MemberKind.coordinator):
            raise said.unreadable(
                f"kind: the {self.kind} is on the team from the start; say who else joins."
            )
        if self.kind is MemberKind.system and not self.system:
            raise said.unreadable("system: say which system they speak for.")
        if any(each.is_named(self.name, self.name_key) for each in case.life.members):
            raise said.refused("name: somebody of this name is on the team already.")
        if self.member_seat and any(
            each.seat == self.member_seat for each in case.life.members
        ):
            raise said.refused(
                "member_seat: somebody from this seat is on the team already."
            )
        status = MemberStatus.joined if self.joined else MemberStatus.invited
        member = case.add_member(
            self.kind,
            self.name,
            said.counted_from,
            status=status,
            contact=self.contact,
            organization=self.organization or None,
            system=self.system,
            provider=self.provider,
            seat=self.member_seat,
            name_key=self.name_key,
        )
        case.life.open_slots = [e for e in case.life.open_slots if e.kind != self.kind]
        if meeting := case.ask_to_meeting(member, said.now):
            note_held(
                said, [member], f"meeting {meeting.number}", rules.meetings.clause
            )
        clause = rules.team.kinds.get(self.kind, rules.team.added_clause)
        what = "joined" if self.joined else "was invited to"
        text = f"Somebody {what} the team: {member.kind}."
        words, target = f"{member.id}: {self.name}", self.provider
        if target:
            settle(
                said,
                (ClientAct.add_provider,),
                text,
                clause,
                words=words,
                target=target,
            )
        else:
            said.say(text, clause, words)
        _see_if_complete(said)


@teaming.message(
    "member_answered",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    answers=(ClientAct.team_complete,),
    example={
        "member": "member-3",
        "answer": "declined_by_client",
        "reason": "Would rather not have them there.",
    },
)
class MemberAnswered(Facts):
    """Whether somebody who was invited joins; `declined_by_client` where the client does not want them (CP-T-3d)."""

    member: MemberId
    answer: Literal["joined", "refused", "declined_by_client"]
    reason: Words | None = Field(
        default=None, description="Needed where the client declines them."
    )

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        rules = rules_of(said)
        member = _not_one_of_the_two(said, self.member)
        if self.answer == "declined_by_client" and not self.reason:
            raise said.unreadable(
                f"reason: say why the {case.policy.client_word} does not want them."
            )
        status, text = ANSWERS[self.answer]
        if status is not MemberStatus.joined:
            case.take_from_meeting(member, said.now)
        case.change_member(member, status, said.counted_from, self.reason)
        clause = rules.team.kinds.get(member.kind, rules.team.added_clause)
        words = "\n".join(filter(None, (f"{member.id}: {member.name}", self.reason)))
        said.say(text.format(word=case.policy.client_word), clause, words)
        _see_if_complete(said)


@teaming.message(
    "member_left",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={"member": "member-3", "reason": "The service has ended."},
)
class MemberLeft(Facts):
    """Somebody is on the team no longer, and why (CP-T-3)."""

    member: MemberId
    reason: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        member = _not_one_of_the_two(said, self.member)
        case.take_from_meeting(member, said.now)
        case.change_member(member, MemberStatus.left, said.counted_from, self.reason)
        clause = rules_of(said).team.added_clause
        words = f"{member.id}: {member.name}\n{self.reason}"
        said.say("Somebody left the team.", clause, words)
        _see_if_complete(said)


def _not_one_of_the_two(said: ClientSaid, member_id: str) -> Member:
    """The client is always on the team, and the coordinator is whoever the worker is (CP-T-3a, CP-T-3b)."""
    member, kinds = member_named(said, member_id), rules_of(said).team.kinds
    if member.kind in (MemberKind.client, MemberKind.coordinator):
        clause = kinds.get(member.kind, rules_of(said).team.added_clause)
        raise said.refused(f"The {member.kind} is always on the team ({clause}).")
    return member


@teaming.message(
    "slot_left_open",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    answers=(ClientAct.team_complete,),
    example={"kind": "clinical", "reason": "No treatment yet."},
)
class SlotLeftOpen(Facts):
    """Nobody of this kind is on the team, for a reason: there is no treatment provider yet (CP-T-3c)."""

    kind: MemberKind
    reason: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        rules = rules_of(said)
        if self.kind is not MemberKind.clinical:
            raise said.unreadable(
                "kind must be clinical; nobody else's place stays open for a reason."
            )
        if any(each.kind is self.kind for each in case.life.members):
            raise said.refused(
                "kind: somebody of this kind is on the team; say first that they left."
            )
        case.life.open_slots = [Slot(kind=self.kind, reason=self.reason)]
        clause = rules.team.kinds.get(self.kind, rules.team.added_clause)
        text = "The place of the primary clinical provider stays open, for a reason."
        said.say(text, clause, self.reason)
        _see_if_complete(said)


@teaming.message(
    "systems_recorded",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    answers=(ClientAct.team_complete,),
    example={"systems": ["child welfare"]},
)
class SystemsRecorded(Facts):
    """The systems the client is involved in, each of which somebody speaks for; none is an answer (CP-T-3e)."""

    systems: tuple[Name, ...] = Field(max_length=100)

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        rules = rules_of(said)
        case.life.systems = list(self.systems)
        clause = rules.team.kinds.get(MemberKind.system, rules.team.added_clause)
        count = len(self.systems)
        text = (
            f"Systems the {case.policy.client_word} is involved in: {count or 'none'}."
        )
        said.say(text, clause, ", ".join(self.systems))
        _see_if_complete(said)


@teaming.message(
    "supports_named",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={"names": ["Sister Demo-Clover"]},
)
class SupportsNamed(Facts):
    """Family and community the client names; each is invited, or declined by the client (CP-T-3d)."""

    names: tuple[Name, ...] = Field(min_length=1, max_length=100)

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        rules = rules_of(said)
        case.life.supports += [e for e in self.names if e not in case.life.supports]
        clause = rules.team.kinds.get(MemberKind.family, rules.team.added_clause)
        text = f"The {case.policy.client_word} named family or community for the team."
        said.say(text, clause, ", ".join(self.names))
        _see_if_complete(said)


def _see_if_complete(said: ClientSaid) -> None:
    """Done once nobody is missed; a place that comes empty later is to be filled again (CP-T-3)."""
    case = plan_of(said)
    duties, gaps = case.outstanding(ClientAct.team_complete), case.gaps()
    if duties and not gaps:
        text = "Everybody the policy names is on the team, or it is said why not."
        said.discharge(text, duties=duties, kind=ClientEntry.team_complete)
    # A provider who is to be added is a duty of its own.
    elif gaps and not duties and not case.outstanding(ClientAct.add_provider):
        case.ask_to_complete_team(said.counted_from)
