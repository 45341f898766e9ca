"""What a catalog holds that is not served yet is named, until Kafka has taken it away again."""

import pytest
from pykbroker_protocol.records import cluster_metadata as records

from pykbroker.topics.creation import NewTopic, Node, creation_records
from pykbroker.topics.frames import Versioned
from pykbroker.topics.unserved import Unserved

NODE, ID, TOKEN = Node(1, b"d" * 16), b"i" * 16, "t" * 22
ACL = records.AccessControlEntryRecord(id=ID, resource_name="orders", principal="User:a", host="*")
ENTITY = [records.ClientQuotaRecord.EntityData(entity_type="user", entity_name=None)]
OF_ORDERS = {"topic_id": ID, "partition_id": 0, "leader": 1}
BROKER = records.RegisterBrokerRecord


def config(value):
    return records.ConfigRecord(resource_type=2, resource_name="orders", name="remote.storage.enable", value=value)


def told(*values):
    unserved = Unserved(node_id=1)
    unserved.replay(creation_records(NewTopic("orders"), ID, 1, NODE))
    unserved.replay([Versioned(value) for value in values])
    return list(unserved.faults())


@pytest.mark.parametrize(
    ("there", "gone", "says"),
    [
        (ACL, records.RemoveAccessControlEntryRecord(id=ID), "1 ACL (User:a on orders)"),
        (
            records.UserScramCredentialRecord(name="a", mechanism=2),
            records.RemoveUserScramCredentialRecord(name="a", mechanism=2),
            "1 SCRAM credential (a SCRAM-SHA-512)",
        ),
        (
            records.ClientQuotaRecord(entity=ENTITY, key="request_percentage", value=1.0),
            records.ClientQuotaRecord(entity=ENTITY, key="request_percentage", remove=True),
            "1 client quota (user <default> request_percentage)",
        ),
        (
            records.DelegationTokenRecord(token_id=TOKEN, owner="User:a"),
            records.RemoveDelegationTokenRecord(token_id=TOKEN),
            f"1 delegation token ({TOKEN} of User:a)",
        ),
        (BROKER(broker_id=2), records.UnregisterBrokerRecord(broker_id=2), "1 other broker (node.id 2)"),
        (
            BROKER(broker_id=1, log_dirs=[ID, bytes(16)]),
            BROKER(broker_id=1, log_dirs=[ID]),
            "1 broker with several log.dirs (node.id 1 has 2)",
        ),
        (
            records.PartitionChangeRecord(**OF_ORDERS, replicas=[1, 2]),
            records.PartitionChangeRecord(**OF_ORDERS, replicas=[1]),
            "1 partition with other replicas (orders-0 on 1,2)",
        ),
        (config("true"), config("false"), "1 topic in tiered storage (orders)"),
        (config("true"), config(None), "1 topic in tiered storage (orders)"),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "__slots__") else None,
)
def test_what_is_there_is_named_and_what_was_taken_away_is_not(there, gone, says):
    (line,) = told(there)
    assert line.startswith(f"{says}: ")
    assert told(there, gone) == []


def test_what_belongs_to_a_deleted_topic_is_gone_with_it():
    unserved = Unserved(node_id=2)
    unserved.replay([*creation_records(NewTopic("orders"), ID, 2, NODE), Versioned(config("true"))])
    assert [line.split(":")[0] for line in unserved.faults()] == [
        "2 partitions with other replicas (orders-0 on 1, orders-1 on 1)",
        "1 topic in tiered storage (orders)",
    ]
    unserved.replay([Versioned(records.RemoveTopicRecord(topic_id=ID))])
    assert list(unserved.faults()) == []


def test_many_of_a_kind_are_counted():
    acls = [
        records.AccessControlEntryRecord(id=bytes([n] * 16), principal=f"u{n}", resource_name="t") for n in range(9)
    ]
    assert told(*acls)[0].startswith("9 ACLs (u0 on t, u1 on t, u2 on t and 6 more): ")


def test_what_a_single_broker_has_is_no_hindrance():
    change = records.BrokerRegistrationChangeRecord(broker_id=1, fenced=1)
    assert told(BROKER(broker_id=1, log_dirs=[ID]), change, records.PartitionChangeRecord(**OF_ORDERS)) == []
