"""Policy packs: folders of files that people sign, read and found sound, or refused."""

import json
import re
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

from throughcare.case.base import Written
from throughcare.case.parts import Strength
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.registry import policy_files
from throughcare.packs.checks import findings
from throughcare.packs.pack import (
    Clause,
    NoticeText,
    Pack,
    PackHeader,
)
from throughcare.packs.yamlfile import (
    BadFile,
    FileProblem,
    load,
    problem_at,
)

CARRIED_BY_CODE = frozenset({"CP-E-6b", "CS-V-3"})
"""Clauses that ask for something and that no file of a pack names: the product does it under every pack."""


class NoPacks(ThroughcareError):
    """The folder of policies is missing, or holds no packs."""

    status = 500

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"{folder} {why}. Name the folder that holds the policy packs, each a folder with a pack.yaml."
        )


class _Clauses(Written):
    """clauses.yaml"""

    clauses: tuple[Clause, ...]


class _Notices(Written):
    """notices.yaml"""

    notices: dict[str, NoticeText]


def load_packs(folder: Path) -> dict[str, Pack]:
    """Every pack in the folder by its id, which is its own folder's name. Raises NoPacks, or BadFile with every problem."""
    if not folder.is_dir():
        raise NoPacks(folder, "is no folder")
    if (folder / "pack.yaml").exists():
        raise NoPacks(
            folder,
            f"is itself a pack; the folder it lies in is {folder.resolve().parent}",
        )
    packs: dict[str, Pack] = {}
    found: list[FileProblem] = []
    for each in sorted(folder.iterdir()):
        if each.is_dir() and not each.name.startswith("."):
            try:
                packs[each.name] = load_pack(each)
            except BadFile as bad:
                found += bad.problems
    if found:
        raise BadFile(found)
    if not packs:
        raise NoPacks(folder, "holds no packs")
    return packs


def load_pack(folder: Path) -> Pack:
    """One pack. Raises NoPacks where there is no such folder, and BadFile with every problem found."""
    if not folder.is_dir():
        raise NoPacks(folder, "is no folder")
    pack = Pack(
        header=load(folder / "pack.yaml", PackHeader),
        clauses=load(folder / "clauses.yaml", _Clauses).clauses,
        policies={
            each.name: load(folder / each.file, each.model)
            for each in policy_files().values()
            if (folder / each.file).exists()
        },
        notices=_texts(folder / "notices.yaml"),
        notices_in={
            file.name.split(".")[1]: _texts(file)
            for file in sorted(folder.glob("notices.*.yaml"))
        },
    )
    found = list(_name_problems(folder, pack))
    found += [problem_at(folder / file, at, text) for file, at, text in findings(pack)]
    if found:
        raise BadFile(found)
    return pack


def _texts(file: Path) -> dict[str, NoticeText]:
    return load(file, _Notices).notices if file.exists() else {}


def problems(pack: Pack) -> tuple[str, ...]:
    """Why this version may not go live, though its files are sound (CR-M-2)."""
    if pack.is_approved:
        return ()
    version = pack.header.version
    return (
        f"not approved: version {version} has no approval of its own; add "
        f"{{version: {version}, title: who approved it, on: the date}} to approvals, or record the agency's own adoption of it",
    )


def needs_adoption(pack: Pack) -> bool:
    """Whether nobody approved any version of it, so that only the agency's own record puts it into force (CS-M-1)."""
    return not pack.header.approvals


def warnings(pack: Pack, today: date) -> tuple[str, ...]:
    """What an agency should know of a pack that is in force all the same (CR-M-1)."""
    review_on, owner = pack.header.source.review_on, pack.header.source.owner
    found = []
    if review_on and today > review_on:
        found.append(
            f"review overdue since {review_on} (owner: {owner}); in force until it is replaced"
        )
    said = "\n".join(each.model_dump_json() for each in pack.policies.values())
    found += [
        f"clause {each.id} is carried by nothing in the pack any more; name it where it belongs, or take it out of clauses.yaml"
        for each in pack.clauses
        if each.strength is not Strength.states
        and each.id not in CARRIED_BY_CODE
        and not re.search(rf"(?<![\w-]){re.escape(each.id)}(?![\w-])", said)
    ]
    return tuple(found)


def digest(pack: Pack) -> str:
    """Twelve hex digits that differ as soon as anything in the pack does."""
    said = pack.model_dump(mode="json")
    # Stored cases name a pack by its digest, so what it is made of stays as it was in the first version: with a place for the
    # policy of conflicts, and with others only where the pack has them.
    said |= {"conflict": None} | said.pop("policies")
    if not said["notices_in"]:
        del said["notices_in"]
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:12]


def _name_problems(folder: Path, pack: Pack) -> Iterator[FileProblem]:
    name = folder.resolve().name
    if pack.header.id != name:
        text = f"{pack.header.id!r} is not the name of this folder; write {name}"
        yield problem_at(folder / "pack.yaml", ("id",), text)
