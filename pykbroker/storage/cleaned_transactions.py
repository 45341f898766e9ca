"""What a compaction knows of the transactions that it comes by, batch after batch in the order of the log.

Records of an aborted one go.  A marker stays for as long as there is a batch of its transaction before it, and
delete.retention.ms after that: whoever reads the log meanwhile still learns how it ended.
Source: Kafka's CleanedTransactionMetadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .aborted import Aborted
from .batch import Header
from .markers import marker_in
from .records import records_of


class CleanedTransactions:
    """One walk over a log, or over a part of it; `aborted` are those whose markers lie there or behind."""

    def __init__(self, aborted: Iterable[Aborted]) -> None:
        self._coming = sorted(aborted, key=lambda each: each.first_offset, reverse=True)
        self._aborted: dict[int, tuple[Aborted, bool]] = {}  # producer id -> it, and whether there was a batch of it
        self._committed: set[int] = set()  # ids of producers that have a batch whose marker has not come yet

    def goes(self, header: Header) -> bool:
        """Whether a data batch, the next in the log, is of an aborted transaction."""
        self._begin(header.last_offset)
        if not header.is_transactional:
            return False
        if header.producer_id in self._aborted:
            aborted, _ = self._aborted[header.producer_id]
            self._aborted[header.producer_id] = aborted, True
            return True
        self._committed.add(header.producer_id)
        return False

    def ends(self, header: Header, batch: bytes) -> tuple[bool, Aborted | None]:
        """Of a control batch, the next in the log: whether nothing of its transaction is left before it, and, if
        something of an aborted one is, what the transaction index says of it."""
        self._begin(header.last_offset)
        marker = next((marker_in(header, record) for record in records_of(batch, header)), None)
        if marker is None:
            return header.records_count == 0, None
        if marker.committed:
            has_batches = header.producer_id in self._committed
            self._committed.discard(header.producer_id)
            return not has_batches, None
        aborted, has_batches = self._aborted.pop(header.producer_id, (None, False))
        return not has_batches, aborted if has_batches else None

    def _begin(self, offset: int) -> None:
        while self._coming and self._coming[-1].first_offset <= offset:
            aborted = self._coming.pop()
            self._aborted.setdefault(aborted.producer_id, (aborted, False))


def markers_since(aborted: Iterable[Aborted], offset: int) -> Iterator[Aborted]:
    """Those of which something may stand at `offset` or behind it."""
    return (each for each in aborted if each.last_offset >= offset)
