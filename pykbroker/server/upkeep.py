"""What a broker does unasked: rolled segments reach the disk, checkpoints are written, what is past
retention goes, and so do files of deleted topics, and producers and offsets that nobody used for long; logs that
nobody uses are closed.

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
from pykbroker.server.retaining import retain
from pykbroker.storage import idle
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.removals import remove

_AGAIN_S = 1.0
_REMOVALS_S = 5.0
_ROLLED_LOOK_S = 5.0  # Kafka syncs a segment when it rolls
_IDLE_LOOK_S = 10.0
_CONFIG_SEEN_S = 1.0  # how soon a property that changes while the broker runs is looked at
_CLOSED_AT_ONCE = 20  # logs: some 10 ms of work between two turns of the clients

log = logging.getLogger("pykbroker.upkeep")


async def keep_up(broker: Broker) -> None:
    """Never returns."""
    async with trio.open_nursery() as nursery:
        chores = (
            _checkpoints,
            _start_checkpoints,
            _flushes,
            _retention,
            _removals,
            _producer_expiries,
            _offset_expiries,
            _idle,
            _compactions,
        )
        for task in chores:
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
    """Rolled segments are synced within seconds, and the files then say so: what a start after a crash has to scan of a
    log is little more than its active segment."""
    while True:
        left_s = broker.config.log_flush_offset_checkpoint_interval_ms / 1000
        while left_s > 0:
            await trio.sleep(min(left_s, _ROLLED_LOOK_S))
            left_s -= _ROLLED_LOOK_S
            try:
                if await flush_rolled(broker) or left_s <= 0:
                    await checkpoint(broker)
            except OSError as fault:
                log.error("checkpoints in %s were not written, and are tried again: %s", broker.data.path, fault)
                await trio.sleep(max(left_s, 0))
                break


async def flush_rolled(broker: Broker) -> bool:
    """Every segment that was rolled is on disk, and known to be; whether there was one."""
    rolled = [each for each in broker.data.open_logs() if each.needs_flush]
    for partition_log in rolled:
        await _flush(partition_log, rolled_only=True)
    return bool(rolled)


async def _flush(partition_log: PartitionLog, *, rolled_only: bool) -> None:
    """What the log has by now is on disk, and known to be; or the log takes no more writes."""
    try:
        pending = partition_log.prepare_flush(rolled_only=rolled_only)
        await trio.to_thread.run_sync(pending.sync)
    except OSError as fault:
        partition_log.fail(fault)
    else:
        partition_log.flushed(pending)


async def _flushes(broker: Broker) -> None:
    flushed_ms: dict[str, int] = {}
    began_ms = broker.clock.now()
    while True:
        await trio.sleep(max(1, broker.config.log_flush_scheduler_interval_ms) / 1000)
        await flush_due(broker, flushed_ms, began_ms)


async def flush_due(broker: Broker, flushed_ms: dict[str, int], began_ms: int) -> None:
    """No log that was last flushed `flush.ms` ago, by `flushed_ms`, has anything that is not on disk."""
    for partition_log in list(broker.data.open_logs()):
        now, name = broker.clock.now(), partition_log.name
        unflushed = not partition_log.broken and partition_log.recovery_point < partition_log.log_end_offset
        if unflushed and now - flushed_ms.get(name, began_ms) >= partition_log.config.flush_ms:
            await _flush(partition_log, rolled_only=False)
            flushed_ms[name] = now


async def _start_checkpoints(broker: Broker) -> None:
    while True:
        await trio.sleep(max(1, broker.config.log_flush_start_offset_checkpoint_interval_ms) / 1000)
        try:
            broker.data.checkpoint_starts(broker.data.open_logs())
        except OSError as fault:
            log.error("%s does not say where logs start, and is tried again: %s", broker.data.path, fault)


async def checkpoint(broker: Broker) -> None:
    """The files of the data directory say how far each log is on disk; clients are served while they are written."""
    for write in broker.data.due_checkpoints():
        await trio.to_thread.run_sync(write)


async def _retention(broker: Broker) -> None:
    interval_ms = broker.config.log_retention_check_interval_ms
    await trio.sleep(min(broker.config.log_initial_task_delay_ms, interval_ms) / 1000)
    while True:
        await retain(broker)
        await trio.sleep(broker.config.log_retention_check_interval_ms / 1000)


async def _removals(broker: Broker) -> None:
    while True:
        await trio.sleep(_REMOVALS_S)
        await remove_due(broker)


async def remove_due(broker: Broker) -> None:
    """Files of deleted topics and segments whose delay is over are gone."""
    if len(broker.data.removals):
        paths = broker.data.removals.take_due(broker.clock.now())
        if paths:
            await trio.to_thread.run_sync(remove, paths)


async def _producer_expiries(broker: Broker) -> None:
    while True:
        await trio.sleep(broker.config.producer_id_expiration_check_interval_ms / 1000)
        timestamp = broker.clock.timestamp()
        for partition_log in broker.data.open_logs():
            partition_log.expire_producers(timestamp)


async def _idle(broker: Broker) -> None:
    while True:
        await trio.sleep(_IDLE_LOOK_S)
        try:
            await close_idle(broker)
        except OSError as fault:
            log.error("logs that nobody uses stay open, and are looked at again: %s", fault)


async def _until_compactions(broker: Broker) -> None:
    looked_at = trio.current_time()
    while (rest_s := looked_at + broker.config.log_cleaner_backoff_ms / 1000 - trio.current_time()) > 0:
        await trio.sleep(min(rest_s, _CONFIG_SEEN_S))
    await trio.lowlevel.checkpoint()


async def _compactions(broker: Broker) -> None:
    await _until_compactions(broker)
    from pykbroker.server.compactions import Compactions  # what it takes is nothing that a start needs

    compactions = Compactions(broker)
    while True:
        if broker.config.log_cleaner_enable:
            await compactions.round()
        await _until_compactions(broker)


async def close_idle(broker: Broker, **limits: int) -> int:
    """Logs beyond those that may stay open are closed if nobody uses them; how many were."""
    logs, closed = idle.idle_logs(broker.data, **limits), 0
    for first in range(0, len(logs), _CLOSED_AT_ONCE):
        prepared = [idle.Idle(each, each.prepare_close()) for each in logs[first : first + _CLOSED_AT_ONCE]]
        await trio.to_thread.run_sync(_sync, prepared)
        closed += sum(idle.close(broker.data, each) for each in prepared)
    return closed


def _sync(prepared: list[idle.Idle]) -> None:
    for each in prepared:
        if each.pending is not None:
            each.pending.sync()


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
