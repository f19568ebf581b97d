//! To whom live connections are offered, and at which address.

use jobline_chat::UserId;
use jobline_wire::LiveOffer;

/// The path of live connections.
const PATH: &str = "/messages/live";

/// The share of users to whom live connections are offered, and the address.
#[derive(Debug)]
pub(super) struct Offer {
    percent: u32,
    address: ConnectAddress,
}

/// Where clients connect.
#[derive(Debug)]
enum ConnectAddress {
    /// At this server, which browsers reach like this where the request does not say: `http://…` or `https://…` without a
    /// slash at the end.
    Here(String),
    /// At this address, so many milliseconds after the offer.
    Elsewhere(String, u64),
}

impl Offer {
    /// `base_url`: how browsers reach this server, `http://…` or `https://…` without a slash at the end.
    pub fn new(percent: u32, base_url: &str) -> Self {
        Self { percent, address: ConnectAddress::Here(base_url.to_owned()) }
    }

    /// Connections to `url`, which pay off for those who stay longer than `after_ms`.
    pub fn elsewhere(percent: u32, url: &str, after_ms: u64) -> Self {
        Self { percent, address: ConnectAddress::Elsewhere(url.to_owned(), after_ms) }
    }

    /// Whether `user` is among those to whom it is offered: always the same ones, and with a larger share others too.
    pub fn is_for(&self, user: &UserId) -> bool {
        let hash = blake3::hash(user.as_str().as_bytes());
        let number = u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"));
        number % 100 < u64::from(self.percent)
    }

    pub fn to(&self, user: &UserId) -> Option<LiveOffer> {
        self.is_for(user).then(|| match &self.address {
            ConnectAddress::Here(base) => {
                LiveOffer { url: url(&jobline_http::base_url().unwrap_or_else(|| base.clone())), after_ms: 0 }
            }
            ConnectAddress::Elsewhere(url, after_ms) => LiveOffer { url: url.clone(), after_ms: *after_ms },
        })
    }
}

fn url(base: &str) -> String {
    format!("{}{PATH}", base.replacen("http", "ws", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_server() {
        assert_eq!(url("https://x.example/chat"), "wss://x.example/chat/messages/live");
        assert_eq!(url("http://127.0.0.1:8080"), "ws://127.0.0.1:8080/messages/live");
    }

    #[test]
    fn a_share_of_the_users_gets_it_and_a_larger_one_contains_the_smaller() {
        let users: Vec<UserId> = (0..10_000).filter_map(|number| UserId::new(&format!("user{number}"))).collect();
        let of = |percent| {
            let offer = Offer::new(percent, "");
            users.iter().filter(|user| offer.is_for(user)).collect::<Vec<_>>()
        };
        assert_eq!((of(0).len(), of(100).len()), (0, users.len()));
        let (ten, half) = (of(10), of(50));
        assert!((800..1_200).contains(&ten.len()), "{}", ten.len());
        assert!(ten.iter().all(|user| half.contains(user)));
    }
}
