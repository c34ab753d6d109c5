"""A caseload as an agency would hand it over: people who are in service, at every stage of it."""

import csv
import io
from datetime import date, timedelta
from itertools import cycle

from throughcare.usecases.caseload import COLUMNS

WORKERS = ("rsc-1", "rsc-2", "case-manager-cars")
TREES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Hazel")

STAGES = (
    (),
    ("screened_at",),
    ("screened_at", "consents_at"),
    ("screened_at", "consents_at", "reviewed_at"),
    ("screened_at", "consents_at", "reviewed_at", "assigned_at"),
    (
        "screened_at",
        "consents_at",
        "reviewed_at",
        "assigned_at",
        "contacted_at",
        "plan_filed_at",
    ),
)
"""What has happened so far; each of them a day after the one before."""


def person(number: int, *, stage: int = 0, **changed: str) -> dict[str, str]:
    """One row. No two numbers are alike."""
    referred_on = date(2026, 3, 2) + timedelta(days=number % 150)
    row = {
        "name": f"Client Demo-{TREES[number % len(TREES)]} {number}",
        "born_on": str(date(1950, 1, 1) + timedelta(days=7 * number)),
        "phone": f"414-555-{number:04d}",
        "email": f"client-{number}@client.example",
        "reference": f"A-{number:05d}",
        "program": "cars",
        "source": "walked in",
        "referred_at": str(referred_on),
    }
    for days, column in enumerate(STAGES[stage]):
        row[column] = str(referred_on + timedelta(days=days))
    if "screened_at" in row:
        row["emergency"] = "no"
    if "assigned_at" in row:
        row["worker_seat"] = WORKERS[number % len(WORKERS)]
    if "plan_filed_at" in row:
        row["plan_reference"] = f"plans/{number}"
    return row | changed


def people(count: int) -> list[dict[str, str]]:
    stages = cycle(range(len(STAGES)))
    return [person(number, stage=next(stages)) for number in range(count)]


def as_csv(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
