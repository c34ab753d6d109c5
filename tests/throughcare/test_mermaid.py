"""Ladders and intakes drawn as Mermaid text."""

import re
from pathlib import Path

import pytest

from throughcare.lifecycles.client.policy import IntakePolicy, Moment
from throughcare.lifecycles.conflict.drawing import ladder_diagram
from throughcare.lifecycles.conflict.policy import ConflictPolicy, Ladder
from throughcare.lifecycles.intake.drawing import MOMENTS, intake_diagram
from throughcare.packs.reading import load_packs

PACKS = load_packs(Path(__file__).parents[2] / "policies")
LADDERS = [
    pytest.param(pack.conflict, ladder, id=ladder.id)
    for pack in PACKS.values()
    if pack.conflict
    for ladder in pack.conflict.ladders
]
INTAKES = [
    pytest.param(pack.intake, id=name) for name, pack in PACKS.items() if pack.intake
]

MILWAUKEE = PACKS["milwaukee-wraparound"].conflict_policy


def drawn(ladder_id: str) -> dict[str, str]:
    """Each rung's node by the rung's id."""
    lines = ladder_diagram(MILWAUKEE, MILWAUKEE.ladder(ladder_id)).splitlines()
    return {
        line.split('"')[1].split()[0]: line
        for line in lines
        if re.match(r"  rung\d+\[", line)
    }


@pytest.mark.parametrize(("policy", "ladder"), LADDERS)
def test_every_rung_of_a_ladder_is_drawn_with_both_sides_and_leads_on(
    policy: ConflictPolicy, ladder: Ladder
) -> None:
    text = ladder_diagram(policy, ladder)

    assert text.startswith("flowchart TD\n")
    for number, rung in enumerate(ladder.rungs, start=1):
        (node,) = [
            line for line in text.splitlines() if line.startswith(f"  rung{number}[")
        ]
        assert f'"{rung.id} · ' in node
        for roles in rung.seats.values():
            assert all(policy.roles[role].title in node for role in roles)
    arrows = re.findall(r"  rung(\d+) -->\|[^|]*\| (?:rung(\d+)|top)\n", text)
    assert [here for here, _ in arrows] == [
        str(n) for n in range(1, len(ladder.rungs) + 1)
    ]
    assert [there for _, there in arrows] == [
        str(n) for n in range(2, len(ladder.rungs) + 1)
    ] + [""]


def test_a_rung_says_who_tells_whom_and_who_makes_the_first_contact() -> None:
    rung = drawn("A")["A2"]

    assert (
        "Care Coordinator tells and gives all information to Care Coordinator's Supervisor (CR-A-2a)"
        in rung
    )
    assert (
        "Human Service Worker tells and gives all information to Human Service Worker's Supervisor (CR-A-2b)"
        in rung
    )
    assert "first contact: Care Coordinator's Supervisor (CR-A-2d, will)" in rung


def test_telling_and_informing_under_two_clauses_are_drawn_apart() -> None:
    rung = drawn("B")["B2"]

    assert "Care Coordinator tells Care Coordinator's Supervisor (CR-B-2a)" in rung
    assert (
        "Care Coordinator gives all information to Care Coordinator's Supervisor (CR-B-2c)"
        in rung
    )


def test_a_limit_is_drawn_as_the_agencys() -> None:
    assert all(
        "(agency limit)" in node
        for node in [*drawn("A").values(), *drawn("B").values(), *drawn("C").values()]
    )
    assert "limit: 5 business days (agency limit)" in drawn("A")["A1"]


def test_a_rung_of_notices_only_leads_nowhere_but_up() -> None:
    text = ladder_diagram(MILWAUKEE, MILWAUKEE.ladder("A"))

    assert "first contact" not in drawn("A")["A4"]
    assert [line for line in text.splitlines() if line.startswith("  rung4 ")] == [
        '  rung4 -->|"everything handed over, or the limit has passed"| rung5'
    ]


def test_a_rung_without_a_limit_moves_on_by_what_people_say_alone() -> None:
    ladder = MILWAUKEE.ladder("A")
    endless = ladder.model_copy(
        update={
            "rungs": tuple(r.model_copy(update={"limit": None}) for r in ladder.rungs)
        }
    )

    text = ladder_diagram(MILWAUKEE, endless)

    assert "limit: none" in text
    assert "the limit has passed" not in text


def test_what_means_something_to_mermaid_is_escaped() -> None:
    ladder = MILWAUKEE.ladder("C")
    hostile = ladder.rungs[0].model_copy(
        update={"title": 'Say "end" & <b>`stop`</b> #1; ]'}
    )

    text = ladder_diagram(
        MILWAUKEE, ladder.model_copy(update={"rungs": (hostile, *ladder.rungs[1:])})
    )

    assert (
        "Say #quot;end#quot; #amp; #lt;b#gt;#96;stop#96;#lt;/b#gt; #35;1; ]<br/>"
        in text
    )
    assert all(line.count('"') in (0, 2) for line in text.splitlines())


def intake(name: str) -> str:
    policy = PACKS[name].intake
    assert policy
    return intake_diagram(policy)


def nodes(text: str) -> dict[str, str]:
    """The name of each node by what is written in it."""
    found = re.findall(r'^  (\w+)[(\[]+"([^"]*)"', text, re.MULTILINE)
    return {label: name for name, label in found}


@pytest.mark.parametrize("policy", INTAKES)
def test_every_duty_of_an_intake_is_drawn_and_every_arrow_has_two_ends(
    policy: IntakePolicy,
) -> None:
    text = intake_diagram(policy)

    known = nodes(text)
    assert text.startswith("flowchart LR\n")
    for duty in policy.duties:
        title = policy.roles[duty.holder].title
        assert any(
            label.startswith(f"{duty.text} ({duty.clause})<br/>{title}")
            for label in known
        )
    arrows = re.findall(r"^  (\w+) -\.?->(?:\|[^|]*\|)? (\w+)$", text, re.MULTILINE)
    assert {name for arrow in arrows for name in arrow} <= {*known.values()}
    assert len(known) + len(arrows) == len(text.splitlines()) - 1


def test_a_duty_is_drawn_after_what_opens_it_and_what_comes_before() -> None:
    text = intake("milwaukee-cars")

    duties = {label.split(" (")[0]: name for label, name in nodes(text).items()}
    referral = duties["Refer the client to a provider"]
    searched = duties["Look for providers with the client"]
    assert f"  need_confirmed --> {referral}\n" in text
    assert f"  {searched} -.->|before| {referral}\n" in text
    assert f"  {duties['File the first plan']} --> enrolled\n" in text


def test_a_limit_of_an_intake_is_drawn_as_whose_it_is() -> None:
    cars = intake("milwaukee-cars")
    region = intake("southeast-michigan-cmh")

    assert "limit: 7 days, the first one counted (source limit)" in cars
    assert "(agency limit)" in region
    assert "(source limit)" not in region


def test_there_are_words_for_whatever_may_open_a_duty() -> None:
    assert MOMENTS.keys() == {*Moment}


def test_what_one_branch_alone_asks_is_drawn_so() -> None:
    text = intake("milwaukee-cars")

    assert len(re.findall(r'assigned -->\|"ordinary only"\|', text)) == 2
