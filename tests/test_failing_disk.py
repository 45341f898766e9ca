"""One call to the system fails, whichever it is: its partition says so, and nothing acknowledged is lost or made up."""

from __future__ import annotations

import contextlib
import errno
import itertools

import pytest
import trio
from asking import Asker, batch_of, fetch, list_offsets, opened, produce
from failing_disk import READS, SYNCS, WRITES, FailingDisk
from pykbroker_protocol.apis.delete_records import DeleteRecordsRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.server import upkeep
from pykbroker.storage.records import records_of

TOPICS = {"synced": {"flush_messages": "1"}, "plain": {}}
FINE = {ErrorCode.NONE, ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_COORDINATOR, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}
SETTINGS = {"segment_ms": "15000", "index_interval_bytes": "0", "file_delete_delay_ms": "0"}


class Work:
    """A broker at work, and what its clients were told."""

    def __init__(self, directory):
        self.directory, self.acknowledged, self.sent, self.codes = directory, {}, {}, set()
        self.numbers = itertools.count()
        self.ask = Asker(opened(directory))

    async def prepare(self):
        for name, configs in TOPICS.items():
            await self.ask.create(name, **SETTINGS, **configs)
            await self.produce(name)

    async def do(self):
        for name in TOPICS:
            for _ in range(3):
                await self.produce(name)
            await self.read(name)
            await self.delete(name)
        await self.commit()
        with contextlib.suppress(OSError):  # what the chores say, and try again
            await upkeep.flush_rolled(self.ask.broker)
            self.ask.broker.data.checkpoint()
        await upkeep.remove_due(self.ask.broker)
        for name in TOPICS:
            await self.produce(name)

    async def produce(self, name):
        number = next(self.numbers)
        value = b"%d" % number
        records = batch_of(value, timestamp=1_000_000 + 10_000 * number)
        answer = (await self.ask(produce(records, name=name), 9)).responses[0].partition_responses[0]
        self.codes.add(answer.error_code)
        self.sent.setdefault(name, set()).add(value)
        if not answer.error_code:
            self.acknowledged[name, answer.base_offset] = value

    async def read(self, name):
        with contextlib.suppress(OSError):  # what fails while an answer is sent closes the connection
            response = await self.ask(fetch(0, name=name, max_wait_ms=0), 11)
            self.codes.add(response.responses[0].partitions[0].error_code)
        response = await self.ask(list_offsets(1_020_000, name=name), 5)
        self.codes.add(response.topics[0].partitions[0].error_code)

    async def delete(self, name):
        kind = DeleteRecordsRequest.DeleteRecordsTopic
        partitions = [kind.DeleteRecordsPartition(partition_index=0, offset=2)]
        response = await self.ask(DeleteRecordsRequest(topics=[kind(name=name, partitions=partitions)]), 2)
        code = response.topics[0].partitions[0].error_code
        self.codes.add(ErrorCode.NONE if code == ErrorCode.OFFSET_OUT_OF_RANGE else code)

    async def commit(self):
        kind = OffsetCommitRequest.OffsetCommitRequestTopic
        partitions = [kind.OffsetCommitRequestPartition(partition_index=0, committed_offset=1)]
        request = OffsetCommitRequest(
            group_id="g",
            generation_id_or_member_epoch=-1,
            member_id="",
            topics=[kind(name="plain", partitions=partitions)],
        )
        response = await self.ask(request, 8)
        self.codes.add(response.topics[0].partitions[0].error_code)

    def found(self, name):
        log = self.ask.broker.data.partition(name, 0)
        return log, {r.offset: r.value for header, batch in log.batches() for r in records_of(batch, header)}

    def check(self):
        """After a restart on a disk that is well."""
        self.ask.broker.data.abandon()
        self.ask = Asker(opened(self.directory))
        for name in TOPICS:
            log, found = self.found(name)
            assert sorted(found) == list(range(min(found, default=log.log_end_offset), log.log_end_offset))
            assert set(found.values()) <= self.sent[name]
            lost = {o for (n, o), v in self.acknowledged.items() if n == name and found.get(o) != v}
            assert all(offset < log.log_start_offset for offset in lost), (name, lost)
        self.ask.broker.data.abandon()


def calls_of(tmp_path, kinds):
    async def count():
        work = Work(tmp_path / "counted")
        await work.prepare()
        with FailingDisk(tmp_path).mounted(kinds) as disk:
            await work.do()
        assert work.codes == {ErrorCode.NONE}
        work.check()
        return disk.calls

    return trio.run(count)


async def with_fault(directory, kinds, fail_at, code, times):
    work = Work(directory)
    await work.prepare()
    with FailingDisk(directory, fail_at, code, times).mounted(kinds) as disk, contextlib.suppress(Refused):
        await work.do()
    assert disk.failed, fail_at
    assert work.codes <= FINE, (disk.failed, work.codes)
    await work.ask.create("other")
    work.check()


EVERY = 7  # the suite tries one of seven calls, and scripts/disk_faults all


FAULTS = {
    "EIO on a write": (WRITES, errno.EIO, 1),
    "a full disk": (WRITES, errno.ENOSPC, 7),
    "a disk that can only be read from then on": (WRITES, errno.EROFS, 10_000),
    "a file that is not there": (("open",), errno.ENOENT, 1),
    "EIO on a sync": (SYNCS, errno.EIO, 1),
    "EIO on a read": (READS, errno.EIO, 1),
}


@pytest.mark.parametrize(("kinds", "code", "times"), FAULTS.values(), ids=FAULTS)
def test_whichever_call_fails_the_partition_says_so_and_nothing_acknowledged_is_lost(tmp_path, kinds, code, times):
    for fail_at in range(0, calls_of(tmp_path, kinds), EVERY):
        trio.run(with_fault, tmp_path / str(fail_at), kinds, fail_at, code, times)
