"""DescribeConfigs and ListConfigResources: what is set, by whom, and of which resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from pykbroker_protocol.apis.describe_configs import DescribeConfigsRequest, DescribeConfigsResponse
from pykbroker_protocol.apis.list_config_resources import ListConfigResourcesRequest, ListConfigResourcesResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.described import (
    Described,
    described_broker,
    described_client_metrics,
    described_cluster,
    described_group,
    described_topic,
)
from pykbroker.config.layers import Source
from pykbroker.topics import names
from pykbroker.topics.catalog import (
    BROKER_LOGGER_RESOURCE,
    BROKER_RESOURCE,
    CLIENT_METRICS_RESOURCE,
    GROUP_RESOURCE,
    TOPIC_RESOURCE,
)

from . import loggers
from .broker import Broker
from .client import Client

_Asked = DescribeConfigsRequest.DescribeConfigsResource
_Result = DescribeConfigsResponse.DescribeConfigsResult
_Config = _Result.DescribeConfigsResourceResult
_Resource = ListConfigResourcesResponse.ConfigResource

MAX_WORDS = 4096  # of a refusal, which may quote a name or a value of any length
_MALFORMED = (  # what Kafka says of every INVALID_REQUEST that it has no other words for
    "This most likely occurs because of a request being malformed by the client library or the message was sent to an "
    "incompatible broker. See the broker logs for more details."
)
_LEVEL = "level"  # of a logger: no type of Kafka's, and its documentation is empty, asked for or not
_INTEGER = re.compile(r"[+-]?[0-9]+")
_KINDS = ("boolean", "string", "int", "short", "long", "double", "list", "class", "password")
_CONFIG_TYPES = {kind: number for number, kind in enumerate(_KINDS, 1)}  # DescribeConfigsResponse.ConfigType


def describe_configs(broker: Broker, request: DescribeConfigsRequest, client: Client) -> DescribeConfigsResponse:
    """Each resource's properties, or why there are none; a type of resource that does not exist refuses them all."""
    if not {asked.resource_type for asked in request.resources} <= _DESCRIBED.keys():
        why = Refused(ErrorCode.INVALID_REQUEST, _MALFORMED)
        return DescribeConfigsResponse(results=[_refused(asked, why) for asked in request.resources])
    return DescribeConfigsResponse(results=[_describe(broker, request, asked) for asked in request.resources])


def _describe(broker: Broker, request: DescribeConfigsRequest, asked: _Asked) -> _Result:
    try:
        described = _DESCRIBED[asked.resource_type](broker, asked.resource_name)
    except Refused as refused:
        return _refused(asked, refused)
    wanted = set(asked.configuration_keys or ())
    chosen = [row for row in described if not wanted or row.name in wanted]
    return _Result(
        resource_type=asked.resource_type,
        resource_name=asked.resource_name,
        configs=[_config(request, row) for row in sorted(chosen)],
    )


def _refused(asked: _Asked, refused: Refused) -> _Result:
    return _Result(
        error_code=refused.code,
        error_message=refused.why[:MAX_WORDS],
        resource_type=asked.resource_type,
        resource_name=asked.resource_name,
    )


def _config(request: DescribeConfigsRequest, row: Described) -> _Config:
    synonyms = [
        _Config.DescribeConfigsSynonym(name=name, value=None if row.is_sensitive else value, source=source)
        for name, value, source in (row.synonyms if request.include_synonyms else ())
    ]
    return _Config(
        name=row.name,
        value=None if row.is_sensitive else row.value,
        read_only=row.read_only,
        config_source=row.source,
        is_sensitive=row.is_sensitive,
        synonyms=synonyms,
        config_type=_CONFIG_TYPES.get(row.kind, 0),
        documentation=row.documentation if request.include_documentation or row.kind == _LEVEL else None,
    )


def _topic(broker: Broker, name: str) -> Iterable[Described]:
    if why := names.why_illegal(name):
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {why}")
    if broker.catalog.topic_by_name(name) is None:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    overrides = broker.catalog.topic_configs(name)
    return described_topic(broker.layers, overrides, broker.config.log_config(overrides))


def _broker(broker: Broker, name: str) -> Iterable[Described]:
    if not name:
        return described_cluster(broker.layers)
    _check_node(broker, name, " or empty string,")
    return described_broker(broker.layers)


def _loggers(broker: Broker, name: str) -> Iterator[Described]:
    if not name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Broker id must not be empty")
    _check_node(broker, name, "")
    return (
        Described(logger, level, Source.DYNAMIC_BROKER_LOGGER_CONFIG, [], _LEVEL, "")
        for logger, level in loggers.levels().items()
    )


def _check_node(broker: Broker, name: str, otherwise: str) -> None:
    if not _INTEGER.fullmatch(name):
        raise Refused(ErrorCode.INVALID_REQUEST, f"Broker id must be an integer, but it is: {name}")
    if int(name) != broker.node_id:
        why = f"Unexpected broker id, expected {broker.node_id}{otherwise} but received {name}"
        raise Refused(ErrorCode.INVALID_REQUEST, why)


def _client_metrics(broker: Broker, name: str) -> Iterable[Described]:
    if not name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Client metrics subscription name must not be empty")
    return described_client_metrics(broker.catalog.resource_configs(CLIENT_METRICS_RESOURCE, name))


def _group(broker: Broker, name: str) -> Iterable[Described]:
    if not name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Group name must not be empty")
    return described_group(broker.layers, broker.catalog.resource_configs(GROUP_RESOURCE, name))


_DESCRIBED: dict[int, Callable[[Broker, str], Iterable[Described]]] = {
    TOPIC_RESOURCE: _topic,
    BROKER_RESOURCE: _broker,
    BROKER_LOGGER_RESOURCE: _loggers,
    CLIENT_METRICS_RESOURCE: _client_metrics,
    GROUP_RESOURCE: _group,
}


def list_config_resources(
    broker: Broker, request: ListConfigResourcesRequest, client: Client
) -> ListConfigResourcesResponse:
    """The resources of the types that were asked for, or of all; before version 1, subscriptions to clients' metrics.

    Raises:
        Refused: UNSUPPORTED_VERSION if there is no such type.
    """
    asked = set(request.resource_types) if client.api_version > 0 else {CLIENT_METRICS_RESOURCE}
    if not asked <= _DESCRIBED.keys():
        raise Refused(ErrorCode.UNSUPPORTED_VERSION)
    return ListConfigResourcesResponse(
        config_resources=[
            _Resource(resource_name=name, resource_type=resource_type)
            for resource_type in sorted(asked or _DESCRIBED)
            for name in _resources(broker, resource_type)
        ]
    )


def _resources(broker: Broker, resource_type: int) -> Iterable[str]:
    if resource_type == TOPIC_RESOURCE:
        return broker.catalog.topics
    if resource_type in (BROKER_RESOURCE, BROKER_LOGGER_RESOURCE):
        return [str(broker.node_id)]
    return [name for kind, name in broker.catalog.configs if kind == resource_type]
