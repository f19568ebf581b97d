use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `addPush`: what `PushSubscription.toJSON()` gives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddPush {
    /// The URL of the push service for this browser.
    pub endpoint: String,
    /// The keys with which notifications are encrypted.
    pub keys: PushKeys,
    /// Browsers send it. It is not used: the push service reports when a subscription has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<f64>,
}

/// The keys of a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushKeys {
    /// The browser's public key: an uncompressed point on P-256, base64url.
    pub p256dh: String,
    /// The authentication secret of the subscription: 16 bytes, base64url.
    pub auth: String,
}

/// Input of `removePush`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemovePush {
    /// The endpoint of the subscription.
    pub endpoint: String,
}

/// Output of `addPush` and `removePush`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushChanged {}
