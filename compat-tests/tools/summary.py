"""The tables of a whole run: each command here in README.md, and in the folder above what differs and why."""

from __future__ import annotations

from pathlib import Path

from meant import MEANT
from steps import SECTIONS

HERE = Path(__file__).resolve().parent
EACH = ("<!-- table: begin -->\n", "<!-- table: end -->\n")
DIFFERENT = ("<!-- tools: begin -->\n", "<!-- tools: end -->\n")


def write_tables(seen: dict[str, bool]) -> None:
    """`seen` says of each command whether both brokers' output was the same."""
    each = ["| section | command | | why |\n|---|---|---|---|\n"]
    for section, steps in SECTIONS.items():
        for command in dict.fromkeys(step.command for step in steps):
            verdict = "same" if seen[command] else "different"
            each.append(f"| {section} | {_code(command)} | {verdict} | {'' if seen[command] else _why(command)} |\n")
    _replace(HERE / "README.md", EACH, "".join(each))
    different = [command for command, same in seen.items() if not same]
    rows = [f"| {_code(command)} | {_why(command)} |\n" for command in different]
    head = f"Of {len(seen)} commands, {len(seen) - len(different)} print the same.\n\n| different | why |\n|---|---|\n"
    _replace(HERE.parent / "README.md", DIFFERENT, head + "".join(rows))


def _code(command: str) -> str:
    return "`" + command.replace("|", "\\|") + "`"


def _why(command: str) -> str:
    return MEANT[command].why if command in MEANT else "**not known**"


def _replace(readme: Path, marks: tuple[str, str], text: str) -> None:
    before, begin, rest = readme.read_text().partition(marks[0])
    after = rest.partition(marks[1])[2]
    if not begin:
        raise ValueError(f"no {marks[0].strip()} in {readme}")
    readme.write_text(before + begin + text + marks[1] + after)
