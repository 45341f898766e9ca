"""Where pykbroker means to answer otherwise than Kafka, and why.

A difference that is no longer there fails its test until it is struck from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from scenarios import Case

FOREVER = 99

AT_ONCE = "Kafka's broker hears of the new topic from its controller later; here both are one, and it is there at once"
CLEARER = "Kafka says UNKNOWN_SERVER_ERROR of what is wrong with the batch"
COUNTED = "Kafka says UNKNOWN_SERVER_ERROR of more partitions than one request can create"
ONE_ENTRY = "Kafka gives a partition in error an entry of its own beside its topic's; clients read either"
GREETING = "a first request is answered as far as it can be read, so that any client learns which versions there are"

ALONE = "the one voter of the quorum is this broker for ever, so it has no list of voters that could change"
MEASURED = "these have defaults of their own, each with its reason in docs/configuration.md"
PLAINER = "Kafka says at which position its parsing ended; here is said what is missing"
NO_CLASSES = "Kafka tells of a class of its own that failed; here no class is looked for"
ONE_ROLE = "there is no controller beside the broker, and so no listener of one"


@dataclass(frozen=True)
class Difference:
    """What is meant to differ: the answers under `labels` in `scenario`, from version `since` to `until`."""

    scenario: str
    labels: tuple[str, ...]
    why: str
    since: int = 0
    until: int = FOREVER

    def covers(self, case: Case, label: str) -> bool:
        named = self.scenario == case.scenario.__name__ and label in self.labels
        return named and self.since <= case.version <= self.until


TOO_MANY = ("two to 10003, only checked", "two to 1000000, only checked")

MEANT = [
    Difference("no_more_partitions", TOO_MANY, COUNTED),
    *(
        Difference("a_brokers_changes", (f"{label}, {name}{checked}",), why)
        for label, why in (
            ("append to metric.reporters", NO_CLASSES),
            ("set wrong overrides", PLAINER),
            ("set overrides to many", PLAINER),
        )
        for name in ("1", "cluster")
        for checked in ("", ", only checked")
    ),
    *(
        Difference("a_brokers_changes", (f"set a wrong map, 1{checked}",), PLAINER)
        for checked in ("", ", only checked")
    ),
    Difference("the_broker", ("sockets",), MEASURED),
    Difference("the_quorum", ("the catalog",), ONE_ROLE, since=2),
    Difference("features_that_would_change", ("kraft.version 1 by 1",), ALONE, since=1),
    Difference("topics_made_on_the_way", ("allowed",), AT_ONCE),
    Difference("bad_batches", ("compression 5", "compression 7", "length 2 GiB"), CLEARER),
    Difference("invalid_names", ("'xxxxxxxxx' of 249, create=True",), AT_ONCE),
    Difference("unknown_partitions", ("one good, one not",), ONE_ENTRY, since=13),
    Difference("keys_and_versions_never_heard_of", ("ApiVersions v99 and no more",), GREETING),
]


def difference(case: Case, label: str) -> str | None:
    """Why the answer under `label` may differ, or None."""
    return next((meant.why for meant in MEANT if meant.covers(case, label)), None)
