"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """`quick` shows that everything runs; its figures are of one short sample each. `full` adds what takes long."""

    quick: bool = False
    full: bool = False

    @property
    def pairs(self) -> int:
        return 1 if self.quick else 5

    @property
    def seconds(self) -> float:
        """For which twenty callers work, sample by sample."""
        return 3.0 if self.quick else 8.0

    @property
    def times(self) -> int:
        """How often one thing is timed in a sample, for its median."""
        return 6 if self.quick else 30

    def turns(self, pair: int, *sides: str) -> tuple[str, ...]:
        """Every other pair the other way round, so that a machine which slows down favours nobody."""
        return sides[::-1] if pair % 2 else sides
