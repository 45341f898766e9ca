"""What a partition knows of its producers: which batches are new, which are retries, and which are out of turn.

Source: KIP-98; Kafka's ProducerStateManager and ProducerAppendInfo.
"""

from __future__ import annotations

from typing import NamedTuple

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import NO_PRODUCER_EPOCH, NO_SEQUENCE, NO_TIMESTAMP

from .aborted import Aborted
from .batch import Header, last_sequence
from .markers import Marker

REMEMBERED_BATCHES = 5  # as many as a client may have under way: max.in.flight.requests.per.connection <= 5
NO_TRANSACTION = -1
_MAX_SEQUENCE = 2**31 - 1
_MAX_EPOCH = 2**15 - 1
_EPOCH_PER_TRANSACTION = 2  # the transaction.version


class Written(NamedTuple):
    """A batch that is in the log, as its producer numbered it."""

    last_sequence: int
    last_offset: int
    offset_delta: int
    timestamp: int

    @property
    def base_sequence(self) -> int:
        return last_sequence(self.last_sequence, -self.offset_delta)

    @property
    def base_offset(self) -> int:
        return self.last_offset - self.offset_delta


class Producer:
    """One producer id in one partition; `batches` are its newest under the current epoch, oldest first."""

    __slots__ = ("batches", "coordinator_epoch", "last_timestamp", "producer_epoch", "transaction_first_offset")

    def __init__(
        self,
        producer_epoch: int = NO_PRODUCER_EPOCH,
        coordinator_epoch: int = -1,
        last_timestamp: int = NO_TIMESTAMP,
        transaction_first_offset: int = NO_TRANSACTION,
        batches: tuple[Written, ...] = (),
    ) -> None:
        self.producer_epoch = producer_epoch
        self.coordinator_epoch = coordinator_epoch
        self.last_timestamp = last_timestamp
        self.transaction_first_offset = transaction_first_offset
        self.batches = batches

    @property
    def last_sequence(self) -> int:
        return self.batches[-1].last_sequence if self.batches else NO_SEQUENCE

    def wrote(self, written: Written) -> None:
        self.batches = (*self.batches[1 - REMEMBERED_BATCHES :], written)
        self.last_timestamp = written.timestamp


_UNKNOWN = Producer()


class Producers:
    """All producers of one partition.  `check` decides, `wrote` remembers; nothing changes in between."""

    __slots__ = ("_by_id", "_transactions", "first_unstable_offset", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._by_id: dict[int, Producer] = {}
        self._transactions: dict[int, int] = {}  # producer id -> first offset of its open transaction, in that order
        self.first_unstable_offset: int | None = None

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, producer_id: int) -> Producer | None:
        return self._by_id.get(producer_id)

    def entries(self) -> dict[int, Producer]:
        return self._by_id

    def load(self, entries: dict[int, Producer]) -> None:
        """This is the state now, as a snapshot held it."""
        self._by_id = entries
        found = [
            (producer.transaction_first_offset, producer_id)
            for producer_id, producer in entries.items()
            if producer.transaction_first_offset >= 0
        ]
        self._transactions = {producer_id: first_offset for first_offset, producer_id in sorted(found)}
        self._find_unstable()

    def clear(self) -> None:
        self.load({})

    def duplicate_of(self, header: Header) -> Written | None:
        """The batch that `header` repeats, if it is among the newest five of its producer and epoch."""
        producer = self._by_id.get(header.producer_id)
        if producer is None or producer.producer_epoch != header.producer_epoch:
            return None
        if header.base_sequence == producer.last_sequence + 1:
            return None  # what comes next in turn, as nearly every batch does
        last = header.last_sequence
        for written in producer.batches:
            if written.last_sequence == last and written.base_sequence == header.base_sequence:
                return written
        return None

    def check(self, header: Header, offset: int, *, sequenced: bool = True) -> None:
        """The batch may come next at `offset`.  Coordinators write without sequences: `sequenced=False`.

        Raises:
            Refused: INVALID_PRODUCER_EPOCH for an older epoch; OUT_OF_ORDER_SEQUENCE_NUMBER; INVALID_TXN_STATE for a
                plain batch within a transaction.
        """
        producer = self._by_id.get(header.producer_id, _UNKNOWN)
        self._check_epoch(header.producer_id, header.producer_epoch, offset, producer)
        if sequenced:
            self._check_sequence(header, offset, producer)
        if producer.transaction_first_offset >= 0 and not header.is_transactional:
            raise Refused(
                ErrorCode.INVALID_TXN_STATE,
                f"Expected transactional write from producer {header.producer_id} at offset {offset} in partition "
                f"{self.name}",
            )

    def _check_epoch(
        self, producer_id: int, producer_epoch: int, offset: int, producer: Producer, *, raised: bool = False
    ) -> None:
        if producer_epoch < producer.producer_epoch + raised:
            raise Refused(
                ErrorCode.INVALID_PRODUCER_EPOCH,
                f"Epoch of producer {producer_id} at offset {offset} in {self.name} is {producer_epoch}, "
                f"which is {'not larger' if raised else 'smaller'} than the last seen epoch {producer.producer_epoch}",
            )

    def _check_sequence(self, header: Header, offset: int, producer: Producer) -> None:
        if producer.producer_epoch == NO_PRODUCER_EPOCH:
            return  # its records may all be deleted: any sequence may come
        if header.producer_epoch != producer.producer_epoch:
            if header.base_sequence != 0:
                raise Refused(
                    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                    f"Invalid sequence number for new epoch of producer {header.producer_id} at offset {offset} in "
                    f"partition {self.name}: {header.producer_epoch} (request epoch), {header.base_sequence} "
                    f"(seq. number), {producer.producer_epoch} (current producer epoch)",
                )
            return
        last = producer.last_sequence
        if header.base_sequence != last + 1 and not (header.base_sequence == 0 and last == _MAX_SEQUENCE):
            raise Refused(
                ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"Out of order sequence number for producer {header.producer_id} at offset {offset} in partition "
                f"{self.name}: "
                f"{header.base_sequence} (incoming seq. number), {last} (current end sequence number)",
            )

    def in_turn(self, producer_id: int, producer_epoch: int, base_sequence: int) -> bool:
        """Whether a plain batch is what comes next of a known producer; if not, `check` says what is wrong with it."""
        producer = self._by_id.get(producer_id)
        return (
            producer is not None
            and producer.producer_epoch == producer_epoch
            and producer.transaction_first_offset < 0
            and bool(producer.batches)
            and base_sequence == producer.batches[-1].last_sequence + 1
        )

    def next_in_turn(
        self, producer_id: int, base_sequence: int, last_offset_delta: int, base_offset: int, timestamp: int
    ) -> None:
        """The batch that was `in_turn` is in the log."""
        last = last_sequence(base_sequence, last_offset_delta)
        self._by_id[producer_id].wrote(Written(last, base_offset + last_offset_delta, last_offset_delta, timestamp))

    def wrote(self, header: Header, base_offset: int, timestamp: int) -> None:
        """A data batch with a producer id is in the log."""
        producer = self._of_epoch(header.producer_id, header.producer_epoch)
        last_offset = base_offset + header.last_offset_delta
        producer.wrote(Written(header.last_sequence, last_offset, header.last_offset_delta, timestamp))
        if header.is_transactional and producer.transaction_first_offset < 0:
            producer.transaction_first_offset = self._transactions[header.producer_id] = base_offset
            self._find_unstable()

    def recall(self, header: Header) -> None:
        """A batch from before the newest that is known of its producer is known too; they come in order."""
        producer = self._by_id.get(header.producer_id)
        if producer is None or producer.producer_epoch != header.producer_epoch or not producer.batches:
            return
        newest = producer.batches[-1]
        if header.last_offset < newest.last_offset:
            older = Written(header.last_sequence, header.last_offset, header.last_offset_delta, header.max_timestamp)
            producer.batches = (*producer.batches[:-1], older, newest)[-REMEMBERED_BATCHES:]

    def has_open(self, producer_id: int, producer_epoch: int) -> bool:
        """Whether the producer has a transaction open here, under that epoch."""
        producer = self._by_id.get(producer_id, _UNKNOWN)
        return producer.transaction_first_offset >= 0 and producer.producer_epoch == producer_epoch

    def check_marker(self, marker: Marker, offset: int) -> None:
        """The marker may come next at `offset`.

        Raises:
            Refused: INVALID_PRODUCER_EPOCH; TRANSACTION_COORDINATOR_FENCED if a later coordinator has written here;
                UNKNOWN_SERVER_ERROR, as Kafka says, of a transaction version below 0.
        """
        producer = self._by_id.get(marker.producer_id, _UNKNOWN)
        known, has_open = producer.producer_epoch, producer.transaction_first_offset >= 0
        # Since KIP-890 each transaction has an epoch of its own, that its marker raises; a marker may come twice.
        raised = marker.transaction_version >= _EPOCH_PER_TRANSACTION
        if marker.producer_epoch != known or not raised or (has_open and known != _MAX_EPOCH):
            self._check_epoch(marker.producer_id, marker.producer_epoch, offset, producer, raised=raised)
        if marker.transaction_version < 0:
            raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR, f"no transaction version: {marker.transaction_version}")
        if marker.coordinator_epoch < producer.coordinator_epoch:
            raise Refused(
                ErrorCode.TRANSACTION_COORDINATOR_FENCED,
                f"Invalid coordinator epoch for producerId {marker.producer_id} at offset {offset} in partition "
                f"{self.name}: {marker.coordinator_epoch} (zombie), {producer.coordinator_epoch} (current)",
            )

    def ended_transaction(self, marker: Marker, offset: int, timestamp: int) -> Aborted | None:
        """The marker is in the log at `offset`: what was undecided of this producer is decided.

        Gives what the transaction index has to say: None of a commit, or of a transaction that wrote nothing here.
        """
        producer = self._of_epoch(marker.producer_id, marker.producer_epoch)
        producer.coordinator_epoch = marker.coordinator_epoch
        producer.last_timestamp = timestamp
        producer.transaction_first_offset = NO_TRANSACTION
        first_offset = self._transactions.pop(marker.producer_id, None)
        if first_offset is None:
            return None
        self._find_unstable()
        if marker.committed:
            return None
        unstable = self.first_unstable_offset
        return Aborted(marker.producer_id, first_offset, offset, offset + 1 if unstable is None else unstable)

    def _of_epoch(self, producer_id: int, producer_epoch: int) -> Producer:
        producer = self._by_id.get(producer_id)
        if producer is None:
            producer = self._by_id[producer_id] = Producer(producer_epoch)
        elif producer.producer_epoch != producer_epoch:
            producer.producer_epoch = producer_epoch
            producer.batches = ()
        return producer

    def _find_unstable(self) -> None:
        self.first_unstable_offset = next(iter(self._transactions.values()), None)

    def expire(self, timestamp: int, after_ms: int) -> None:
        """Producers that wrote nothing for `after_ms` are forgotten, unless they have a transaction open."""
        for producer_id in [
            producer_id
            for producer_id, producer in self._by_id.items()
            if producer.transaction_first_offset < 0 and timestamp - producer.last_timestamp >= after_ms
        ]:
            del self._by_id[producer_id]
