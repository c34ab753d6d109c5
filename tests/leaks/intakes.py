"""Whole intakes in which everybody writes a mark wherever they can write anything, and one of them becomes a care plan."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.intakes import CRITERIA, QUESTIONS
from tests.waiting import until

MARK, WORD, PHONE = "a mark", "a mark that is one word", "a mark in digits"
"""What stands for a mark in the facts of a message: each gets one of its own."""

SUPERVISOR, ON_CALL, ACCESS, CMH_SUPERVISOR = (
    "hawthorn",
    "linden",
    "magnolia",
    "sequoia",
)
SOON = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
PLAN = dict.fromkeys(
    ("reference", "safety_crisis_plan", "strengths", "natural_supports"), MARK
)


class Intakes:
    """Carried by people who are heard, through the whole product."""

    def __init__(self, disputes):
        self.disputes = disputes
        self.marks = disputes.marks
        self.letters: list[str] = []

    def marked(self, name, facts):
        """These facts with a mark wherever one is meant, and the names of the marks."""
        places = set()

        def filled(value, place):
            if value in (MARK, WORD, PHONE):
                places.add(place)
                match value:
                    case "a mark":
                        return self.marks.text(place)
                    case "a mark in digits":
                        return self.marks.number(place)
                return self.marks.word(place)
            if isinstance(value, dict):
                return {
                    key: filled(each, f"{place} {key}") for key, each in value.items()
                }
            if isinstance(value, list | tuple):
                return [filled(each, place) for each in value]
            return value

        return filled(facts, f"{name}, taken:"), places

    async def tell(self, person, address, name, /, **facts):
        """A message that is taken, with a mark in its note too. The case as it then is."""
        body, places = self.marked(name, {"note": MARK} | facts)
        path = f"{address}/messages/{name}"
        answer = await self.disputes.send("POST", path, person, body)
        assert answer.status_code == 200, (name, answer.text)
        self.disputes.kept |= places
        return answer.json()

    async def enter(self, person, path, /, **facts):
        body, places = self.marked(f"POST {path}", facts)
        answer = await self.disputes.send("POST", path, person, body)
        assert answer.status_code == 201, answer.text
        self.disputes.kept |= places
        return answer.json()

    async def somebody_is_entered(self):
        """With everything there is to know of them; then they are looked for by it."""
        spoken = {"name": MARK, "relation": MARK, "authorised": True, "phone": PHONE}
        known = {"name": MARK, "address": MARK, "phone": PHONE, "references": [MARK]}
        email = f"{self.marks.word('an e-mail address')}@client.example"
        mine = {"email": email, "spokespersons": [spoken | {"email": email}]}
        client = await self.enter("aspen", "/clients", **known, **mine)
        read = await self.disputes.send("GET", f"/clients/{client['id']}", "aspen")
        for each in ("name", "phone", "email"):
            wanted = {each: read.json()[each]}
            await self.disputes.send("POST", "/clients/search", "aspen", wanted)
        return client["id"]

    async def go_through_to_a_care_plan(self):
        """Somebody without e-mail, whose letters are printed. What they wish for is not to be had."""
        spoken = {"name": MARK, "relation": "mother", "authorised": True}
        person: dict[str, Any] = {
            "name": MARK,
            "address": MARK,
            "phone": PHONE,
            "references": [MARK],
        }
        person["spokespersons"] = [spoken]
        intake = await self.enter(
            ACCESS, "/intakes", program="csm", person=person, source=MARK, words=MARK
        )
        at = f"/intakes/{intake['id']}"
        tell, by, boss = self.tell, ACCESS, CMH_SUPERVISOR
        await tell(by, at, "need_determined", needs=[MARK], record_entry=MARK)
        answer = {"population": "developmental-disability", "answers": CRITERIA}
        await tell(
            by, at, "eligibility_determined", **answer, eligible=True, reasons=MARK
        )
        await tell(by, at, "offer_declined", reason=MARK)
        await tell(by, at, "offer_accepted")
        await tell(by, at, "rapport_answered", answers=dict.fromkeys(QUESTIONS, MARK))
        await tell(boss, at, "intake_reviewed")
        wish = {"kind": "gender", "words": MARK}
        theirs = wish | {"kind": "culture", "stated_by": "mother"}
        await tell(boss, at, "preferences_recorded", preferences=[wish, theirs])
        await tell(boss, at, "need_added", need=MARK)
        match = {
            "basis": "preference",
            "matches": [
                {"kind": "gender", "honoured": "not"},
                {"kind": "culture", "honoured": "partly"},
            ],
            "considered": ["supports-coordinator-1", "supports-coordinator-2"],
            "explanation": MARK,
        }
        await tell(
            boss,
            at,
            "coordinator_assigned",
            assigned="supports-coordinator-2",
            **match,
            limited_by="resources",
            revisit_on=SOON,
        )
        await tell(boss, at, "assignment_documented", record_entry=MARK)
        await self._print_letters(at)
        await tell(by, at, "letter_sent", how=MARK)
        await tell(boss, at, "explanation_given", how=MARK)
        mine = "poplar"
        await tell(mine, at, "contact_attempted", how=MARK)
        await tell(mine, at, "client_contacted", how=MARK)
        await tell(mine, at, "other_worker_offered", answer=MARK)
        await tell(boss, at, "supervision_held", type="clinical")
        await tell(mine, at, "change_requested", by="worker", reason=MARK)
        await tell(boss, at, "resolution_meeting_held")
        asked = {"by": "client", "reason": MARK, "preferences": [wish]}
        await tell(boss, at, "change_requested", **asked)
        unable = {"outcome": "unable", "explanation": MARK, "limited_by": "other"}
        considered = match["considered"]
        await tell(boss, at, "change_not_granted", **unable, considered=considered)
        expected = [{"expectation": MARK, "met": False}]
        await tell(boss, at, "satisfaction_recorded", expectations=expected)
        await tell(mine, at, "self_assessed", reflection=MARK)
        await tell(boss, at, "circumstances_changed", what=MARK)
        seen = await tell(
            boss, at, "conflict_of_interest_reported", about=MARK, words=MARK
        )
        (flag,) = seen["facts"]["flags"]
        settled = {"exception": flag["number"], "resolution": "accepted"}
        await tell(
            "tamarack", at, "exception_settled", **settled, reason=MARK, review_on=SOON
        )
        await tell(mine, at, "assessment_filed", name=MARK, needs=[MARK])
        kind = self.marks.word("a kind of contact")
        await tell(
            mine,
            at,
            "initial_plan_filed",
            reference=MARK,
            planning_meeting_on="2026-03-09",
            contents=dict.fromkeys(
                (
                    "intensity",
                    "modality",
                    "focus",
                    "frequency",
                    "place",
                    "hours",
                    "scope",
                    "outcomes",
                ),
                MARK,
            ),
            assessments=[{"name": MARK, "done": False, "waived": MARK}],
            strategies=[{"text": MARK, "need": MARK}],
            contacts=[{"kind": kind, "every": "P7D"}],
            step_down=MARK,
        )
        enrolled = await tell(mine, at, "enroll")
        link = next(e for e in enrolled["links"] if e["relation"] == "care_plan")
        await self._go_on(f"/care-plans/{link['case']}", kind, asked, match)

    async def _go_on(self, plan, kind, asked, match):
        async def has_begun():
            seen = await self.disputes.send("GET", plan, CMH_SUPERVISOR)
            return seen.status_code == 200

        await until(has_begun, 60)
        boss, tell = CMH_SUPERVISOR, self.tell
        await tell("poplar", plan, "contact_held", kind=kind)
        await tell(boss, plan, "change_requested", **asked)
        changed = {"assigned": "supports-coordinator-1", "handover": MARK}
        await tell(boss, plan, "worker_changed", **match, **changed)
        await self.disputes.care_plans.plan_with_the_person(plan)
        await tell(boss, plan, "moved", reason=MARK)
        await self.disputes.send("GET", f"{plan}/due-dates", boss)

    async def _print_letters(self, intake):
        """Those that could not be mailed."""
        found: list[str] = []

        async def are_to_be_printed():
            seen = (await self.disputes.send("GET", intake, CMH_SUPERVISOR)).json()
            acts = [d["act"] for d in seen["duties"] if d["status"] == "open"]
            found[:] = [
                each["key"]
                for each in seen["notices"]
                if each["kind"].startswith("client_")
            ]
            return acts.count("letter") == 2

        await until(are_to_be_printed, 60)
        for key in found:
            page = await self.disputes.send(
                "GET", f"{intake}/letters/{key}", CMH_SUPERVISOR
            )
            assert page.status_code == 200, page.text
            self.letters.append(page.text)

    async def see_to_an_emergency(self):
        need, service = self.marks.word("a need's id"), self.marks.word("a service")
        other, by = self.marks.word("another need's id"), ON_CALL
        person: dict[str, Any] = {
            "name": MARK,
            "address": MARK,
            "email": "client@client.example",
        }
        screen = {"emergency": True, "needs": [{"id": need, "text": MARK}]}
        intake = await self.enter(
            "aspen",
            "/intakes",
            program="cars",
            person=person,
            source=MARK,
            words=MARK,
            screen=screen,
        )
        at, tell = f"/intakes/{intake['id']}", self.tell
        await tell(by, at, "ciu_contacted")
        await tell(by, at, "contact_attempted", how=MARK)
        await tell(by, at, "client_contacted", how=MARK)
        await tell(by, at, "screen_results_reviewed")
        confirmed = [{"need": need, "confirmed": True}]
        await tell(by, at, "emergency_needs_confirmed", needs=confirmed)
        looked = {"need": need, "providers": ["hearth"]}
        await tell(by, at, "providers_considered", **looked, none_outside=MARK)
        sent = {"need": need, "provider": "hearth", "exception": MARK}
        await tell(by, at, "referral_made", **sent)
        for recipient in ("hearth", "payer", "treatment-provider"):
            await self.enter(
                "aspen",
                "/consents",
                client=intake["client"]["id"],
                recipient=recipient,
                purpose=MARK,
                reference=MARK,
                given_at="2026-03-02T15:30:00Z",
            )
        services = [{"service": service, "need": need}]
        await tell(by, at, "preliminary_plan_filed", **PLAN, services=services)
        asked = {"service": service, "need": need, "plan": "1", "reference": MARK}
        await tell(by, at, "service_requested", **asked)
        await tell(by, at, "requests_sent", plan_attached=True, to=MARK)
        paid = self.marks.text("a payment's reference")
        bought = {"service": service, "need": need, "needed_on": "2020-01-02"}
        await tell(
            by, at, "fund_payment_made", **bought, amount="120.00", reference=paid
        )
        await tell(by, at, "reimbursement_requested", payment=paid)
        chosen = self.marks.text("an agency")
        agencies = {"offered": [chosen], "chosen": chosen, "criterion": MARK}
        await tell("aspen", at, "agency_chosen", **agencies)
        needs = [{"id": other, "text": MARK}]
        await tell("aspen", at, "emergency_identified", needs=needs)
        await tell("aspen", at, "consents_received", how=MARK)
        await tell(SUPERVISOR, at, "intake_reviewed")
        await tell(SUPERVISOR, at, "coordinator_assigned", assigned="rsc-2")
        mine = "cypress"
        met = {"natural_supports": MARK, "team": [MARK]}
        await tell(mine, at, "first_meeting_held", **met)
        told = {"provider": "lantern", "how": MARK}
        await tell(mine, at, "treatment_provider_told", **told)
        await tell(mine, at, "rst_meeting_held", client_attended=True, team=[MARK])
        await tell(mine, at, "final_plan_filed", **PLAN)
        await tell(mine, at, "withdraw", reason=MARK)
