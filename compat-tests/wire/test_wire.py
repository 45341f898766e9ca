"""What Kafka 4.3.1 answers, pykbroker answers: every scenario at every advertised version, asked of both."""

from __future__ import annotations

import difflib
from concurrent.futures import ThreadPoolExecutor
from pprint import pformat
from typing import Any

import pytest
from both.client import Broker
from both.normal import Normal
from differences import difference
from scenarios import Case, cases

pytestmark = pytest.mark.java
# What people read of a tool that asks for these is Kafka's own words.
WORDS_COUNT = {
    *("CreateTopics", "DeleteTopics", "CreatePartitions", "DeleteRecords", "DescribeTopicPartitions"),
    *("DescribeConfigs", "AlterConfigs", "IncrementalAlterConfigs", "ListConfigResources"),
    *("DescribeLogDirs", "AlterReplicaLogDirs", "OffsetForLeaderEpoch", "OffsetDelete", "DescribeProducers"),
    *("ElectLeaders", "AlterPartitionReassignments", "ListPartitionReassignments", "DescribeQuorum", "UpdateFeatures"),
    *("DescribeAcls", "CreateAcls", "DeleteAcls"),
}
Answers = list[tuple[str, Any]]


def answers(case: Case, address: tuple[str, int], run: str) -> Answers:
    """What one broker answers, ready to be compared; an exception ends it and is an answer."""
    given: Answers = []
    with Broker(*address, f"{run}.{case.name}") as broker:
        normal = Normal(broker, words=case.api.name in WORDS_COUNT)
        try:
            for label, answer in case.scenario(broker, case.version):
                given.append((label, normal.answer(answer)))
        except Exception as fault:  # a wrong answer must not hide the ones before it
            given.append(("it ended with", repr(fault)[:500]))
    return given


def unlike(kafkas: Answers, ours: Answers) -> dict[str, str]:
    """label -> diff of the answers that differ, Kafka's with -, ours with +."""
    found: dict[str, str] = {}
    asked, answered = dict(kafkas), dict(ours)
    for label in [*asked, *(label for label in answered if label not in asked)]:
        left, right = (pformat(side.get(label, "(not asked)"), width=100).splitlines() for side in (asked, answered))
        if left != right:
            found[label] = "\n".join(list(difflib.unified_diff(left, right, lineterm="", n=1))[2:])
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_pykbroker_answers_what_kafka_answers(case, ready, run_id):
    with ThreadPoolExecutor() as both:
        kafkas, ours = both.map(answers, [case, case], ready, [f"{run_id}.k", f"{run_id}.p"])
    assert kafkas, "the scenario asked nothing"
    assert "it ended with" not in dict(kafkas), f"Kafka did not play along: {kafkas[-1]}"
    found = unlike(kafkas, ours)
    known = {label for label in dict(kafkas) if difference(case, label)}
    told = "\n".join(f"{case.name}: {label}\n{diff}" for label, diff in found.items() if label not in known)
    assert not told, f"Kafka answers -, pykbroker +\n{told}"
    assert known <= found.keys(), f"alike now, so strike from differences.py: {sorted(known - found.keys())}"
