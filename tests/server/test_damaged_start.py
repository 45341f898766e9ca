"""A start on data that is damaged: what cannot be read is not taken for nothing."""

from pathlib import Path

import pytest
from asking import Asker, opened
from pykbroker_protocol.apis.find_coordinator import FindCoordinatorRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.apis.offset_fetch import OffsetFetchRequest
from pykbroker_protocol.errors import ErrorCode

from pykbroker.groups.placement import partition_for
from pykbroker.storage.recovery import StorageError

DAMAGED, WHOLE = "a", "b"
SETTINGS = {"offsets.topic.num.partitions": "2"}


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8:12] = b"\0\0\0\1"  # the first batch's length
    path.write_bytes(content)


def commit(group):
    kind = OffsetCommitRequest.OffsetCommitRequestTopic
    partitions = [kind.OffsetCommitRequestPartition(partition_index=0, committed_offset=5)]
    return OffsetCommitRequest(
        group_id=group, generation_id_or_member_epoch=-1, member_id="", topics=[kind(name="t", partitions=partitions)]
    )


async def found(ask, group):
    """The error codes of FindCoordinator, OffsetFetch and OffsetCommit."""
    coordinator = await ask(FindCoordinatorRequest(key=group), 2)
    kind = OffsetFetchRequest.OffsetFetchRequestTopic
    fetched = await ask(OffsetFetchRequest(group_id=group, topics=[kind(name="t", partition_indexes=[0])]), 5)
    committed = await ask(commit(group), 8)
    return coordinator.error_code, fetched.error_code, committed.topics[0].partitions[0].error_code


async def test_groups_whose_commits_cannot_be_read_have_no_coordinator_and_others_have(tmp_path, caplog):
    first = opened(tmp_path, **SETTINGS)
    ask = Asker(first)
    await ask.create("t")
    for group in (DAMAGED, WHOLE):
        await ask(commit(group), 8)
    assert partition_for(DAMAGED, 2) != partition_for(WHOLE, 2)
    first.data.close()
    file = tmp_path / f"__consumer_offsets-{partition_for(DAMAGED, 2)}" / "00000000000000000000.log"
    damage(file)
    ask = Asker(opened(tmp_path, **SETTINGS))
    gone = ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.NOT_COORDINATOR, ErrorCode.NOT_COORDINATOR
    assert await found(ask, DAMAGED) == gone
    assert await found(ask, WHOLE) == (0, 0, 0)
    assert f"not loaded: partition={file.parent.name}" in caplog.text
    assert f"{file} at byte 0" in caplog.text or f"{file} is damaged at byte 0" in caplog.text
    ask.broker.data.abandon()


async def test_a_catalog_that_cannot_be_read_ends_the_start_with_file_and_position(tmp_path):
    opened(tmp_path).data.close()
    file = tmp_path / "__cluster_metadata-0" / "00000000000000000000.log"
    damage(file)
    with pytest.raises(StorageError, match=f"{file}.* at byte 0"):
        opened(tmp_path)
