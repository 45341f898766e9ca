"""The broker's whole life: open, listen, say so, serve, keep up, and close cleanly."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import NamedTuple

import trio

from pykbroker.config import Config, Endpoint
from pykbroker.handlers.broker import Broker
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.group_commit import GroupCommit
from pykbroker.server import start, upkeep
from pykbroker.server.admission import Admission
from pykbroker.server.answering import Answering
from pykbroker.server.limits import Limits
from pykbroker.server.listener import CannotListen, Listener, SocketSizes, bind
from pykbroker.server.serve import STOPPING, serve
from pykbroker.server.serving import Serving

log = logging.getLogger("pykbroker.server")


class Ready(NamedTuple):
    """What a broker that serves can say of itself; addresses as `PLAINTEXT://127.0.0.1:9092`, with the bound ports."""

    addresses: Sequence[str]
    data_directory: str
    metrics: str | None = None  # where scrapes are answered, as `http://127.0.0.1:9404`


async def run(config: Config, *, ready: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called once clients can connect.

    Raises:
        StorageError: the data directory is another broker's, or cannot be used.
        CannotListen: an address cannot be had, or what a listener needs is not installed.
    """
    clock = Clock()
    broker = start.open_broker(config, clock)
    listeners: list[Listener] = []
    scrapes: Listener | None = None
    try:
        for endpoint in config.endpoints:
            listeners.append(bind(endpoint.listener_name, endpoint.host or "", endpoint.port, sizes=_sizes(config)))
        scrapes = _bind_scrapes(config)
        start.register(broker, _advertised(config, listeners))
        await _serve(config, broker, listeners, scrapes, clock, ready)
    finally:
        for listener in listeners if scrapes is None else [*listeners, scrapes]:
            listener.close()
        broker.data.close()
        log.info("stopped")


async def _serve(
    config: Config,
    broker: Broker,
    listeners: Sequence[Listener],
    scrapes: Listener | None,
    clock: Clock,
    ready: Callable[[Ready], None],
) -> None:
    limits = Limits(
        socket_request_max_bytes=config.socket_request_max_bytes,
        queued_max_request_bytes=config.queued_max_request_bytes,
        connections_max_idle_ms=config.connections_max_idle_ms,
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upkeep.undaunted, GroupCommit(broker.data).run)
        nursery.start_soon(upkeep.undaunted, broker.groups.keep_time)
        nursery.start_soon(upkeep.keep_up, broker)
        answering = Answering(broker)
        admission = Admission(lambda: broker.config)
        serving = partial(
            serve, listeners, answering.answer, limits=limits, clock=clock, admission=admission, signals=STOPPING
        )
        async with trio.open_nursery() as serving_nursery:
            loop: Serving = await serving_nursery.start(serving)
            if scrapes is not None:
                from pykbroker.server.idle_time import IdleTime
                from pykbroker.server.metrics import Exposition
                from pykbroker.server.scrapes import answer_scrapes

                idle_time = IdleTime()
                trio.lowlevel.add_instrument(idle_time)
                told = Exposition(broker, answering, loop.connections, idle_time.share)
                nursery.start_soon(upkeep.undaunted, partial(answer_scrapes, scrapes, told.pieces))
            bound = [Endpoint(listener.name, listener.host, listener.port) for listener in listeners]
            where = None if scrapes is None else str(Endpoint(scrapes.name, scrapes.host, scrapes.port))
            addresses = [str(endpoint) for endpoint in bound]
            _log_start(broker, [*addresses, *filter(None, [where])])
            ready(Ready(addresses, config.data_directory, where))
        nursery.cancel_scope.cancel()


def _sizes(config: Config) -> SocketSizes:
    return SocketSizes(
        config.socket_listen_backlog_size, config.socket_send_buffer_bytes, config.socket_receive_buffer_bytes
    )


def _log_start(broker: Broker, addresses: Sequence[str]) -> None:
    log.info(
        "started: node=%d cluster=%s listeners=%s topics=%d clean=%s data=%s",
        broker.node_id,
        broker.cluster_id,
        ",".join(addresses),
        len(broker.catalog.topics),
        str(broker.data.clean or broker.catalog_epoch == 1).lower(),  # after a crash, first uses recover partitions
        broker.data.path,
    )


def _bind_scrapes(config: Config) -> Listener | None:
    """The listener for scrapes; None, and nothing imported, when nobody wants them."""
    endpoint = config.metrics_endpoint
    if endpoint is None:
        return None
    if find_spec("h11") is None:
        raise CannotListen(
            "pykbroker.metrics.listener needs the package h11, which is not installed: "
            "pip install 'pykbroker[metrics]', or take the property out"
        )
    return bind(endpoint.listener_name, endpoint.host or "", endpoint.port, setting="pykbroker.metrics.listener")


def _own_name() -> str:
    """This machine's full name, which is what Kafka tells; localhost where nobody could find it by that."""
    name = socket.getfqdn()
    try:
        socket.getaddrinfo(name, None)
    except OSError:
        log.warning("clients are told localhost: %s cannot be resolved; set advertised.listeners to be reached", name)
        return "localhost"
    return name


def _advertised(config: Config, listeners: Sequence[Listener]) -> list[tuple[str, str, int]]:
    """(name, host, port) of what clients are told: port 0 is what was bound, and no host is this machine's name."""
    bound = {listener.name: listener for listener in listeners}
    return [
        (
            endpoint.listener_name,
            endpoint.host or _own_name(),
            endpoint.port or bound[endpoint.listener_name].port,
        )
        for endpoint in config.advertised_endpoints
        if endpoint.listener_name in bound
    ]
