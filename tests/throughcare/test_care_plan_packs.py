"""The policies of care plans as they are shipped, and every way one can be refused."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from throughcare.case.duty import Basis
from throughcare.lifecycles.client.notices import (
    CARE_PLAN_CLIENT_NOTICES,
    CARE_PLAN_NOTICES,
)
from throughcare.lifecycles.client.plan_policy import (
    CarePlanPolicy,
    Element,
    MemberKind,
    ReviewKind,
    ReviewNeed,
)
from throughcare.packs.reading import digest, load_pack
from throughcare.packs.yamlfile import BadFile

POLICIES = Path(__file__).parents[2] / "policies"
CARS, CMH, SKILLS = (
    "milwaukee-cars",
    "southeast-michigan-cmh",
    "wisconsin-competencies",
)

MONTHLY = "1 month and 1 day, the first one counted"

Edit = Callable[[str, str, str, str], Path]


def rules(name: str) -> CarePlanPolicy:
    found = load_pack(POLICIES / name).care_plan
    assert found
    return found


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of a shipped pack in which the first `old` of a file reads `new`."""

    def edit(name: str, file: str, old: str, new: str) -> Path:
        folder = tmp_path / name
        if not folder.exists():
            copytree(POLICIES / name, folder)
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))
        return folder

    return edit


def refusal(folder: Path) -> str:
    with pytest.raises(BadFile) as refused:
        load_pack(folder)
    return str(refused.value)


# Per section: its clause and kind and, after a slash, what must be written before it.
SECTIONS = {
    CARS: """
        CP-C-a members members
        CP-C-b attendance attendance
        CP-C-c dates dates
        CP-C-d vision words
        CP-C-e strengths strengths / vision
        CP-C-f needs needs / strengths
        CP-C-g strategies strategies / needs
        CP-C-h updates updates
        CP-E-12 safety safety
        CP-C-i follow-up follow_up
        CP-C-j signatures signatures
    """,
    CMH: """
        CS-D-7 members members
        CS-L-4 planning attendance
        CS-R-7 dates dates
        CS-L-4 outcomes words
        CS-W-10 goals needs
        CS-D-3 supports strategies / goals
        CS-D-3 empowerment words
        CS-D-3 community-inclusion words
        CS-D-3 health-and-safety words
        CS-D-3 natural-supports words
        CS-L-2 intensity words
        CS-L-3 service words
        CS-L-4 scope words
    """,
}

# Per duty: its clause, act and what opens it.
DUTIES = {
    CARS: """
        CP-S-1 team_meeting_first: enrolled
        CP-T-1 team_complete: enrolled
        CP-P-2 team_plan: team_met
        CP-C-j signing: put_forward
        CP-T-3g add_provider: provider_approved
        CP-R-2 request_sending: requested
        CP-R-2 request_decision: submitted
    """,
    CMH: """
        CS-D-6 benefits_check: enrolled
        CS-D-3 team_plan: enrolled
        CS-W-12 services_explained: plan_final
    """,
}


@pytest.mark.parametrize("name", SECTIONS)
def test_a_plan_has_the_sections_of_its_policy_in_this_order(name: str) -> None:
    found = []
    for each in rules(name).plan.sections:
        after = f" / {' '.join(each.after)}" if each.after else ""
        found.append(f"{each.clause} {each.id} {each.kind}{after}")

    assert found == [line.strip() for line in SECTIONS[name].strip().splitlines()]


@pytest.mark.parametrize("name", DUTIES)
def test_the_duties_of_a_care_plan_are_those_of_its_policy(name: str) -> None:
    found = [
        f"{each.clause} {each.act}: {' '.join(each.opens)}"
        for each in rules(name).duties
    ]

    assert found == [line.strip() for line in DUTIES[name].strip().splitlines()]


@pytest.mark.clause("CS-D-3")
def test_of_the_four_principles_none_keeps_a_plan_from_being_in_force() -> None:
    optional = [each.id for each in rules(CMH).plan.sections if not each.required]

    assert optional == [
        "empowerment",
        "community-inclusion",
        "health-and-safety",
        "natural-supports",
    ]


def test_a_team_misses_nobody_its_policy_does_not_name() -> None:
    assert rules(CARS).team.kinds.keys() == set(MemberKind)
    assert rules(CMH).team.kinds.keys() == {MemberKind.client, MemberKind.coordinator}


@pytest.mark.clause("CP-M-4")
@pytest.mark.clause("CS-W-15")
@pytest.mark.clause("CS-R-7")
def test_the_times_a_review_has_are_the_policys_or_the_plans() -> None:
    limits = {
        (name, kind): (review.limit.plain(), review.limit.basis)
        if review.limit
        else None
        for name in (CARS, CMH)
        for kind, review in rules(name).reviews.items()
    }

    assert limits == {
        (CARS, ReviewKind.monthly): (MONTHLY, Basis.source),
        (CMH, ReviewKind.periodic): None,
        (CMH, ReviewKind.annual): ("1 year", Basis.source),
    }


@pytest.mark.clause("CS-W-11")
@pytest.mark.clause("CS-W-16")
@pytest.mark.clause("CS-W-18")
def test_every_review_of_a_consumer_says_the_same_four_things() -> None:
    for review in rules(CMH).reviews.values():
        assert review.needs == {
            ReviewNeed.progress: "CS-W-11",
            ReviewNeed.satisfaction: "CS-W-11",
            ReviewNeed.change_right: "CS-W-18",
            ReviewNeed.unmet_needs: "CS-W-16",
        }


@pytest.mark.clause("CS-D-4")
@pytest.mark.clause("CS-D-5")
def test_a_service_has_six_core_elements_and_its_links_seven_domains() -> None:
    assert [each.id for each in rules(CMH).elements] == list(Element)
    assert len(rules(CMH).domains) == 7


@pytest.mark.clause("CC-08.4")
def test_the_competencies_say_by_which_skill_a_plan_goes_on_till_the_team_agrees() -> (
    None
):
    skills = load_pack(POLICIES / SKILLS).competencies

    assert skills
    assert skills.closure == "CC-08.4"


def test_a_care_plan_and_a_skill_change_the_digest(edited: Edit) -> None:
    folder = edited(CARS, "care-plan.yaml", "within: P1M", "within: P2M")
    skills = edited(SKILLS, "clauses.yaml", "The work", "Work")

    assert digest(load_pack(folder)) != digest(load_pack(POLICIES / CARS))
    assert digest(load_pack(skills)) != digest(load_pack(POLICIES / SKILLS))


@pytest.mark.parametrize("name", [CARS, CMH])
def test_a_meeting_is_told_by_its_number_and_time_and_by_nobodys_name(
    name: str,
) -> None:
    texts = load_pack(POLICIES / name).notices

    for kind in CARE_PLAN_NOTICES | CARE_PLAN_CLIENT_NOTICES:
        said = texts[kind].subject + texts[kind].body
        assert "{receiver}" not in said, kind
        assert "{sender}" not in said, kind
    assert "{what}" in texts["meeting"].body
    assert "{due}" in texts["meeting"].body
    assert "{due}" in texts["client_meeting"].body


# A pack, a file, what stands there first, what a mistake makes of it, and what is said of it.
MISTAKES = {
    "a clause nobody registered": (
        CARS,
        "care-plan.yaml",
        "clause: CP-S-1,",
        "clause: CP-S-9,",
        "'CP-S-9' is no clause; write CP-S-2 or CP-S-1",
    ),
    "a kind of member under a clause nobody registered": (
        CARS,
        "care-plan.yaml",
        "clinical: CP-T-3c",
        "clinical: CP-T-3x",
        "'CP-T-3x' is no clause; write",
    ),
    "a reminder under a clause nobody registered": (
        CARS,
        "care-plan.yaml",
        "confidentiality: CP-M-5",
        "confidentiality: CP-M-9",
        "'CP-M-9' is no clause; write",
    ),
    "an order under a clause nobody registered": (
        CARS,
        "care-plan.yaml",
        "order: CP-O-1",
        "order: CP-O-9",
        "'CP-O-9' is no clause; write",
    ),
    "what a review says under a clause nobody registered": (
        CMH,
        "care-plan.yaml",
        "satisfaction: CS-W-11",
        "satisfaction: CS-W-99",
        "'CS-W-99' is no clause; write",
    ),
    "a question under a clause nobody registered": (
        CMH,
        "care-plan.yaml",
        '"1": CS-R-1',
        '"1": CS-R-9',
        "'CS-R-9' is no clause; write",
    ),
    "a label under a clause nobody registered": (
        CMH,
        "care-plan.yaml",
        "clause: CS-D-2,",
        "clause: CS-D-9,",
        "'CS-D-9' is no clause; write",
    ),
    "a reading of a clause nobody registered": (
        CMH,
        "care-plan.yaml",
        "clauses: [CS-R-4]",
        "clauses: [CS-R-9]",
        "'CS-R-9' is no clause; write",
    ),
    "a skill under a clause nobody registered": (
        SKILLS,
        "competencies.yaml",
        "closure: CC-08.4",
        "closure: CC-08.9",
        "'CC-08.9' is no clause; write CC-08.4",
    ),
    "a holder who is no role of the intake": (
        CARS,
        "care-plan.yaml",
        "holder: coordinator",
        "holder: co-ordinator",
        "'co-ordinator' is no role; write coordinator, or define it under roles of intake.yaml",
    ),
    "a step that nothing opens": (
        CARS,
        "care-plan.yaml",
        "holder: coordinator, text: Write",
        "holder: coordinator, after: [rapport], text: Write",
        "nothing opens a duty of the act rapport; leave it out",
    ),
    "a section twice": (
        CARS,
        "care-plan.yaml",
        "id: strengths",
        "id: vision",
        "section vision stands here a second time; give it an id of its own",
    ),
    "a section after one that is not there": (
        CARS,
        "care-plan.yaml",
        "after: [vision]",
        "after: [visions]",
        "'visions' is no section; write vision, or leave it out",
    ),
    "a section after one that nobody writes": (
        CARS,
        "care-plan.yaml",
        "after: [vision]",
        "after: [signatures]",
        "'signatures' is no section; leave it out",
    ),
    "a section after itself": (
        CARS,
        "care-plan.yaml",
        "after: [vision]",
        "after: [strengths]",
        "strengths cannot come after itself; leave it out",
    ),
    "a section of a kind nobody knows": (
        CARS,
        "care-plan.yaml",
        "kind: words",
        "kind: prose",
        "'words'",
    ),
    "something a review cannot be asked to say": (
        CMH,
        "care-plan.yaml",
        "      progress: CS-W-11",
        "      progres: CS-W-11",
        "'progress', 'satisfaction'",
    ),
    "a review that comes at no time anybody knows": (
        CMH,
        "care-plan.yaml",
        "  periodic:",
        "  weekly:",
        "'monthly', 'periodic' or 'annual'",
    ),
    "an element nobody knows": (
        CMH,
        "care-plan.yaml",
        "{id: linking,",
        "{id: links,",
        "'assessment', 'plan'",
    ),
    "an element twice": (
        CMH,
        "care-plan.yaml",
        "{id: linking,",
        "{id: plan,",
        "element plan stands here a second time",
    ),
    "a reading twice": (
        CMH,
        "care-plan.yaml",
        "id: Q-14",
        "id: Q-12",
        "reading Q-12 stands here a second time",
    ),
    "a population the intake does not serve": (
        CMH,
        "care-plan.yaml",
        "  adults-with-mental-illness:",
        "  adults-with-illness:",
        "'adults-with-illness' is no population; write adults-with-mental-illness, or add it to populations of intake.yaml",
    ),
    "a notice to the team without its text": (
        CARS,
        "notices.yaml",
        "  team_note:\n",
        "  team_notes:\n",
        "the text of team_note is missing; add it with a subject and a body",
    ),
    "a notice to the client without its text": (
        CMH,
        "notices.yaml",
        "  client_meeting:\n",
        "  client_meetings:\n",
        "the text of client_meeting is missing; add it with a subject and a body",
    ),
    "a notice to the team in another language": (
        CMH,
        "notices.es.yaml",
        "  client_meeting:\n",
        "  meeting:\n",
        "'meeting' is no notice; ",
    ),
}


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "says"), MISTAKES.values(), ids=MISTAKES
)
def test_a_mistake_is_refused_in_its_file_with_what_would_be_right(
    edited: Edit, name: str, file: str, old: str, new: str, says: str
) -> None:
    folder = edited(name, file, old, new)

    lines = refusal(folder).splitlines()

    assert [each for each in lines if f"{folder / file}:" in each and says in each]


def test_a_care_plan_without_an_intake_is_refused(edited: Edit) -> None:
    folder = edited(CMH, "pack.yaml", "", "")
    (folder / "intake.yaml").unlink()

    lines = refusal(folder).splitlines()

    place = f"{folder / 'care-plan.yaml'}:"
    says = "a care plan goes on from an intake; add intake.yaml to the pack"
    assert [each for each in lines if each.startswith(place) and says in each]


def test_a_pack_without_a_care_plan_needs_none_of_its_texts(edited: Edit) -> None:
    folder = edited(CMH, "notices.es.yaml", "", "")
    (folder / "care-plan.yaml").unlink()

    lines = refusal(folder).splitlines()

    assert len(lines) == 5
    for kind in ("meeting", "team_note", "signature", "client_meeting"):
        assert any(f"'{kind}' is no notice; " in each for each in lines), kind


def test_skills_alone_are_a_pack_and_nothing_else_is_not(edited: Edit) -> None:
    folder = edited(SKILLS, "pack.yaml", "", "")
    assert load_pack(folder).competencies

    (folder / "competencies.yaml").unlink()

    assert "the pack has no policy; add " in refusal(folder)
