"""IncrementalAlterConfigs and AlterConfigs: single settings of a resource change, or all of them are replaced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from pykbroker_protocol.apis.alter_configs import AlterConfigsRequest, AlterConfigsResponse
from pykbroker_protocol.apis.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
)
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.topics.catalog import BROKER_LOGGER_RESOURCE, BROKER_RESOURCE

from . import loggers
from .broker import Broker
from .client import Client
from .config_checks import CHECKS, check_broker, check_min_insync_replicas, list_default, tell_without_effect
from .configs import MAX_WORDS

Changes = dict[str, str | None]
"""What becomes of each setting; None takes it away."""

_MAX_CHANGES = 10_000  # as many as one request can make records of in Kafka
_MAX_VALUE_BYTES = 32_767  # of any text in an answer, so no more can be described
_INTEGER = re.compile(r"[+-]?[0-9]+")


class Operation(IntEnum):
    """AlterConfigOp.OpType"""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


def incremental_alter_configs(
    broker: Broker, request: IncrementalAlterConfigsRequest, client: Client
) -> IncrementalAlterConfigsResponse:
    """Each resource's settings change or are refused as a whole, whatever becomes of the other resources."""
    return IncrementalAlterConfigsResponse(
        responses=_each(
            request.resources,
            lambda resource: _change(broker, resource, request.validate_only),
            IncrementalAlterConfigsResponse.AlterConfigsResourceResponse,
        )
    )


def alter_configs(broker: Broker, request: AlterConfigsRequest, client: Client) -> AlterConfigsResponse:
    """Each resource has the settings that are named and no others, or is refused."""
    return AlterConfigsResponse(
        responses=_each(
            request.resources,
            lambda resource: _replace(broker, resource, request.validate_only),
            AlterConfigsResponse.AlterConfigsResourceResponse,
        )
    )


def _each(resources: Sequence[Any], alter: Callable[[Any], None], answer: type) -> list[Any]:
    times = Counter((resource.resource_type, resource.resource_name) for resource in resources)
    answers = []
    for resource in resources:
        code, why = ErrorCode.NONE, None
        try:
            if times[resource.resource_type, resource.resource_name] > 1:
                raise Refused(ErrorCode.INVALID_REQUEST, "Each resource must appear at most once.")
            _check_entries(resource)
            alter(resource)
        except Refused as refused:
            code, why = refused.code, refused.why[:MAX_WORDS] or None
        named = {"resource_type": resource.resource_type, "resource_name": resource.resource_name}
        answers.append(answer(error_code=code, error_message=why, **named))
    return answers


def _check_entries(resource: Any) -> None:
    """Before anything else: every setting once, and with a value unless it goes."""
    if len({entry.name for entry in resource.configs}) < len(resource.configs):
        raise Refused(ErrorCode.INVALID_REQUEST, "Error due to duplicate config keys")
    nulls = [
        entry.name
        for entry in resource.configs
        if entry.value is None and getattr(entry, "config_operation", Operation.SET) != Operation.DELETE
    ]
    if nulls:
        raise Refused(ErrorCode.INVALID_REQUEST, f"Null value not supported for : {', '.join(nulls)}")


def _change(broker: Broker, resource: Any, validate_only: bool) -> None:
    if resource.resource_type == BROKER_LOGGER_RESOURCE:
        _change_loggers(broker, resource, validate_only)
        return
    _check_resource(broker, resource)
    _check_operations(resource)
    current = broker.catalog.resource_configs(resource.resource_type, resource.resource_name)
    changes = {
        entry.name: _changed(resource.resource_type, entry, current.get(entry.name)) for entry in resource.configs
    }
    _alter(broker, resource, changes, validate_only)


def _replace(broker: Broker, resource: Any, validate_only: bool) -> None:
    _check_resource(broker, resource)
    current = broker.catalog.resource_configs(resource.resource_type, resource.resource_name)
    changes: Changes = dict.fromkeys(current)
    changes |= {entry.name: entry.value for entry in resource.configs}
    _alter(broker, resource, changes, validate_only)


def _alter(broker: Broker, resource: Any, changes: Changes, validate_only: bool) -> None:
    kind, name = resource.resource_type, resource.resource_name
    current = broker.catalog.resource_configs(kind, name)
    if len(changes) > _MAX_CHANGES:
        raise Refused(ErrorCode.POLICY_VIOLATION, f"More than {_MAX_CHANGES} changes are too many for one resource.")
    for key, value in changes.items():
        if value is not None and (length := len(value.encode())) > _MAX_VALUE_BYTES:
            why = f"{key} would have {length} bytes; {_MAX_VALUE_BYTES} are the most"
            raise Refused(ErrorCode.INVALID_CONFIG, why)
    wanted = {key: value for key, value in (current | changes).items() if value is not None}
    if kind == BROKER_RESOURCE:
        check_broker(broker, name, wanted)
        check_min_insync_replicas(broker, name, changes)
    else:
        CHECKS[kind](broker, name, wanted)
    if validate_only:
        return
    if kind == BROKER_RESOURCE:
        tell_without_effect(changes)
    broker.change_configs(kind, name, {key: value for key, value in changes.items() if current.get(key) != value})


def _check_resource(broker: Broker, resource: Any) -> None:
    kind, name = resource.resource_type, resource.resource_name
    if kind != BROKER_RESOURCE and kind not in CHECKS:
        raise Refused(ErrorCode.INVALID_REQUEST, f"Unknown resource type {kind}")
    if kind == BROKER_RESOURCE and name:
        _check_node(broker, name, "Unexpected broker id, expected {}, but received {}")


def _check_node(broker: Broker, name: str, unexpected: str) -> None:
    if not _INTEGER.fullmatch(name):
        raise Refused(ErrorCode.INVALID_REQUEST, f"Node id must be an integer, but it is: {name}")
    if int(name) != broker.node_id:
        raise Refused(ErrorCode.INVALID_REQUEST, unexpected.format(broker.node_id, name))


def _check_operations(resource: Any) -> None:
    for entry in resource.configs:
        if not Operation.SET <= entry.config_operation <= Operation.SUBTRACT:
            if resource.resource_type == BROKER_RESOURCE:
                why = f"Unknown operations type {entry.config_operation}"
                raise Refused(ErrorCode.INVALID_REQUEST, why)
            raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR)  # Kafka finds no words for it


def _changed(resource_type: int, entry: Any, current: str | None) -> str | None:
    """The value after the operation."""
    operation = Operation(entry.config_operation)
    if operation is Operation.SET:
        return str(entry.value)
    if operation is Operation.DELETE:
        return None
    default = list_default(resource_type, entry.name, operation.name)
    words = [word for word in (default if current is None else current).split(",") if word]
    if operation is Operation.APPEND:
        return ",".join(dict.fromkeys([*words, *entry.value.split(",")]))
    gone = set(entry.value.split(","))
    return ",".join(word for word in words if word not in gone)


def _change_loggers(broker: Broker, resource: Any, validate_only: bool) -> None:
    _check_node(broker, resource.resource_name, "Unexpected node id. Expected {}, but received {}")
    levels: Mapping[str, str | None] = {
        entry.name: None if entry.config_operation == Operation.DELETE else entry.value for entry in resource.configs
    }
    for entry in resource.configs:
        if entry.config_operation == Operation.SET:
            loggers.check_level(entry.name, entry.value)
        elif entry.config_operation == Operation.DELETE:
            loggers.check_unset(entry.name)
        elif entry.config_operation in (Operation.APPEND, Operation.SUBTRACT):
            operation = Operation(entry.config_operation).name
            why = f"{operation} operation is not allowed for the BROKER_LOGGER resource"
            raise Refused(ErrorCode.INVALID_REQUEST, why)
        else:
            raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR)
    if not validate_only:
        for name, level in levels.items():
            loggers.set_level(name, level)
