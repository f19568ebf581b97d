//! Probes STUN and TURN servers with a binding request (RFC 8489), which needs no credentials.

use super::Findings;
use super::helper::{Helper, TRIES, TRY_WITHIN, Transport, socket_to};
use super::line::addresses;
use super::stream::{NoStream, TLS_TO_DO, Trust};
use super::turn;
use jobline_chat::Random;
use std::net::SocketAddr;

const HEADER_BYTES: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
/// The server wants credentials for this, too, so it is reachable.
const BINDING_ERROR: [u8; 2] = [0x01, 0x11];

impl Helper {
    /// Probes the server, over TLS if its certificate is one that `trust` knows.
    pub(super) fn look(&self, trust: &Trust, random: &dyn Random, findings: &mut Findings<'_>) {
        if let Some(account) = &self.account {
            return turn::look(self, account, trust, random, findings);
        }
        let request = request(random);
        let answered = match self.transport {
            Transport::Udp => self.ask_by_udp(&request),
            Transport::Tcp | Transport::Tls => self.ask_by_stream(trust, &request),
        };
        let (why, to_do) = match answered {
            Ok(()) => return findings.ok("calls", format!("{} answers", self.url)),
            Err(NoStream::NoConnection(why)) => (
                why,
                "Check that it runs, and that the firewall lets its port through; jobline turn-config prints a configuration.",
            ),
            Err(NoStream::NoTls(why)) => (why, TLS_TO_DO),
        };
        findings.wrong("calls", format!("{} {why}", self.url), to_do);
    }

    fn ask_by_udp(&self, request: &[u8; HEADER_BYTES]) -> Result<(), NoStream> {
        let mut failure = "has no address".to_owned();
        for address in addresses(&self.host, self.port)? {
            match ask(address, request) {
                Ok(true) => return Ok(()),
                Ok(false) => failure = "does not answer a STUN request by UDP".to_owned(),
                Err(error) => failure = format!("does not answer a STUN request by UDP: {error}"),
            }
        }
        Err(failure.into())
    }

    fn ask_by_stream(&self, trust: &Trust, request: &[u8; HEADER_BYTES]) -> Result<(), NoStream> {
        let mut stream = self.stream(trust)?;
        let mut answer = [0; HEADER_BYTES];
        let asked = stream.write_all(request).and_then(|()| stream.read_exact(&mut answer));
        asked.map_err(|error| format!("does not answer a STUN request by TCP: {error}"))?;
        match is_answer(&answer, request) {
            true => Ok(()),
            false => Err("answers, but not as a STUN server".to_owned().into()),
        }
    }
}

/// Asks a few times, and returns whether an answer came.
fn ask(address: SocketAddr, request: &[u8; HEADER_BYTES]) -> std::io::Result<bool> {
    let socket = socket_to(address)?;
    socket.set_read_timeout(Some(TRY_WITHIN))?;
    let mut answer = [0; 512];
    for _ in 0..TRIES {
        socket.send(request)?;
        if let Ok(bytes) = socket.recv(&mut answer)
            && is_answer(&answer[..bytes], request)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Type, length, cookie, and the id of the transaction.
fn request(random: &dyn Random) -> [u8; HEADER_BYTES] {
    let mut request = [0; HEADER_BYTES];
    request[..2].copy_from_slice(&BINDING_REQUEST);
    request[4..8].copy_from_slice(&COOKIE);
    request[8..].copy_from_slice(&random.bits().to_be_bytes()[..12]);
    request
}

fn is_answer(answer: &[u8], request: &[u8; HEADER_BYTES]) -> bool {
    let kind = answer.get(..2);
    let is_kind = kind == Some(&BINDING_SUCCESS[..]) || kind == Some(&BINDING_ERROR[..]);
    is_kind && answer.get(4..HEADER_BYTES) == Some(&request[4..])
}
