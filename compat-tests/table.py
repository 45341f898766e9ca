"""README.md's table: what a whole run saw, by capability, client and broker.

A run with --write-table keeps its counts in results/BROKER.json; the table is made of those files and of nothing else.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COLUMNS = {"pykbroker": "pykbroker", "kafka": "Apache Kafka 4.3.1"}
CLIENTS = ("kafka-python", "confluent-kafka", "aiokafka")
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"

Counts = dict[str, dict[str, dict[str, int]]]  # capability -> client -> outcome -> tests


class Recorder:
    """Counts outcomes while the tests run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.whole = True
        self.rows: dict[str, tuple[str, str]] = {}
        self.outcomes: dict[str, str] = {}

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self.whole = False

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        found = {item.path.name for item in items}
        self.whole = self.whole and {path.name for path in HERE.glob("test_*.py")} <= found
        for item in items:
            capability, callspec = item.get_closest_marker("capability"), getattr(item, "callspec", None)
            if capability and callspec and "client" in callspec.params:
                self.rows[item.nodeid] = (capability.args[0], callspec.params["client"])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        worst = self.outcomes.get(report.nodeid, "passed")
        self.outcomes[report.nodeid] = report.outcome if worst == "passed" else worst

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.config.getoption("--write-table"):
            return
        broker = self.config.getoption("--broker")
        if not self.whole or broker not in COLUMNS or len(self.outcomes) < len(self.rows):
            terminalreporter.write_line("table not written: it takes a whole run, on pykbroker or kafka", red=True)
            return
        (HERE / "results").mkdir(exist_ok=True)
        (HERE / f"results/{broker}.json").write_text(json.dumps(self.counts(), indent=1) + "\n")
        write_readme()
        terminalreporter.write_line(f"table written: results/{broker}.json, README.md")

    def counts(self) -> Counts:
        counts: Counts = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        for nodeid, (capability, client) in self.rows.items():
            counts[capability][client][self.outcomes[nodeid]] += 1
        return counts


def cell(outcomes: dict[str, int] | None) -> str:
    if not outcomes:
        return "–"
    total = sum(outcomes.values())
    if outcomes.get("passed") == total:
        return f"✓ {total}"
    problems = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items() if outcome != "passed")
    return f"✗ {problems} of {total}"


def table(results: dict[str, Counts]) -> str:
    """Markdown: a row per capability, a column per client and broker; brokers without a run are not mentioned."""
    columns = [(client, broker) for client in CLIENTS for broker in COLUMNS if broker in results]
    capabilities = dict.fromkeys(capability for counts in results.values() for capability in counts)
    lines = [
        "| | " + " | ".join(f"{client} → {COLUMNS[broker]}" for client, broker in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for capability in capabilities:
        cells = [cell(results[broker].get(capability, {}).get(client)) for client, broker in columns]
        lines.append(f"| {capability} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write_readme() -> None:
    """README.md's table says what results/ says."""
    results = {path.stem: json.loads(path.read_text()) for path in (HERE / "results").glob("*.json")}
    readme = HERE / "README.md"
    before, rest = readme.read_text().split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(before + BEGIN + table(results) + END + after)


if __name__ == "__main__":
    write_readme()
