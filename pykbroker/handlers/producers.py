"""InitProducerId: an idempotent producer gets an id that nobody had."""

from __future__ import annotations

from pykbroker_protocol.apis.init_producer_id import InitProducerIdRequest, InitProducerIdResponse
from pykbroker_protocol.errors import ErrorCode

from .broker import Broker
from .client import Client


def init_producer_id(broker: Broker, request: InitProducerIdRequest, client: Client) -> InitProducerIdResponse:
    """A new id with epoch 0; what the client says of an earlier one does not matter without a transactional id."""
    if request.transactional_id is not None:
        if request.transactional_id == "":
            return InitProducerIdResponse(error_code=ErrorCode.INVALID_REQUEST, producer_epoch=-1)
        # Transactions are not served yet.  Of the codes that end a client's transaction at once instead of making it
        # try again for a minute, this one says most nearly why.
        return InitProducerIdResponse(error_code=ErrorCode.UNSUPPORTED_VERSION, producer_epoch=-1)
    if (request.producer_id == -1) != (request.producer_epoch == -1):
        return InitProducerIdResponse(error_code=ErrorCode.INVALID_REQUEST, producer_epoch=-1)
    return InitProducerIdResponse(producer_id=broker.next_producer_id(), producer_epoch=0)
