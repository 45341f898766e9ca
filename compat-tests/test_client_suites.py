"""What scripts/client_suites keeps of the clients' own tests, and writes into FINDINGS.md.  Needs no broker."""

import sys
from pathlib import Path

import pytest
from broker_process import ROOT

sys.path.append(str(ROOT / "scripts" / "client_suites.d"))

from findings import not_passed
from suite import Test, junit, keep

pytestmark = pytest.mark.quick

REASONS = [{"suite": "s", "tests": "*txn*", "why": "transactions"}]


def ended(*tests: Test) -> dict[str, Test]:
    return {test.name: test for test in tests}


def test_a_run_of_some_tests_keeps_what_the_others_did(tmp_path: Path) -> None:
    record = tmp_path / "outcome.txt"
    keep([Test("a b", "PASSED"), Test("c", "FAILED", "why")], record, whole=True)
    keep([Test("c", "PASSED")], record, whole=False)
    assert record.read_text() == "PASSED a_b\nPASSED c\n"


def test_a_whole_run_forgets_tests_that_are_no_more(tmp_path: Path) -> None:
    record = tmp_path / "outcome.txt"
    keep([Test("a", "PASSED")], record, whole=True)
    keep([Test("b", "PASSED")], record, whole=True)
    assert record.read_text() == "PASSED b\n"


def test_a_failure_without_a_reason_says_so() -> None:
    failed = ended(Test("a_txn", "FAILED", "timeout"), Test("b", "FAILED", "timeout"))
    found = not_passed("s", {"pykbroker": failed, "kafka": ended(Test("a_txn", "PASSED"))}, REASONS)
    assert "| `a_txn` | failed | passed | transactions |" in found
    assert "| `b` | failed | not run | **not known** |" in found


def test_what_fails_on_kafka_alone_has_what_the_suite_said_there() -> None:
    kafka = ended(Test("a_txn", "FAILED", "no such topic"))
    found = not_passed("s", {"pykbroker": ended(Test("a_txn", "PASSED")), "kafka": kafka}, REASONS)
    assert "| `a_txn` | passed | failed | there: no such topic |" in found


def test_a_test_that_was_retried_counts_as_it_ended(tmp_path: Path) -> None:
    cases = '<testcase classname="m" name="t"><failure message="no"/></testcase><testcase classname="m" name="t"/>'
    (tmp_path / "report.xml").write_text(f"<testsuite>{cases}</testsuite>")
    assert junit(tmp_path / "report.xml") == [Test("m::t", "PASSED")]
