"""Configs of resources asked for and changed, as an admin client would."""

from pykbroker_protocol.apis.alter_configs import AlterConfigsRequest
from pykbroker_protocol.apis.describe_configs import DescribeConfigsRequest
from pykbroker_protocol.apis.incremental_alter_configs import IncrementalAlterConfigsRequest
from pykbroker_protocol.errors import ErrorCode

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3


def described(kind, name, *keys, **fields):
    asked = DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=kind, resource_name=name, configuration_keys=list(keys) or None
    )
    return DescribeConfigsRequest(resources=[asked], **fields)


async def describe(ask, kind, name, *keys, version=4, **fields):
    """The configs of one resource by name."""
    (result,) = (await ask(described(kind, name, *keys, **fields), version)).results
    assert result.error_code == 0, result
    return {config.name: config for config in result.configs}


async def values(ask, kind, name, *keys):
    return {
        name: (config.value, config.config_source) for name, config in (await describe(ask, kind, name, *keys)).items()
    }


async def own(ask, kind, name):
    """What a resource sets itself, by name."""
    rows = await values(ask, kind, name)
    return {name: value for name, (value, source) in rows.items() if source in (1, 2, 7, 8)}


def resource(kind, name, *operations):
    changed = IncrementalAlterConfigsRequest.AlterConfigsResource
    configs = [changed.AlterableConfig(name=key, config_operation=op, value=value) for key, op, value in operations]
    return changed(resource_type=kind, resource_name=name, configs=configs)


async def change(ask, kind, name, *operations, version=1, **fields):
    """(code, words) of the answer to a change of one resource."""
    request = IncrementalAlterConfigsRequest(resources=[resource(kind, name, *operations)], **fields)
    (answer,) = (await ask(request, version)).responses
    return ErrorCode(answer.error_code).name, answer.error_message


async def replace(ask, kind, name, configs, version=2, **fields):
    """(code, words) of the answer to a replacement of one resource's configs."""
    replaced = AlterConfigsRequest.AlterConfigsResource
    entries = [replaced.AlterableConfig(name=key, value=value) for key, value in configs.items()]
    asked = replaced(resource_type=kind, resource_name=name, configs=entries)
    (answer,) = (await ask(AlterConfigsRequest(resources=[asked], **fields), version)).responses
    return ErrorCode(answer.error_code).name, answer.error_message


OK = ("NONE", None)
