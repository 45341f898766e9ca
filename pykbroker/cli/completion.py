"""`pykbroker completion`: a shell completes commands and options, and the names that the broker knows."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from pykbroker.cli.failures import Failed

_EXAMPLES = """\b
Examples:
  eval "$(pykbroker completion bash)"                                     in ~/.bashrc
  eval "$(pykbroker completion zsh)"                                      in ~/.zshrc
  pykbroker completion fish > ~/.config/fish/completions/pykbroker.fish   once
"""


@click.command("completion", epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what a shell has to run to complete pykbroker's commands, options, and names of topics and groups."""
    kind = get_completion_class(shell)
    assert kind is not None, shell
    click.echo(kind(context.find_root().command, {}, "pykbroker", "_PYKBROKER_COMPLETE").source())


def topic_names(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Topics that begin so, as far as the broker answers."""
    from pykbroker.cli.cluster import Cluster

    try:
        with Cluster(_bootstrap(context)) as cluster:
            return sorted(name for topic in cluster.metadata().topics if (name := topic.name or "").startswith(begun))
    except (Failed, OSError):
        return []


def group_ids(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Groups that begin so, as far as the broker answers."""
    from pykbroker.cli.cluster import Cluster
    from pykbroker.cli.group_facts import list_groups

    try:
        with Cluster(_bootstrap(context)) as cluster:
            return sorted(group_id for group_id in list_groups(cluster) if group_id.startswith(begun))
    except (Failed, OSError):
        return []


def resource_names(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """What has configs, of the kind that was named before."""
    from pykbroker.cli.cluster import Cluster

    kind = context.params.get("kind")
    if kind in ("topic", "group"):
        return (topic_names if kind == "topic" else group_ids)(context, parameter, begun)
    if kind != "broker":
        return []
    try:
        with Cluster(_bootstrap(context)) as cluster:
            return [name for name in (*map(str, cluster.brokers()), "default") if name.startswith(begun)]
    except (Failed, OSError):
        return []


def config_keys(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Configs of that kind that begin so."""
    from pykbroker.config.client_metrics import CLIENT_METRICS_PROPERTIES
    from pykbroker.config.dynamic import DYNAMIC
    from pykbroker.config.group import GROUP_PROPERTIES
    from pykbroker.config.topic import TOPIC_PROPERTIES

    keys = {
        "topic": TOPIC_PROPERTIES,
        "broker": DYNAMIC,
        "group": GROUP_PROPERTIES,
        "client-metrics": CLIENT_METRICS_PROPERTIES,
    }
    return sorted(key for key in keys.get(context.params.get("kind") or "", ()) if key.startswith(begun))


def _bootstrap(context: click.Context) -> str:
    given: str = context.params.get("bootstrap") or "localhost:9092"
    return given
