"""A row that says what a property does is read by the broker, and a row that says it has no effect yet is not.

When this fails for a property that has begun, or ceased, to have an effect, its row in the table wants changing.
"""

import re
from pathlib import Path

import pykbroker
from pykbroker.config.table import BrokerProperties
from pykbroker.config.topic import LogConfig

CONFIG = Path(pykbroker.__file__).parent / "config"
STANDS_FOR = {"compacted": "cleanup_policy", "stamps_append_time": "message_timestamp_type", "roll_ms": "segment_ms"}


def names_in(files: list[Path]) -> set[str]:
    """Every attribute that these files take, of whatever object."""
    words = {word for file in files for word in re.findall(r"\.(\w+)", file.read_text())}
    return words | {STANDS_FOR[word] for word in words & STANDS_FOR.keys()}


OUTSIDE = names_in([file for file in CONFIG.parent.rglob("*.py") if CONFIG not in file.parents])
INSIDE = names_in([CONFIG / "config.py"]) | {"remote_storage_enable"}
TOPIC_ROWS = LogConfig.table()


def attributes(rows: dict) -> dict:
    return {name.replace(".", "_"): row for name, row in rows.items()}


def test_a_topic_property_is_read_exactly_if_its_row_says_so():
    wrong = [a for a, row in attributes(TOPIC_ROWS).items() if bool(row.later) == (a in OUTSIDE or a in INSIDE)]
    assert wrong == []


def test_a_broker_property_is_read_exactly_if_its_row_says_so():
    by_topics = {synonym for row in TOPIC_ROWS.values() if not row.later for synonym in row.broker}
    wrong = [
        name
        for name, row in BrokerProperties.table().items()
        if bool(row.later) == (name in by_topics or name.replace(".", "_") in OUTSIDE | INSIDE)
    ]
    assert wrong == []
