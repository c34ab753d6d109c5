"""Whole care plans, and requests for services, in which everybody writes a mark wherever they can write anything."""

from datetime import UTC, datetime, timedelta
from functools import partial

from tests.api.intakes import PLAN
from tests.leaks.intakes import CMH_SUPERVISOR, MARK, SUPERVISOR, Intakes
from tests.waiting import until

WORKER, SEAT, COLLEAGUE = "cypress", "rsc-2", "case-manager-cars"
"""The worker and somebody else of the same agency, who sits on the team and is invited by e-mail."""
OVERSIGHT = "tamarack"
AGENCY = "Birchwood Demo Recovery"
"""Who could take over. A consent is for one that the directory knows."""
CLIENT, COORDINATOR = "member-1", "member-2"
BESIDE = 7
"""Care plans among which the messages are divided that are left while nobody answers: one hears only so many at once."""


def ahead(days=28):
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def day(days):
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def following():
    return {"at": ahead(), "place": MARK}


class CarePlans(Intakes):
    """Carried by their workers and teams, who are heard."""

    # -- a beginning ---------------------------------------------------------------------------------------------------

    async def begun(self):
        """The address of the care plan of somebody with an e-mail address, which gets invitations for their calendar."""
        intake = f"/intakes/{await self.disputes.referred()}"
        await self.tell(SUPERVISOR, intake, "consents_received")
        await self.tell(SUPERVISOR, intake, "intake_reviewed")
        await self.tell(SUPERVISOR, intake, "coordinator_assigned", assigned=SEAT)
        await self.tell(WORKER, intake, "initial_plan_filed", **PLAN)
        seen = await self.tell(WORKER, intake, "enroll")
        return await self._linked(seen, "care_plan", "/care-plans")

    async def _linked(self, seen, relation, path):
        """The newest case of this kind that the one just seen led to, once it can be read."""
        links = [each for each in seen["links"] if each["relation"] == relation]
        address = f"{path}/{links[-1]['case']}"

        async def has_begun():
            found = await self.disputes.send("GET", address, SUPERVISOR)
            return found.status_code == 200

        await until(has_begun, 60)
        return address

    async def with_a_plan(self):
        """A care plan whose first plan is in force, and what its one need is called."""
        plan, need = await self.begun(), self.marks.word("a need's id, of a plan")
        await self._meet(plan, CLIENT, COORDINATOR)
        await self._write(plan, need)
        await self._put_in_force(plan, "final")
        return plan, need

    async def asked_for(self, plan, need):
        """The address of a request for one service of this plan."""
        asked = {"service": self.marks.word("a service"), "need": need}
        chosen = {"provider": "hearth", "chosen_by_client": True, "plan": "2"}
        told = asked | chosen | {"exception": MARK}
        seen = await self.tell(WORKER, plan, "service_asked_for", **told)
        return await self._linked(seen, "service_request", "/service-requests")

    async def _meet(self, plan, *attended, absent=()):
        missed = [{"member": each, "effort": MARK} for each in absent]
        said = {"attended": attended, "absent": missed, "next": following()}
        reminded = {"confidentiality_reminded": True, "screen": MARK}
        await self.tell(WORKER, plan, "team_meeting_held", **said, **reminded)

    async def _write(self, plan, need):
        for section, content in contents(need).items():
            facts = {"section": section, "replaces": 0, "content": content}
            await self.tell(WORKER, plan, "section_written", **facts)

    async def _put_in_force(self, plan, kind, missing=()):
        seen = await self.tell(
            WORKER, plan, "plan_put_forward", kind=kind, exception=MARK
        )
        version = seen["facts"]["life"]["versions"][-1]
        under = {"version": version["number"]}
        for member in version["signers"]:
            if member in missing:
                why = {"outcome": "unavailable", "reason": MARK}
                facts = {"member": member} | under | why
                await self.tell(WORKER, plan, "signature_missing", **facts)
                continue
            how = "account" if member == COORDINATOR else "paper"
            read = {"digest": version["digest"], "how": how}
            facts = {"member": member} | under | read
            await self.tell(WORKER, plan, "plan_signed", **facts)
        await self.tell(WORKER, plan, "plan_finalized", **under)

    # -- a team and its plan -------------------------------------------------------------------------------------------

    async def carry_one_to_its_end(self):
        plan, need = await self.begun(), self.marks.word("a need's id, to the end")
        await self._gather_a_team(plan)
        await self._plan_together(plan, need)
        await self._ask_for_services(plan, need)
        await self._change_it(plan, need)
        await self._look_at(plan)
        await self._consented(plan, AGENCY)
        await self.tell(WORKER, plan, "transfer_asked", agency=AGENCY, reason=MARK)
        answer = {"answer": "rejected", "reason": MARK}
        await self.tell(WORKER, plan, "transfer_answered", **answer)
        agreed = {"agreed_by": await self._joined(plan), "readiness": MARK}
        await self.tell(WORKER, plan, "closure_agreed", **agreed)
        await self.tell(WORKER, plan, "close")

    async def _life(self, plan, person=WORKER):
        seen = await self.disputes.send("GET", plan, person)
        return seen.json()["facts"]["life"]

    async def _joined(self, plan, person=WORKER):
        team = (await self._life(plan, person))["team"]
        return [each["id"] for each in team if each["status"] == "joined"]

    async def _gather_a_team(self, plan):
        tell = partial(self.tell, WORKER, plan)
        family = {"kind": "family", "name": MARK, "contact": MARK}
        system = {"kind": "system", "name": MARK, "contact": MARK, "system": MARK}
        await tell("member_invited", **family, joined=True)
        await tell("member_invited", **system)
        seated = {"kind": "ancillary", "member_seat": COLLEAGUE, "joined": True}
        await tell("member_invited", **seated, name=MARK)
        await tell("member_invited", **family)
        await tell("member_answered", member="member-4", answer="refused", reason=MARK)
        declined = {"answer": "declined_by_client", "reason": MARK}
        await tell("member_answered", member="member-6", **declined)
        await tell("member_invited", **family, provider="lantern")
        await tell("member_left", member="member-7", reason=MARK)
        await tell("slot_left_open", kind="clinical", reason=MARK)
        await tell("systems_recorded", systems=[MARK, MARK])
        await tell("supports_named", names=[MARK, MARK])
        await tell("meeting_scheduled", **following())
        await tell("meeting_not_held", reason=MARK, next=following())
        await tell("note_added", words=MARK)

    async def _plan_together(self, plan, need):
        # Of the family, somebody who could not come; whoever signs was there.
        came = (CLIENT, COORDINATOR, "member-5")
        await self._meet(plan, *came, absent=["member-3"])
        await self._write(plan, need)
        await self._put_in_force(plan, "final", missing=["member-5"])
        said = {
            "kind": "monthly",
            "outcome": "revised",
            "successes": [MARK],
            "barriers": [MARK],
            "progress": [{"need": need, "text": MARK}],
            "satisfaction": MARK,
            "unmet_needs": [{"need": MARK, "plan": MARK}],
            "late_reason": MARK,
        }
        await self.tell(WORKER, plan, "review_held", **said)
        await self.tell(WORKER, plan, "progress_noted", need=need, text=MARK)

    async def _change_it(self, plan, need):
        """Section by section, as a page does it; then somebody who has not read what was written last."""
        for section, content in contents(need).items():
            answer = await self._put(plan, section, content)
            assert answer.status_code == 200, answer.text
            answer = await self._put(plan, section, content, kept=False)
            assert answer.status_code == 412, answer.text
        await self._meet(plan, CLIENT, COORDINATOR, absent=["member-3", "member-5"])
        await self._put_in_force(plan, "amended")

    async def _put(self, plan, section, content, kept=True):
        """Over the first text of a section."""
        path = f"{plan}/plan/sections/{section}"
        said = {"content": content, "note": MARK}
        body, places = self.marked(f"PUT {section}, {'taken' if kept else ''}", said)
        if kept:
            self.disputes.kept |= places
        headers = {"If-Match": '"1"'}
        return await self.disputes.send("PUT", path, WORKER, body, headers=headers)

    async def _look_at(self, plan):
        """Whatever is printed or sent elsewhere."""
        paths = (
            "/plan",
            "/plan/sections/vision",
            "/plan/sections/vision/history",
            "/plan/versions/2",
            "/plan/versions/3/changes?since=2",
            "/plan/versions/2/pdf",
            "/plan/versions/2/fhir",
            "/team/pdf",
            "/meetings/1/invitation",
            "/timeline",
            "/due-dates",
        )
        for path in paths:
            answer = await self.disputes.send("GET", f"{plan}{path}", WORKER)
            assert answer.status_code == 200, (path, answer.text)

    # -- services ------------------------------------------------------------------------------------------------------

    async def _consented(self, plan, recipient):
        seen = (await self.disputes.send("GET", plan, WORKER)).json()
        given = {"client": seen["client"]["id"], "recipient": recipient}
        stated = {"purpose": MARK, "reference": MARK}
        at = {"given_at": "2026-03-02T15:30:00Z"}
        await self.enter(WORKER, "/consents", **given, **stated, **at)

        async def is_known():
            seen = (await self.disputes.send("GET", plan, WORKER)).json()
            known = [each["recipient"] for each in seen["facts"]["consents"]]
            return recipient in known

        await until(is_known, 60)

    async def _ask_for_services(self, plan, need):
        """One is approved in part and for longer, one is denied, one is taken back."""
        await self._consented(plan, "payer")
        extended, denied, withdrawn = [
            await self.asked_for(plan, need) for _ in range(3)
        ]
        tell, sent = partial(self.tell, WORKER), {"plan_attached": True, "to": MARK}
        for request in (extended, denied):
            await tell(request, "request_submitted", **sent)
        partly = {"decision": "partly", "until": day(90), "units": MARK, "reason": MARK}
        await tell(extended, "request_decided", **partly)
        more = {"plan": "2", "plan_attached": True, "until": day(180)}
        await tell(extended, "extension_asked", **more)
        no = {"decision": "denied", "reason": MARK}
        await tell(extended, "request_decided", **no)
        await tell(denied, "request_decided", **no)
        await tell(withdrawn, "request_withdrawn", reason=MARK)
        page = await self.disputes.send("GET", f"{extended}/pdf", WORKER)
        assert page.status_code == 200, page.text

        async def plan_is_told():
            services = (await self._life(plan))["services"]
            found = [each["status"] for each in services]
            return found == ["partly", "denied", "withdrawn"]

        await until(plan_is_told, 60)

    async def take_one_over(self):
        """Another agency does."""
        plan, _ = await self.with_a_plan()
        await self._consented(plan, AGENCY)
        await self.tell(WORKER, plan, "transfer_asked", agency=AGENCY, reason=MARK)
        answer = {"answer": "accepted", "reason": MARK}
        await self.tell(WORKER, plan, "transfer_answered", **answer)

    # -- a plan with the person ----------------------------------------------------------------------------------------

    async def plan_with_the_person(self, plan):
        """What a worker does between reviews, under the policy that has it; the care plan is of the other pack."""
        tell, goal = partial(self.tell, CMH_SUPERVISOR, plan), self.marks.word("a goal")
        await tell("benefits_checked", result=MARK)
        on_it = await self._joined(plan, CMH_SUPERVISOR)
        family = {"kind": "family", "name": MARK, "contact": MARK}
        await tell("member_invited", **family, joined=True)
        (friend,) = {*await self._joined(plan, CMH_SUPERVISOR)} - {*on_it}
        met = {"attended": on_it, "confidentiality_reminded": True}
        not_asked = [{"member": friend, "reason": MARK}]
        await tell("team_meeting_held", **met, not_invited=not_asked)
        words = {"text": MARK, "quotes": [MARK]}
        needs = [{"id": goal, "whose": MARK, "text": MARK, "rank": 1}]
        supports = [{"need": goal, "text": MARK, "who": MARK}]
        texts: dict[str, object] = {
            "outcomes": words,
            "goals": {"needs": needs},
            "supports": {"strategies": supports},
            "intensity": words,
            "service": words,
            "scope": words,
        }
        for section, content in texts.items():
            facts = {"section": section, "replaces": 0, "content": content}
            await tell("section_written", **facts)
        seen = await tell("plan_put_forward", kind="final", review_every="P3M")
        number = seen["facts"]["life"]["versions"][-1]["number"]
        await tell("plan_finalized", version=number)
        await tell("services_explained")
        await tell("resource_linked", domain="medical", resource=MARK)
        await tell("link_followed_up", link=1, outcome=MARK)
        await tell("advocacy_noted", service=MARK, basis=MARK)
        delegated = {"function": MARK, "to": MARK, "basis": "plan", "therapist": True}
        await tell("function_delegated", **delegated)
        await tell("ethics_concern_raised", words=MARK)
        settled = partial(self.tell, OVERSIGHT, plan, "ethics_concern_settled")
        await settled(finding=MARK)
        review = {
            "kind": "periodic",
            "outcome": "no_change",
            "progress": [{"need": goal, "text": MARK}],
            "satisfaction": MARK,
            "change_right_explained": True,
            "unmet_needs": [{"need": MARK, "plan": MARK}],
            "answers": dict.fromkeys("123456", MARK),
        }
        await tell("review_held", **review)

    # -- for whatever is said to any ---------------------------------------------------------------------------------

    async def shared(self):
        """The ids of a care plan with a plan in force, and of three requests of it."""
        plan, need = await self.with_a_plan()
        await self._consented(plan, "payer")
        requests = [await self.asked_for(plan, need) for _ in range(3)]
        return [each.rpartition("/")[2] for each in (plan, *requests)]


def contents(need):
    """Every section that is written, with all it can say."""
    quotes = {"quotes": [MARK]}
    needs = {"id": need, "whose": MARK, "text": MARK, "rank": 1}
    strategy = {"need": need, "text": MARK, "who": MARK}
    built_on = {"client_strengths": MARK, "natural_supports": MARK}
    return {
        "vision": quotes | {"text": MARK},
        "strengths": quotes | {"strengths": [{"whose": MARK, "text": MARK}]},
        "needs": quotes | {"needs": [needs]},
        "strategies": quotes | {"strategies": [strategy]},
        "safety": quotes | built_on | {"text": MARK},
        "updates": quotes | {"successes": [MARK], "barriers": [MARK]},
    }
