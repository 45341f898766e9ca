"""What retention lets go of, partition by partition."""

from __future__ import annotations

import logging

import trio
from pykbroker_protocol.errors import Refused

from pykbroker.handlers.broker import Broker
from pykbroker.storage.deletion import Doomed

_COMPARED_AT_ONCE = 1000  # partitions, in a millisecond or two

log = logging.getLogger("pykbroker.upkeep")


async def retain(broker: Broker, *, compacted: bool = False) -> None:
    """What was past its topic's retention is out of reach; clients are served in between.

    compacted: of topics that are compacted too, which are for compactions.py to look after, or of all others.
    """
    timestamp, doomed = broker.clock.timestamp(), list[Doomed]()
    for number, (topic, partition) in enumerate(broker.data.partitions(), 1):
        if (broker.data.compacted_config(topic, partition) is not None) != compacted:
            continue
        try:
            took_time = broker.data.retain(topic, partition, timestamp, doomed)
        except Refused as refused:
            log.error("retention failed: partition=%s-%d until=the next look why=%s", topic, partition, refused)
            took_time = True
        if took_time or number % _COMPARED_AT_ONCE == 0:
            await trio.lowlevel.checkpoint()
    if not doomed:
        return
    try:
        broker.data.condemn(doomed)
    except OSError as fault:
        log.error("files past retention stay: until=the next start why=%s", fault)
