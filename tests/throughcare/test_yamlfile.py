"""A file people sign is read, or refused with each mistake at its place."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator

from throughcare.errors import ThroughcareError
from throughcare.packs.yamlfile import (
    BadFile,
    load,
    problem_at,
)


class Colour(StrEnum):
    red = "red"
    blue = "blue"


class Wheel(BaseModel):
    """Ignores what it does not know, as models stored in histories do."""

    model_config = ConfigDict(extra="ignore")

    spokes: int = Field(ge=3)
    made_on: date | None = None


class Horse(BaseModel):
    kind: Literal["horse"]
    hands: int


class Motor(BaseModel):
    kind: Literal["motor"]
    watts: int


class Tags(RootModel[dict[str, Wheel]]):
    pass


class Cart(BaseModel):
    name: str
    colour: Colour = Colour.red
    wheels: tuple[Wheel, ...] = ()
    pulled_by: Annotated[Horse | Motor, Field(discriminator="kind")] | None = None
    spare: dict[str, Wheel] = {}
    tagged: Tags = Tags({})

    @field_validator("name")
    @classmethod
    def _is_capital(cls, name: str) -> str:
        if not name.istitle():
            raise ValueError(f"{name!r} should begin with a capital")
        return name


@pytest.fixture
def cart(tmp_path: Path) -> Path:
    return tmp_path / "cart.yaml"


def refusal(path: Path, text: str) -> str:
    """Every problem, without the folder."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile) as refused:
        load(path, Cart)
    return str(refused.value).replace(f"{path.parent}/", "")


def test_a_good_file_becomes_the_model(cart):
    cart.write_text(
        "name: No\ncolour: blue\nwheels:\n  - {spokes: 3, made_on: 2026-11-26}\n"
    )

    assert load(cart, Cart) == Cart(
        name="No",
        colour=Colour.blue,
        wheels=(Wheel(spokes=3, made_on=date(2026, 11, 26)),),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "name: Ox\nwheels:\n  - spokes: 2\n",
            "cart.yaml:3:13: wheels.0.spokes: should be greater than or equal to 3, not 2",
            id="value",
        ),
        pytest.param(
            "name: ox\n",
            "cart.yaml:1:7: name: 'ox' should begin with a capital",
            id="own-rule",
        ),
        pytest.param(
            "name: Ox\ncolour: bleu\n",
            "cart.yaml:2:9: colour: should be 'red' or 'blue', not 'bleu'",
            id="closed-set",
        ),
        pytest.param(
            "colour: red\n", "cart.yaml:1:1: name is missing", id="missing-at-the-top"
        ),
        pytest.param(
            "name: Ox\nwheels:\n  - spokes: 3\n  - made_on: 2026-01-01\n",
            "cart.yaml:4:5: wheels.1.spokes is missing",
            id="missing-inside",
        ),
        pytest.param(
            "name: Ox\ncolor: red\n",
            "cart.yaml:2:1: color is not a known field; did you mean colour? "
            "(allowed: name, colour, wheels, pulled_by, spare, tagged)",
            id="unknown",
        ),
        pytest.param(
            "name: Ox\nwheels:\n  - {spokes: 3, spoke: 4}\n",
            "cart.yaml:3:17: wheels.0.spoke is not a known field; did you mean spokes? "
            "(allowed: spokes, made_on)",
            id="unknown-where-the-model-ignores-it",
        ),
        pytest.param(
            "name: Ox\npulled_by: {kind: motor, watts: 5, hand: 6}\n",
            "cart.yaml:2:36: pulled_by.motor.hand is not a known field (allowed: kind, watts)",
            id="unknown-in-a-union",
        ),
        pytest.param(
            "name: Ox\nspare:\n  left: {spokes: 3, spoke: 4}\n",
            "cart.yaml:3:21: spare.left.spoke is not a known field; did you mean spokes? "
            "(allowed: spokes, made_on)",
            id="unknown-in-a-named-one",
        ),
        pytest.param(
            "name: Ox\ntagged:\n  left: {spokes: 3, spoke: 4}\n",
            "cart.yaml:3:21: tagged.left.spoke is not a known field; did you mean spokes? "
            "(allowed: spokes, made_on)",
            id="unknown-in-a-root-model",
        ),
        pytest.param(
            "name: Ox\nwheels: [round]\n",
            "cart.yaml:2:10: wheels.0 should be a mapping with the fields spokes, made_on",
            id="not-a-mapping",
        ),
        pytest.param(
            "",
            "cart.yaml:1:1: the file should be a mapping with the fields "
            "name, colour, wheels, pulled_by, spare, tagged",
            id="empty",
        ),
        pytest.param(
            "name: Ox\nname: Cow\n",
            "cart.yaml:2:1: this is not YAML: found duplicate key \"name\" with value \"Cow\" "
            "(original value: \"Ox\"), while constructing a mapping",
            id="duplicate-key",
        ),
        pytest.param(
            "name: [Ox\ncolour: red\n",
            "cart.yaml:2:7: this is not YAML: expected ',' or ']', but got ':', "
            "while parsing a flow sequence",
            id="syntax",
        ),
        pytest.param(
            "name: !!python/object:os.path Ox\n",
            "cart.yaml:1:7: this is not YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object:os.path'",
            id="foreign-tag",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_line_and_column(cart, text, expected):
    assert refusal(cart, text) == expected


def test_every_mistake_is_reported_one_a_line(cart):
    said = refusal(cart, "name: ox\ncolour: bleu\nwheel: []\n").splitlines()

    assert [line.split(": ")[0] for line in said] == [
        "cart.yaml:1:7",
        "cart.yaml:2:9",
        "cart.yaml:3:1",
    ]


def test_a_missing_file_is_refused(cart):
    with pytest.raises(BadFile, match=r"cart\.yaml:1:1: cannot be read: No such file"):
        load(cart, Cart)


def test_text_in_another_encoding_is_refused_at_its_line(cart):
    cart.write_bytes(b"name: Ox\ncolour: r\xe9d\n")

    with pytest.raises(BadFile, match=r"cart\.yaml:2:1: this is not UTF-8 text"):
        load(cart, Cart)


def test_no_and_times_of_day_stay_text(cart):
    cart.write_text("name: 08:00\ncolour: no\n")

    with pytest.raises(BadFile) as refused:
        load(cart, Cart)

    assert [problem.text for problem in refused.value.problems] == [
        "name: '08:00' should begin with a capital",
        "colour: should be 'red' or 'blue', not 'no'",
    ]


def test_a_problem_found_later_is_placed_at_the_value_it_concerns(cart):
    cart.write_text("name: Ox\nwheels:\n  - spokes: 3\n")

    problem = problem_at(cart, ("wheels", 0, "spokes"), "four are too few")

    assert str(problem) == f"{cart}:3:13: four are too few"


def test_a_bad_file_is_a_refusal_like_any_other(cart):
    with pytest.raises(ThroughcareError) as refused:
        load(cart, Cart)

    assert refused.value.status == 400
