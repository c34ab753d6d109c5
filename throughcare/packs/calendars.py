"""Reads the calendars an agency keeps as files."""

import zoneinfo
from pathlib import Path

from throughcare.packs.yamlfile import (
    BadFile,
    FileProblem,
    load,
    problem_at,
)
from throughcare.time.calendar import Calendar


def load_calendars(folder: Path) -> dict[str, Calendar]:
    """Every `*.yaml` in the folder, by id. Raises BadFile with the problems of all of them."""
    pin_zone_data()
    calendars: dict[str, Calendar] = {}
    problems: list[FileProblem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            calendar = _load(path)
            calendars[calendar.id] = calendar
        except BadFile as bad:
            problems += bad.problems
    if not calendars and not problems:
        problems = [FileProblem(folder, 1, 1, "no calendar (*.yaml) in this folder")]
    if problems:
        raise BadFile(problems)
    return calendars


def pin_zone_data() -> None:
    """Zones come from the locked tzdata package.

    Left alone, zoneinfo prefers the operating system's files, and two workers
    with different ones would find different due dates.
    """
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


def _load(path: Path) -> Calendar:
    calendar = load(path, Calendar)
    if calendar.id != path.stem:
        text = f"id: should be the name of the file, {path.stem}, not {calendar.id!r}"
        raise BadFile([problem_at(path, ("id",), text)])
    return calendar
