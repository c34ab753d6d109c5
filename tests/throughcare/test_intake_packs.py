"""The packs of an intake and of independence as they are shipped, and every way one can be refused."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest

from throughcare.case.duty import Basis
from throughcare.case.parts import Strength
from throughcare.lifecycles.client.notices import (
    CARE_PLAN_CLIENT_NOTICES,
    CARE_PLAN_NOTICES,
    CLIENT_NOTICES,
    INTAKE_NOTICES,
)
from throughcare.lifecycles.client.policy import (
    Branch,
    IntakePolicy,
    Moment,
)
from throughcare.packs.pack import Pack
from throughcare.packs.reading import (
    digest,
    load_pack,
    needs_adoption,
    problems,
)
from throughcare.packs.yamlfile import BadFile

POLICIES = Path(__file__).parents[2] / "policies"
CARS, CMH, FREE = "milwaukee-cars", "southeast-michigan-cmh", "conflict-free"
SKILLS = "wisconsin-competencies"
INTAKES = (CARS, CMH)
TO_CLIENTS = CLIENT_NOTICES | CARE_PLAN_CLIENT_NOTICES
TO_OTHERS = INTAKE_NOTICES | CARE_PLAN_NOTICES

Edit = Callable[[str, str, str, str], Path]


@cache
def pack(name: str) -> Pack:
    return load_pack(POLICIES / name)


def policy(name: str) -> IntakePolicy:
    found = pack(name).intake
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


CLAUSES = {
    CARS: "CP-P-1 CP-P-2 CP-P-3 CP-P-4 CP-I-1 CP-E-0 CP-E-1a CP-E-1b CP-E-2 CP-E-3 CP-E-4 CP-E-5 CP-E-6a CP-E-6b CP-E-7 "
    "CP-E-8 CP-E-9 CP-E-10a CP-E-10b CP-E-11a CP-E-11b CP-E-12 CP-N-1 CP-N-2 CP-N-3 CP-N-4a CP-N-4b CP-N-5 CP-T-1 CP-T-2 "
    "CP-T-3a CP-T-3b CP-T-3c CP-T-3d CP-T-3e CP-T-3f CP-T-3g CP-S-1 CP-S-2 CP-C-a CP-C-b CP-C-c CP-C-d CP-C-e CP-C-f CP-C-f2 "
    "CP-C-g CP-C-h CP-C-i CP-C-j CP-O-1 CP-O-2 CP-O-3 CP-O-4 CP-R-1 CP-R-2 CP-X-1 CP-M-1 CP-M-2 CP-M-3 CP-M-4 CP-M-5",
    CMH: "CS-M-1 CS-P-1 CS-A-1 CS-E-1 CS-L-1 CS-L-2 CS-L-3 CS-L-4 CS-L-5 CS-D-1 CS-D-2 CS-D-3 CS-D-4 CS-D-5 CS-D-6 CS-D-7 CS-D-8 CS-W-1 CS-W-2 CS-W-3 CS-W-4 CS-W-5 CS-W-6 CS-W-7 "
    "CS-W-8 CS-W-9 CS-W-10 CS-W-11 CS-W-12 CS-W-13 CS-W-14 CS-W-15 CS-W-16 CS-W-17 CS-W-18 CS-G-1 CS-G-2 CS-G-3 CS-G-4 CS-V-1 CS-V-2 CS-V-3 CS-V-4 CS-V-5 CS-V-6 CS-V-7 CS-V-8 CS-Q-1 CS-Q-2 CS-Q-3 "
    "CS-Q-4 CS-Q-5 CS-Q-6 CS-R-1 CS-R-2 CS-R-3 CS-R-4 CS-R-5 CS-R-6 CS-R-7 CS-X-1 CS-X-2 CS-X-3 CS-X-4 CS-X-5 CS-X-6 CS-X-7 CS-X-8 CS-X-9",
    FREE: "CF-K-1 CF-K-2a CF-K-2b CF-K-3 CF-S-1a CF-S-1b CF-S-2a CF-S-2b CF-S-2c CF-S-3 CF-S-4 CF-S-5a CF-S-5b",
    SKILLS: "CC-08.4",
}

READINGS = {
    CARS: "Q-08 Q-09 Q-10 Q-11 Q-24 Q-25 Q-30 Q-34 Q-39",
    CMH: "Q-13 Q-14 Q-24 Q-27 Q-33",
}

# Per duty: its clause, act and holder, what opens it and, after a slash, what must come before.
DUTIES = {
    CARS: """
        CP-E-0 screening intake-unit: opened
        CP-I-1 agency_choice intake-unit: opened
        CP-E-1a intake_unit_contact coordinator: emergency
        CP-E-1b client_contact coordinator: emergency
        CP-E-2 screen_results coordinator: emergency
        CP-E-3 needs_confirmation coordinator: emergency
        CP-E-4 provider_search coordinator: need_confirmed
        CP-E-5 referral coordinator: need_confirmed / provider_search
        CP-E-6a preliminary_plan coordinator: emergency / screen_results needs_confirmation
        CP-E-7 service_request coordinator: service_named
        CP-E-8 requests_sent coordinator: services_named / service_request
        CP-E-10b reimbursement coordinator: fund_paid
        CP-E-11a team_meeting_with_client coordinator: preliminary_plan
        CP-E-11b final_plan coordinator: preliminary_plan / team_meeting_with_client
        CP-N-1 consents intake-unit: emergency no_emergency
        CP-N-2 intake_review supervisor: consents
        CP-N-3 assignment supervisor: consents / intake_review
        CP-N-4a client_contact coordinator: assigned
        CP-N-4b initial_plan coordinator: assigned
        CP-N-5 treatment_provider coordinator: assigned
        CP-T-2 first_meeting coordinator: assigned
        CP-T-1 team coordinator: assigned
    """,
    CMH: """
        CS-W-1 need_determination access-unit: opened
        CS-W-1 need_determination coordinator: assigned
        CS-E-1 eligibility access-unit: opened
        CS-X-6 former_worker access-unit: returned
        CS-W-2 record_entry access-unit: determined
        CS-L-1 offer access-unit: eligible
        CS-W-3 intake_review supervisor: accepted
        CS-L-5 preferences supervisor: accepted
        CS-G-4 rapport access-unit: accepted
        CS-W-4 assignment supervisor: accepted / intake_review preferences
        CS-W-5 assignment_record supervisor: assigned changed
        CS-W-7 other_worker coordinator: assigned changed
        CS-W-7 client_contact coordinator: assigned changed
        CS-W-8 assessment coordinator: assigned
        CS-W-8 initial_plan coordinator: assigned
    """,
}


@pytest.mark.parametrize("name", CLAUSES)
def test_a_pack_registers_every_clause_of_its_policy_and_no_other(name: str) -> None:
    assert [each.id for each in pack(name).clauses] == CLAUSES[name].split()


@pytest.mark.parametrize("name", INTAKES)
def test_every_reading_that_changes_what_happens_is_named(name: str) -> None:
    assert [each.id for each in policy(name).readings] == READINGS[name].split()


@pytest.mark.parametrize("name", INTAKES)
def test_the_duties_of_an_intake_are_those_of_its_policy(name: str) -> None:
    found = []
    for each in policy(name).duties:
        after = f" / {' '.join(each.after)}" if each.after else ""
        opens = " ".join(each.opens)
        found.append(f"{each.clause} {each.act} {each.holder}: {opens}{after}")

    assert found == [line.strip() for line in DUTIES[name].strip().splitlines()]


def limits(name: str, basis: Basis) -> dict[str, str]:
    return {
        duty.clause: duty.limit.plain()
        for duty in policy(name).duties
        if duty.limit and duty.limit.basis is basis
    }


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
@pytest.mark.clause("CP-N-2")
@pytest.mark.clause("CP-N-3")
@pytest.mark.clause("CP-N-4a")
@pytest.mark.clause("CP-N-4b")
def test_the_times_a_policy_names_are_its_own_and_there_are_no_others() -> None:
    assert limits(CARS, Basis.source) == {
        "CP-E-1a": "30 minutes",
        "CP-E-1b": "30 minutes",
        "CP-N-2": "1 business day",
        "CP-N-3": "1 business day",
        "CP-N-4a": "24 hours",
        "CP-N-4b": "7 days, the first one counted",
    }
    assert limits(CARS, Basis.agency) == {}
    assert limits(CMH, Basis.source) == {}


@pytest.mark.parametrize("name", INTAKES)
def test_what_is_missed_goes_up_by_a_limit_of_the_agencys_own(name: str) -> None:
    escalation, known = policy(name).escalation, policy(name)
    holders = {each.holder for each in known.duties}

    assert escalation.limit.basis is Basis.agency
    assert holders <= escalation.above.keys()
    assert escalation.above["coordinator"] == "supervisor"
    assert escalation.above["supervisor"] == "program-manager"


def test_every_limit_is_reminded_of_before_it_ends() -> None:
    limited = [
        each.limit for name in INTAKES for each in policy(name).duties if each.limit
    ]

    assert [each for each in limited if each.remind is None] == []


def test_only_the_ordinary_branch_has_a_day_to_reach_the_client() -> None:
    opened = {
        branch: {each.clause for each in policy(CARS).specs(Moment.assigned, branch)}
        for branch in Branch
    }

    assert opened[Branch.ordinary] - opened[Branch.emergency] == {"CP-N-4a", "CP-N-4b"}
    assert not policy(CMH).has_emergencies


@pytest.mark.clause("CS-M-1")
def test_a_text_that_nobody_signed_names_no_approval_and_waits_for_the_agencys() -> (
    None
):
    header = pack(CMH).header

    assert (header.source.effective_on, header.source.revised_on) == (None, None)
    assert needs_adoption(pack(CMH))
    (said,) = problems(pack(CMH))
    assert "record the agency's own adoption of it" in said


def test_what_only_advises_says_so_and_asks_nothing_that_binds() -> None:
    for found in (pack(FREE), pack(SKILLS)):
        assert found.header.advisory
        assert {each.strength for each in found.clauses} <= {
            Strength.should,
            Strength.states,
        }
        assert (found.conflict, found.intake, found.notices) == (None, None, {})


def test_stored_cases_still_find_the_pack_of_conflicts_by_its_digest() -> None:
    assert digest(pack("milwaukee-wraparound")) == "79c6eba29682"


def test_an_intake_changes_the_digest_and_so_does_a_text_in_another_language(
    edited: Edit,
) -> None:
    folder = edited(CARS, "intake.yaml", "within: PT24H", "within: PT20S")
    first = digest(load_pack(folder))
    edited(CARS, "notices.es.yaml", "Hola", "Buenos días")

    assert len({digest(pack(CARS)), first, digest(load_pack(folder))}) == 3


# -- notices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", INTAKES)
def test_there_is_a_text_for_every_notice_and_those_to_clients_are_in_spanish_too(
    name: str,
) -> None:
    found = pack(name)

    assert found.notices.keys() == TO_OTHERS | TO_CLIENTS
    assert {code: texts.keys() for code, texts in found.notices_in.items()} == {
        "es": TO_CLIENTS
    }


def to_clients(name: str) -> dict[str, str]:
    """Subject and body of each text a client gets, by language and kind."""
    found = pack(name)
    languages = {"en": found.notices, **found.notices_in}
    return {
        f"{language} {kind}": f"{texts[kind].subject}. {texts[kind].body}"
        for language, texts in languages.items()
        for kind in TO_CLIENTS
    }


@pytest.mark.parametrize("name", INTAKES)
def test_a_text_to_a_client_says_nothing_of_who_they_are_or_why_they_came(
    name: str,
) -> None:
    private = r"health|mental|recover|diagnos|disab|disorder|emergenc|salud|enferm|discapac|consumer"

    for kind, text in to_clients(name).items():
        assert set(re.findall(r"{(\w+)}", text)) <= {"grievance", "due"}, kind
        assert not re.search(private, text, re.IGNORECASE), kind


@pytest.mark.parametrize("name", INTAKES)
@pytest.mark.parametrize("kind", ["client_decision", "client_change", "client_closed"])
def test_a_client_who_is_refused_something_is_told_where_to_turn(
    name: str, kind: str
) -> None:
    found = pack(name)

    assert "{grievance}" in found.notices[kind].body
    assert "{grievance}" in found.notices_in["es"][kind].body
    assert policy(name).endings.grievance.keys() == {"en", *found.notices_in}


def grade(text: str) -> float:
    """The school year a text is for, by Flesch and Kincaid."""
    sentences = [each for each in re.split(r"[.:!?]\s", f"{text} ") if each.strip()]
    words = re.findall(r"[a-z']+", text.lower())
    # A final e is silent.
    syllables = sum(
        max(1, len(re.findall(r"[aeiouy]+", word.rstrip("e")))) for word in words
    )
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


@pytest.mark.parametrize("name", INTAKES)
def test_what_a_client_reads_is_written_for_a_sixth_grader(name: str) -> None:
    english = {
        kind: text.format(
            grievance=policy(name).endings.grievance["en"], due="Monday, March 2"
        )
        for kind, text in to_clients(name).items()
        if kind.startswith("en")
    }

    assert {kind: grade(text) for kind, text in english.items() if grade(text) > 6} == (
        {}
    )


@pytest.mark.parametrize("name", INTAKES)
def test_a_notice_to_staff_leads_to_the_case_and_says_whose_limit_it_is(
    name: str,
) -> None:
    to_providers = {"referral", "treatment_provider"}
    texts = pack(name).notices

    for kind in TO_OTHERS - to_providers:
        assert "{link}" in texts[kind].body, kind
    for kind in INTAKE_NOTICES - to_providers:
        assert "{due}" not in texts[kind].body or re.search(
            r"{whose} limit|The next: {due}", texts[kind].body
        ), kind
    for kind in to_providers:
        assert "{" not in texts[kind].subject + texts[kind].body, kind


# -- mistakes --------------------------------------------------------------------------------------------------------

# A pack, a file, what stands there first, what a mistake makes of it, and what is said of it.
MISTAKES = {
    "a recovery program without the notice of redisclosure": (
        CARS,
        "intake.yaml",
        "  en: 42 CFR part 2 prohibits unauthorized use or disclosure of these records.\n",
        "",
        "a recovery program's papers and letters carry the notice of 42 CFR 2.32",
    ),
    "a clause nobody registered": (
        CARS,
        "intake.yaml",
        "clause: CP-E-1a\n",
        "clause: CP-E-1x\n",
        "'CP-E-1x' is no clause; write CP-E-1b or CP-E-1a",
    ),
    "a clause of something else than a duty": (
        CMH,
        "intake.yaml",
        "explain_clause: CS-V-5",
        "explain_clause: CS-V-55",
        "'CS-V-55' is no clause; write CS-V-5",
    ),
    "a reading of a clause nobody registered": (
        CARS,
        "intake.yaml",
        "clauses: [CP-E-12]",
        "clauses: [CP-E-13]",
        "'CP-E-13' is no clause; write",
    ),
    "a question of a clause nobody registered": (
        CMH,
        "intake.yaml",
        "clause: CS-Q-1,",
        "clause: CS-Q-9,",
        "'CS-Q-9' is no clause; write",
    ),
    "independence under a clause nobody registered": (
        FREE,
        "independence.yaml",
        "decider: CF-S-1a",
        "decider: CF-S-1x",
        "'CF-S-1x' is no clause; write CF-S-1b or CF-S-1a",
    ),
    "a holder who is no role": (
        CARS,
        "intake.yaml",
        "holder: supervisor",
        "holder: supervizor",
        "'supervizor' is no role; write supervisor",
    ),
    "a part that is no role": (
        CARS,
        "intake.yaml",
        "on_call: on-call",
        "on_call: anybody",
        "'anybody' is no role; define it under roles",
    ),
    "a role that reports from nobody known": (
        CARS,
        "intake.yaml",
        "reports_from: coordinator",
        "reports_from: coordinators",
        "'coordinators' is no role; write coordinator",
    ),
    "somebody above who is no role": (
        CARS,
        "intake.yaml",
        "supervisor: program-manager",
        "supervisor: programme-manager",
        "'programme-manager' is no role; write program-manager",
    ),
    "somebody below who is no role": (
        CARS,
        "intake.yaml",
        "    on-call: supervisor",
        "    off-call: supervisor",
        "'off-call' is no role; write on-call",
    ),
    "a chain that goes round": (
        CARS,
        "intake.yaml",
        "supervisor: program-manager",
        "supervisor: coordinator",
        "what is missed would go round in a circle: coordinator, supervisor, coordinator; let the highest go up to nobody",
    ),
    "a step that nothing opens": (
        CARS,
        "intake.yaml",
        "after: [provider_search]",
        "after: [rapport]",
        "nothing opens a duty of the act rapport; leave it out",
    ),
    "an act nobody knows": (
        CARS,
        "intake.yaml",
        "act: screening",
        "act: screning",
        "screening",
    ),
    "a criterion nobody wrote down": (
        CMH,
        "intake.yaml",
        "all_of: [diagnosis,",
        "all_of: [diagnoses,",
        "'diagnoses' is no criterion; write diagnosis, or add it to criteria",
    ),
    "a criterion of the alternatives nobody wrote down": (
        CMH,
        "intake.yaml",
        "one_of: [multiple-needs,",
        "one_of: [multi-needs,",
        "'multi-needs' is no criterion; write multiple-needs, or add it to criteria",
    ),
    "a criterion twice": (
        CMH,
        "intake.yaml",
        "id: high-vulnerability",
        "id: multiple-needs",
        "criterion multiple-needs stands here a second time; give it an id of its own",
    ),
    "a population twice": (
        CMH,
        "intake.yaml",
        "id: developmental-disability",
        "id: children-with-sed",
        "population children-with-sed stands here a second time",
    ),
    "a question twice": (
        CMH,
        "intake.yaml",
        "id: manner",
        "id: culture",
        "question culture stands here a second time",
    ),
    "a field of the plan twice": (
        CMH,
        "intake.yaml",
        "id: frequency",
        "id: focus",
        "field focus stands here a second time",
    ),
    "a reading twice": (
        CARS,
        "intake.yaml",
        "id: Q-09",
        "id: Q-08",
        "reading Q-08 stands here a second time",
    ),
    "a limit without an owner": (
        CARS,
        "intake.yaml",
        "limit: {within: PT24H, basis: source, remind: PT4H}",
        "limit: {within: PT24H, remind: PT4H}",
        "basis",
    ),
    "a way of counting days nobody knows": (
        CARS,
        "intake.yaml",
        "days: through",
        "days: throughout",
        "business",
    ),
    "a notice of conflicts": (
        CARS,
        "notices.yaml",
        "  climbed:\n",
        "  rung_opened:\n",
        "'rung_opened' is no notice; ",
    ),
    "a notice without its text": (
        CARS,
        "notices.yaml",
        "  client_closed:\n",
        "  refused:\n",
        "the text of client_closed is missing; add it with a subject and a body",
    ),
    "a word in braces that nothing fills": (
        CARS,
        "notices.yaml",
        '"You have a worker"',
        '"{client}, you have a worker"',
        "{client} cannot be filled in; write one of case, clause, due,",
    ),
    "a notice to staff in another language": (
        CARS,
        "notices.es.yaml",
        "  client_worker:\n",
        "  missed:\n",
        "'missed' is no notice; ",
    ),
    "a word in braces that nothing fills in another language": (
        CARS,
        "notices.es.yaml",
        "{grievance}",
        "{queja}",
        "{queja} cannot be filled in",
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


def test_a_pack_without_any_policy_is_refused(edited: Edit) -> None:
    folder = edited(FREE, "pack.yaml", "", "")
    (folder / "independence.yaml").unlink()

    assert (
        "the pack has no policy; add conflict.yaml, intake.yaml, independence.yaml or competencies.yaml"
        in refusal(folder)
    )


def test_a_pack_may_have_more_than_one_policy_and_then_needs_the_texts_of_each(
    edited: Edit,
) -> None:
    folder = edited(CARS, "notices.yaml", "", "")
    conflicts = POLICIES / "milwaukee-wraparound"
    (folder / "conflict.yaml").write_text((conflicts / "conflict.yaml").read_text())
    clauses = (conflicts / "clauses.yaml").read_text().split("clauses:\n")[1]
    with (folder / "clauses.yaml").open("a") as file:
        file.write(clauses)

    lines = refusal(folder).splitlines()

    assert any("the text of rung_opened is missing" in line for line in lines)
    assert all("is missing" in line for line in lines)
