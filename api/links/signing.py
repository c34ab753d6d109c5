"""The page behind the link of a member of a team who has no account: the version they are asked to sign, and one answer.

The page itself names nobody but its reader; the plan is behind it, for nobody signs what they have not read.
"""

import asyncio
from typing import ClassVar

from fastapi import Response
from pydantic import JsonValue, ValidationError
from starlette.datastructures import FormData

from api import pages
from api.cases.documents import PDF, given
from api.cases.message_bodies import body_of
from api.deps import TheParts
from api.links.page import LinkPage, UnreadableAnswer
from throughcare.documents.plan import plan_pdf
from throughcare.documents.words import PLAIN, words_in
from throughcare.lifecycles.care_plan.signing import PlanSigned, SignatureMissing
from throughcare.notices.letters import due_words
from throughcare.usecases.link_access import SigningAccess, signing_access
from throughcare.usecases.plan_documents import paper_of

REFUSING = body_of(SignatureMissing)
SIGNING = body_of(PlanSigned)

KEPT_PRIVATE = {
    name: value
    for name, value in pages.HEADERS.items()
    if name != "Content-Security-Policy"
}


class SigningPage(LinkPage[SigningAccess]):
    prefix = "/sign"
    template = "sign.html"
    labels: ClassVar = {
        "plan_signed": "I sign this version",
        "signature_missing": "I do not sign",
    }
    access = staticmethod(signing_access)

    def __init__(self) -> None:
        super().__init__()
        self.router.add_api_route("/{token}/plan.pdf", self.plan, methods=["GET"])

    async def plan(self, token: str, parts: TheParts) -> Response:
        """What is signed, whole."""
        access = await self.open(token, parts)
        paper = paper_of(access.found, access.version)
        made = await asyncio.to_thread(plan_pdf, paper)
        name = f"care-plan-version-{access.version.number}.pdf"
        response = given(made, PDF, name, access.case.id)
        response.headers.update(KEPT_PRIVATE)
        return response

    def read(
        self, form: FormData, access: SigningAccess
    ) -> tuple[str, dict[str, JsonValue]]:
        name, version = str(form.get("message", "")), access.version
        facts: dict[str, JsonValue] = {
            "member": access.member.id,
            "version": version.number,
        }
        if name == "plan_signed":
            facts |= {"digest": version.digest, "how": "link"}
            SIGNING.model_validate(facts)
            return name, facts
        if name != "signature_missing":
            raise UnreadableAnswer("Choose one of the answers on this page.")
        reason = str(form.get("reason", "")).strip()
        facts |= {"outcome": "refused", "reason": reason}
        try:
            REFUSING.model_validate(facts)
        except ValidationError:
            wrong = "look at this again" if reason else "fill in"
            raise UnreadableAnswer(f"Please {wrong}: Why you do not sign.") from None
        return name, facts

    def shown(
        self, token: str, access: SigningAccess, form: FormData | None
    ) -> dict[str, object]:
        version, words, zone = access.version, words_in(PLAIN), access.zone
        member = access.member
        facts = (
            ("What it is", f"A care plan of {access.found.here.name}"),
            ("Case", access.case.id),
            ("Version", f"{version.number} ({words.kinds[version.kind]})"),
            ("Put forward", due_words(version.put_forward_at, zone)),
            ("Digest", f"{version.digest[:12]}…"),
            ("You sign as", f"{member.name}, {words.parts[member.kind]}"),
            ("This link is good until", due_words(access.link.expires_at, zone)),
        )
        return {
            "title": "A plan to read and sign",
            "facts": facts,
            "plan": f"{token}/plan.pdf",
            "redisclosure": access.found.redisclosure,
            "reason": str(form.get("reason", "")) if form else "",
        }


router = SigningPage().router
