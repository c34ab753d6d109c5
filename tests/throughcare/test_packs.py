"""Policy packs as they are shipped, and every way a folder of them can be refused."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from throughcare.case.duty import Basis
from throughcare.case.seats import Side
from throughcare.lifecycles.conflict.notices import CONFLICT_NOTICES
from throughcare.lifecycles.conflict.policy import Rung
from throughcare.packs.pack import Pack
from throughcare.packs.reading import (
    NoPacks,
    digest,
    load_pack,
    load_packs,
    problems,
    warnings,
)
from throughcare.packs.yamlfile import BadFile

POLICIES = Path(__file__).parents[2] / "policies"
PACK = "milwaukee-wraparound"

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(POLICIES / PACK)


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of the shipped pack in which the first `old` of a file reads `new`."""

    def edit(file: str, old: str, new: str) -> Path:
        folder = tmp_path / PACK
        if not folder.exists():
            copytree(POLICIES / PACK, folder)
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))
        return folder

    return edit


def rungs(pack: Pack) -> dict[str, Rung]:
    return {
        rung.id: rung
        for ladder in pack.conflict_policy.ladders
        for rung in ladder.rungs
    }


# Per rung: the seats of either side, who tells whom, and who makes the first contact.
LADDERS = {
    "A1": ("care-coordinator | human-service-worker", "", ""),
    "A2": (
        "coordinator-supervisor | human-service-worker-supervisor",
        "care-coordinator > coordinator-supervisor, human-service-worker > human-service-worker-supervisor",
        "coordinator-supervisor",
    ),
    "A3": (
        "administrative-staff | section-manager",
        "coordinator-supervisor > administrative-staff, human-service-worker-supervisor > section-manager",
        "administrative-staff",
    ),
    "A4": (
        "associate-director | cyfs-manager",
        "administrative-staff > associate-director, section-manager > cyfs-manager",
        "",
    ),
    "A5": ("associate-director | cyfs-manager", "", "associate-director"),
    "B1": ("care-coordinator | dmcps-case-manager", "", ""),
    "B2": (
        "coordinator-supervisor | dmcps-supervisor",
        "care-coordinator > coordinator-supervisor, dmcps-case-manager > dmcps-supervisor",
        "coordinator-supervisor",
    ),
    "B3": (
        "administrative-staff | dmcps-manager-or-lead",
        "coordinator-supervisor > administrative-staff, dmcps-supervisor > dmcps-manager-or-lead",
        "administrative-staff",
    ),
    "B4": (
        "associate-director | dmcps-site-manager",
        "administrative-staff > associate-director, dmcps-manager-or-lead > dmcps-site-manager",
        "",
    ),
    "B5": ("associate-director | dmcps-site-manager", "", "associate-director"),
    "C1": ("care-coordinator | network-provider", "", ""),
    "C2": (
        "coordinator-supervisor | provider-supervisor",
        "",
        "coordinator-supervisor, provider-supervisor",
    ),
    "C3": (
        "care-coordinator, coordinator-supervisor | network-provider, provider-supervisor",
        "",
        "",
    ),
}


@pytest.mark.parametrize(("rung_id", "expected"), LADDERS.items(), ids=LADDERS)
def test_a_rung_has_the_seats_the_notices_and_the_initiator_of_the_policy(
    pack: Pack, rung_id: str, expected: tuple[str, str, str]
) -> None:
    rung = rungs(pack)[rung_id]

    seats = " | ".join(", ".join(rung.seats[side]) for side in Side)
    told = ", ".join(f"{each.sender} > {each.receiver}" for each in rung.notices)
    first = ", ".join(rung.contact.initiators) if rung.contact else ""
    assert (seats, told, first) == expected
    assert [(each.sender, each.receiver) for each in rung.information] == [
        (each.sender, each.receiver) for each in rung.notices
    ]


def test_the_ladders_have_these_rungs_in_this_order(pack: Pack) -> None:
    assert list(rungs(pack)) == list(LADDERS)


def test_the_pack_registers_every_clause_of_its_policy(pack: Pack) -> None:
    assert len(pack.clauses) == 40
    assert {clause.id[:3] for clause in pack.clauses} == {"CR-"}


def test_every_limit_of_the_ladders_is_the_agencys_own_and_escalates(
    pack: Pack,
) -> None:
    limits = [rung.limit for rung in rungs(pack).values()]

    assert {(limit.basis, limit.then) for limit in limits if limit} == {
        (Basis.agency, "escalate")
    }
    assert None not in limits


@pytest.mark.clause("CR-N-1a")
def test_a_coordinator_comes_from_one_of_four_programs_or_is_a_case_manager_of_fiss(
    pack: Pack,
) -> None:
    accepted = pack.conflict_policy.roles["care-coordinator"].accepts

    assert {(kind.role, kind.program) for kind in accepted} == {
        ("care-coordinator", "wraparound"),
        ("care-coordinator", "reach"),
        ("care-coordinator", "ccs"),
        ("care-coordinator", "youth-connect"),
        ("case-manager", "fiss"),
    }
    assert (
        pack.conflict_policy.ladder("A").workers[Side.coordination]
        == "care-coordinator"
    )


def test_there_is_a_text_for_every_notice_and_each_leads_to_the_case(
    pack: Pack,
) -> None:
    assert pack.notices.keys() == CONFLICT_NOTICES
    assert [
        kind for kind, text in pack.notices.items() if "{link}" not in text.body
    ] == []


@pytest.mark.parametrize(
    "word", ["accus", "complain", "deadline", "offend", "at fault", "client"]
)
def test_no_notice_takes_sides_or_calls_a_limit_the_policys(
    pack: Pack, word: str
) -> None:
    texts = {
        kind: f"{text.subject}\n{text.body}".lower()
        for kind, text in pack.notices.items()
    }

    assert [kind for kind, text in texts.items() if word in text] == []


def test_a_limit_is_shortened_by_its_span_alone(pack: Pack, edited: Edit) -> None:
    folder = edited("conflict.yaml", "within: P5D", "within: PT20S")

    limit = rungs(load_pack(folder))["A1"].limit

    assert limit and limit.plain() == "20 seconds"
    assert digest(load_pack(folder)) != digest(pack)


def test_a_rung_may_have_no_limit(edited: Edit) -> None:
    limit = "limit: {within: P5D, days: business, basis: agency, then: escalate, remind: P1D}"

    assert (
        rungs(load_pack(edited("conflict.yaml", limit, "limit: null")))["A1"].limit
        is None
    )


def test_a_pack_read_twice_has_the_same_digest_wherever_it_lies(
    pack: Pack, tmp_path: Path
) -> None:
    copytree(POLICIES / PACK, tmp_path / PACK)

    assert digest(load_pack(tmp_path / PACK)) == digest(pack)


@pytest.mark.clause("CR-M-1")
def test_a_pack_is_overdue_for_review_from_the_day_after_its_review_date(
    pack: Pack,
) -> None:
    assert warnings(pack, date(2024, 12, 31)) == ()
    assert warnings(pack, date(2025, 1, 1)) == (
        "review overdue since 2024-12-31 (owner: Integrated Services Manager, Quality Assurance); "
        "in force until it is replaced",
    )
    assert problems(pack) == ()


@pytest.mark.clause("CR-M-2")
def test_a_version_with_no_approval_of_its_own_may_not_go_live(edited: Edit) -> None:
    folder = edited("pack.yaml", "\nversion: 1\n", "\nversion: 2\n")

    (refusal,) = problems(load_pack(folder))

    assert refusal.startswith("not approved: version 2 has no approval of its own")
    edited(
        "pack.yaml",
        "approvals:\n",
        "approvals:\n  - {version: 2, title: Administrator, on: 2026-11-20}\n",
    )
    assert problems(load_pack(folder)) == ()


# A file, what stands there first, what a mistake makes of it, the text the problem points at, and what it says.
MISTAKES = {
    "a clause nobody registered": (
        "conflict.yaml",
        "meeting: {clause: CR-A-1,",
        "meeting: {clause: CR-A-9,",
        "CR-A-9,",
        "'CR-A-9' is no clause; write CR-A-5 or CR-A-1 or CR-A-0, or add it to clauses.yaml",
    ),
    "a receiver who is no role": (
        "conflict.yaml",
        "receiver: section-manager}",
        "receiver: sektion-manager}",
        "sektion-manager",
        "'sektion-manager' is no role; write section-manager",
    ),
    "a recipient who is no role": (
        "conflict.yaml",
        "recipients: [provider-network, quality-assurance]",
        "recipients: [provider-network, everybody]",
        "everybody",
        "'everybody' is no role; define it under roles",
    ),
    "a role that reports from nobody known": (
        "conflict.yaml",
        "reports_from: care-coordinator",
        "reports_from: coordinators",
        "coordinators\n",
        "'coordinators' is no role; write care-coordinator",
    ),
    "roles that report in a circle": (
        "conflict.yaml",
        "    accepts:\n      - {role: care-coordinator, program: wraparound}",
        "    reports_from: associate-director\n    accepts:\n      - {role: care-coordinator, program: wraparound}",
        "associate-director\n    accepts",
        "these report to each other in a circle: care-coordinator, associate-director, administrative-staff, "
        "coordinator-supervisor, care-coordinator; let the lowest report from nobody",
    ),
    "an initiator without a seat": (
        "conflict.yaml",
        "initiators: coordinator-supervisor}",
        "initiators: administrative-staff}",
        "administrative-staff}\n        team",
        "administrative-staff has no seat on rung A2; write coordinator-supervisor or human-service-worker-supervisor",
    ),
    "a Team by a reading that is not there": (
        "conflict.yaml",
        "team: {clause: CR-A-1, convener: care-coordinator, reading: Q-17}",
        "team: {clause: CR-A-1, convener: care-coordinator, reading: Q-99}",
        "Q-99}",
        "Q-99 is not among the readings; write one of: Q-01",
    ),
    "a seat on the wrong side": (
        "conflict.yaml",
        "seats: {coordination: care-coordinator,",
        "seats: {coordination: section-manager,",
        "section-manager,",
        "section-manager is not on the side coordination; name a role that is",
    ),
    "a rung where one side has no seat": (
        "conflict.yaml",
        "seats: {coordination: care-coordinator, counterpart: human-service-worker}",
        "seats: {coordination: care-coordinator}",
        "{coordination: care-coordinator}\n",
        "nobody speaks for the side counterpart here; name a role for each side",
    ),
    "a rung named twice": (
        "conflict.yaml",
        "- id: A3",
        "- id: A2",
        "A2\n        title: Administrative",
        "rung A2 stands here a second time; give it an id of its own",
    ),
    "a strength the clause does not have": (
        "conflict.yaml",
        "meeting: {clause: CR-A-1, strength: will}",
        "meeting: {clause: CR-A-1, strength: should}",
        "should}",
        "CR-A-1 says will in clauses.yaml, not should; write will",
    ),
    "a limit that is no length of time": (
        "conflict.yaml",
        "within: P5D",
        "within: 5 days",
        "5 days",
        "'5 days' is not a length of time",
    ),
    "a clause registered twice": (
        "clauses.yaml",
        "id: CR-M-2",
        "id: CR-M-1",
        "CR-M-1, section: Approval",
        "clause CR-M-1 stands here a second time; give it an id of its own",
    ),
    "a word in braces that nothing fills": (
        "notices.yaml",
        '"Conflict {case} has been opened"',
        '"Conflict {youth} has been opened"',
        '"Conflict {youth}',
        "{youth} cannot be filled in; write one of case, clause, due, grievance, ladder,",
    ),
    "a word in braces with a dot": (
        "notices.yaml",
        '"Conflict {case} has been opened"',
        '"Conflict {case.upper} has been opened"',
        '"Conflict {case.upper}',
        "{case.upper} cannot be filled in",
    ),
    "a brace without its partner": (
        "notices.yaml",
        '"Conflict {case} has been opened"',
        '"Conflict {case has been opened"',
        '"Conflict {case has',
        "a brace has no partner",
    ),
    "a notice nobody sends": (
        "notices.yaml",
        "  reminder:\n",
        "  reminders:\n",
        'subject: "Conflict {case}: a reminder"',
        "'reminders' is no notice; write reminder, or leave it out",
    ),
    "a notice without its text": (
        "notices.yaml",
        "  reminder:\n",
        "  reminders:\n",
        "opened:\n",
        "the text of reminder is missing; add it with a subject and a body",
    ),
    "an id that is not the folder's": (
        "pack.yaml",
        "id: milwaukee-wraparound",
        "id: milwaukee",
        "milwaukee\n",
        "'milwaukee' is not the name of this folder; write milwaukee-wraparound",
    ),
}


@pytest.mark.parametrize(
    ("file", "old", "new", "points_at", "says"), MISTAKES.values(), ids=MISTAKES
)
def test_a_mistake_is_refused_at_its_place_with_what_would_be_right(
    edited: Edit, file: str, old: str, new: str, points_at: str, says: str
) -> None:
    folder = edited(file, old, new)
    before = (folder / file).read_text().split(points_at)[0].split("\n")

    with pytest.raises(BadFile) as refused:
        load_pack(folder)

    place = f"{folder / file}:{len(before)}:{len(before[-1]) + 1}: "
    assert [
        each
        for each in str(refused.value).splitlines()
        if each.startswith(place) and says in each
    ]


def test_every_place_that_names_a_missing_role_is_reported(edited: Edit) -> None:
    folder = edited("conflict.yaml", "  provider-supervisor:\n", "  provider-boss:\n")
    used = (folder / "conflict.yaml").read_text().count("provider-supervisor")

    with pytest.raises(BadFile) as refused:
        load_pack(folder)

    # One of them is the role's own kind of seat, which the directory knows and the pack does not.
    assert len(refused.value.problems) == used - 1


def test_the_problems_of_all_packs_are_reported_together(edited: Edit) -> None:
    folder = edited("pack.yaml", "version: 1", "version: none")
    copytree(POLICIES / PACK, folder.parent / "another")

    with pytest.raises(BadFile) as refused:
        load_packs(folder.parent)

    assert [problem.path.parent.name for problem in refused.value.problems] == [
        "another",
        PACK,
    ]


def test_packs_are_found_by_the_name_of_their_folder(pack: Pack) -> None:
    assert load_packs(POLICIES)[PACK] == pack


def test_a_folder_without_its_pack_file_is_refused_rather_than_passed_over(
    edited: Edit,
) -> None:
    folder = edited("pack.yaml", "", "")
    (folder / "pack.yaml").rename(folder / "pack.yml")

    with pytest.raises(BadFile, match=r"pack\.yaml:1:1: cannot be read"):
        load_packs(folder.parent)


@pytest.mark.parametrize(
    ("name", "why"),
    [("nowhere", "is no folder"), ("", "holds no packs"), (PACK, "is itself a pack")],
)
def test_a_folder_that_is_not_one_of_packs_is_refused(
    tmp_path: Path, name: str, why: str
) -> None:
    if name == PACK:
        copytree(POLICIES / PACK, tmp_path / PACK)

    with pytest.raises(NoPacks, match=why):
        load_packs(tmp_path / name)
