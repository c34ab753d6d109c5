"""Figures with their bars, as a table for people and as JSON for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class Bar:
    limit: float
    at_least: bool = False

    def is_held_by(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.limit:g}"


@dataclass
class Row:
    """One measure: a value for every pair or repetition, and beside it what it was worked out from."""

    name: str
    unit: str
    bar: Bar | None
    values: list[float] = field(default_factory=list)
    seen: dict[str, list[float]] = field(default_factory=dict)
    others: list[float] = field(default_factory=list)
    """The share of the machine that other programs used meanwhile, sample by sample."""

    def add(self, value: float, **seen: float) -> None:
        self.values.append(value)
        for name, each in seen.items():
            self.seen.setdefault(name, []).append(each)

    @property
    def is_held(self) -> bool | None:
        """By the median; None where nothing is asked of it."""
        return self.bar.is_held_by(median(self.values)) if self.bar else None


def spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    shown = [
        f"{each:.{_digits(each)}f}"
        for each in (min(values), median(values), max(values))
    ]
    return " / ".join(shown) if len(values) > 1 else shown[0]


def _digits(value: float) -> int:
    return 0 if value >= 1000 else 1 if value >= 20 else 2


def table(rows: Sequence[Row]) -> Iterator[str]:
    """A line for each measure, and beneath it what it was worked out from."""
    layout = "{:<56} {:>13}  {:>22} {:<6} {:>2}  {:<4} {:>6}"
    headings = ("Measure", "Bar", "min / median / max", "", "n", "Held", "Others")
    yield layout.format(*headings)
    verdicts = {True: "yes", False: "NO", None: ""}
    for row in rows:
        others = f"{max(row.others):.0%}" if row.others else ""
        facts = (spread(row.values), row.unit, len(row.values))
        verdict = verdicts[row.is_held]
        yield layout.format(row.name, str(row.bar or ""), *facts, verdict, others)
        for name, each in row.seen.items():
            yield f"    {name:<28} {spread(each)}"


def as_json(row: Row) -> dict[str, object]:
    return {
        "measure": row.name,
        "unit": row.unit,
        "bar": str(row.bar) if row.bar else None,
        "held": row.is_held,
        "min": min(row.values),
        "median": median(row.values),
        "max": max(row.values),
        "values": row.values,
        "seen": row.seen,
        "others": row.others,
    }
