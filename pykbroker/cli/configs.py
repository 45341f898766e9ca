"""`pykbroker configs`: what topics, brokers, groups and client metrics are configured with, and changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pykbroker.cli.completion import config_keys, resource_names
from pykbroker.cli.failures import Failed, Wrong, nearest, refusal
from pykbroker.cli.options import as_json, connects, pairs

if TYPE_CHECKING:
    from pykbroker_protocol.apis.describe_configs import DescribeConfigsResponse

    from pykbroker.cli.cluster import Cluster
    from pykbroker.cli.connection import Connection

    Config = DescribeConfigsResponse.DescribeConfigsResult.DescribeConfigsResourceResult

_RESOURCES = {"topic": 2, "broker": 4, "client-metrics": 16, "group": 32}
_SET, _DELETE = 0, 1
_SOURCES = {
    1: "topic",
    2: "this broker, while running",
    3: "all brokers, while running",
    4: "broker's settings",
    5: "default",
    6: "broker's logger",
    7: "client metrics",
    8: "group",
}
_DEFAULT = 5
_OWN_SOURCE = {"topic": 1, "client-metrics": 7, "group": 8}  # a broker has several
_ALL_BROKERS = "default"
_OF_A_LISTENER = "listener.name."
_EXAMPLES = """\b
Examples:
  pykbroker configs describe topic greetings
  pykbroker configs describe broker --all
  pykbroker configs set topic greetings retention.ms=86400000 cleanup.policy=compact
  pykbroker configs set broker default log.retention.ms=86400000
  pykbroker configs unset topic greetings retention.ms

\b
NAME of a broker is its number, or `default` for all brokers.
"""
Change = tuple[str, int, str | None]  # key, operation, value
_kind = click.argument("kind", metavar="KIND", type=click.Choice(list(_RESOURCES)))


@click.group(epilog=_EXAMPLES)
def configs() -> None:
    """Describe and change configs.  KIND is topic, broker, group or client-metrics."""


@configs.command()
@_kind
@click.argument("name", metavar="[NAME]", required=False, shell_complete=resource_names)
@connects
@click.option("--all", "everything", is_flag=True, help="Defaults too.")
@as_json
def describe(kind: str, name: str | None, bootstrap: str, everything: bool, as_json: bool) -> None:
    """Show what was set for it, and where; with --all every config.

    Without NAME, a broker is the first of the cluster.
    """
    from pykbroker.cli import output
    from pykbroker.cli.cluster import Cluster

    with Cluster(bootstrap) as cluster:
        if name is None:
            if kind != "broker":
                raise Wrong(f"Which {kind}? Write `pykbroker configs describe {kind} NAME`")
            name = str(cluster.brokers()[0])
        found = _described(cluster, kind, name)
    own = [c for c in found if c.config_source == _OWN_SOURCE.get(kind, c.config_source) != _DEFAULT]
    shown = sorted(found if everything else own, key=lambda config: config.name)
    if as_json:
        output.print_json([_json(config) for config in shown])
    elif shown:
        rows = [
            (c.name, "(hidden)" if c.is_sensitive else c.value, _SOURCES.get(c.config_source, c.config_source))
            for c in shown
        ]
        output.table(["CONFIG", "VALUE", "SET FOR"], rows)
    else:
        click.echo(f"Nothing is set for {kind} {name}; --all shows the defaults.", err=True)


def _json(config: Config) -> dict[str, Any]:
    return {
        "name": config.name,
        "value": config.value,
        "source": _SOURCES.get(config.config_source, str(config.config_source)),
        "read_only": config.read_only,
        "sensitive": config.is_sensitive,
    }


@configs.command("set")
@_kind
@click.argument("name", metavar="NAME", shell_complete=resource_names)
@click.argument("settings", metavar="KEY=VALUE...", nargs=-1, required=True, shell_complete=config_keys)
@connects
@click.option("--dry-run", is_flag=True, help="Only ask whether it would be taken.")
def set_(kind: str, name: str, settings: tuple[str, ...], bootstrap: str, dry_run: bool) -> None:
    """Set configs; the others stay."""
    changes: list[Change] = [(key, _SET, value) for key, value in pairs(settings, "").items()]
    _alter(bootstrap, kind, name, changes, dry_run=dry_run)
    click.echo(f"{'Would be set' if dry_run else 'Set'} for {kind} {name}: {' '.join(settings)}")


@configs.command()
@_kind
@click.argument("name", metavar="NAME", shell_complete=resource_names)
@click.argument("keys", metavar="KEY...", nargs=-1, required=True, shell_complete=config_keys)
@connects
@click.option("--dry-run", is_flag=True, help="Only ask whether it would be taken.")
def unset(kind: str, name: str, keys: tuple[str, ...], bootstrap: str, dry_run: bool) -> None:
    """Let configs have their defaults again."""
    _alter(bootstrap, kind, name, [(key, _DELETE, None) for key in keys], dry_run=dry_run)
    click.echo(f"{'Would be unset' if dry_run else 'Unset'} for {kind} {name}: {' '.join(keys)}")


def _alter(bootstrap: str, kind: str, name: str, changes: list[Change], *, dry_run: bool) -> None:
    from pykbroker_protocol.apis.incremental_alter_configs import (
        INCREMENTAL_ALTER_CONFIGS,
        IncrementalAlterConfigsRequest,
    )

    from pykbroker.cli.cluster import Cluster

    of_resource = IncrementalAlterConfigsRequest.AlterConfigsResource
    altered = [of_resource.AlterableConfig(name=key, config_operation=how, value=value) for key, how, value in changes]
    with Cluster(bootstrap) as cluster:
        connection, resource_name = _resource(cluster, kind, name)
        known = _known(cluster, kind, name)
        for key, _, _ in changes:
            if known and key not in known and not (kind == "broker" and key.startswith(_OF_A_LISTENER)):
                shown = f"`pykbroker configs describe {kind} {name} --all` shows them"
                raise Wrong(f"{kind} {name} has no config {key}: {nearest(key, sorted(known), shown)}")
        resource = of_resource(resource_type=_RESOURCES[kind], resource_name=resource_name, configs=altered)
        request = IncrementalAlterConfigsRequest(resources=[resource], validate_only=dry_run)
        (result,) = connection.ask(INCREMENTAL_ALTER_CONFIGS, request).responses
    if result.error_code:
        raise refusal(f"{kind} {name} was not changed", result.error_code, result.error_message)


def _known(cluster: Cluster, kind: str, name: str) -> set[str]:
    """The names that can be set.  Kafka takes any for a broker, and what is misspelt has no effect."""
    from pykbroker.config.dynamic import QUOTAS

    known = {config.name for config in _described(cluster, kind, name)}
    if kind != "broker":
        return known
    return known.union(QUOTAS, (config.name for config in _described(cluster, kind, str(cluster.brokers()[0]))))


def _described(cluster: Cluster, kind: str, name: str) -> list[Config]:
    from pykbroker_protocol.apis.describe_configs import DESCRIBE_CONFIGS, DescribeConfigsRequest

    connection, resource_name = _resource(cluster, kind, name)
    resource = DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=_RESOURCES[kind], resource_name=resource_name, configuration_keys=None
    )
    (result,) = connection.ask(DESCRIBE_CONFIGS, DescribeConfigsRequest(resources=[resource])).results
    if result.error_code:
        raise refusal(f"The configs of {kind} {name}", result.error_code, result.error_message)
    found: list[Config] = result.configs
    return found


def _resource(cluster: Cluster, kind: str, name: str) -> tuple[Connection, str]:
    """Who is to be asked, and under what name.

    Raises:
        Failed: there is no such topic or broker.
    """
    if kind == "topic":
        cluster.topics([name])
    if kind != "broker":
        return cluster.first, name
    if name == _ALL_BROKERS:
        return cluster.first, ""
    brokers = cluster.brokers()
    if not name.isdecimal() or int(name) not in brokers:
        raise Failed(f"There is no broker {name}: write {', '.join(map(str, brokers))}, or {_ALL_BROKERS} for all")
    return cluster.broker(int(name)), name
