"""What stands before every request and every response, and the principal that a forwarded request carries."""

from ..messages import Message
from ..structs import Struct
from ..types import Bool, ClassicString, Int16, Int32, Nullable, String

REQUEST_HEADER = Message("RequestHeader", versions=(1, 2), flexible=2, struct=Struct(
    "request_api_key"     / Int16,
    "request_api_version" / Int16,
    "correlation_id"      / Int32,
    "client_id"           / Nullable(ClassicString),
))
RequestHeader = REQUEST_HEADER.type

RESPONSE_HEADER = Message("ResponseHeader", versions=(0, 1), flexible=1, struct=Struct(
    "correlation_id" / Int32,
))
ResponseHeader = RESPONSE_HEADER.type

DEFAULT_PRINCIPAL = Message("DefaultPrincipal", versions=(0, 0), flexible=0, struct=Struct(
    "type"                / String,
    "name"                / String,
    "token_authenticated" / Bool,
))
DefaultPrincipal = DEFAULT_PRINCIPAL.type
