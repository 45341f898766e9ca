"""What two right brokers may print differently: ids they make up, addresses, times, rates, and the widths of columns.

Every rule here also hides what is wrong within what it hides, so each is as narrow as its reason.
"""

from __future__ import annotations

import json
import re

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ID = r"(?<![\w.-])[\w-]{21}[AQgw](?![\w-])"  # 16 bytes in base64, as Kafka prints them
NUMBER = r"\d+(?:\.\d+)?"

RULES = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[:.,]\d{3}Z?", "TIME"),
    (r"(?<!\d)1[789]\d{11}(?!\d)", "MILLIS"),  # until the year 2033
    (rf"(?m)^(\d+ records (?:sent|received)).*{NUMBER}.*$", r"\1, RATES"),
    (rf'("(?:avg_throughput|target_throughput)":){NUMBER}', r"\1RATE"),
    (rf"(?m)^(TIME, TIME, {NUMBER}), .*$", r"\1, RATES"),
    (UUID, "UUID"),
    (ID, "ID"),
    (r"(clientId=|client-id |producer-|consumer-|console-consumer-|perf-consumer-|adminclient-|Group )\d+", r"\1N"),
    (
        r"(?m)(\tat .*|\t\.\.\. \d+ (?:more|common frames omitted))\n",
        "",
    ),  # stack traces: ours to read, not the broker's
    (r"(?m)^\[?TIME\]? (WARN|ERROR) +", r"\1 "),
    (r"(Lag|LagTimeMs|MaxFollowerLag(?:TimeMs)?|LastFetchTimestamp|LastCaughtUpTimestamp)(:\s+)\d+", r"\1\2N"),
    (r"(?m)^(LeaderEpoch|HighWatermark|Leader epoch):( +)\d+$", r"\1:\2N"),
    (r"(FinalizedVersionLevel: \S+\s+Epoch: )\d+", r"\1N"),  # how many records the catalog has
    (r"(?m)^(1 +\tID *\t)\d+", r"\1N"),  # the same, in metadata-quorum's table
    # How many batches a producer makes of its records, and how many bytes their times take, is the producer's business.
    (r'("partition":"[^"]+","size":)[1-9]\d*', r"\g<1>1"),
    (r"(errors\.TimeoutException: ).*", r"\1WHY"),  # what the client was at when its time was over
    (r"\d+ ms ago", "N ms ago"),
    (r"in \d+ ?ms", "in N ms"),
    (r"%\d\|NUM\.\d+\|", "%|"),
    (r"%(\d)\|\d+\.\d+\|", r"%\1|TIME|"),
    (r"(rdkafka#\w+-)\d+", r"\1N"),
    (r"after \d+ms in state", "after N ms in state"),
    (r"with correlation id \d+", "with correlation id N"),
    (r"(?m)^(WARN .*\n)\1+", r"\1"),  # how often a client asks again; after all that makes lines equal
]


def normal(text: str, address: str, directory: str, files: dict[str, str]) -> str:
    """`text` as it would be on any broker."""
    names = {directory: "DIRECTORY", address: "ADDRESS", **{path: name for name, path in files.items()}}
    for found in sorted(names, key=len, reverse=True):
        text = text.replace(found, names[found])
    port = address.rpartition(":")[2]
    text = re.sub(rf"(?<!\d){port}(?!\d)", "PORT", text)
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text)
    return "\n".join(re.sub(r" {2,}", "  ", line).rstrip() for line in text.splitlines())


def ordered(command: str, text: str) -> str:
    """`text` with what `command` lists in no order of its own in one: groups, topics, partitions."""
    printed, mark, rest = text.partition("\n-- errors")
    if "groups --list" in command:
        printed = "\n".join(sorted(printed.splitlines()))
    elif "--all-groups" in command:
        printed = "\n\n".join(sorted(printed.split("\n\n")))
    elif command == "configs --describe --entity-type topics":
        printed = "\n".join(sorted(printed.split("Dynamic configs for ")))
    elif command == "kcat -L":
        printed = "\n".join(sorted(printed.split('\n  topic "')))
    elif command == "kcat -L -J" or command.startswith("log-dirs"):
        printed = "\n".join(_sorted_lists(line) if line.startswith("{") else line for line in printed.splitlines())
    return printed + mark + rest


def _sorted_lists(line: str) -> str:
    """A line of JSON, indented, with its lists sorted."""

    def arranged(value: object) -> object:
        if isinstance(value, dict):
            return {key: arranged(inner) for key, inner in value.items()}
        return sorted(map(arranged, value), key=str) if isinstance(value, list) else value

    return json.dumps(arranged(json.loads(line)), indent=1)
