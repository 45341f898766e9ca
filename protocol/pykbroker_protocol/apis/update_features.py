"""UpdateFeatures: finalized feature levels go up or down."""

from ..messages import Api
from ..structs import Struct, always, since, until
from ..types import Array, Bool, Int16, Int32, Int8, Nullable, String

UPDATE_FEATURES = Api(
    key=57, name="UpdateFeatures", versions=(0, 2), flexible=0,
    request=Struct(
        "timeout_ms"      / always(Int32, default=60000),
        "feature_updates" / Array(Struct("FeatureUpdateKey",
            "feature"           / String,
            "max_version_level" / Int16,
            "allow_downgrade"   / until(0, Bool),
            "upgrade_type"      / since(1, Int8, default=1),
        )),
        "validate_only"   / since(1, Bool),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "error_message"    / Nullable(String),
        "results"          / until(1, Array(Struct("UpdatableFeatureResult",
            "feature"       / String,
            "error_code"    / Int16,
            "error_message" / Nullable(String),
        ))),
    ),
)
UpdateFeaturesRequest, UpdateFeaturesResponse = UPDATE_FEATURES.types
