"""Fetch sessions: what a client is told, and what it is told when it and the broker disagree (KIP-227)."""

import itertools

import pytest
from pykbroker_protocol.apis.fetch import FetchRequest, FetchResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.handlers.fetch_sessions import FetchSessions

PartitionData = FetchResponse.FetchableTopicResponse.PartitionData


def request(*partitions, session_id=0, epoch=-1, forgotten=(), offset=0):
    topic = FetchRequest.FetchTopic(
        topic="t",
        partitions=[FetchRequest.FetchTopic.FetchPartition(partition=p, fetch_offset=offset) for p in partitions],
    )
    return FetchRequest(
        session_id=session_id,
        session_epoch=epoch,
        topics=[topic],
        forgotten_topics_data=[FetchRequest.ForgottenTopic(topic="t", partitions=list(forgotten))],
    )


def told(asked, *, high_watermark=5, records=b"", error_code=0):
    """The partitions that the answer has when each has news as given."""
    answers = [
        (
            wanted,
            PartitionData(
                partition_index=wanted.partition,
                high_watermark=high_watermark,
                log_start_offset=0,
                records=records,
                error_code=error_code,
            ),
        )
        for wanted in asked.wanted
    ]
    return [partition.partition_index for _, partition in asked.told(answers)]


@pytest.fixture
def sessions():
    return FetchSessions(2, itertools.count(7).__next__)


@pytest.fixture
def opened(sessions):
    asked = sessions.round(request(0, 1, epoch=0), 12, 0)
    assert asked.session_id == 7
    assert told(asked) == [0, 1]
    return sessions


def test_without_a_session_everything_is_answered_each_time(sessions):
    for _ in range(2):
        asked = sessions.round(request(0, 1), 12, 0)
        assert (asked.session_id, told(asked)) == (0, [0, 1])


def test_in_a_session_only_news_are_told(opened):
    asked = opened.round(request(session_id=7, epoch=1), 12, 0)
    assert told(asked) == []
    asked = opened.round(request(session_id=7, epoch=2), 12, 0)
    assert told(asked, high_watermark=6) == [0, 1]


def test_records_are_news_and_their_partition_goes_to_the_end(opened):
    asked = opened.round(request(session_id=7, epoch=1), 12, 0)
    first, second = asked.wanted
    asked.told([(first, PartitionData(partition_index=0, high_watermark=5, log_start_offset=0, records=b"r"))])
    assert opened.round(request(session_id=7, epoch=2), 12, 0).wanted == [second, first]


def test_an_error_is_told_each_time_and_its_end_too(opened):
    for epoch in (1, 2):
        asked = opened.round(request(session_id=7, epoch=epoch), 12, 0)
        assert told(asked, high_watermark=-1, error_code=3) == [0, 1]
    assert told(opened.round(request(session_id=7, epoch=3), 12, 0)) == [0, 1]


def test_a_changed_offset_is_taken_over_without_telling_what_is_known(opened):
    asked = opened.round(request(1, session_id=7, epoch=1, offset=4), 12, 0)
    assert [(wanted.partition, wanted.fetch_offset) for wanted in asked.wanted] == [(0, 0), (1, 4)]
    assert told(asked) == []


def test_a_partition_that_is_forgotten_and_named_at_once_is_gone(opened):
    asked = opened.round(request(1, session_id=7, epoch=1, forgotten=[1]), 12, 0)
    assert [wanted.partition for wanted in asked.wanted] == [0]


def test_a_session_that_wants_nothing_more_ends(opened):
    asked = opened.round(request(session_id=7, epoch=1, forgotten=[0, 1]), 12, 0)
    assert (asked.session_id, asked.wanted, len(opened)) == (0, [], 0)


@pytest.mark.parametrize(
    ("session_id", "epoch", "version", "code"),
    [
        (9, 1, 12, ErrorCode.FETCH_SESSION_ID_NOT_FOUND),
        (7, 2, 12, ErrorCode.INVALID_FETCH_SESSION_EPOCH),
        (7, 1, 13, ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR),
    ],
)
def test_a_session_that_the_broker_sees_otherwise_is_refused_and_lives(opened, session_id, epoch, version, code):
    with pytest.raises(Refused) as refusal:
        opened.round(request(session_id=session_id, epoch=epoch), version, 0)
    assert refusal.value.code is code
    assert opened.round(request(session_id=7, epoch=1), 12, 0).session_id == 7


def test_a_full_fetch_closes_the_session_that_it_names(opened):
    assert opened.round(request(0, session_id=7, epoch=-1), 12, 0).session_id == 0
    assert len(opened) == 0


def test_without_room_a_client_goes_on_without_a_session(opened):
    opened.round(request(0, epoch=0), 12, 0)
    assert opened.round(request(0, epoch=0), 12, 120_000).session_id == 0


def test_a_session_unused_for_two_minutes_makes_room(opened):
    opened.round(request(0, epoch=0), 12, 1)
    assert opened.round(request(0, epoch=0), 12, 120_001).session_id == 9
    with pytest.raises(Refused):
        opened.round(request(session_id=7, epoch=1), 12, 120_001)


def test_a_smaller_session_older_than_two_minutes_makes_room_for_a_larger_one(opened):
    opened.round(request(0, epoch=0), 12, 1)
    for epoch, now in ((1, 100_000), (2, 150_000)):
        opened.round(request(session_id=7, epoch=epoch), 12, now)
        opened.round(request(session_id=8, epoch=epoch), 12, now)
    assert opened.round(request(0, epoch=0), 12, 150_000).session_id == 0
    assert opened.round(request(0, 1, 2, epoch=0), 12, 150_000).session_id == 9


def test_sessions_hold_so_many_partitions_together_and_no_more(monkeypatch):
    monkeypatch.setattr("pykbroker.handlers.fetch_sessions._MOST_PARTITIONS", 5)
    sessions = FetchSessions(slots=10, new_id=itertools.count(1).__next__)
    first = sessions.round(request(0, 1, 2, epoch=0), 12, now=0)
    assert sessions.round(request(0, 1, 2, epoch=0), 12, now=0).session_id == 0
    assert sessions.round(request(0, 1, epoch=0), 12, now=0).session_id
    with pytest.raises(Refused) as refused:
        sessions.round(request(2, 3, session_id=first.session_id, epoch=1), 12, now=0)
    assert refused.value.code is ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    assert len(sessions) == 1
