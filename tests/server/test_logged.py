"""An operator finds one line for each event, with its keys, and no client writes lines of its own."""

from asking import Asker, opened
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.join_group import JoinGroupRequest

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
