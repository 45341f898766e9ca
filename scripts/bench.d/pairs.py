"""From figures to ratios: what one broker did beside another in the same turn."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from session import Figure


@dataclass(frozen=True)
class Ratio:
    """Of pairs of figures; each pair was measured one after the other."""

    pairs: list[float]

    @property
    def lowest(self) -> float:
        return min(self.pairs)

    @property
    def median(self) -> float:
        return statistics.median(self.pairs)

    @property
    def highest(self) -> float:
        return max(self.pairs)


def ratio(figures: Iterable[Figure], row: str, medium: str, broker: str, beside: str) -> Ratio | None:
    """`broker`'s figure divided by `beside`'s, turn by turn; None when no turn has both."""
    by_turn: dict[int, dict[str, float]] = {}
    for figure in figures:
        if (figure.row, figure.medium) == (row, medium):
            by_turn.setdefault(figure.turn, {})[figure.broker] = figure.value
    pairs = [turn[broker] / turn[beside] for turn in by_turn.values() if turn.get(broker) and turn.get(beside)]
    return Ratio(pairs) if pairs else None


def of(figures: Iterable[Figure], row: str, medium: str, broker: str) -> list[Figure]:
    """In the order of their turns."""
    found = [each for each in figures if (each.row, each.medium, each.broker) == (row, medium, broker)]
    return sorted(found, key=lambda each: each.turn)


def values(figures: Iterable[Figure], row: str, medium: str, broker: str) -> list[float]:
    return [each.value for each in of(figures, row, medium, broker)]
