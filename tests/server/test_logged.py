"""An operator finds one line for each event, with its keys, and no client writes lines of its own."""

from asking import Asker, batch_of, opened, produced
from config_asking import BROKER, DELETE, LOGGER, SET, TOPIC, change
from pykbroker_protocol.apis.delete_records import DeleteRecordsRequest
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.join_group import JoinGroupRequest

from pykbroker.server import upkeep
from pykbroker.storage.names import uuid_text


async def test_a_topics_life_is_a_line_each(tmp_path, caplog):
    caplog.set_level("INFO", "pykbroker.broker")
    ask = Asker(opened(tmp_path))
    await ask.create("t", partitions=3)
    topic_id = uuid_text(ask.broker.catalog.topics["t"].topic_id)
    await ask(DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
    assert caplog.messages == [
        f"topic created: topic=t partitions=3 id={topic_id}",
        "topic deleted: topic=t partitions=3",
    ]


async def test_a_groups_name_stays_on_its_line(tmp_path, caplog):
    caplog.set_level("INFO", "pykbroker.groups")
    ask = Asker(opened(tmp_path))
    protocols = [JoinGroupRequest.JoinGroupRequestProtocol(name="range", metadata=b"")]
    group_id = "g\ntopic deleted: topic=t"
    join = JoinGroupRequest(group_id=group_id, session_timeout_ms=10_000, protocol_type="consumer", protocols=protocols)
    ask.send(join, 0)
    (line,) = [line for line in caplog.messages if line.startswith("group state: ")]
    assert line.startswith("group state: group='g\\ntopic deleted: topic=t' from=Empty to=PreparingRebalance why=")
    assert "\n" not in line


async def test_what_was_configured_is_told_with_its_values_and_without_secrets(tmp_path, caplog):
    ask = Asker(opened(tmp_path))
    await ask.create("t", retention_ms="5")
    caplog.set_level("INFO", "pykbroker.broker")
    await change(ask, TOPIC, "t", ("segment.ms", SET, "9"), ("retention.ms", DELETE, None))
    await change(ask, BROKER, "1", ("some.plug-ins\nkey", SET, "secret"), ("log.retention.ms", SET, "7"))
    await change(ask, LOGGER, "1", ("pykbroker.groups", SET, "WARN"), ("pykbroker.groups", DELETE, None))
    await change(ask, LOGGER, "1", ("pykbroker.groups", DELETE, None))
    assert [line for line in caplog.messages if "changed" in line] == [
        "configs changed: type=topic name='t' changes={'segment.ms': '9', 'retention.ms': None}",
        "configs changed: type=broker name='1' changes={'some.plug-ins\\nkey': '(hidden)', 'log.retention.ms': '7'}",
        "logger changed: logger=pykbroker.groups level=inherited",
    ]
    assert not [line for line in caplog.messages if "\n" in line]


async def test_a_logs_life_is_a_line_each(tmp_path, caplog):
    caplog.set_level("INFO", "pykbroker")
    ask = Asker(opened(tmp_path))
    await ask.create("t", segment_ms="1000", retention_ms="1000")
    for timestamp in (0, 5_000, ask.broker.clock.timestamp()):
        await produced(ask, batch_of(b"x", timestamp=timestamp))
    await upkeep.retain(ask.broker)
    partition = DeleteRecordsRequest.DeleteRecordsTopic.DeleteRecordsPartition(partition_index=0, offset=-1)
    topic = DeleteRecordsRequest.DeleteRecordsTopic(name="t", partitions=[partition])
    await ask(DeleteRecordsRequest(topics=[topic], timeout_ms=1000), 2)
    ask.broker.data.abandon()
    opened(tmp_path).data.partition("t", 0)
    assert [line for line in caplog.messages if "partition=t-0" in line] == [
        "segment rolled: partition=t-0 bytes=72 start_offset=1",
        "segment rolled: partition=t-0 bytes=72 start_offset=2",
        "segments deleted: partition=t-0 segments=2 start_offset=2 why=retention",
        "records deleted: partition=t-0 start_offset=3 before=2",
        "log recovered: partition=t-0 scanned_bytes=72 end_offset=3",
    ]
