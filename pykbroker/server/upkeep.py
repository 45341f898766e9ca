"""What a broker does unasked: rolled segments reach the disk, checkpoints are written, files of deleted topics go,
and so do producers and offsets that nobody used for long.

Syncing and removing take a worker thread, so no client waits for them.  A partition that nothing happened to costs
nothing here but its place in a loop over the open ones.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

import trio
from pykbroker_protocol.errors import Refused

from pykbroker.handlers.broker import Broker

_AGAIN_S = 1.0

log = logging.getLogger("pykbroker.upkeep")


async def keep_up(broker: Broker) -> None:
    """Never returns."""
    async with trio.open_nursery() as nursery:
        for task in (_checkpoints, _removals, _producer_expiries, _offset_expiries):
            nursery.start_soon(undaunted, partial(task, broker))


async def undaunted(task: Callable[[], Awaitable[None]]) -> None:
    """Run a task that never returns, and again when a bug ends it: one chore must not take the broker with it."""
    while True:
        try:
            await task()
        except Exception:
            log.exception("a bug ended a chore of the broker; it begins again in %d s", _AGAIN_S)
        await trio.sleep(_AGAIN_S)


async def _checkpoints(broker: Broker) -> None:
    while True:
        await trio.sleep(broker.config.log_flush_offset_checkpoint_interval_ms / 1000)
        try:
            await flush_rolled(broker)
            broker.data.checkpoint()
        except OSError as fault:
            log.error("checkpoints in %s were not written, and are tried again: %s", broker.data.path, fault)


async def flush_rolled(broker: Broker) -> None:
    """Every segment that was rolled is on disk, and known to be."""
    for partition_log in [each for each in broker.data.open_logs() if each.needs_flush]:
        pending = partition_log.prepare_flush(rolled_only=True)
        await trio.to_thread.run_sync(pending.sync)
        partition_log.flushed(pending)


async def _removals(broker: Broker) -> None:
    while True:
        await trio.sleep(broker.config.log_segment_delete_delay_ms / 1000)
        await remove_deleted(broker)


async def remove_deleted(broker: Broker) -> None:
    """Files of topics that were deleted are gone."""
    await trio.to_thread.run_sync(broker.data.remove_deleted)


async def _producer_expiries(broker: Broker) -> None:
    while True:
        await trio.sleep(broker.config.producer_id_expiration_check_interval_ms / 1000)
        timestamp = broker.clock.timestamp()
        for partition_log in broker.data.open_logs():
            partition_log.expire_producers(timestamp)


async def _offset_expiries(broker: Broker) -> None:
    while True:
        await trio.sleep(broker.config.offsets_retention_check_interval_ms / 1000)
        await expire_offsets(broker)


async def expire_offsets(broker: Broker) -> None:
    """Offsets that nobody used for long are gone, and groups that consisted of such; clients are served in between."""
    refusals: list[Refused] = []
    machine = broker.groups.machine
    for group_id in machine.group_ids():
        try:
            broker.groups.tell(machine.expire_offsets, group_id)
        except Refused as refused:
            refusals.append(refused)
        await trio.lowlevel.checkpoint()
    if refusals:
        log.error("offsets of %d groups did not expire, and are looked at again: %s", len(refusals), refusals[0])
