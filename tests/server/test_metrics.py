"""A scrape over a real socket is told what happened, under the names that dashboards ask for, and disturbs nobody."""

import contextlib
import itertools
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import trio
from asking import Asker, batch_of, fetch, opened, produce
from prometheus_client.parser import text_string_to_metric_families
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.join_group import JoinGroupRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest

from pykbroker.config import Config
from pykbroker.server import app, idle_time, scrapes
from pykbroker.server.listener import CannotListen, bind
from pykbroker.server.metrics import FAMILIES, Exposition

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
TOPIC = "kafka_server_brokertopicmetrics_"


class Scraped:
    """A broker, what asks it, and a listener for scrapes over it."""

    def __init__(self, broker):
        self.ask = Asker(broker)
        self.exposition = Exposition(
            broker, self.ask._answering, [SimpleNamespace(client=self.ask.client)], lambda: 0.75
        )
        self.listener = bind("http", "127.0.0.1", 0)

    async def connect(self):
        return await trio.open_tcp_stream("127.0.0.1", self.listener.port)

    async def talk(self, said):
        """All that is answered to `said`, until the other side hangs up."""
        async with await self.connect() as stream:
            await stream.send_all(said)
            with trio.fail_after(5):
                return b"".join([part async for part in stream])

    def values(self, text=None):
        """(name, labels) -> value"""
        text = "".join(self.exposition.pieces()) if text is None else text
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def scrape(self):
        answer = await self.talk(b"GET /metrics HTTP/1.0\r\n\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        return self.values(body.decode())


@pytest.fixture
async def scraped(tmp_path, nursery):
    broker = opened(tmp_path, **{"group.initial.rebalance.delay.ms": "0"})
    nursery.start_soon(broker.groups.keep_time)
    each = Scraped(broker)
    nursery.start_soon(scrapes.answer_scrapes, each.listener, each.exposition.pieces)
    yield each
    nursery.cancel_scope.cancel()
    each.listener.close()
    broker.data.abandon()


async def commit(ask, group, offset, partition=0):
    topic = OffsetCommitRequest.OffsetCommitRequestTopic
    wanted = [topic.OffsetCommitRequestPartition(partition_index=partition, committed_offset=offset)]
    topics = [topic(name="t", partitions=wanted)]
    await ask(OffsetCommitRequest(group_id=group, generation_id_or_member_epoch=-1, topics=topics), 8)


async def test_records_and_bytes_count_where_they_came_in_and_where_they_went_out(scraped):
    await scraped.ask.create("t")
    batch = batch_of(b"one", b"two", b"three")
    await scraped.ask(produce(batch), 9)
    await scraped.ask(fetch(), 12)
    told = await scraped.scrape()
    for labels in ((), ("t",)):
        assert told[f"{TOPIC}messagesin_total", *labels] == 3
        assert told[f"{TOPIC}bytesin_total", *labels] == len(batch)
        assert told[f"{TOPIC}bytesout_total", *labels] == len(batch)
        assert told[f"{TOPIC}totalproducerequests_total", *labels] == 1
        assert told[f"{TOPIC}totalfetchrequests_total", *labels] == 1
        assert told[f"{TOPIC}failedproducerequests_total", *labels] == 0
        assert told[f"{TOPIC}failedfetchrequests_total", *labels] == 0
    assert told["kafka_log_log_size", "t", "0"] == len(batch)
    assert told["kafka_log_log_logendoffset", "t", "0"] == 3


async def test_a_fetch_that_waited_counts_its_bytes_once(scraped, nursery, autojump_clock):
    await scraped.ask.create("t")
    batch = batch_of(b"one")
    await scraped.ask(produce(batch), 9)
    await scraped.ask(fetch(min_bytes=10_000, max_wait_ms=100), 12)
    assert scraped.values()[f"{TOPIC}bytesout_total", "t"] == len(batch)


async def test_what_is_refused_counts_as_failed_unless_it_is_the_clients_everyday_mistake(scraped):
    await scraped.ask.create("t", max_message_bytes="100")
    too_large = batch_of(b"x" * 100)
    first, out_of_order = (batch_of(b"1", producer_id=7, producer_epoch=1, base_sequence=at) for at in (0, 5))
    for batch in (too_large, first, out_of_order):
        await scraped.ask(produce(batch), 9)
    await scraped.ask(produce(batch_of(b"one"), name="unknown"), 9)
    told = scraped.values()
    assert told[f"{TOPIC}bytesrejected_total", "t"] == len(too_large)
    assert told[f"{TOPIC}totalproducerequests_total", "t"] == 3
    assert told[f"{TOPIC}failedproducerequests_total", "t"] == 1
    assert (f"{TOPIC}totalproducerequests_total", "unknown") not in told


async def test_requests_count_by_api_and_version(scraped):
    await scraped.ask.create("t")
    for version in (9, 9, 8):
        await scraped.ask(produce(batch_of(b"one")), version)
    await scraped.ask(fetch(), 12)
    told = scraped.values()
    name = "kafka_network_requestmetrics_requests_total"
    asked = {labels: value for (metric, *labels), value in told.items() if metric == name for labels in [tuple(labels)]}
    assert asked == {
        ("Produce", "8"): 1,
        ("Produce", "9"): 2,
        ("Fetch", "12"): 1,
        ("FetchConsumer", "12"): 1,
        ("CreateTopics", "7"): 1,
    }
    assert told["kafka_server_socket_server_metrics_connection_count", "PLAINTEXT", "0"] == 1


async def test_topics_and_partitions_are_told_as_kafka_exporter_does(scraped):
    await scraped.ask.create("t", partitions=2)
    await scraped.ask(produce(batch_of(b"one", b"two"), partition=1), 9)
    told = await scraped.scrape()
    assert told["kafka_brokers",] == 1
    assert told["kafka_broker_info", "1", "127.0.0.1:9092"] == 1
    assert told["kafka_topic_partitions", "t"] == 2
    for partition, end_offset in (("0", 0), ("1", 2)):
        assert told["kafka_topic_partition_current_offset", "t", partition] == end_offset
        assert told["kafka_topic_partition_oldest_offset", "t", partition] == 0
        assert told["kafka_topic_partition_leader", "t", partition] == 1
        assert told["kafka_topic_partition_leader_is_preferred", "t", partition] == 1
        assert told["kafka_topic_partition_replicas", "t", partition] == 1
        assert told["kafka_topic_partition_in_sync_replica", "t", partition] == 1
        assert told["kafka_topic_partition_under_replicated_partition", "t", partition] == 0
    assert told["kafka_server_replicamanager_partitioncount",] == 2
    assert told["kafka_controller_kafkacontroller_globaltopiccount",] == 1
    assert told["kafka_controller_kafkacontroller_activecontrollercount",] == 1


async def test_a_groups_lag_is_what_it_has_not_committed(scraped):
    await scraped.ask.create("t", partitions=2)
    await scraped.ask(produce(batch_of(b"1", b"2", b"3")), 9)
    await scraped.ask(produce(batch_of(b"1", b"2"), partition=1), 9)
    await commit(scraped.ask, "g", 1)
    await commit(scraped.ask, "g", 2, partition=1)
    told = await scraped.scrape()
    assert told["kafka_consumergroup_current_offset", "g", "t", "0"] == 1
    assert told["kafka_consumergroup_lag", "g", "t", "0"] == 2
    assert told["kafka_consumergroup_lag", "g", "t", "1"] == 0
    assert told["kafka_consumergroup_current_offset_sum", "g", "t"] == 3
    assert told["kafka_consumergroup_lag_sum", "g", "t"] == 2
    assert told["kafka_consumergroup_members", "g"] == 0


async def test_a_group_has_its_members_and_its_name_whatever_is_in_it(scraped):
    protocol = JoinGroupRequest.JoinGroupRequestProtocol(name="range", metadata=b"")
    group = 'a "quoted" \\ name\nof two lines'
    join = JoinGroupRequest(
        group_id=group,
        session_timeout_ms=10_000,
        rebalance_timeout_ms=10_000,
        protocol_type="consumer",
        protocols=[protocol],
    )
    await scraped.ask(join, 3)
    assert scraped.values()["kafka_consumergroup_members", group] == 1


async def test_the_totals_of_a_deleted_topic_stay_and_its_own_go(scraped):
    await scraped.ask.create("t")
    await scraped.ask(produce(batch_of(b"one")), 9)
    await scraped.ask(DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
    told = scraped.values()
    assert told[f"{TOPIC}messagesin_total",] == 1
    assert not [key for key in told if "t" in key[1:]]


async def test_a_scrape_opens_no_partition(scraped):
    await scraped.ask.create("t", partitions=3)
    await scraped.ask(produce(batch_of(b"one"), partition=1), 9)
    before = [log.name for log in scraped.ask.broker.data.open_logs()]
    told = await scraped.scrape()
    assert [log.name for log in scraped.ask.broker.data.open_logs()] == before
    assert [key[2] for key in told if key[:2] == ("kafka_log_log_size", "t")] == ["1"]


@pytest.mark.parametrize("clean", [True, False])
async def test_the_end_of_an_unopened_log_is_told_after_a_clean_stop_and_unknown_after_a_kill(tmp_path, clean):
    broker = opened(tmp_path)
    await Asker(broker).create("t", partitions=2)
    await Asker(broker)(produce(batch_of(b"one", b"two")), 9)
    await commit(Asker(broker), "g", 1)
    broker.data.close() if clean else broker.data.abandon()
    again = Scraped(opened(tmp_path))
    told = again.values()
    again.listener.close()
    assert told.get(("kafka_topic_partition_current_offset", "t", "0")) == (2 if clean else None)
    assert told["kafka_topic_partition_current_offset", "t", "1"] == 0
    assert told.get(("kafka_consumergroup_lag", "g", "t", "0")) == (1 if clean else None)
    assert told["kafka_consumergroup_current_offset", "g", "t", "0"] == 1
    assert not [log.name for log in again.ask.broker.data.open_logs() if log.topic == "t"]


async def test_the_end_of_an_unopened_log_is_unknown_where_the_list_of_ends_is_lost(tmp_path):
    broker = opened(tmp_path)
    await Asker(broker).create("t")
    await Asker(broker)(produce(batch_of(b"one")), 9)
    broker.data.close()
    (tmp_path / "replication-offset-checkpoint").unlink()
    again = Scraped(opened(tmp_path))
    again.listener.close()
    assert ("kafka_topic_partition_current_offset", "t", "0") not in again.values()


async def test_others_have_their_turns_while_a_scrape_of_ten_thousand_partitions_is_answered(scraped, nursery):
    await scraped.ask.create("t", partitions=10_000)
    turns = 0

    async def others():
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    nursery.start_soon(others)
    assert len(await scraped.talk(b"GET /metrics HTTP/1.1\r\nHost: b\r\n\r\n")) > 5_000_000
    pieces = list(scraped.exposition.pieces())
    assert max(piece.count("\n") for piece in pieces) <= 1000
    assert turns > len(pieces) > 90_000 / 500


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"GET /metrics?x=1 HTTP/1.1\r\nHost: b\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: b\r\n\r\n", 404),
        (b"POST /metrics HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n\r\n", 405),
        (b"HEAD /metrics HTTP/1.1\r\nHost: b\r\n\r\n", 405),
        (b"\x00\x00\x00\x12\x00\x12\x00\x03\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nHost: " + b"b" * 20_000, 431),
    ],
)
async def test_metrics_are_all_that_is_answered(scraped, said, status):
    answer = await scraped.talk(said)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in answer.lower()


async def test_who_says_nothing_or_hangs_up_holds_nothing(scraped, autojump_clock):
    async with await scraped.connect() as silent:
        await (await scraped.connect()).aclose()
        assert await silent.receive_some() == b""
    assert (await scraped.scrape())["kafka_brokers",] == 1


async def test_who_reads_no_answer_is_hung_up_on_in_the_end(nursery, autojump_clock):
    listener = bind("http", "127.0.0.1", 0)
    nursery.start_soon(scrapes.answer_scrapes, listener, lambda: itertools.repeat("kafka_brokers 1\n" * 500))
    async with await trio.open_tcp_stream("127.0.0.1", listener.port) as stream:
        await stream.send_all(b"GET /metrics HTTP/1.1\r\nHost: b\r\n\r\n")
        await trio.sleep(61)
        with trio.fail_after(5), contextlib.suppress(trio.BrokenResourceError):
            while await stream.receive_some():
                pass
    nursery.cancel_scope.cancel()
    listener.close()


async def test_beyond_so_many_connections_one_more_is_hung_up_on(scraped):
    held = [await scraped.connect() for _ in range(scrapes.MOST_CONNECTIONS)]
    async with await scraped.connect() as one_more:
        with trio.fail_after(5):
            assert await one_more.receive_some() == b""
    for stream in held:
        await stream.aclose()


async def test_a_bug_costs_one_scrape_and_one_line(nursery, caplog):
    def pieces():
        yield "kafka_brokers 1\n"
        raise RuntimeError("boom")

    listener = bind("http", "127.0.0.1", 0)
    nursery.start_soon(scrapes.answer_scrapes, listener, pieces)
    for _ in range(2):
        async with await trio.open_tcp_stream("127.0.0.1", listener.port) as stream:
            await stream.send_all(b"GET /metrics HTTP/1.1\r\nHost: b\r\n\r\n")
            answer = b"".join([part async for part in stream])
            assert not answer.endswith(b"0\r\n\r\n"), "cut off, so that nobody takes it for the whole"
    assert [line.levelname for line in caplog.records if "boom" in (line.exc_text or "")] == ["ERROR"] * 2
    nursery.cancel_scope.cancel()
    listener.close()


async def test_without_h11_the_start_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(app, "find_spec", lambda name: None)
    settings = {"listeners": "PLAINTEXT://127.0.0.1:0", "log.dirs": str(tmp_path)}
    config = Config({**settings, "pykbroker.metrics.listener": "http://127.0.0.1:0"})
    with pytest.raises(CannotListen, match=re.escape("pip install 'pykbroker[metrics]'")):
        await app.run(config, ready=lambda ready: None)


PANELS = """
kafka_cluster_partition_atminisr kafka_cluster_partition_underminisr kafka_consumergroup_current_offset
kafka_consumergroup_lag kafka_controller_controllerstats_uncleanleaderelections_total
kafka_controller_kafkacontroller_activecontrollercount kafka_controller_kafkacontroller_offlinepartitionscount
kafka_log_log_size kafka_log_logmanager_offlinelogdirectorycount
kafka_network_socketserver_networkprocessoravgidle_percent kafka_server_brokertopicmetrics_bytesin_total
kafka_server_brokertopicmetrics_bytesout_total kafka_server_brokertopicmetrics_failedfetchrequests_total
kafka_server_brokertopicmetrics_failedproducerequests_total kafka_server_brokertopicmetrics_messagesin_total
kafka_server_brokertopicmetrics_totalfetchrequests_total kafka_server_brokertopicmetrics_totalproducerequests_total
kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent kafka_server_kafkaserver_linux_disk_read_bytes
kafka_server_kafkaserver_linux_disk_write_bytes kafka_server_raftmetrics_current_epoch
kafka_server_raftmetrics_current_leader kafka_server_raftmetrics_current_state kafka_server_raftmetrics_current_vote
kafka_server_raftmetrics_high_watermark kafka_server_raftmetrics_log_end_offset
kafka_server_replicamanager_leadercount kafka_server_replicamanager_partitioncount
kafka_server_replicamanager_underminisrpartitioncount kafka_server_replicamanager_underreplicatedpartitions
kafka_server_socket_server_metrics_connection_count kafka_topic_partition_current_offset
kafka_topic_partition_in_sync_replica kafka_topic_partition_leader_is_preferred kafka_topic_partition_oldest_offset
kafka_topic_partition_replicas kafka_topic_partition_under_replicated_partition kafka_topic_partitions process_open_fds
"""
"""What Strimzi's dashboards for Kafka, KRaft and kafka_exporter, and its alerts, ask of a broker."""


@pytest.mark.skipif(sys.platform != "linux", reason="the disk's counters are Linux's")
async def test_every_panel_of_the_usual_dashboards_has_a_number(scraped):
    await scraped.ask.create("t")
    await scraped.ask(produce(batch_of(b"one")), 9)
    await commit(scraped.ask, "g", 1)
    assert set(PANELS.split()) - {name for name, *_ in scraped.values()} == set()


async def test_a_log_that_takes_no_writes_raises_the_alerts_of_a_failed_disk(scraped):
    await scraped.ask.create("t", partitions=2)
    await scraped.ask(produce(batch_of(b"one")), 9)
    names = [
        "kafka_controller_kafkacontroller_offlinepartitionscount",
        "kafka_log_logmanager_offlinelogdirectorycount",
    ]
    assert [scraped.values()[name,] for name in names] == [0, 0]
    scraped.ask.broker.data.partition("t", 0).broken = "a write was torn"
    assert [scraped.values()[name,] for name in names] == [1, 1]


def test_idle_is_the_part_of_the_time_since_the_last_question_that_the_loop_slept(monkeypatch):
    readings = iter([0.0, 2.0, 5.0, 10.0, 11.0])
    monkeypatch.setattr(idle_time.time, "monotonic", lambda: next(readings))
    loop = idle_time.IdleTime()
    loop.before_io_wait(9)
    loop.after_io_wait(9)
    assert (loop.share(), loop.share()) == (0.3, 0.0)


def test_the_page_lists_exactly_what_is_told():
    assert set(re.findall(r"^\| `(\w+)`", DOCS.read_text(), re.MULTILINE)) == {family.name for family in FAMILIES}
