"""Elections, reassignments, log directories, the quorum: what a client hears that takes this broker for a cluster."""

import os

import pytest
from asking import batch_of, produced
from pykbroker_protocol.apis.alter_partition_reassignments import AlterPartitionReassignmentsRequest
from pykbroker_protocol.apis.alter_replica_log_dirs import AlterReplicaLogDirsRequest
from pykbroker_protocol.apis.describe_log_dirs import DescribeLogDirsRequest
from pykbroker_protocol.apis.describe_quorum import DescribeQuorumRequest
from pykbroker_protocol.apis.elect_leaders import ElectLeadersRequest
from pykbroker_protocol.apis.list_partition_reassignments import ListPartitionReassignmentsRequest


@pytest.fixture
async def ask(ask):
    await ask.create("t", partitions=2)
    return ask


def election(*partitions, name="t", **fields):
    return ElectLeadersRequest(
        topic_partitions=[ElectLeadersRequest.TopicPartitions(topic=name, partitions=list(partitions))], **fields
    )


def elected(response):
    return [
        (r.topic, p.partition_id, p.error_code, p.error_message)
        for r in response.replica_election_results
        for p in r.partition_result
    ]


@pytest.mark.parametrize("version", [0, 1, 2])
async def test_no_partition_needs_an_election(ask, version):
    response = await ask(election(0, 2), version)
    assert (response.error_code, elected(response)) == (
        0,
        [
            ("t", 0, 84, "Leader election not needed for topic partition."),
            ("t", 2, 3, "No such partition as t-2"),
        ],
    )
    assert elected(await ask(election(0, name="u"), version)) == [("u", 0, 3, "No such topic as u")]


async def test_an_election_of_all_leaders_lists_the_topics_without_partitions(ask):
    response = await ask(ElectLeadersRequest(topic_partitions=None), 2)
    assert [(r.topic, r.partition_result) for r in response.replica_election_results] == [("t", [])]


@pytest.mark.parametrize(
    ("fields", "code", "why"),
    [({"election_type": 2}, 42, "Unknown election type 2"), ({"timeout_ms": 0}, 7, None)],
)
async def test_a_refused_election_is_told_at_the_top_and_at_each_partition(ask, fields, code, why):
    response = await ask(election(0, **fields), 2)
    assert (response.error_code, elected(response)) == (code, [("t", 0, code, why)])


def reassignment(partition, replicas, name="t", **fields):
    topic = AlterPartitionReassignmentsRequest.ReassignableTopic
    moved = topic(name=name, partitions=[topic.ReassignablePartition(partition_index=partition, replicas=replicas)])
    return AlterPartitionReassignmentsRequest(topics=[moved], **fields)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(
    ("asked", "code", "why"),
    [
        ((0, [1]), 0, None),
        ((0, None), 85, None),
        ((0, []), 39, "The manual partition assignment includes an empty replica list."),
        ((0, [1, 2]), 39, "The manual partition assignment includes broker 2, but no such broker is registered."),
        ((0, [1, 1]), 39, "The manual partition assignment includes the broker 1 more than once."),
        ((2, [1]), 3, "Unable to find partition t:2."),
        ((0, None, "u"), 3, "Unable to find a topic named u."),
    ],
)
async def test_a_partition_can_only_stay_where_it_is(ask, version, asked, code, why):
    response = await ask(reassignment(*asked), version)
    (partition,) = response.responses[0].partitions
    assert (partition.partition_index, partition.error_code, partition.error_message) == (asked[0], code, why)
    assert (response.error_code, response.error_message) == (0, None)


async def test_a_reassignment_without_time_is_late(ask):
    response = await ask(reassignment(0, [1], timeout_ms=0), 1)
    assert (response.error_code, response.responses[0].partitions[0].error_code) == (7, 7)


async def test_nothing_is_being_reassigned(ask):
    response = await ask(ListPartitionReassignmentsRequest(topics=None), 0)
    assert (response.error_code, response.error_message, response.topics) == (0, None, [])


def directories(*partitions, name="t"):
    topic = DescribeLogDirsRequest.DescribableLogDirTopic
    return DescribeLogDirsRequest(topics=[topic(topic=name, partitions=list(partitions))])


def sizes(response):
    (result,) = response.results
    return {(t.name, p.partition_index): p.partition_size for t in result.topics for p in t.partitions}


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
async def test_the_sizes_of_partitions_are_those_of_their_segments(ask, version, tmp_path):
    records = batch_of(b"v", b"w")
    await produced(ask, records)
    response = await ask(directories(0, 1, 9), version)
    assert sizes(response) == {("t", 0): len(records), ("t", 1): 0}
    (result,) = response.results
    assert (result.error_code, result.log_dir) == (0, str(tmp_path))
    assert (0 < result.usable_bytes < result.total_bytes) == (version >= 4)


async def test_a_partition_that_is_not_open_is_measured_on_disk(ask, tmp_path):
    os.mkdir(tmp_path / "t-1")
    for name, size in (("00000000000000000000.log", 70), ("00000000000000000000.index", 8), ("x.log.deleted", 5)):
        (tmp_path / "t-1" / name).write_bytes(bytes(size))
    assert sizes(await ask(DescribeLogDirsRequest(topics=None), 5)) == {("t", 0): 0, ("t", 1): 70}


async def test_a_replica_can_only_stay_in_the_one_directory(ask, tmp_path):
    def alter(path, name, partition):
        directory = AlterReplicaLogDirsRequest.AlterReplicaLogDir
        topic = directory.AlterReplicaLogDirTopic(name=name, partitions=[partition])
        return AlterReplicaLogDirsRequest(dirs=[directory(path=path, topics=[topic])])

    async def code(*asked):
        (topic,) = (await ask(alter(*asked), 2)).results
        return topic.partitions[0].error_code

    assert await code(str(tmp_path), "t", 1) == 0
    assert await code(str(tmp_path), "t", 2) == await code(str(tmp_path), "u", 0) == 3
    assert await code("/elsewhere", "t", 1) == await code(f"{tmp_path}/", "t", 1) == 57
    assert (await code("/elsewhere", "x" * 213, 0), await code("/elsewhere", "x" * 214, 0)) == (57, 17)


def quorum(*partitions):
    topic = DescribeQuorumRequest.TopicData
    return DescribeQuorumRequest(
        topics=[topic(topic_name=name, partitions=[topic.PartitionData(partition_index=i)]) for name, i in partitions]
    )


@pytest.mark.parametrize("version", [0, 1, 2])
async def test_this_broker_is_the_quorum(ask, version):
    response = await ask(quorum(("__cluster_metadata", 0)), version)
    (partition,) = response.topics[0].partitions
    end = ask.broker.catalog_log.log_end_offset
    assert (partition.error_code, partition.leader_id, partition.leader_epoch, partition.high_watermark) == (
        0,
        1,
        1,
        end,
    )
    assert [(voter.replica_id, voter.log_end_offset) for voter in partition.current_voters] == [(1, end)]
    assert partition.observers == []
    assert [node.node_id for node in response.nodes] == ([1] if version == 2 else [])


@pytest.mark.parametrize("asked", [[("t", 0)], [("__cluster_metadata", 1)], [("__cluster_metadata", 0), ("t", 0)]])
async def test_nothing_but_the_catalog_has_a_quorum(ask, asked):
    response = await ask(quorum(*asked), 2)
    assert [(t.topic_name, p.partition_index, p.error_code) for t in response.topics for p in t.partitions] == [
        (name, partition, 3) for name, partition in asked
    ]
