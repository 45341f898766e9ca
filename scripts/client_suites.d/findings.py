"""compat-tests/FINDINGS.md: the counts and the tests that do not pass, from the suites' records; the reasons from
findings.toml beside it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from fnmatch import fnmatchcase

from broker_process import KINDS
from suite import ROOT, Suite, Test

PAGE = ROOT / "compat-tests" / "FINDINGS.md"
REASONS = ROOT / "compat-tests" / "findings.toml"
_SHOWN = {"pykbroker": "pykbroker", "kafka": "Apache Kafka 4.3.1"}
_PART = re.compile(r"(?<=<!-- suites: begin -->\n).*(?=<!-- suites: end -->)", re.S)

Outcomes = dict[str, dict[str, Test]]  # broker -> name -> how it ended
Reason = dict[str, str]  # suite, tests (as in fnmatch), why

_LISTED = 8  # more tests of one kind are shown by their patterns


def write(suites: list[Suite]) -> None:
    """The page's generated part is what the records say."""
    reasons: list[Reason] = tomllib.loads(REASONS.read_text())["reasons"]
    found = {suite.name: outcomes(suite) for suite in suites}
    parts = [counts(suites, found)]
    for suite in suites:
        parts += [f"### {suite.title}\n", not_passed(suite.name, found[suite.name], reasons)]
    PAGE.write_text(_PART.sub(lambda _: "\n".join(parts), PAGE.read_text()))


def outcomes(suite: Suite) -> Outcomes:
    known: Outcomes = {}
    for kind in KINDS:
        record = suite.home / f"outcome-{kind}.txt"
        if not record.exists():
            raise SystemExit(f"{record} is missing: run `scripts/client_suites {suite.name} --broker {kind}` first")
        rows = [line.split(maxsplit=2) for line in record.read_text().splitlines()]
        known[kind] = {name: Test(name, how, *why) for how, name, *why in rows}
    return known


def counts(suites: list[Suite], found: dict[str, Outcomes]) -> str:
    lines = ["| suite | broker | passed | failed | skipped by the suite itself |", "|---|---|---|---|---|"]
    for suite in suites:
        for kind, tests in found[suite.name].items():
            count = Counter(test.how for test in tests.values())
            numbers = " | ".join(str(count[how]) for how in ("PASSED", "FAILED", "SKIPPED"))
            lines.append(f"| {suite.title} | {_SHOWN[kind]} | {numbers} |")
    return "\n".join(lines) + "\n"


def not_passed(suite: str, found: Outcomes, reasons: list[Reason]) -> str:
    """A row for each reason that holds for a test; a test that has none says so."""
    names = {name for tests in found.values() for name, test in tests.items() if test.how != "PASSED"}
    if not names:
        return "Every test passes on both.\n"
    rows: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for name in sorted(names):
        ended = [found[kind].get(name, Test(name, "NOT RUN")) for kind in KINDS]
        pattern, why = _reason(suite, ended, reasons)
        row = rows.setdefault((*(test.how.lower() for test in ended), why), {})
        row.setdefault(pattern, []).append(name)
    lines = ["| tests | pykbroker | Apache Kafka 4.3.1 | why |", "|---|---|---|---|"]
    lines += [f"| {_listed(row)} | {ours} | {kafka} | {why} |" for (ours, kafka, why), row in sorted(rows.items())]
    return "\n".join(lines) + "\n"


def _reason(suite: str, ended: list[Test], reasons: list[Reason]) -> tuple[str, str]:
    """The pattern that the test has its reason by, and the reason.  What passes here needs none of ours: then it is
    what the suite says, and so it is for a test that it leaves out."""
    said = next((test.why for test in ended if test.why), "")
    if ended[0].how == "PASSED":
        return "", f"there: {said}"
    for reason in reasons:
        if reason["suite"] == suite and fnmatchcase(ended[0].name, reason["tests"]):
            return reason["tests"], reason["why"]
    return "", said if ended[0].how == "SKIPPED" and said else "**not known**"


def _listed(row: dict[str, list[str]]) -> str:
    """The tests; many are shown by the patterns that they have their reason by."""
    names = [name for names in row.values() for name in names]
    if len(names) > _LISTED:
        patterns = ", ".join(f"`{pattern}`" for pattern in sorted(row) if pattern)
        return f"{len(names)} tests" + (f": {patterns}" if patterns else "")
    return "<br>".join("`" + name.replace("|", "\\|") + "`" for name in sorted(names))
