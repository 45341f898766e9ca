"""ApiVersions, DescribeCluster, FindCoordinator and InitProducerId."""

from __future__ import annotations

from both.client import Broker
from pykbroker_protocol.apis.api_versions import API_VERSIONS
from pykbroker_protocol.apis.describe_cluster import DESCRIBE_CLUSTER
from pykbroker_protocol.apis.find_coordinator import FIND_COORDINATOR
from pykbroker_protocol.apis.init_producer_id import INIT_PRODUCER_ID

from . import Answers, compared_keys, scenario


@scenario(API_VERSIONS)
def versions_and_features(broker: Broker, version: int) -> Answers:
    said = {"client_software_name": "wire-test", "client_software_version": "1.0"}
    answer = broker.ask(API_VERSIONS, version, **said)
    answer.api_keys = [api for api in answer.api_keys if api.api_key in compared_keys()]
    yield "of the APIs compared here", answer
    yield "as the second request", len(broker.ask(API_VERSIONS, version, **said).api_keys) > 0


@scenario(API_VERSIONS, since=3)
def client_names(broker: Broker, version: int) -> Answers:
    for name, number in (
        ("", "1"), ("a", ""), ("a b", "1"), ("-a", "1"), ("a-", "1"), ("a.b-c", "1.0-x"), ("é", "1"), ("a" * 300, "1"),
        ("a", "1 0"), ("a_b", "1"), (".", "."), ("a", "v1.2.3"),
    ):  # fmt: skip
        said = {"client_software_name": name, "client_software_version": number}
        answer = broker.connect().ask(API_VERSIONS, version, **said)
        yield f"{name:.9} {number}", (answer.error_code, len(answer.api_keys) > 0, len(answer.supported_features) > 0)


@scenario(DESCRIBE_CLUSTER)
def the_cluster(broker: Broker, version: int) -> Answers:
    for authorized in (False, True):
        yield (
            f"authorized={authorized}",
            broker.ask(DESCRIBE_CLUSTER, version, include_cluster_authorized_operations=authorized),
        )
    if version >= 1:
        for endpoint_type in (0, 2, 3, -1):
            yield f"endpoint type {endpoint_type}", broker.ask(DESCRIBE_CLUSTER, version, endpoint_type=endpoint_type)
    if version >= 2:
        yield "with fenced brokers", broker.ask(DESCRIBE_CLUSTER, version, include_fenced_brokers=True)


@scenario(FIND_COORDINATOR)
def coordinators(broker: Broker, version: int) -> Answers:
    broker.wait_coordinator("wire")

    def ask(*keys: str, key_type: int = 0) -> object:
        return broker.ask(
            FIND_COORDINATOR, version, key=keys[0] if keys else "", coordinator_keys=list(keys), key_type=key_type
        )

    yield "of a group", ask("g")
    yield "of a group without name", ask("")
    if version >= 4:
        yield "of several", ask("g", "h", "g")
        yield "of none", ask()
    if version >= 1:
        for key_type in (3, -1, 127):
            yield f"of type {key_type}", ask("g", key_type=key_type)
        if version < 6:
            yield "of type 2", ask("g", key_type=2)


@scenario(INIT_PRODUCER_ID)
def producer_ids(broker: Broker, version: int) -> Answers:
    def ask(**fields: object) -> object:
        return broker.ask(
            INIT_PRODUCER_ID, version, **{"transactional_id": None, "transaction_timeout_ms": 60_000} | fields
        )

    yield "first", ask()
    yield "second", ask()
    yield "no timeout", ask(transaction_timeout_ms=0)
    yield "a timeout of -1", ask(transaction_timeout_ms=-1)
    yield "the longest timeout", ask(transaction_timeout_ms=0x7FFFFFFF)
    yield "empty transactional id", ask(transactional_id="")
    if version >= 3:
        yield "with an id and an epoch", ask(producer_id=1000, producer_epoch=3)
        yield "with an id only", ask(producer_id=1000)
        yield "with an epoch only", ask(producer_epoch=3)
        yield "with id -2", ask(producer_id=-2, producer_epoch=-2)
