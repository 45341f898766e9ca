"""A broker on real files, asked frame by frame without a socket, and what it is asked for records."""

import trio
from pykbroker_protocol.all_apis import APIS
from pykbroker_protocol.apis.create_topics import CreateTopicsRequest
from pykbroker_protocol.apis.fetch import FetchRequest
from pykbroker_protocol.apis.list_offsets import ListOffsetsRequest
from pykbroker_protocol.apis.produce import ProduceRequest
from pykbroker_protocol.records.headers import REQUEST_HEADER, RequestHeader

from pykbroker import codec
from pykbroker.config import Config
from pykbroker.handlers.client import Client
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.later import Later, Parked, Promised
from pykbroker.server import start
from pykbroker.server.answering import Answering
from pykbroker.storage.records import Record, build_batch
from pykbroker.storage.slice import FileSlice

BY_REQUEST = {api.request.type: api for api in APIS.values()}


class Asker:
    """Speaks to a broker as a client would: a request and a version in, the response out."""

    def __init__(self, broker):
        self.broker = broker
        self.client = Client(1, "PLAINTEXT", "/127.0.0.1", 50000, "127.0.0.1", 9092)
        self._answering = Answering(broker)

    def frame(self, request, version):
        api = BY_REQUEST[type(request)]
        header = RequestHeader(
            request_api_key=api.key, request_api_version=version, correlation_id=77, client_id="tester"
        )
        head = codec.encode(REQUEST_HEADER, api.request_header_version(version), header)
        return memoryview(head + codec.encode(api.request, version, request))

    def send(self, request, version):
        """The answer as the connection loop gets it."""
        return self._answering.answer(self.frame(request, version), self.client)

    def sync(self):
        """What runtime/group_commit.py does with what is to be on disk before it is answered."""
        unsynced = self.broker.data.unsynced
        while unsynced:
            log = unsynced.pop()
            if log.syncs.is_given_up:
                continue
            sync = log.syncs.prepare()
            try:
                sync.run()
            except OSError as fault:
                log.syncs.failed(sync, fault)
            else:
                log.syncs.done(sync)

    async def __call__(self, request, version):
        answer = self.send(request, version)
        self.sync()
        if isinstance(answer, Promised):
            answer = answer.finish()
        if isinstance(answer, Later):
            answer = await answer.wait()
        while isinstance(answer, Parked):
            answer = await at_last(answer)
        return self.decoded(request, version, answer)

    def decoded(self, request, version, answer):
        """The response in the answer's bytes."""
        if answer is None:
            return None
        whole = b"".join(chunk.read() if isinstance(chunk, FileSlice) else bytes(chunk) for chunk in answer)
        api = BY_REQUEST[type(request)]
        header_bytes = 8 + api.response_header_version(version)
        assert int.from_bytes(whole[:4], "big") == len(whole) - 4
        assert int.from_bytes(whole[4:8], "big") == 77
        return codec.decode(api.response, version, whole[header_bytes:])

    async def create(self, name, partitions=1, **configs):
        topic = CreateTopicsRequest.CreatableTopic
        created = topic(
            name=name,
            num_partitions=partitions,
            replication_factor=1,
            configs=[topic.CreatableTopicConfig(name=k.replace("_", "."), value=v) for k, v in configs.items()],
        )
        response = await self(CreateTopicsRequest(topics=[created]), 7)
        return response.topics[0]


async def at_last(parked):
    """The answer of a question that waits without a task."""
    is_there = False
    with trio.move_on_after(parked.watch.max_wait_ms / 1000):
        while not is_there:
            ripe = trio.Event()
            parked.watch.when_ripe(ripe.set)
            await ripe.wait()
            is_there = parked.watch.look()
    if not is_there:
        parked.watch.look()
    parked.watch.leave()
    return parked.finish()


def opened(directory, **settings):
    broker = start.open_broker(Config({"log.dirs": str(directory), **settings}), Clock())
    start.register(broker, [("PLAINTEXT", "127.0.0.1", 9092)])
    return broker


def batch_of(*values, timestamp=1_000, **fields):
    return build_batch([Record(b"key", value, timestamp + n) for n, value in enumerate(values)], **fields)


def produce(records, name="t", topic_id=bytes(16), partition=0, acks=-1):
    topic = ProduceRequest.TopicProduceData
    data = [topic.PartitionProduceData(index=partition, records=records)]
    return ProduceRequest(acks=acks, topic_data=[topic(name=name, topic_id=topic_id, partition_data=data)])


def fetch(offset=0, name="t", topic_id=bytes(16), partition=0, max_bytes=1 << 20, **fields):
    topic = FetchRequest.FetchTopic
    wanted = [topic.FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=max_bytes)]
    return FetchRequest(topics=[topic(topic=name, topic_id=topic_id, partitions=wanted)], **fields)


def list_offsets(timestamp, name="t", partition=0):
    topic = ListOffsetsRequest.ListOffsetsTopic
    asked = [topic.ListOffsetsPartition(partition_index=partition, timestamp=timestamp)]
    return ListOffsetsRequest(replica_id=-1, topics=[topic(name=name, partitions=asked)])


def only(response):
    return response.responses[0].partitions[0]


async def produced(ask, records, version=9, **where):
    return (await ask(produce(records, **where), version)).responses[0].partition_responses[0]
