"""Brokers whose power is cut, again and again, and what clients were told before held against what is found after.

One run is one data directory on a disk that loses what was not synced.  In each of its lives a broker does what chance
picks, until the power goes in the middle of something; the next life begins with what the disk has then.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trio
from asking import Asker, opened
from losing_disk import LosingDisk, PowerCut
from pykbroker_protocol.apis.create_topics import CreateTopicsRequest
from pykbroker_protocol.apis.delete_records import DeleteRecordsRequest
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.apis.offset_fetch import OffsetFetchRequest
from pykbroker_protocol.apis.produce import ProduceRequest
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.runtime import group_commit
from pykbroker.runtime.later import Later, Promised
from pykbroker.server import upkeep
from pykbroker.server.compactions import Compactions
from pykbroker.storage.records import Record, build_batch, records_of

SETTINGS = {
    "log.flush.interval.messages": "1",
    "log.segment.delete.delay.ms": "0",
    "log.index.interval.bytes": "100",
    "log.cleaner.min.cleanable.ratio": "0",
    "offsets.topic.num.partitions": "2",
}
TOPICS = {
    "plain": {"flush.messages": "9223372036854775807"},
    "third": {"flush.messages": "3"},
    "orders": {"retention.bytes": "3000"},
    "compacted": {"cleanup.policy": "compact"},
    "both": {"cleanup.policy": "compact,delete"},
}
KEYS = [b"a", b"b", b"c", b"d"]
LIVES = 3


class Lost(AssertionError):
    """A promise that was broken."""


class Log:
    """What clients know of one partition.  records: offset -> (key, value) of what was sent there."""

    def __init__(self) -> None:
        self.sent: dict[int, tuple[bytes, bytes]] = {}
        self.known: set[int] = set()  # offsets that were acknowledged, or seen by a consumer
        self.low_watermark = 0  # of what was deleted, and its deletion acknowledged
        self.start = 0  # where it starts, whoever knows that


class Told:
    """What the clients of a run were told, over all its lives."""

    def __init__(self) -> None:
        self.topics: dict[str, bytes] = {}  # name -> id of those that are there
        self.gone: set[bytes] = set()  # ids of those whose deletion was acknowledged
        self.unsure: set[str] = set()  # names of which a creation or deletion was asked for, and not answered
        self.logs: dict[bytes, Log] = {}
        self.committed: dict[str, int] = {}  # group -> the offset of the last commit that was acknowledged
        self.asked: dict[str, list[int]] = {}  # and the offsets of those that came after it
        self.acknowledged = 0


class Life:
    """One broker from its start to the cut."""

    def __init__(self, directory: Path, told: Told, dice: random.Random) -> None:
        self.told, self.dice = told, dice
        self.broker = opened(directory, **SETTINGS)
        self.ask = Asker(self.broker)
        self.pending: list[tuple[Promised[Any], Any, Callable[[Any], None]]] = []
        self.number = 0

    # Asking

    def send(self, request: Any, version: int, answered: Callable[[Any], None]) -> None:
        """`answered` gets the response, as soon as the client does."""
        answer = self.ask.send(request, version)
        assert not isinstance(answer, Later)
        if isinstance(answer, Promised):
            self.pending.append((answer, (request, version), answered))
        elif self.pending:
            self.pending.append((Promised([], lambda: answer), (request, version), answered))
        else:
            answered(self.ask.decoded(request, version, answer))

    def hear(self) -> None:
        """The answers that may leave, in order."""
        while self.pending and self.pending[0][0].is_settled:
            promised, asked, answered = self.pending.pop(0)
            answered(self.ask.decoded(*asked, promised.finish()))

    # What clients do

    def produce(self) -> None:
        name = self.dice.choice(list(self.told.topics) or [""])
        topic = self.broker.catalog.topic_by_name(name)
        if topic is None:
            return
        partition_log = self.broker.data.partition(name, 0)
        log, values = self.told.logs[topic.topic_id], []
        for _ in range(self.dice.choice((1, 1, 2, 5))):
            self.number += 1
            values.append(
                (self.dice.choice(KEYS), b"%d of %d " % (self.number, id(self)) * self.dice.choice((1, 9, 90)))
            )
        batch = build_batch([Record(key, value, self.broker.clock.timestamp()) for key, value in values])
        log.sent.update(enumerate(values, partition_log.log_end_offset))
        is_plain = name == "plain" or (name == "third" and len(values) < 3)
        kind = ProduceRequest.TopicProduceData
        data = [kind.PartitionProduceData(index=0, records=batch)]

        def answered(response: Any) -> None:
            (answer,) = response.responses[0].partition_responses
            if answer.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                return  # it was deleted meanwhile
            assert not answer.error_code, answer
            self.told.acknowledged += 1
            if not is_plain:
                log.known.update(range(answer.base_offset, answer.base_offset + len(values)))

        self.send(ProduceRequest(acks=-1, topic_data=[kind(name=name, partition_data=data)]), 9, answered)

    def consume(self) -> None:
        """What a consumer has seen is not taken back, of a topic that syncs each record."""
        for name in ("orders", "compacted", "both"):
            topic = self.broker.catalog.topic_by_name(name)
            if topic is not None:
                log = self.broker.data.partition(name, 0)
                known = self.told.logs[topic.topic_id]
                known.known.update(o for o in known.sent if log.log_start_offset <= o < log.high_watermark)

    def create(self) -> None:
        name = self.dice.choice(list(TOPICS))
        if name in self.told.unsure:
            return
        kind = CreateTopicsRequest.CreatableTopic
        configs = [kind.CreatableTopicConfig(name=key, value=value) for key, value in TOPICS[name].items()]
        self.told.unsure.add(name)

        def answered(response: Any) -> None:
            self.told.unsure.discard(name)
            if not response.topics[0].error_code:
                self.told.topics[name] = response.topics[0].topic_id

        asked = kind(name=name, num_partitions=1, replication_factor=1, configs=configs)
        self.send(CreateTopicsRequest(topics=[asked]), 7, answered)
        topic = self.broker.catalog.topic_by_name(name)
        if topic is not None:
            self.told.logs.setdefault(topic.topic_id, Log())

    def delete(self) -> None:
        name = self.dice.choice(list(TOPICS))
        topic = self.broker.catalog.topic_by_name(name)
        if topic is None or name in self.told.unsure or self.dice.random() < 0.7:
            return
        self.told.unsure.add(name)
        self.told.topics.pop(name, None)
        for group in ("readers", "writers"):
            self.told.committed.pop(f"{group}/{name}", None)

        def answered(response: Any) -> None:
            self.told.unsure.discard(name)
            assert not response.responses[0].error_code, response
            self.told.gone.add(topic.topic_id)

        self.send(DeleteTopicsRequest(topic_names=[name], timeout_ms=1000), 5, answered)

    def delete_records(self) -> None:
        name = self.dice.choice(("orders", "plain", "third", "both"))
        topic = self.broker.catalog.topic_by_name(name)
        if topic is None:
            return
        partition_log = self.broker.data.partition(name, 0)
        offset = self.dice.randint(partition_log.log_start_offset, partition_log.high_watermark)
        log = self.told.logs[topic.topic_id]
        log.start = max(log.start, offset)
        kind = DeleteRecordsRequest.DeleteRecordsTopic

        def answered(response: Any) -> None:
            (answer,) = response.topics[0].partitions
            assert not answer.error_code, answer
            log.low_watermark = max(log.low_watermark, answer.low_watermark)

        partitions = [kind.DeleteRecordsPartition(partition_index=0, offset=offset)]
        self.send(DeleteRecordsRequest(topics=[kind(name=name, partitions=partitions)]), 2, answered)

    def commit(self) -> None:
        name = self.dice.choice(list(self.told.topics) or [""])
        topic = self.broker.catalog.topic_by_name(name)
        if topic is None or name in self.told.unsure:
            return
        group = self.dice.choice(("readers", "writers"))
        offset = self.dice.randrange(1_000_000)
        kind = OffsetCommitRequest.OffsetCommitRequestTopic
        partitions = [kind.OffsetCommitRequestPartition(partition_index=0, committed_offset=offset)]
        request = OffsetCommitRequest(
            group_id=group,
            generation_id_or_member_epoch=-1,
            member_id="",
            topics=[kind(name=name, partitions=partitions)],
        )

        def answered(response: Any) -> None:
            if not response.topics[0].partitions[0].error_code and self.broker.catalog.topic_by_name(name) is topic:
                asked = self.told.asked[place]
                self.told.committed[place] = offset
                del asked[: asked.index(offset) + 1]

        place = f"{group}/{name}"
        self.told.asked.setdefault(place, []).append(offset)
        self.send(request, 8, answered)

    # What the broker does of itself

    async def roll(self) -> None:
        for log in list(self.broker.data.open_logs()):
            if self.dice.random() < 0.5:
                log.roll()

    async def retain(self) -> None:
        await upkeep.retain(self.broker)

    async def flush(self) -> None:
        await upkeep.flush_rolled(self.broker)

    async def checkpoint(self) -> None:
        self.broker.data.checkpoint()

    async def compact(self) -> None:
        await Compactions(self.broker).once()

    async def remove(self) -> None:
        await upkeep.remove_due(self.broker)

    def note_starts(self) -> None:
        for topic in self.broker.catalog.topics.values():
            log = self.broker.data.open_log(topic.name, 0)
            if log is not None and topic.topic_id in self.told.logs:
                known = self.told.logs[topic.topic_id]
                known.start = max(known.start, log.log_start_offset)

    async def live(self, steps: int) -> None:
        clients = [self.produce] * 8 + [self.create] * 2 + [self.delete, self.delete_records, self.commit, self.consume]
        chores = [self.roll, self.retain, self.flush, self.checkpoint, self.compact, self.remove]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(group_commit.GroupCommit(self.broker.data).run)
            for _ in range(steps):
                if self.dice.random() < 0.75:
                    self.dice.choice(clients)()
                else:
                    await self.dice.choice(chores)()
                self.note_starts()
                for _ in range(self.dice.choice((0, 0, 1, 5))):
                    await trio.lowlevel.checkpoint()
                self.hear()
            nursery.cancel_scope.cancel()

    # What has to be there

    def check(self) -> None:
        """
        Raises:
            Lost: something that a client was told is not so.
        """
        told, topics = self.told, self.broker.catalog.topics
        for name, topic_id in told.topics.items():
            topic = topics.get(name)
            if name not in told.unsure and (topic is None or topic.topic_id != topic_id):
                raise Lost(f"the topic {name} is gone")
        for topic in topics.values():
            if topic.topic_id in told.gone:
                raise Lost(f"the topic {topic.name} is back")
            if topic.topic_id in told.logs:
                self._check_log(topic.name, told.logs[topic.topic_id], topic.name in told.unsure)
        told.unsure.clear()
        told.topics = {topic.name: topic.topic_id for topic in topics.values() if topic.name in TOPICS}
        self._check_offsets()

    def _check_log(self, name: str, known: Log, may_be_gone: bool) -> None:
        try:
            log = self.broker.data.partition(name, 0)
            found = {r.offset: (r.key, r.value) for head, batch in log.batches() for r in records_of(batch, head)}
        except Refused as refused:
            raise Lost(f"{name} cannot be read: {refused}") from refused
        for offset, record in found.items():
            if offset >= log.log_start_offset and record != known.sent.get(offset):
                raise Lost(f"{name} has at offset {offset} what nobody sent there")
        if may_be_gone:  # a deletion that was not answered may have taken the files before the catalog knew
            known.known.clear()
            known.low_watermark = 0
        if known.low_watermark > log.log_start_offset:
            raise Lost(
                f"{name} starts at {log.log_start_offset}, but its records up to {known.low_watermark} were deleted"
            )
        compacted = "compact" in log.config.cleanup_policy
        latest = {key: offset for offset, (key, _) in sorted(found.items())}
        for offset in known.known:
            if (
                offset >= known.start
                and offset not in found
                and not (compacted and latest.get(known.sent[offset][0], -1) > offset)
            ):
                raise Lost(f"{name} has lost offset {offset}, of {log.log_start_offset} to {log.log_end_offset}")
        if not compacted and sorted(o for o in found if o >= log.log_start_offset) != list(
            range(log.log_start_offset, log.log_end_offset)
        ):
            raise Lost(f"{name} has a hole between {log.log_start_offset} and {log.log_end_offset}")
        known.sent = {offset: record for offset, record in known.sent.items() if offset < log.log_end_offset}
        known.known = {offset for offset in known.known if offset < log.log_end_offset}
        known.start = log.log_start_offset

    def _check_offsets(self) -> None:
        for place, offset in list(self.told.committed.items()):
            group, name = place.split("/")
            if name not in self.told.topics:
                del self.told.committed[place]
                continue
            kind = OffsetFetchRequest.OffsetFetchRequestTopic
            request = OffsetFetchRequest(group_id=group, topics=[kind(name=name, partition_indexes=[0])])
            answer = self.ask.send(request, 5)
            (found,) = self.ask.decoded(request, 5, answer).topics[0].partitions
            if found.committed_offset != offset and found.committed_offset not in self.told.asked.get(place, ()):
                raise Lost(f"{group} had committed {offset} of {name}, and now {found.committed_offset}")
            self.told.committed[place] = found.committed_offset


@contextmanager
def one_thread(dice: random.Random) -> Iterator[None]:
    """What would be another thread's is done at once and heard of later: what comes meanwhile is not in it."""

    async def run_sync(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = function(*args)
        for _ in range(dice.choice((0, 1, 3, 9))):
            await trio.lowlevel.checkpoint()
        return result

    real = trio.to_thread.run_sync
    trio.to_thread.run_sync = run_sync  # type: ignore[assignment]
    try:
        yield
    finally:
        trio.to_thread.run_sync = real


def run(seed: int) -> int:
    """One data directory and `LIVES` power cuts; how many produces were acknowledged.

    Raises:
        Lost: a promise was broken.
    """
    dice, told = random.Random(seed), Told()
    place = Path(tempfile.mkdtemp(prefix="power-cuts-"))
    try:
        directory = place / "0"
        directory.mkdir()
        for life in range(1, LIVES + 1):
            disk = LosingDisk(directory)
            with disk.mounted(), one_thread(dice):
                _live(disk, directory, told, dice)
            directory = place / str(life)
            disk.cut(directory, dice)
            trio.run(_look, directory, told, dice)
        return told.acknowledged
    except Lost as lost:
        raise Lost(f"seed {seed}: {lost}") from lost
    finally:
        shutil.rmtree(place)


async def _begin(directory: Path, told: Told, dice: random.Random) -> None:
    life = Life(directory, told, dice)
    try:
        await life.live(60)
    finally:
        life.note_starts()


async def _look(directory: Path, told: Told, dice: random.Random) -> None:
    life = Life(directory, told, dice)
    life.check()
    life.broker.data.abandon()


def _live(disk: LosingDisk, directory: Path, told: Told, dice: random.Random) -> None:
    """Until the power goes; it always does, if it has not before when all is done."""
    disk.cut_at = dice.choice((dice.randrange(30), dice.randrange(400), dice.randrange(400)))
    try:
        trio.run(_begin, directory, told, dice)
    except PowerCut:
        pass
    except BaseExceptionGroup as group:
        _, others = group.split(PowerCut)
        if others is not None:
            raise
    disk.is_dead = True
