"""The topic's properties, once: their types and valid values, the broker's properties that give their defaults, and Kafka's refusals.

Source: LogConfig and ServerTopicConfigSynonyms, 4.3.1.
"""

# ruff: noqa: E501 — a row is one line, or two

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pykbroker.config.values import (
    Boolean,
    ConfigInvalid,
    Double,
    Int,
    List,
    Long,
    MaybeInt,
    Property,
    String,
    Values,
)

_LONG_MAX = "9223372036854775807"
_THROTTLED = "[partitionId]:[brokerId],[partitionId]:[brokerId],..."
_FLUSH_MESSAGES = "With 1, a record is on disk before its producer is answered and any consumer sees it; with N, each Nth that is not on disk is, and all before it."
_LEVEL = "How hard the broker tries when it compresses a batch anew."
_TIERED = "There is no tiered storage."
_CODECS = "[uncompressed, zstd, lz4, snappy, gzip, producer]"

# fmt: off — a row reads best on one line or two


class LogConfig(Values):
    """What a topic's settings mean to its log.  One object serves all partitions of a topic; a change replaces it on each."""

    cleanup_policy = List(
        "delete",
        "[compact, delete]",
        "delete: what is past retention goes; compact: the latest record of each key stays, and one without a key is"
        " refused; or both.",
        "A log that holds transactions is not compacted yet.",
        broker=("log.cleanup.policy",),
    )
    compression_type = String(
        "producer",
        _CODECS,
        "The codec of batches in the log: their producer's, or one that others are compressed anew in.",
        broker=("compression.type",),
    )
    compression_gzip_level = Int("-1", "[1,...,9] or -1", _LEVEL, broker=("compression.gzip.level",))
    compression_lz4_level = Int("9", "[1,...,17]", _LEVEL, broker=("compression.lz4.level",))
    compression_zstd_level = Int("3", "[-131072,...,22]", _LEVEL, broker=("compression.zstd.level",))
    delete_retention_ms = Long(
        "86400000",
        "[0,...]",
        "How long a tombstone stays after the compaction that found it first.",
        broker=("log.cleaner.delete.retention.ms",),
    )
    file_delete_delay_ms = Long(
        "60000",
        "[0,...]",
        "How long files that were deleted from a log, or with its topic, stay under another name; seconds more at most.",
        broker=("log.segment.delete.delay.ms",),
    )
    flush_messages = Long(_LONG_MAX, "[1,...]", _FLUSH_MESSAGES, broker=("log.flush.interval.messages",))
    flush_ms = Long(
        _LONG_MAX,
        "[0,...]",
        "How long a record waits at most to be synced, as far as log.flush.scheduler.interval.ms looks often enough.",
        broker=("log.flush.interval.ms", "log.flush.scheduler.interval.ms"),
    )
    follower_replication_throttled_replicas = List("", _THROTTLED, later="There is one replica.")
    index_interval_bytes = Int(
        "4096", "[0,...]", "Bytes of log between two entries of its indexes.", broker=("log.index.interval.bytes",)
    )
    internal_segment_bytes = MaybeInt(None, later="Kafka's own tests use it.")
    leader_replication_throttled_replicas = List("", _THROTTLED, later="There is one replica.")
    local_retention_bytes = Long("-2", "[-2,...]", later=_TIERED, broker=("log.local.retention.bytes",))
    local_retention_ms = Long("-2", "[-2,...]", later=_TIERED, broker=("log.local.retention.ms",))
    max_compaction_lag_ms = Long(
        _LONG_MAX,
        "[1,...]",
        "A log whose first dirty record is older is compacted, however few are dirty.",
        broker=("log.cleaner.max.compaction.lag.ms",),
    )
    max_message_bytes = Int(
        "1048588", "[0,...]", "A larger batch is refused with MESSAGE_TOO_LARGE.", broker=("message.max.bytes",)
    )
    message_timestamp_after_max_ms = Long(
        "3600000",
        "[0,...]",
        "A record from further in the future is refused with INVALID_TIMESTAMP.",
        broker=("log.message.timestamp.after.max.ms",),
    )
    message_timestamp_before_max_ms = Long(
        _LONG_MAX,
        "[0,...]",
        "A record that is older is refused with INVALID_TIMESTAMP.",
        broker=("log.message.timestamp.before.max.ms",),
    )
    message_timestamp_type = String(
        "CreateTime",
        "[CreateTime, LogAppendTime]",
        "Whose time a record has: its producer's, or the broker's.",
        broker=("log.message.timestamp.type",),
    )
    min_cleanable_dirty_ratio = Double(
        "0.5",
        "[0,...,1]",
        "Which part of a log has to be dirty before it is compacted.",
        broker=("log.cleaner.min.cleanable.ratio",),
    )
    min_compaction_lag_ms = Long(
        "0",
        "[0,...]",
        "A segment with a younger record is not compacted.",
        broker=("log.cleaner.min.compaction.lag.ms",),
    )
    min_insync_replicas = Int(
        "1",
        "[1,...]",
        later="A partition has one replica, and Kafka never asks for more in-sync ones than there are: nothing is refused.",
        broker=("min.insync.replicas",),
    )
    preallocate = Boolean("false", later="A segment's file grows as it is written.", broker=("log.preallocate",))
    remote_log_copy_disable = Boolean("false", later=_TIERED)
    remote_log_delete_on_disable = Boolean("false", later=_TIERED)
    remote_storage_enable = Boolean("false", "", "Refused when true, as by a Kafka without tiered storage.")
    retention_bytes = Long(
        "-1",
        "",
        "The oldest segments go while at least as much is left of a partition; -1: whatever its size.",
        broker=("log.retention.bytes",),
    )
    retention_ms = Long(
        "604800000",
        "[-1,...]",
        "A segment goes when its newest record is older, the active one too; -1: whatever its age.",
        broker=("log.retention.ms", "log.retention.minutes", "log.retention.hours"),
    )
    segment_bytes = Int(
        "1073741824", "[1048576,...]", "A segment that would grow beyond it is rolled.", broker=("log.segment.bytes",)
    )
    segment_index_bytes = Int(
        "10485760", "[4,...]", "An index that is full rolls its segment.", broker=("log.index.size.max.bytes",)
    )
    segment_jitter_ms = Long(
        "0",
        "[0,...]",
        "Rolling by time comes earlier by a random part of it.",
        broker=("log.roll.jitter.ms", "log.roll.jitter.hours"),
    )
    segment_ms = Long(
        "604800000",
        "[1,...]",
        "A segment whose first record is older is rolled by the next one.",
        broker=("log.roll.ms", "log.roll.hours"),
    )
    unclean_leader_election_enable = Boolean(
        "false", later="There is one replica: no election is unclean.", broker=("unclean.leader.election.enable",)
    )
    # fmt: on

    def __init__(self, *, producer_id_expiration_ms: int = 86_400_000, **values: Any) -> None:
        """`values` by attribute, already typed; what is missing has Kafka's default."""
        assert values.keys() <= _DEFAULTS.keys(), f"no topic properties: {values.keys() - _DEFAULTS.keys()}"
        self.__dict__.update(_DEFAULTS, **values)
        # The broker's, not the topic's; it is here because a log forgets producers without asking the broker.
        self.__dict__["producer_id_expiration_ms"] = producer_id_expiration_ms

    producer_id_expiration_ms: int

    @property
    def compacted(self) -> bool:
        return "compact" in self.cleanup_policy

    @property
    def roll_ms(self) -> int:
        """segment.ms, or sooner if a compaction has to come sooner: the active segment is never compacted."""
        return min(self.segment_ms, self.max_compaction_lag_ms) if self.compacted else self.segment_ms

    @property
    def stamps_append_time(self) -> bool:
        return self.message_timestamp_type == "LogAppendTime"


TOPIC_PROPERTIES: dict[str, Property[Any]] = LogConfig.table()
_DEFAULTS = {name.replace(".", "_"): row.of_default(name) for name, row in TOPIC_PROPERTIES.items()}


def validate_topic_config(name: str, value: str | None) -> None:
    """Return if a topic may have this setting; raise ConfigInvalid with Kafka's message if not."""
    read_topic_config({name: value})


def read_topic_config(overrides: Mapping[str, str | None]) -> dict[str, Any]:
    """The typed values, by attribute, of what a topic sets itself; raises ConfigInvalid with Kafka's message.

    Nulls are refused before names, names before values.  Of several wrong values Kafka names the first of a hash table, we
    the first as given.
    """
    if nulls := [name for name, value in overrides.items() if value is None]:
        raise ConfigInvalid(f"Null value not supported for topic configs: {','.join(nulls)}")
    for name in overrides:
        if name not in TOPIC_PROPERTIES:
            raise ConfigInvalid(f"Unknown topic config name: {name}")
    values = {
        n.replace(".", "_"): TOPIC_PROPERTIES[n].read(n, text) for n, text in overrides.items() if text is not None
    }
    if values.get("remote_storage_enable"):
        raise ConfigInvalid(
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage."
        )
    return values


def check_together(config: LogConfig) -> None:
    """Raise ConfigInvalid if settings that are right one by one, defaults included, contradict each other."""
    least, most = config.min_compaction_lag_ms, config.max_compaction_lag_ms
    if least > most:
        raise ConfigInvalid(
            f"conflict topic config setting min.compaction.lag.ms ({least}) > max.compaction.lag.ms ({most})"
        )
