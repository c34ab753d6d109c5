"""YAML files that people sign: read into a model, or refused with every mistake at its line and column."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from throughcare.case.findings import Location
from throughcare.case.patterns import in_words
from throughcare.errors import ThroughcareError

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class FileProblem:
    """What is wrong in a file, and what would be right. `line` and `col` count from 1."""

    path: Path
    line: int
    col: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.col}: {self.text}"


class BadFile(ThroughcareError):
    """One or more files hold mistakes; its text is one problem per line."""

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def load(path: Path, model: type[M]) -> M:
    """The model the file holds. Raises BadFile with all its problems.

    A field nobody knows is refused even where the model ignores such fields: what
    is tolerated from an older history would hide a typing mistake here.
    """
    text = _text(path)
    try:
        return model.model_validate(_yaml().load(text), extra="forbid")
    except YAMLError as error:
        raise BadFile([_syntax_problem(path, error)]) from None
    except ValidationError as error:
        root = _yaml().compose(text)
        raise BadFile(_problems(path, model, root, error)) from None


def problem_at(path: Path, location: Location, text: str) -> FileProblem:
    """A problem of a loaded file that only a look at other files shows, at the value it concerns."""
    return _problem(path, _yaml().compose(_text(path)), location, text)


def _yaml() -> YAML:
    # Pure, because the C parser reads YAML 1.1, where `no` is false and 08:00 a number.
    return YAML(typ="safe", pure=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        text = "this is not UTF-8 text; save the file as UTF-8"
        raise BadFile([FileProblem(path, line, 1, text)]) from None
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        raise BadFile([FileProblem(path, 1, 1, text)]) from None


def _syntax_problem(path: Path, error: YAMLError) -> FileProblem:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return FileProblem(path, 1, 1, f"this is not YAML: {error}")
    mark = error.problem_mark
    said = ", ".join(part for part in (error.problem, error.context) if part)
    return FileProblem(
        path, mark.line + 1, mark.column + 1, f"this is not YAML: {said}"
    )


def _problems(
    path: Path, model: type[BaseModel], root: Node | None, error: ValidationError
) -> Iterator[FileProblem]:
    details = error.errors(include_url=False)
    for detail in details:
        if _is_echo(detail, details):
            continue
        is_unknown = detail["type"] == "extra_forbidden"
        said = _said(model, detail)
        yield _problem(path, root, detail["loc"], said, at_name=is_unknown)


def _is_echo(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Pydantic counts only the good items of a list, so a bad one may make it too short as well."""
    outer = detail["loc"]
    return detail["type"] == "too_short" and any(
        other["loc"][: len(outer)] == outer and other["loc"] != outer
        for other in details
    )


def _problem(
    path: Path,
    root: Node | None,
    location: Location,
    text: str,
    *,
    at_name: bool = False,
) -> FileProblem:
    if root is None:
        return FileProblem(path, 1, 1, text)
    name, value = _nodes_at(root, location)
    mark = (name if at_name else value).start_mark
    return FileProblem(path, mark.line + 1, mark.column + 1, text)


def _nodes_at(node: Node, location: Location) -> tuple[Node, Node]:
    """The name and the value there, or of the nearest thing that is: a missing field is reported where its mapping starts."""
    name = node
    for part in location:
        if isinstance(node, MappingNode):
            pairs = [pair for pair in node.value if pair[0].value == str(part)]
            name, node = pairs[0] if pairs else (name, node)
        elif isinstance(node, SequenceNode) and isinstance(part, int):
            name = node = node.value[part]
    return name, node


def _said(model: type[BaseModel], detail: ErrorDetails) -> str:
    location = detail["loc"]
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_field(model, location)
        case "missing":
            return f"{_dotted(location)} is missing"
        case "model_type" | "model_attributes_type" | "dict_type":
            fields = ", ".join(_fields(_models_at(model, location)))
            return f"{_dotted(location)} should be a mapping" + (
                f" with the fields {fields}" if fields else ""
            )
    said = in_words(detail).removeprefix("Input ")
    return f"{_dotted(location)}: {said}{_given(detail)}"


def _given(detail: ErrorDetails) -> str:
    """What stands there now, unless the message says so itself or it is longer than a word."""
    given = detail["input"]
    is_said = detail["type"] in ("value_error", "assertion_error")
    is_scalar = isinstance(given, str | int | float | bool | None)
    return f", not {given!r}" if is_scalar and not is_said else ""


def _unknown_field(model: type[BaseModel], location: Location) -> str:
    name, allowed = str(location[-1]), _fields(_models_at(model, location[:-1]))
    near = get_close_matches(name, allowed, n=2)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{_dotted(location)} is not a known field{hint} (allowed: {', '.join(allowed)})"


def _dotted(location: Location) -> str:
    return ".".join(map(str, location)) or "the file"


def _fields(models: list[type[BaseModel]]) -> list[str]:
    names = [
        field.alias or name
        for model in models
        for name, field in model.model_fields.items()
    ]
    return list(dict.fromkeys(names))


def _models_at(model: type[BaseModel], location: Location) -> list[type[BaseModel]]:
    """The models a mapping at `location` may be; more than one inside a union."""
    models = [model]
    for part in location:
        found = [
            found
            for each in models
            for name, field in each.model_fields.items()
            if part in (name, field.alias)
            for found in _models_in(field.annotation)
        ]
        models = found or [m for m in models if _is_tagged(m, part)] or models
    return models


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not issubclass(annotation, RootModel):
            return [annotation]
        return _models_in(annotation.model_fields["root"].annotation)
    return [found for part in get_args(annotation) for found in _models_in(part)]


def _is_tagged(model: type[BaseModel], tag: int | str) -> bool:
    """Whether pydantic names this member of a union `tag`: by its class or by a literal field."""
    literals = [
        value.value if isinstance(value, Enum) else value
        for field in model.model_fields.values()
        if get_origin(field.annotation) is Literal
        for value in get_args(field.annotation)
    ]
    return tag == model.__name__ or tag in literals
