//! The ICE servers (STUN and TURN) of calls: what a browser's `RTCPeerConnection` is made with.

use base64::{Engine, engine::general_purpose::STANDARD};
use jobline_chat::UserId;
use jobline_wire::{CallConfig, IceServer, IceTransportPolicy, limits::RING_MS};
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, Key, sign};

/// How long credentials of the TURN server are valid.
const CREDENTIAL_SECONDS: u64 = 3_600;
/// How many digits of the hash identify a user at the TURN server.
const USER_DIGITS: usize = 16;

/// The servers that help two devices to reach each other, and whether they may do without a relay.
#[derive(Debug, Default)]
pub struct IceServers {
    /// `stun:` URLs.
    pub stun: Vec<String>,
    /// The relay.
    pub turn: Option<TurnServer>,
    /// Whether two devices may reach each other without the relay, and so learn each other's addresses. Without a relay
    /// there is no other way.
    pub is_direct: bool,
}

/// A TURN server, and the secret that it shares with this one.
pub struct TurnServer {
    urls: Vec<String>,
    user_key: Key,
    credential_key: Key,
}

impl IceServers {
    /// The configuration for a device of `user`.
    #[must_use]
    pub fn config(&self, user: &UserId, now_ms: u64) -> CallConfig {
        let is_direct = self.is_direct || self.turn.is_none();
        let stun = (is_direct && !self.stun.is_empty()).then(|| IceServer {
            urls: self.stun.clone(),
            username: None,
            credential: None,
        });
        let turn = self.turn.as_ref().map(|turn| turn.server(user, now_ms));
        CallConfig {
            ice_servers: stun.into_iter().chain(turn).collect(),
            ice_transport_policy: if is_direct { IceTransportPolicy::All } else { IceTransportPolicy::Relay },
            ring_ms: RING_MS,
        }
    }
}

impl TurnServer {
    /// The server at these `turn:` and `turns:` URLs, which checks credentials with `secret`.
    #[must_use]
    pub fn new(urls: Vec<String>, secret: &str) -> Self {
        let secret = secret.as_bytes();
        Self {
            urls,
            user_key: Key::new(HMAC_SHA256, secret),
            credential_key: Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret),
        }
    }

    /// Credentials as coturn's `use-auth-secret` expects them: the instant until which they are good with a name, and that
    /// signed. The name is a hash, so that the relay's log does not tell who calls; it is the same for all calls of a user,
    /// so that the relay can limit what one user does.
    fn server(&self, user: &UserId, now_ms: u64) -> IceServer {
        let (username, credential) = self.credentials(user.as_str(), now_ms);
        IceServer { urls: self.urls.clone(), username: Some(username), credential: Some(credential) }
    }

    /// The user name and the credential of `user`, good for an hour.
    #[must_use]
    pub fn credentials(&self, user: &str, now_ms: u64) -> (String, String) {
        let expires = now_ms / 1_000 + CREDENTIAL_SECONDS;
        let hash = sign(&self.user_key, user.as_bytes());
        let digit =
            |at: usize| char::from(b"0123456789abcdef"[usize::from(hash.as_ref()[at / 2] >> (4 * (at % 2)) & 15)]);
        let name: String = (0..USER_DIGITS).map(digit).collect();
        let username = format!("{expires}:{name}");
        let credential = STANDARD.encode(sign(&self.credential_key, username.as_bytes()));
        (username, credential)
    }
}

impl std::fmt::Debug for TurnServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_763_116_200_000;

    fn user(id: &str) -> UserId {
        UserId::new(id).expect("an id")
    }

    fn servers(is_direct: bool) -> IceServers {
        let turn = TurnServer::new(vec!["turn:turn.example:3478".to_owned()], "a-shared-secret");
        IceServers { stun: vec!["stun:stun.example".to_owned()], turn: Some(turn), is_direct }
    }

    #[test]
    fn a_relay_hides_addresses_unless_direct_connections_are_allowed() {
        let config = servers(false).config(&user("anna"), NOW_MS);
        assert_eq!((config.ice_servers.len(), config.ice_transport_policy), (1, IceTransportPolicy::Relay));
        let config = servers(true).config(&user("anna"), NOW_MS);
        assert_eq!((config.ice_servers.len(), config.ice_transport_policy), (2, IceTransportPolicy::All));
        let config = IceServers::default().config(&user("anna"), NOW_MS);
        assert_eq!((config.ice_servers.len(), config.ice_transport_policy), (0, IceTransportPolicy::All));
    }

    #[test]
    fn credentials_are_valid_for_an_hour_and_do_not_name_the_user() {
        let server = servers(false).config(&user("anna"), NOW_MS).ice_servers.remove(0);
        let name = server.username.expect("a name");
        let (expires, hash) = name.split_once(':').expect("two parts");
        assert_eq!((expires, hash.len(), name.contains("anna")), ("1763119800", 16, false));
        // openssl dgst -sha1 -hmac a-shared-secret -binary | base64
        let signed = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"a-shared-secret"), name.as_bytes());
        assert_eq!(server.credential.as_deref(), Some(STANDARD.encode(signed).as_str()));
        let other = servers(false).config(&user("ben"), NOW_MS).ice_servers.remove(0);
        assert_ne!(other.username, Some(name), "each user has a name of their own");
    }
}
