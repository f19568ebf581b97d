//! STUN and TURN servers, and UDP sockets to them.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// How often a request is sent by UDP, which may lose it.
pub(super) const TRIES: usize = 3;
/// How long to wait for each answer.
pub(super) const TRY_WITHIN: Duration = Duration::from_secs(1);

/// How a server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

/// A STUN or TURN server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// Its URL, as the setting names it.
    pub url: String,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is reached.
    pub transport: Transport,
    /// The credentials for a TURN server.
    pub account: Option<Account>,
}

/// Short-lived credentials of a device. They are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The user name: the time until when it is valid, and the user.
    pub name: String,
    /// The name, signed with the secret that is shared with the TURN server.
    pub credential: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A socket that exchanges datagrams with `address` alone.
pub(super) fn socket_to(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(address)?;
    Ok(socket)
}
