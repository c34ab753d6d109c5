"""What stands on paper: a version of a plan, a team, a request for a service."""

import re
import subprocess
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.throughcare.documents.samples import (
    CONTENTS,
    SIGNED,
    life,
    paper,
    request_paper,
    signature,
    version,
)
from throughcare.case.parts import Reading
from throughcare.documents.plan import plan_pdf
from throughcare.documents.request import request_pdf
from throughcare.documents.team import team_paper, team_pdf
from throughcare.documents.typesetting import printable
from throughcare.lifecycles.client.plan_facts import (
    Content,
    Member,
    MemberStatus,
    PlanNeed,
)
from throughcare.lifecycles.client.plan_policy import MemberKind
from throughcare.time.deadline import Span

ROOT = Path(__file__).parents[3]
MAKES = """
from hashlib import sha256
from tests.throughcare.documents.samples import paper
from throughcare.documents.plan import plan_pdf
print(sha256(plan_pdf(paper())).hexdigest())
"""


def text_of(made: bytes) -> str:
    """Words and single spaces, however the lines were broken."""
    pages = [page.extract_text() for page in PdfReader(BytesIO(made)).pages]
    return re.sub(r"\s+", " ", " ".join(pages))


def root_of(file: PdfReader) -> Any:
    """What the file says of itself as a whole."""
    return file.trailer["/Root"]


def said(text: str) -> str:
    """A plan in which somebody wrote this, as it can be read."""
    return text_of(plan_pdf(paper(CONTENTS | {"vision": Content(text=text)})))


def team(language: str = "en", **changed: object) -> bytes:
    return team_pdf(
        team_paper(
            life(**changed),
            agency="Wraparound Milwaukee",
            client_name="Client Demo-Fern",
            language=language,
            zone="America/Chicago",
        )
    )


def in_order(text: str, *parts: str) -> bool:
    at = [text.find(part) for part in parts]
    return -1 not in at and at == sorted(at)


# -- the plan ---------------------------------------------------------------------------------------------------------


def test_a_plan_is_printed_in_the_order_of_its_policy():
    titles = [each.section.title for each in paper().sections]

    assert in_order(text_of(plan_pdf(paper())), "Care plan", *titles)


@pytest.mark.clause("CP-C-a")
@pytest.mark.clause("CP-C-b")
@pytest.mark.clause("CP-C-c")
def test_a_plan_shows_its_team_who_came_what_was_tried_and_its_dates():
    text = text_of(plan_pdf(paper()))

    assert "Coordinator Demo-Cypress Coordinator Wraparound Milwaukee" in text
    assert "Client Demo-Fern Client yes" in text
    assert "Aunt Demo-Sage Family or community no Offered a ride and a call" in text
    assert "First meeting February 11, 2026 Revision March 4, 2026" in text


@pytest.mark.clause("CP-C-f")
@pytest.mark.clause("CP-C-g")
def test_needs_stand_in_their_order_and_strategies_under_the_need_they_meet():
    text = text_of(plan_pdf(paper()))

    assert in_order(text, "Need 1 (Client) Feel safe at home", "Need 2 (Client)")
    assert "Need 1: Feel safe at home A lock on the door (Who: Coordinator)" in text
    assert "Need 2: Sleep through A walk at night (Who: Aunt Demo-Sage)" in text


def test_a_need_without_a_rank_and_without_a_strategy_says_so():
    unranked = PlanNeed(id="need-3", whose="Client", text="See friends")
    needs = Content(needs=(*CONTENTS["needs"].needs, unranked))

    text = text_of(plan_pdf(paper(CONTENTS | {"needs": needs})))

    assert "Need without a rank: See friends No strategy is written for it." in text


@pytest.mark.clause("CP-C-i")
def test_a_plan_shows_when_and_where_the_team_meets_next():
    text = text_of(plan_pdf(paper()))

    assert "When April 1, 2026, 10:00 AM CDT Where The library, room 2" in text


@pytest.mark.clause("CP-C-j")
def test_each_signer_has_their_signature_their_reason_or_a_line_to_sign_on():
    text = text_of(plan_pdf(paper()))

    line = "Client Demo-Fern (Client) Signature Date"
    signed = "Signed: March 4, 2026, 2:10 PM CST, from an account"
    reason = "Could not sign: In hospital"
    assert in_order(text, line, signed, reason)
    assert text.count("Signature Date") == 1


@pytest.mark.clause("CP-C-j")
def test_whoever_signed_after_all_has_their_signature_and_no_reason():
    later = (*SIGNED, signature("member-3", how="paper"))

    text = text_of(plan_pdf(paper(signatures=later)))

    assert "In hospital" not in text
    assert text.count("Signed: March 4, 2026, 2:10 PM CST") == 2


def test_a_signature_under_another_version_is_not_under_this_one():
    other = (signature("member-1", version="1"),)

    assert "Signed:" not in text_of(plan_pdf(paper(signatures=other)))


def test_the_familys_words_stand_as_a_quotation():
    made = PdfReader(BytesIO(plan_pdf(paper())))

    assert "In the family's own words I want my own door." in text_of(plan_pdf(paper()))
    assert "/BlockQuote" in roles(made)


def test_every_page_tells_its_version_and_digest():
    digest = version().digest
    pages = PdfReader(BytesIO(plan_pdf(paper()))).pages

    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert f"Version 2 · Digest {digest}" in text
        assert f"Page {number} of {len(pages)}" in text


def test_a_version_that_was_replaced_says_so_and_one_in_force_says_since_when():
    final = version(final_at=version().put_forward_at)

    assert "In force since: March 4, 2026" in text_of(
        plan_pdf(paper(version=final, standing="in_force"))
    )
    replaced = text_of(plan_pdf(paper(version=final, standing="replaced")))
    assert "Another version has taken its place" in replaced
    assert "Standing: Not in force" in text_of(plan_pdf(paper()))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Services are reviewed every: 90 days"),
        ("es", "Los servicios se revisan cada: 90 días"),
    ],
)
def test_how_often_the_plan_has_its_services_reviewed_is_on_it(language, text):
    often = version(review_every=Span("P90D"))

    assert text in text_of(plan_pdf(paper(version=often, language=language)))


def test_what_a_version_lacks_is_on_it():
    lacking = version().model_copy(update={"missing": ("What went well (CP-C-h)",)})

    text = text_of(plan_pdf(paper(version=lacking)))

    assert "What it lacks • What went well (CP-C-h)" in text


def test_a_section_nobody_wrote_has_its_heading_and_says_that_it_is_empty():
    text = text_of(plan_pdf(paper()))

    assert re.search(
        r"What went well and what got in the way \(CP-C-h\) Nothing is written", text
    )


def test_for_a_client_who_reads_spanish_all_but_peoples_words_is_spanish():
    made = plan_pdf(paper(language="es-MX"))

    text = text_of(made)
    assert "Plan de atención" in text
    assert "Firmado: 4 de marzo de 2026, 2:10 p. m. CST, desde una cuenta" in text
    assert "Página 1 de 2" in text
    assert root_of(PdfReader(BytesIO(made)))["/Lang"] == "es"


# -- what people write is only ever shown -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        '#panic("no") #import "paper.typ": * #{1+1}',
        "*not bold* _not so_ `raw` $x^2$ $unclosed",
        "= no heading",
        "- no list + none / none: neither",
        r"\ \n \u{41} ends with \\",
        "<label> @reference // no comment /* none */ [brackets] {braces} ~ --- ...",
        "\"quotes\" 'stay' as they are",
    ],
)
def test_markup_in_what_somebody_wrote_is_shown_as_it_was_written(text):
    assert text in said(text)


def test_markup_in_a_name_is_shown_as_it_was_written():
    made = plan_pdf(paper(client_name="#name *Fern*", agency="$agency$"))

    assert "#name *Fern* $agency$" in text_of(made)


def test_every_line_stays_a_line_of_its_own():
    made = plan_pdf(paper(CONTENTS | {"vision": Content(text="one\r\ntwo\n\nthree")}))

    lines = PdfReader(BytesIO(made)).pages[0].extract_text().splitlines()
    assert [each for each in lines if each in ("one", "two", "three")] == [
        "one",
        "two",
        "three",
    ]


def test_text_from_right_to_left_and_signs_the_font_has_are_printed():
    for each in ("בית משלי", "أريد بيتا", "Zoë — Łódź", "\N{GRINNING FACE}"):
        assert printable(each) == each
        assert plan_pdf(paper(CONTENTS | {"vision": Content(text=each)}))


def test_a_sign_the_font_does_not_have_is_told_by_its_name():
    assert "[DOG FACE] and [U+0007]" in said("\N{DOG FACE} and \a")


def test_every_character_the_font_is_said_to_have_can_be_printed():
    known = [chr(code) for code in range(0x20000) if not 0xD800 <= code < 0xE000]
    drawn = " ".join(each for each in known if printable(each) == each)

    assert len(drawn) > 10_000
    assert plan_pdf(paper(CONTENTS | {"vision": Content(text=drawn)}))


# -- for everybody to read, and for keeping -----------------------------------------------------------------------------


def roles(made: PdfReader) -> set[str]:
    """Every role of the structure that a screen reader follows."""
    found: set[str] = set()
    waiting = [root_of(made)["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if not isinstance(node, dict):
            continue
        if "/S" in node:
            found.add(node["/S"])
        kids = node.get("/K", [])
        waiting += kids if isinstance(kids, list) else [kids]
    return found


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: plan_pdf(paper()), id="plan"),
        pytest.param(team, id="team"),
        pytest.param(lambda: request_pdf(request_paper()), id="request"),
    ],
)
def test_a_paper_claims_to_be_accessible_and_archival_and_is_tagged(made):
    file = PdfReader(BytesIO(made()))

    root = root_of(file)
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert root["/MarkInfo"]["/Marked"].value
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value
    assert file.metadata and file.metadata.title
    assert "/H1" in roles(file)


def test_the_titles_of_columns_are_tagged_as_such():
    assert {"/Table", "/TH", "/TD", "/H2"} <= roles(
        PdfReader(BytesIO(plan_pdf(paper())))
    )


def test_no_name_is_in_what_a_file_says_of_itself():
    metadata = PdfReader(BytesIO(plan_pdf(paper()))).metadata

    assert "Fern" not in str(metadata)


def test_the_same_version_is_the_same_file_in_another_process():
    here = sha256(plan_pdf(paper())).hexdigest()

    there = subprocess.run(
        [sys.executable, "-c", MAKES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert there.stdout.strip() == here


# -- the team and requests ----------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-C-a")
def test_a_team_list_has_who_is_on_it_or_invited_and_what_stays_open():
    text = text_of(team())

    assert "Client Demo-Fern Client on the team" in text
    assert "Aunt Demo-Sage Family or community invited" in text
    assert "Primary clinical provider: Nobody has room" in text
    assert "When: April 1, 2026, 10:00 AM CDT Where: The library" in text


def test_a_team_list_says_nothing_of_whom_the_client_did_not_want():
    text = text_of(team())

    assert "Demo-Thorn" not in text
    assert "They fell out" not in text


def test_a_team_list_without_a_meeting_or_an_open_place_has_no_heading_for_them():
    text = text_of(team(meetings=[], open_slots=[]))

    assert "The next meeting" not in text
    assert "Places that stay open" not in text


@pytest.mark.clause("CP-R-2")
@pytest.mark.clause("CP-P-3")
def test_a_request_shows_its_service_need_plan_and_decision():
    text = text_of(request_pdf(request_paper()))

    for each in (
        "Client Demo-Fern",
        "Service: Mentoring",
        "Need it meets: Feel safe at home",
        "Provider: Mentors Demo-Oak",
        "Version of the plan it cites: 2",
        "To: The payer",
        "Decision: approved in part",
        "Until: June 30, 2026",
        "Units: two hours a week",
    ):
        assert each in text


@pytest.mark.clause("CP-X-1")
def test_a_request_shows_each_extension_with_the_plan_that_went_along():
    text = text_of(request_pdf(request_paper()))

    assert "Until September 30, 2026 Asked: March 4, 2026, 2:10 PM CST" in text
    assert "Version of the plan it cites: 3 Decision: Not decided yet" in text


def test_a_request_that_waits_says_so():
    waiting = request_paper(
        submitted_at=None, to=None, decision=None, decided_at=None, until=None
    )

    text = text_of(request_pdf(waiting))

    assert "Sent: Not sent yet Decision: Not decided yet" in text


# -- long words and signs that cannot be seen ----------------------------------------------------------------------------


LONG_NAMES = [
    (
        "Maria Fernanda Demo-Rodriguez de la Montana",
        "maria.fernanda.demo-rodriguez_de_la_montana@birchwoodrecoveryservices.example",
    ),
    ("Wolfeschlegelsteinhausenbergerdorff-Demo", "414-555-0142"),
    ("Relative Demo", "weirdrel@family.example"),
    ("W" * 60, "m" * 200),
]


def placed(made: bytes) -> list[tuple[str, float, float]]:
    """Every run of letters on the pages, and from where to where it goes at least, in points."""
    found: list[tuple[str, float, float]] = []

    def visit(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        if text.strip():
            narrowest = 0.27 * size * abs(tm[0] or 1)
            found.append((text, tm[4], tm[4] + len(text.strip()) * narrowest))

    for page in PdfReader(BytesIO(made)).pages:
        page.extract_text(visitor_text=visit)
    return found


def long_team() -> bytes:
    members = [
        Member(
            id=f"member-{number}",
            kind=MemberKind.family,
            name=name,
            contact=contact,
            status=MemberStatus.joined,
            since_at=life().team[0].since_at,
        )
        for number, (name, contact) in enumerate(LONG_NAMES, start=1)
    ]
    return team(team=members)


def test_a_long_name_or_address_is_broken_inside_its_cell_and_whole():
    made = long_team()
    text = re.sub(
        r"\s", "", "".join(p.extract_text() for p in PdfReader(BytesIO(made)).pages)
    )

    for each in LONG_NAMES:
        assert all(re.sub(r"\s", "", part) in text for part in each)


def test_what_fits_on_a_line_of_its_own_is_not_broken():
    text = text_of(long_team())

    for each in ("Standing", "Organization", "414-555-0142", "weirdrel@family.example"):
        assert each in text


@pytest.mark.parametrize("letter", ["x", "W", "\u0639", "\u00e4"])
def test_three_thousand_letters_without_a_space_stay_on_the_page(letter):
    made = plan_pdf(paper(CONTENTS | {"vision": Content(text=letter * 3000)}))
    pages = PdfReader(BytesIO(made)).pages

    assert sum(page.extract_text().count(letter) for page in pages) >= 3000
    widest = float(pages[0].mediabox.width)
    assert max(right for _, _, right in placed(made)) < widest
    longest = max(len(text.strip()) for text, *_ in placed(made) if letter in text)
    assert longest < 162


def test_a_long_need_that_heads_its_strategies_stays_on_the_page():
    need = PlanNeed(id="need-1", whose="client", rank=1, text="n" * 500)
    made = plan_pdf(paper(CONTENTS | {"needs": Content(needs=(need,))}))

    lines = [text.strip() for text, *_ in placed(made) if "nnnn" in text]
    assert lines
    assert max(map(len, lines)) < 162


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("\u202e", "RIGHT-TO-LEFT OVERRIDE"),
        ("\u2066", "LEFT-TO-RIGHT ISOLATE"),
        ("\u200f", "RIGHT-TO-LEFT MARK"),
        ("\u200b", "ZERO WIDTH SPACE"),
        ("\u0007", "U+0007"),
    ],
)
def test_a_sign_that_turns_text_round_or_cannot_be_seen_is_told_by_its_name(sign, name):
    assert printable(f"Safe{sign}at night") == f"Safe[{name}]at night"


def test_what_words_are_spelled_with_is_left_as_it_is():
    assert (
        printable("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
        == "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )


# -- the policy -----------------------------------------------------------------------------------------------------------

READ = Reading(
    id="Q-25",
    question="Where do the requests go?",
    clauses=("CP-E-8",),
    reading="Both kinds go to one place.",
)


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "How the policy is read here"),
        ("es", "Cómo se entiende aquí la política"),
    ],
)
def test_every_paper_shows_how_the_policy_is_read(language, title):
    under = {"readings": (READ,), "language": language}
    whole = team_paper(
        life(),
        agency="Wraparound Milwaukee",
        client_name="Client Demo-Fern",
        language=language,
        zone="America/Chicago",
        readings=(READ,),
    )
    papers = (
        plan_pdf(paper(**under)),
        team_pdf(whole),
        request_pdf(request_paper().model_copy(update=under)),
    )

    for made in papers:
        text = text_of(made)
        assert in_order(text, title, "Q-25 (CP-E-8)", READ.question, READ.reading)


NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


def test_every_page_about_a_client_of_a_recovery_program_carries_the_notice():
    """42 CFR 2.32."""
    whole = team_paper(
        life(),
        agency="Wraparound Milwaukee",
        client_name="Client Demo-Fern",
        language="en",
        zone="America/Chicago",
        redisclosure=NOTICE,
    )
    papers = (
        plan_pdf(paper(redisclosure=NOTICE)),
        team_pdf(whole),
        request_pdf(request_paper().model_copy(update={"redisclosure": NOTICE})),
    )

    for made in papers:
        for page in PdfReader(BytesIO(made)).pages:
            assert NOTICE in re.sub(r"\s+", " ", page.extract_text())


def test_no_other_paper_carries_it():
    assert "42 CFR" not in text_of(plan_pdf(paper()))
