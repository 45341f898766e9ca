"""The ledger of scripts/kill9 finds each way in which a broker can break its word.  Needs no broker."""

import pytest
from ledger import Ledger, Payload

A0, A1, A2, B0 = Payload("a", 0), Payload("a", 1), Payload("a", 2), Payload("b", 0)

pytestmark = pytest.mark.quick


def violations(found, acknowledged=((0, A0), (2, A1))):
    ledger = Ledger()
    for offset, payload in acknowledged:
        ledger.acknowledge(0, offset, payload)
    ledger.check_partition(0, found)
    return ledger.violations


def test_acknowledged_records_once_in_order_at_their_offsets_are_no_violation():
    assert violations([(0, A0), (1, B0), (2, A1), (3, A2)]) == []


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        ([(0, A0), (1, B0)], "acknowledged Payload(producer='a', sequence=1) is lost"),
        ([(0, A0), (1, A1)], "acknowledged Payload(producer='a', sequence=1) is elsewhere"),
        ([(0, A0), (1, A0), (2, A1)], "is there twice"),
        ([(0, A0), (1, A2), (2, A1)], "is out of order"),
        ([(0, A0), (2, A1)], "offset 2 follows 0"),
    ],
    ids=["lost", "moved", "doubled", "out-of-order", "gap"],
)
def test_each_breach_is_found(found, complaint):
    assert any(complaint in each for each in violations(found))


def test_one_offset_acknowledged_for_two_records_is_a_violation():
    assert violations([(0, A0)], acknowledged=[(0, A0), (0, B0)])


def test_a_committed_offset_that_goes_back_is_a_violation():
    ledger = Ledger()
    ledger.commit(0, 10)
    ledger.check_committed(0, 10, ledger.committed[0])
    assert ledger.violations == []
    ledger.check_committed(0, 9, ledger.committed[0])
    assert len(ledger.violations) == 1


def test_a_payload_survives_its_bytes():
    assert Payload.from_bytes(A2.to_bytes(100)) == A2
