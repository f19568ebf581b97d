//! To whom live connections are offered, and under which address.

use http::uri::Authority;
use jobline_chat::UserId;
use jobline_wire::LiveOffer;

/// The path of live connections.
pub(super) const PATH: &str = "/messages/live";

/// How browsers reach a server.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The URL that was configured, without a slash at the end.
    pub public_url: Option<String>,
    /// The URL by its own address, for requests that do not say which name they used.
    pub base_url: String,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Offer {
    percent: u32,
    reach: Reach,
}

impl Offer {
    pub fn new(percent: u32, reach: Reach) -> Self {
        Self { percent, reach }
    }

    /// Whether `user` is among those to whom it is offered: always the same ones, and with a larger share those before
    /// and others.
    pub fn is_for(&self, user: &UserId) -> bool {
        let hash = blake3::hash(user.as_str().as_bytes());
        let number = u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"));
        number % 100 < u64::from(self.percent)
    }

    pub fn to(&self, user: &UserId, host: Option<&str>) -> Option<LiveOffer> {
        self.is_for(user).then(|| LiveOffer { url: self.url(host), after_ms: 0 })
    }

    /// The public URL, or the name under which the request came.
    fn url(&self, host: Option<&str>) -> String {
        let base = self.reach.public_url.as_ref().unwrap_or(&self.reach.base_url);
        let secure = base.starts_with("https:");
        let scheme = if secure { "wss" } else { "ws" };
        let host = host.filter(|_| self.reach.public_url.is_none()).filter(|host| is_host(host));
        let rest = host.or(base.split_once("://").map(|(_, rest)| rest)).unwrap_or_default();
        format!("{scheme}://{rest}{PATH}")
    }
}

/// Whether it is a host with or without a port, and nothing else.
fn is_host(text: &str) -> bool {
    text.parse::<Authority>().is_ok_and(|authority| !authority.as_str().contains('@') && !authority.host().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(public_url: Option<&str>, host: Option<&str>) -> String {
        let reach = Reach { public_url: public_url.map(str::to_owned), base_url: "http://127.0.0.1:8080".to_owned() };
        Offer::new(100, reach).url(host)
    }

    #[test]
    fn the_address_is_the_public_one_or_the_one_that_the_request_used() {
        assert_eq!(url(Some("https://x.example/chat"), Some("evil.example")), "wss://x.example/chat/messages/live");
        assert_eq!(url(None, Some("10.0.0.7:8080")), "ws://10.0.0.7:8080/messages/live");
        assert_eq!(url(None, Some("a@b")), "ws://127.0.0.1:8080/messages/live");
        assert_eq!(url(None, None), "ws://127.0.0.1:8080/messages/live");
    }

    #[test]
    fn a_share_of_the_users_gets_it_and_a_larger_one_contains_the_smaller() {
        let reach = Reach { public_url: None, base_url: String::new() };
        let users: Vec<UserId> = (0..10_000).filter_map(|number| UserId::new(&format!("user{number}"))).collect();
        let of = |percent| {
            let offer = Offer::new(percent, reach.clone());
            users.iter().filter(|user| offer.is_for(user)).collect::<Vec<_>>()
        };
        assert_eq!((of(0).len(), of(100).len()), (0, users.len()));
        let (ten, half) = (of(10), of(50));
        assert!((800..1_200).contains(&ten.len()), "{}", ten.len());
        assert!(ten.iter().all(|user| half.contains(user)));
    }
}
