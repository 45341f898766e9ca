"""DescribeTopicPartitions: pages, and where they begin and end."""

from __future__ import annotations

from typing import Any

from both.client import Broker
from pykbroker_protocol.apis.describe_topic_partitions import DESCRIBE_TOPIC_PARTITIONS

from . import Answers, scenario

Request = DESCRIBE_TOPIC_PARTITIONS.request.type


def page(broker: Broker, version: int, *names: str, cursor: tuple[str, int] | None = None, limit: int = 2000) -> Any:
    return broker.ask(
        DESCRIBE_TOPIC_PARTITIONS,
        version,
        topics=[Request.TopicRequest(name=name) for name in names],
        response_partition_limit=limit,
        cursor=cursor and Request.Cursor(topic_name=cursor[0], partition_index=cursor[1]),
    )


@scenario(DESCRIBE_TOPIC_PARTITIONS)
def pages(broker: Broker, version: int) -> Answers:
    a, c, nowhere = broker.topic("a", partitions=3).name, broker.topic("c", partitions=2).name, broker.name("b")
    for limit in (-1, 0, 1, 2, 3, 4, 5, 6):
        yield f"at most {limit}", page(broker, version, c, nowhere, a, a, limit=limit)
    for name in (a, nowhere, c, broker.name("z"), ""):
        for index in (-1, 0, 1, 2, 3, 9):
            yield f"from {name[-1:]} {index}", page(broker, version, a, nowhere, c, cursor=(name, index))


@scenario(DESCRIBE_TOPIC_PARTITIONS)
def all_topics(broker: Broker, version: int) -> Answers:
    a, c = broker.topic("a", partitions=3).name, broker.topic("c", partitions=2).name
    for cursor in ((a, 1), (broker.name("b"), 1), (c, 0), (c, 9)):
        answer = page(broker, version, cursor=cursor)
        answer.topics = [topic for topic in answer.topics if topic.name in (a, c)]
        answer.next_cursor = None  # among the topics of others
        yield f"from {cursor[0][-1:]} {cursor[1]}", answer
    yield "from the very end", page(broker, version, cursor=("~", 0))
    yield "from a negative partition", page(broker, version, cursor=(a, -1))


@scenario(DESCRIBE_TOPIC_PARTITIONS)
def odd_names(broker: Broker, version: int) -> Answers:
    for name in ("", "in valid", ".", "x" * 250, "__cluster_metadata", "__transaction_state"):
        yield f"'{name:.20}'", page(broker, version, name)
    yield "a good one beside an empty one", page(broker, version, broker.topic("a").name, "")
