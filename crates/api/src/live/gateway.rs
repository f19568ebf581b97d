//! Live connections that a gateway holds open while no server runs: to whom they are offered, and where.

use super::offer::Offer;
use jobline_chat::UserId;
use jobline_live::Gateway;
use jobline_wire::LiveOffer;

/// A shorter session costs less by polls than by a connection.
const AFTER_MS: u64 = 20_000;

/// The live connections at a gateway.
pub struct AtGateway {
    pub(super) gateway: Gateway,
    pub(super) offer: Offer,
    pub(super) knows_own_origin: bool,
}

/// The address of a gateway, and to whom it is offered.
pub struct GatewayOffer<'a> {
    /// The address to which clients connect.
    pub url: &'a str,
    /// For how many of a hundred users.
    pub percent: u32,
    /// Whether the server knows the origin of its own pages. A server that does not know it cannot distinguish them
    /// from others; what a page shows then is its token, as everywhere.
    pub knows_own_origin: bool,
}

impl AtGateway {
    pub(super) fn new(gateway: Gateway, GatewayOffer { url, percent, knows_own_origin }: &GatewayOffer<'_>) -> Self {
        let offer = Offer::elsewhere(*percent, url, AFTER_MS);
        Self { gateway, offer, knows_own_origin: *knows_own_origin }
    }

    /// What `sync` offers to `user`.
    #[must_use]
    pub fn offer(&self, user: &UserId) -> Option<LiveOffer> {
        self.offer.to(user)
    }
}
