"""What a Fetch brings: whole batches, of which the first may begin before what was asked for, and a piece of one."""

from __future__ import annotations

from collections.abc import Iterator

from pykbroker_protocol.records.batch import HEADER_SIZE, LENGTH_END, MAGIC, MAGIC_AT

from pykbroker.cli.failures import Failed
from pykbroker.storage.batch import Header, crc_holds, read_header
from pykbroker.storage.records import Record, records_of


def batches(fetched: bytes | memoryview, name: str) -> Iterator[tuple[memoryview, Header]]:
    """Each whole batch; `name` is of the partition, for what is said of a damaged one.

    Raises:
        Failed: a CRC does not hold, or a batch is of a format before Kafka 0.11.
    """
    view, position = memoryview(fetched), 0
    while len(view) - position >= HEADER_SIZE:
        size = int.from_bytes(view[position + 8 : position + LENGTH_END], "big", signed=True) + LENGTH_END
        if not size >= HEADER_SIZE:
            raise Failed(f"{name}: the broker sent a batch of {size} bytes, which is none")
        if size > len(view) - position:
            return
        batch = view[position : position + size]
        if batch[MAGIC_AT] != MAGIC:
            raise Failed(
                f"{name}: records in the format of Kafka before 0.11 (magic {batch[MAGIC_AT]}) are not read here"
            )
        header = read_header(batch)
        if not crc_holds(batch, header):
            raise Failed(
                f"{name}: the CRC of the batch at offset {header.base_offset} does not hold; "
                "`pykbroker check DIR` on the broker's data directory says where it is damaged"
            )
        yield batch, header
        position += size


def records_from(batch: memoryview, header: Header, position: int) -> Iterator[Record]:
    """The records for people, from `position` on: none of a control batch."""
    if not header.is_control:
        yield from (record for record in records_of(batch, header) if record.offset >= position)
