import pytest
from asking import Asker, opened


@pytest.fixture
async def ask(tmp_path, nursery):
    broker = opened(tmp_path, **{"group.initial.rebalance.delay.ms": "0"})
    nursery.start_soon(broker.groups.keep_time)
    yield Asker(broker)
    broker.data.close()
