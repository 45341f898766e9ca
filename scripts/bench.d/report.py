"""The figures as a table to read, and the machine that they are from."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pairs
from growth import GrowthRow
from rows import Row
from session import Figure

ROOT = Path(__file__).resolve().parent.parent.parent
OTHERS = ("kafka", "kfake")


def number(value: float) -> str:
    """Three digits that matter, and thousands in groups."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{2 if value < 10 else 1}f}" if value >= 0.1 else f"{value:.3g}"


def table(figures: Sequence[Figure], rows: Sequence[Row], media: Sequence[str], brokers: Sequence[str]) -> str:
    lines = []
    for medium in media:
        lines += ["", f"logs {'in memory' if medium == 'memory' else 'on disk'}"]
        for row in rows:
            lines += _row(figures, row, medium, brokers)
    disturbed = [each for each in figures if each.disturbed]
    if disturbed:
        most = max(each.others for each in disturbed)
        lines.append(
            f"{len(disturbed)} of {len(figures)} figures (~) while others used up to {most:.1f} cores: repeat it"
        )
    return "\n".join(lines)


def growth_table(figures: Sequence[Figure], rows: Sequence[GrowthRow], brokers: Sequence[str]) -> str:
    lines = []
    for row in rows:
        sizes = "".join(f"{f'at {size:,g}':>12}" for size in row.sizes)
        lines.append(f"  {f'{row.name}: {row.what}, {row.unit}':<78}{sizes}")
        for broker in brokers:
            found = {each.turn: each.value for each in figures if (each.row, each.broker) == (row.name, broker)}
            if found:
                cells = [number(found[place]) if place in found else "-" for place in range(len(row.sizes))]
                lines.append(f"    {broker:<76}" + "".join(f"{cell:>12}" for cell in cells))
    return "\n".join(lines)


def _row(figures: Sequence[Figure], row: Row, medium: str, brokers: Sequence[str]) -> list[str]:
    lines = [f"  {row.name}: {row.what}, {row.unit}"]
    extra = sorted({each.broker for each in figures} - set(brokers))
    for broker in [*brokers, *extra]:
        found = pairs.values(figures, row.name, medium, broker)
        if not found:
            continue
        marks = ["~" if each.disturbed else " " for each in pairs.of(figures, row.name, medium, broker)]
        shown = [f"{number(value):>9}{mark}" for value, mark in zip(found, marks, strict=True)]
        line = f"    {broker:<16}" + " ".join(shown)
        ratio = pairs.ratio(figures, row.name, medium, "pykbroker", broker) if broker in OTHERS else None
        if ratio:
            line += f"   ours / its: {number(ratio.lowest)} {number(ratio.median)} {number(ratio.highest)}"
            line += goal(row, broker, ratio.median)
        if row.most is not None and broker == "pykbroker":
            line += f"   goal <= {row.most:g}: {'reached' if max(found) <= row.most else 'SHORT'}"
        lines.append(line)
    return lines if len(lines) > 1 else []


def goal(row: Row, broker: str, ratio: float) -> str:
    wanted, reached = row.kafka if broker == "kafka" else row.kfake, row.reached(broker, ratio)
    if reached is None:
        return ""
    return f"  goal {'>=' if row.more_is_better else '<='} {wanted:g}: {'reached' if reached else 'SHORT'}"


def machine() -> dict[str, str]:
    processor = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = Path("/proc/meminfo").read_text().split()[1]
    return {
        "processor": f"{os.cpu_count()} x {processor[0].partition(': ')[2] if processor else platform.machine()}",
        "memory": f"{int(memory) / 1e6:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "java": _first_line("java", "-version"),
        "go": _first_line("go", "version"),
        "commit": _first_line("git", "-C", str(ROOT), "log", "-1", "--format=%h", "--", "pykbroker", "protocol"),
    }


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return "none"
    return (done.stdout + done.stderr).partition("\n")[0]
