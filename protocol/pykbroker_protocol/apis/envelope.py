"""Envelope: a broker forwards a request to the controller in the name of its client."""

from ..messages import Api
from ..structs import Struct, always
from ..types import Bytes, Int16, Nullable

ENVELOPE = Api(
    key=58, name="Envelope", versions=(0, 0), flexible=0,
    request=Struct(
        "request_data"        / Bytes,
        "request_principal"   / Nullable(Bytes),
        "client_host_address" / Bytes,
    ),
    response=Struct(
        "response_data" / always(Nullable(Bytes), default=None),
        "error_code"    / Int16,
    ),
)
EnvelopeRequest, EnvelopeResponse = ENVELOPE.types
