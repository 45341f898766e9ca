"""Requests that are answered without being read: by the same bytes as the long way gives."""

import os

import pytest
import trio
import trio.testing
from asking import Asker, at_last, batch_of, fetch, list_offsets, only, opened, produce, produced
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.fetch import FETCH
from pykbroker_protocol.apis.metadata import MetadataRequest
from pykbroker_protocol.apis.produce import PRODUCE
from pykbroker_protocol.errors import ErrorCode

from pykbroker.handlers import known as ways
from pykbroker.handlers.routes import ROUTES
from pykbroker.runtime.later import Parked
from pykbroker.server.answering import Answering
from pykbroker.storage import usual
from pykbroker.storage.batch import only_batch
from pykbroker.storage.markers import Marker
from pykbroker.storage.slice import FileSlice

compiled = pytest.mark.skipif(not usual.COMPILED, reason="not built: no C compiler was there at the installation")


@pytest.fixture(params=["straight", "in Python"])
async def ask(tmp_path, request, monkeypatch):
    if request.param == "in Python":
        for way in ("produce", "fetch", "metadata"):
            monkeypatch.setattr(ways, way, lambda *_: None)
    broker = opened(tmp_path)
    yield Asker(broker)
    broker.data.close()


def without_shortcuts(broker):
    asker = Asker(broker)
    asker._answering = Answering(broker)
    asker._answering._shortcuts = dict.fromkeys(ROUTES)
    return asker


def asked(ask, request, version):
    (answer,) = ask.send(request, version)
    return bytes(answer)


def batch(ask, *values, **fields):
    return bytes(batch_of(*(values or (b"v",)), timestamp=ask.broker.clock.timestamp(), **fields))


async def requests_of(ask, records, version, **where):
    topic = await ask.create("t")
    return produce(records, topic_id=topic.topic_id if version >= 13 else bytes(16), **where)


@compiled
@pytest.mark.parametrize("version", range(PRODUCE.versions[0], PRODUCE.versions[1] + 1))
async def test_a_produce_like_the_last_is_answered_in_the_same_bytes_but_for_its_offset(ask, version, monkeypatch):
    request = await requests_of(ask, batch(ask, b"a", b"b"), version)
    plain = without_shortcuts(ask.broker)
    first, second, third = (asked(each, request, version) for each in (ask, plain, ask))
    monkeypatch.setattr("pykbroker.handlers.produce.produce", None)  # nobody reads it any more
    monkeypatch.setattr("pykbroker.codec.read", None)
    fourth = asked(ask, request, version)
    monkeypatch.undo()
    assert [len(each) for each in (first, second, third, fourth)] == [len(first)] * 4
    assert second.replace((2).to_bytes(8, "big"), (6).to_bytes(8, "big")) == fourth
    end = await ask(list_offsets(-1), 5)
    assert end.topics[0].partitions[0].offset == 8


@compiled
async def test_other_records_other_partitions_and_other_topics_are_told_apart(ask):
    await ask.create("t", partitions=2)
    await ask.create("much-longer")
    for _ in range(3):
        for where in ({"partition": 0}, {"partition": 1}, {"name": "much-longer"}):
            size = len(ask.client.produces) if ask.client.produces else 0
            await produced(ask, batch(ask, b"x" * (1 + 90 * size)), **where)
    ends = [(await ask(list_offsets(-1, name, at), 5)).topics[0].partitions[0].offset for name, at in
            (("t", 0), ("t", 1), ("much-longer", 0))]  # fmt: skip
    assert ends == [3, 3, 3]


@compiled
@pytest.mark.parametrize("ask", ["straight"], indirect=True)
async def test_what_is_known_and_at_hand_goes_straight_to_its_answer(ask, monkeypatch):
    await ask.create("t")
    for _ in range(2):
        await produced(ask, batch(ask))
        for isolation_level in (0, 1):
            await ask(fetch(0, isolation_level=isolation_level), 11)
        before = asked(ask, metadata("t"), 9)
    for name in ("usual_produce.UsualProduce", "usual_fetch.UsualFetch", "same_metadata.SameMetadata"):
        monkeypatch.setattr(f"pykbroker.handlers.{name}.answer", None)  # nobody asks it any more
    assert asked(ask, metadata("t"), 9) == before
    assert (await produced(ask, batch(ask))).base_offset == 2
    assert len(only(await ask(fetch(2), 11)).records) == len(batch(ask))
    assert len(only(await ask(fetch(0, isolation_level=1), 11)).records) == 3 * len(batch(ask))


@pytest.fixture
async def familiar(ask):
    """The log of a topic to which the client has produced twice, and from which it has fetched twice."""
    await ask.create("t")
    for _ in range(2):
        await produced(ask, batch(ask))
        await ask(fetch(0), 11)
    return ask.broker.data.partition("t", 0)


async def test_a_log_that_idles_is_used_again_by_what_is_known_of_it(ask, familiar):
    for again in (lambda: produced(ask, batch(ask)), lambda: ask(fetch(0), 11)):
        familiar.unused_looks = 1
        await again()
        assert familiar.unused_looks == 0


async def test_what_is_known_of_a_closed_log_is_looked_for_anew(ask, familiar):
    familiar.fail(OSError("its disk is gone"))
    assert (await produced(ask, batch(ask))).error_code == ErrorCode.KAFKA_STORAGE_ERROR


async def test_what_is_refused_is_refused_again(ask):
    await ask.create("t")
    good = batch(ask)
    bad = good[:-1] + b"\xff"
    assert [(await produced(ask, data)).error_code for data in (good, bad, good, bad)] == [0, 2, 0, 2]


async def test_a_deleted_topic_takes_no_more(ask):
    await ask.create("t")
    for _ in range(2):
        await produced(ask, batch(ask))
    await ask(DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
    assert (await produced(ask, batch(ask))).error_code == 3
    await ask.create("t")
    assert (await produced(ask, batch(ask))).base_offset == 0


async def test_a_topic_whose_config_changes_is_looked_at_anew(ask):
    await ask.create("t")
    for _ in range(2):
        await produced(ask, batch(ask, b"x" * 500))
    ask.broker.change_configs(2, "t", {"max.message.bytes": "100"})
    assert (await produced(ask, batch(ask, b"x" * 500))).error_code == 10


async def test_what_one_connection_is_remembered_by_is_bounded(ask):
    await ask.create("t", partitions=80)
    for partition in range(80):
        assert (await produced(ask, batch(ask), partition=partition)).error_code == 0
    assert len(ask.client.produces) <= 32


@compiled
async def test_produces_by_the_shortcut_are_counted(ask):
    await ask.create("t")
    for _ in range(3):
        await produced(ask, batch(ask, b"a", b"b"))
    counters = ask.broker.counters["t"]
    assert (counters.produce_requests, counters.messages_in, counters.bytes_in) == (
        3,
        6,
        3 * len(batch(ask, b"a", b"b")),
    )
    assert ("Produce", 9, 3) in ask._answering.requests()


def metadata(*names, **fields):
    return MetadataRequest(topics=[MetadataRequest.MetadataRequestTopic(name=name) for name in names], **fields)


@pytest.mark.parametrize("version", [0, 1, 9, 12, 13])
async def test_the_same_metadata_is_answered_in_the_same_bytes_until_something_changes(ask, version, monkeypatch):
    await ask.create("t")
    plain = without_shortcuts(ask.broker)
    request = metadata("t")
    before = asked(plain, request, version)
    assert asked(ask, request, version) == before
    monkeypatch.setattr("pykbroker.codec.read", None)
    assert asked(ask, request, version) == before
    monkeypatch.undo()
    ask.broker.grow_topic(ask.broker.catalog.topics["t"], 2)
    assert asked(ask, request, version) == asked(plain, request, version) != before


async def test_metadata_of_a_topic_that_is_not_there_is_not_remembered(ask):
    request = metadata("t", allow_auto_topic_creation=False)
    assert (await ask(request, 9)).topics[0].error_code == 3
    await ask.create("t")
    assert (await ask(request, 9)).topics[0].error_code == 0


async def test_metadata_follows_the_brokers_config(ask):
    await ask.create("t")
    request = metadata("t")
    for _ in range(2):
        await ask(request, 9)
    ask.broker.endpoints["PLAINTEXT"] = "elsewhere", 1
    assert (await ask(request, 9)).brokers[0].host == "elsewhere"


def whole(answer):
    return b"".join(chunk.read() if isinstance(chunk, FileSlice) else bytes(chunk) for chunk in answer)


@pytest.mark.parametrize("version", range(FETCH.versions[0], FETCH.versions[1]))
@pytest.mark.parametrize("size", [10, 40_000])
async def test_a_fetch_like_the_last_is_answered_in_the_bytes_of_the_long_way(ask, version, size, monkeypatch):
    topic = await ask.create("t")
    for _ in range(4):
        await produced(ask, batch(ask, b"x" * size, b"y"))
    plain = without_shortcuts(ask.broker)
    where = {"topic_id": topic.topic_id} if version >= 13 else {}
    requests = [fetch(offset, max_bytes=2 * size, min_bytes=1, **where) for offset in (0, 3, 6, 7)]
    ask.send(requests[0], version)
    long = [whole(plain.send(request, version)) for request in requests]
    frames = [ask.frame(request, version) for request in requests]
    monkeypatch.setattr("pykbroker.codec.read", None)
    assert [whole(ask._answering.answer(frame, ask.client)) for frame in frames] == long


async def test_a_fetch_that_finds_nothing_waits_and_one_out_of_range_is_told_so(ask):
    await ask.create("t")
    await produced(ask, batch(ask))
    for _ in range(2):
        assert only(await ask(fetch(0), 11)).records
    assert isinstance(ask.send(fetch(1, min_bytes=1, max_wait_ms=10), 11), Parked)
    assert only(await ask(fetch(5), 11)).error_code == 1


async def test_a_fetch_that_wants_more_bytes_than_there_are_waits(ask):
    await ask.create("t")
    await produced(ask, batch(ask))
    wants_much = fetch(0, min_bytes=10_000, max_wait_ms=10)
    for _ in range(2):
        answer = ask.send(wants_much, 11)
        assert isinstance(answer, Parked)
        await at_last(answer)


@pytest.mark.parametrize(
    "fields",
    [{"session_epoch": 0}, {"replica_id": 0}, {"session_id": 5, "session_epoch": 1}],
    ids=str,
)
async def test_other_fetches_take_the_long_way(ask, fields):
    await ask.create("t")
    await produced(ask, batch(ask))
    await ask(fetch(0, **fields), 11)
    assert ask.client.fetches is None


async def test_fetches_by_the_shortcut_are_counted(ask):
    await ask.create("t")
    await produced(ask, batch(ask))
    size = sum([len(only(await ask(fetch(0), 11)).records) for _ in range(3)])
    counters = ask.broker.counters["t"]
    assert (counters.fetch_requests, counters.bytes_out) == (3, size)


async def test_a_file_that_lost_its_end_is_not_answered_short(ask, tmp_path):
    await ask.create("t")
    await produced(ask, batch(ask, b"x" * 100))
    await ask(fetch(0), 11)
    (path,) = tmp_path.glob("t-0/*.log")
    os.truncate(path, 90)
    assert any(isinstance(chunk, FileSlice) for chunk in ask.send(fetch(0), 11))


async def waiting(ask, nursery, request, version=11):
    """What the answer will be put into, of a fetch that waits and is not read anew."""
    answers = []
    parked = ask.send(request, version)
    assert isinstance(parked, Parked)

    async def wait():
        answer = only(ask.decoded(request, version, await at_last(parked)))
        answers.append((trio.current_time(), answer))

    nursery.start_soon(wait)
    await trio.testing.wait_all_tasks_blocked()
    return answers


@pytest.fixture
async def known(ask):
    """A topic with one record of which the client fetches like it did before."""
    await ask.create("t")
    await produced(ask, batch(ask))
    await ask(fetch(0), 11)
    return ask.broker.data.partition("t", 0)


@pytest.mark.parametrize("isolation_level", [0, 1])
async def test_a_fetch_that_waits_is_learnt_from_and_the_next_is_not_read(
    ask, nursery, autojump_clock, monkeypatch, isolation_level
):
    await ask.create("t")
    request = fetch(0, min_bytes=1, max_wait_ms=500, isolation_level=isolation_level)
    await ask(request, 11)
    monkeypatch.setattr("pykbroker.codec.read", None)
    answers = await waiting(ask, nursery, request)
    monkeypatch.undo()
    await produced(ask, batch(ask, b"x" * 50))
    await trio.testing.wait_all_tasks_blocked()
    ((_, answer),) = answers
    assert (len(answer.records), answer.high_watermark) == (len(batch(ask, b"x" * 50)), 1)
    assert answer.aborted_transactions == ([] if isolation_level else None)


async def test_nothing_is_the_answer_when_the_time_is_up_and_no_watcher_stays(ask, nursery, known, autojump_clock):
    request = fetch(1, min_bytes=1, max_wait_ms=500)
    await ask(request, 11)
    began = trio.current_time()
    answers = await waiting(ask, nursery, request)
    await trio.sleep(1)
    ((when, answer),) = answers
    assert (answer.records, answer.error_code, answer.high_watermark) == (b"", 0, 1)
    assert when - began == pytest.approx(0.5)
    assert not known.watchers


async def test_a_known_fetch_waits_for_all_that_it_wants(ask, nursery, known, autojump_clock):
    request = fetch(1, min_bytes=2 * len(batch(ask)), max_wait_ms=500)
    await ask(request, 11)
    answers = await waiting(ask, nursery, request)
    await produced(ask, batch(ask))
    await trio.testing.wait_all_tasks_blocked()
    assert not answers
    await produced(ask, batch(ask))
    await trio.testing.wait_all_tasks_blocked()
    assert len(answers[0][1].records) == 2 * len(batch(ask))


async def test_a_known_fetch_that_waits_is_told_that_its_topic_is_gone(ask, nursery, known, autojump_clock):
    request = fetch(1, min_bytes=1, max_wait_ms=500)
    await ask(request, 11)
    answers = await waiting(ask, nursery, request)
    await ask(DeleteTopicsRequest(topic_names=["t"], timeout_ms=100), 1)
    await trio.testing.wait_all_tasks_blocked()
    assert answers[0][1].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


@pytest.mark.parametrize("isolation_level", [0, 1])
async def test_a_fetch_says_which_offset_is_stable_where_a_transaction_is_open(ask, known, isolation_level):
    request = fetch(0, isolation_level=isolation_level)
    plain = without_shortcuts(ask.broker)
    for _ in range(2):
        await ask(request, 11)
    writes = {"producer_id": 5, "producer_epoch": 0, "base_sequence": 0, "transactional": True}
    records, header = only_batch(batch_of(b"open", timestamp=1_000, **writes))
    known.append_batch(records, header, leader_epoch=0, timestamp_ms=1_000, verified=True)
    answer = ask.send(request, 11)
    told = only(ask.decoded(request, 11, answer))
    assert (told.last_stable_offset, told.high_watermark) == (1, 2)
    assert whole(answer) == whole(plain.send(request, 11))


async def test_a_fetch_of_committed_records_takes_the_long_way_where_a_transaction_is(ask, known):
    request = fetch(0, isolation_level=1)
    plain = without_shortcuts(ask.broker)
    for _ in range(2):
        await ask(request, 11)
    writes = {"producer_id": 5, "producer_epoch": 0, "base_sequence": 0, "transactional": True}
    records, header = only_batch(batch_of(b"open", timestamp=1_000, **writes))
    known.append_batch(records, header, leader_epoch=0, timestamp_ms=1_000, verified=True)
    assert whole(ask.send(request, 11)) == whole(plain.send(request, 11))
    known.append_marker(Marker(5, 0, 3, committed=False), leader_epoch=0, timestamp_ms=1_000)
    answer = ask.send(request, 11)
    assert only(ask.decoded(request, 11, answer)).aborted_transactions
    assert whole(answer) == whole(plain.send(request, 11))
