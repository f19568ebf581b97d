//! Servers that send a greeting first: NATS and mail servers.

use super::WITHIN;
use std::io::Read as _;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};

/// Connects to `host`, and reads its greeting.
///
/// # Errors
/// What happened instead of a greeting that begins with `begins`, as the rest of a sentence after the name of the server.
pub fn greeting(host: &str, port: u16, begins: &str) -> Result<(), String> {
    let mut stream = connect(host, port)?;
    let mut said = vec![0; begins.len()];
    stream.read_exact(&mut said).map_err(|error| format!("accepts connections and sends nothing: {error}"))?;
    match said == begins.as_bytes() {
        true => Ok(()),
        false => Err(format!("does not begin with {:?}", begins.trim())),
    }
}

/// A connection to the first address of `host` that accepts one.
pub(super) fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let mut failure = "has no address".to_owned();
    for address in addresses(host, port)? {
        match TcpStream::connect_timeout(&address, WITHIN) {
            Ok(stream) => {
                let timed = stream.set_read_timeout(Some(WITHIN)).and(stream.set_write_timeout(Some(WITHIN)));
                return timed.map(|()| stream).map_err(|error| error.to_string());
            }
            Err(error) => failure = format!("cannot be reached from here: {error}"),
        }
    }
    Err(failure)
}

/// The addresses of `host`, which may be an IPv6 address in brackets.
pub(super) fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let found = (host, port).to_socket_addrs();
    found.map(Iterator::collect).map_err(|error| format!("has no address: {error}"))
}
