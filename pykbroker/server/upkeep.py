"""What a broker does unasked: rolled segments reach the disk, checkpoints are written, files of deleted topics go.

Syncing and removing take a worker thread, so no client waits for them.  A partition that nothing happened to costs
nothing here but its place in a loop over the open ones.
"""

from __future__ import annotations

import logging

import trio

from pykbroker.handlers.broker import Broker

log = logging.getLogger("pykbroker.upkeep")


async def keep_up(broker: Broker) -> None:
    """Never returns."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_checkpoints, broker)
        nursery.start_soon(_removals, broker)
        nursery.start_soon(_expiries, broker)


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
        await trio.to_thread.run_sync(broker.data.remove_deleted)


async def _expiries(broker: Broker) -> None:
    while True:
        await trio.sleep(broker.config.producer_id_expiration_check_interval_ms / 1000)
        timestamp = broker.clock.timestamp()
        for partition_log in broker.data.open_logs():
            partition_log.expire_producers(timestamp)
