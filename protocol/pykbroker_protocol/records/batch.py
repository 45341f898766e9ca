"""The header of a record batch, magic 2: the only batch format that Kafka 4 writes or accepts from a producer.

Source: https://kafka.apache.org/documentation/#recordbatch and KIP-98 (exactly once), KIP-534 (delete horizon).
"""

from __future__ import annotations

import construct as c

BATCH_HEADER = c.Struct(
    "base_offset" / c.Int64sb,
    "batch_length" / c.Int32sb,  # bytes after this field
    "partition_leader_epoch" / c.Int32sb,
    "magic" / c.Int8sb,
    "crc" / c.Int32ub,  # CRC-32C of everything after this field
    "attributes" / c.Int16sb,
    "last_offset_delta" / c.Int32sb,
    "base_timestamp" / c.Int64sb,  # Unix ms, or -1
    "max_timestamp" / c.Int64sb,  # Unix ms, or -1; of every record if the type is LogAppendTime
    "producer_id" / c.Int64sb,  # -1: not idempotent
    "producer_epoch" / c.Int16sb,
    "base_sequence" / c.Int32sb,
    "records_count" / c.Int32sb,
)

MAGIC = 2
HEADER_SIZE: int = BATCH_HEADER.sizeof()  # 61
LENGTH_END = 12  # base_offset and batch_length: what stands before the bytes that batch_length counts
MAGIC_AT = 16
CRC_START = 21  # first byte that the CRC covers: attributes

# attributes
COMPRESSION_MASK = 0x07
LOG_APPEND_TIME = 0x08
TRANSACTIONAL = 0x10
CONTROL = 0x20
DELETE_HORIZON = 0x40  # base_timestamp holds when tombstones and markers may go

NO_TIMESTAMP = -1
NO_PRODUCER_ID = -1
NO_PRODUCER_EPOCH = -1
NO_SEQUENCE = -1
NO_LEADER_EPOCH = -1
