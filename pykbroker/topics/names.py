"""Which topic names are legal, and which collide.

Source: https://kafka.apache.org/documentation/#topicconfigs and org.apache.kafka.common.internals.Topic.
"""

from __future__ import annotations

import re

GROUP_METADATA = "__consumer_offsets"
TRANSACTION_STATE = "__transaction_state"
SHARE_GROUP_STATE = "__share_group_state"
CLUSTER_METADATA = "__cluster_metadata"
INTERNAL = frozenset({GROUP_METADATA, TRANSACTION_STATE, SHARE_GROUP_STATE})

MAX_NAME_LENGTH = 249  # with the partition's number and "-delete" it must remain a file name
_LEGAL = re.compile(r"[a-zA-Z0-9._-]+")


def why_illegal(name: str) -> str | None:
    """Why `name` can be no topic's, in Kafka's words, or None."""
    if not name:
        return "the empty string is not allowed"
    if name in (".", ".."):
        return f"'{name}' is not allowed"
    if len(name) > MAX_NAME_LENGTH:
        return f"the length of '{name}' is longer than the max allowed length {MAX_NAME_LENGTH}"
    if not _LEGAL.fullmatch(name):
        return f"'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    return None


def may_collide(name: str) -> bool:
    """Whether there is another name that is `unified` to the same."""
    return "." in name or "_" in name


def unified(name: str) -> str:
    """Names that are equal here would be one in Kafka's metrics, where '.' becomes '_'; a second one is refused."""
    return name.replace(".", "_")
