"""docs/benchmarks.md and docs/benchmarks/: what was measured last of each row, as JSON, tables and plots."""

import json
import statistics
from datetime import date
from pathlib import Path
from typing import Any

import growth
import pairs
import report
import svg
from peers import BROKERS
from rows import ROWS, Row
from session import Figure
from turns import Measured

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE, PLACE = DOCS / "benchmarks.md", DOCS / "benchmarks"
MEDIA = {"memory": "logs in memory", "disk": "logs on disk"}
BOUNDS = ("loopback", "page cache", "canned answers")


def record(measured: Measured, which: str) -> None:
    """The rows that were measured now take the place of what was known of them; tables and plots are written anew."""
    PLACE.mkdir(exist_ok=True)
    file = PLACE / "results.json"
    known: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"table": {}, "growth": {}}
    machine = report.machine()
    known["machine"] = machine
    for figure in measured.figures:
        at = known[which].setdefault(figure.row, {}).setdefault(figure.medium, {})
        at.setdefault("figures", {})[figure.broker] = {}
        at["measured"] = f"{date.today()}, {machine['commit']}"
    for figure in measured.figures:
        known[which][figure.row][figure.medium]["figures"][figure.broker][str(figure.turn)] = [
            round(figure.value, 4),
            round(figure.others, 2),
        ]
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    write(known)


def write(known: dict[str, Any]) -> None:
    figures = [each for row, media in known["table"].items() for each in _figures(row, media)]
    for medium, title in MEDIA.items():
        _replace(f"table, {title}", _table(figures, medium))
        (PLACE / f"{medium}.svg").write_text(
            svg.bars(f"pykbroker beside Kafka and kfake, {title}", _bars(figures, medium))
        )
    grown = [each for row, media in known["growth"].items() for each in _figures(row, media)]
    _replace("growth", _growth(grown))
    (PLACE / "growth.svg").write_text(svg.lines("Cost of a unit of work, as a multiple of that at x1", _lines(grown)))
    _replace("machine", "\n".join(f"- {name}: {value}" for name, value in known["machine"].items()))


def _figures(row: str, media: dict[str, Any]) -> list[Figure]:
    return [
        Figure(row, broker, medium, int(turn), *value)
        for medium, at in media.items()
        for broker, turns in at["figures"].items()
        for turn, value in turns.items()
    ]


def _replace(what: str, text: str) -> None:
    """What stands between the two comments about `what` in the page is `text`."""
    page = PAGE.read_text()
    first, last = f"<!-- {what}: written by scripts/bench -->\n", f"<!-- end of {what} -->"
    before, found, rest = page.partition(first)
    if not found:
        raise SystemExit(f"{PAGE} has no line {first}")
    PAGE.write_text(before + first + "\n" + text + "\n\n" + last + rest.partition(last)[2])


def _table(figures: list[Figure], medium: str) -> str:
    lines = [
        "| row | unit | pykbroker | Kafka | kfake | bound | ours / Kafka's | goal | ours / kfake's | goal |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in ROWS.values():
        cells = [_median(figures, row, medium, broker) for broker in BROKERS]
        if any(cells):
            bounds = [(name, _median(figures, row, medium, name)) for name in BOUNDS]
            bound = ", ".join(f"{value} ({name})" for name, value in bounds if value)
            beside = [cell for other in ("kafka", "kfake") for cell in _beside(figures, row, medium, other)]
            lines.append("| " + " | ".join([row.what, row.unit, *cells, bound, *beside]) + " |")
    return "\n".join(lines)


def _median(figures: list[Figure], row: Row, medium: str, broker: str) -> str:
    found = pairs.values(figures, row.name, medium, broker)
    if not found:
        return ""
    mark = "~" if any(each.disturbed for each in pairs.of(figures, row.name, medium, broker)) else ""
    shown = mark + report.number(statistics.median(found))
    if broker != "pykbroker" or row.most is None:
        return shown
    return f"{shown} ({'reached' if max(found) <= row.most else '**short**'}: <= {row.most:g})"


def _beside(figures: list[Figure], row: Row, medium: str, other: str) -> tuple[str, str]:
    ratio = pairs.ratio(figures, row.name, medium, "pykbroker", other)
    if ratio is None:
        return "", ""
    shown = [report.number(each) for each in (ratio.lowest, ratio.median, ratio.highest)]
    reached = row.reached(other, ratio.median)
    sign = ">=" if row.more_is_better else "<="
    goal = row.kafka if other == "kafka" else row.kfake
    return " / ".join(shown), "" if reached is None else f"{sign} {goal:g} {'reached' if reached else '**short**'}"


def _bars(figures: list[Figure], medium: str) -> list[tuple[str, dict[str, tuple[float, float | None]]]]:
    found = []
    for row in ROWS.values():
        beside = {}
        for other, goal in (("kafka", row.kafka), ("kfake", row.kfake)):
            if ratio := pairs.ratio(figures, row.name, medium, "pykbroker", other):
                better = ratio.median if row.more_is_better else 1 / ratio.median
                beside[other] = better, goal if goal is None or row.more_is_better else 1 / goal
        if beside:
            found.append((row.name, beside))
    return found


def _growth(figures: list[Figure]) -> str:
    lines = ["| unit of work | | broker | x1 | x10 | x100 | last / first |", "|---|---|---|---|---|---|---|"]
    for name, sizes, costs in _lines(figures, all_rows=True):
        row = growth.ROWS[name]
        for broker, found in costs.items():
            cells = [f"{report.number(value)} (at {size:,g})" for size, value in zip(sizes, found, strict=True)]
            cells += [""] * (3 - len(cells))
            ratio = report.number(found[-1] / found[0]) if len(found) > 1 and found[0] else ""
            lines.append("| " + " | ".join([row.what, row.unit, broker, *cells, ratio]) + " |")
    return "\n".join(lines)


def _lines(
    figures: list[Figure], all_rows: bool = False
) -> list[tuple[str, tuple[float, ...], dict[str, list[float]]]]:
    """(row, sizes, cost by broker) of each row that was measured at every size."""
    found = []
    for row in growth.ROWS.values():
        costs = {broker: pairs.values(figures, row.name, "memory", broker) for broker in BROKERS}
        whole = {broker: values for broker, values in costs.items() if len(values) == len(row.sizes)}
        if whole and (all_rows or len(row.sizes) > 2):
            found.append((row.name, row.sizes, whole))
    return found
