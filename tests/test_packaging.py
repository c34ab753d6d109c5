"""What is shipped is what is here: the wheel, the locks, the image and the compose file."""

import re
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from cli.parts import PATIENCE_SECONDS
from throughcare.config import PREFIX, Environment, Settings, read_settings
from throughcare.temporal.ending import API_GRACE, STICKY_TIMEOUT, WORKER_GRACE
from throughcare.temporal.starting import TASK_TIMEOUT

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
INCLUDED = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = YAML(typ="safe").load(COMPOSE_TEXT)
OURS = ("database", "worker", "api")


def files_under(entry: str) -> set[str]:
    top = ROOT / entry
    found = (
        [top] if top.is_file() else [path for path in top.rglob("*") if path.is_file()]
    )
    return {
        str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts
    }


def pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text().splitlines()
    pinned = [line.removesuffix(" \\") for line in lines if re.match(r"\w", line)]
    return {Requirement(line).name: line for line in pinned}


def variables(text: str) -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{(\w+)", text))


def required(text: str) -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{(\w+):\?", text))


def filled_in(value: str, given: dict[str, str]) -> str:
    """The value as compose passes it on, where the operator gave these variables."""
    return re.sub(
        r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}",
        lambda match: given.get(match[1]) or match[2] or "",
        value,
    )


def test_the_wheel_holds_every_file_of_the_tree_and_nothing_else(tmp_path):
    wheel = next(
        WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    )

    shipped = {
        name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name
    }

    assert shipped == set().union(*(files_under(entry) for entry in INCLUDED))


@pytest.mark.parametrize("entry", INCLUDED)
def test_what_the_wheel_is_told_to_hold_exists(entry):
    assert files_under(entry)


def test_every_package_of_the_tree_is_shipped():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    # What measures the product is run from the tree it measures.
    assert packages - {"bench"} <= set(INCLUDED)


def test_the_development_lock_is_the_runtime_lock_and_more():
    assert pins("requirements.lock").items() < pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_packages_and_hashes_but_no_place(lock):
    text = (ROOT / lock).read_text()

    assert not re.search(r"://|(?:^|\s)-{1,2}(?:index|extra|find|trusted)|\s/\w", text)
    assert "--hash=sha256:" in text


def test_the_image_is_built_from_all_that_the_wheel_holds():
    let_through = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.M)

    assert {*INCLUDED, "pyproject.toml", "requirements.lock"} == set(let_through)


@pytest.mark.parametrize("service", ["worker", "api"])
def test_a_process_of_compose_is_a_module_that_is_shipped(service):
    python, flag, module = COMPOSE["services"][service]["command"]

    assert (python, flag) == ("python", "-m")
    assert {module, f"{module}.py"} & set(INCLUDED)


@pytest.mark.parametrize("service", OURS)
def test_what_compose_sets_is_a_setting(service):
    names = {
        name
        for name in COMPOSE["services"][service]["environment"]
        if name.startswith(PREFIX)
    }

    assert names <= {PREFIX + field.upper() for field in Settings.model_fields}


def test_compose_with_only_what_it_requires_is_fit_for_production(monkeypatch):
    given = dict.fromkeys(required(COMPOSE_TEXT), "given")
    given |= {
        "THROUGHCARE_PUBLIC_URL": "https://care.example",
        "THROUGHCARE_MAIL_FROM": "throughcare@care.example",
    }
    for name, value in COMPOSE["services"]["api"]["environment"].items():
        monkeypatch.setenv(name, filled_in(value, given))

    settings = read_settings()

    assert settings.environment is Environment.production
    # Else nothing outside its container reaches it.
    assert settings.api_host == "0.0.0.0"
    assert (
        settings.database
        == "postgresql+psycopg://throughcare:given@postgresql:5432/throughcare"
    )


def test_the_example_environment_is_what_compose_asks_for():
    example = (ROOT / ".env.example").read_text()

    assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == variables(COMPOSE_TEXT)


def test_the_example_environment_gives_nothing_that_compose_requires():
    example = (ROOT / ".env.example").read_text()

    assert required(COMPOSE_TEXT) <= set(re.findall(r"^(\w+)=$", example, re.MULTILINE))


def test_every_image_is_pinned():
    images = [service["image"] for service in COMPOSE["services"].values()]
    dockerfile = (ROOT / "Dockerfile").read_text()

    for image in images + re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE):
        assert re.search(r":\d+\.\d+\.?\d*", image), f"{image} names no version"


def test_every_port_is_open_on_this_host_only():
    ports = [
        port
        for service in COMPOSE["services"].values()
        for port in service.get("ports", [])
    ]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("STICKY_TIMEOUT", STICKY_TIMEOUT),
        ("TASK_TIMEOUT", TASK_TIMEOUT),
        ("WORKER_GRACE", WORKER_GRACE),
        ("API_GRACE", API_GRACE),
    ],
)
def test_how_long_is_waited_is_told_as_it_is(name, length):
    running = (ROOT / "docs" / "running.md").read_text()

    assert f"| {length.total_seconds():g} s | `{name}` |" in running


@pytest.mark.parametrize(
    ("service", "takes"), [("worker", 2 * WORKER_GRACE), ("api", API_GRACE)]
)
def test_neither_compose_nor_dev_kills_what_is_still_finishing(service, takes):
    given = COMPOSE["services"][service]["stop_grace_period"]

    assert float(given.removesuffix("s")) > takes.total_seconds()
    assert takes.total_seconds() < PATIENCE_SECONDS
