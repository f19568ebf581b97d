//! A stream of bytes to a STUN or TURN server: TCP, or TLS over it.

use super::helper::{Helper, Transport};
use super::line::connect;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, Error, RootCertStore, StreamOwned};

/// What to do if the TLS handshake fails.
pub(super) const TLS_TO_DO: &str = "Give it a certificate of a public authority for this name, with the whole chain, at the paths \
                                    that jobline turn-config names; browsers take no other one for calls.";

/// The authorities whose certificates are trusted.
pub(super) struct Trust(RootCertStore);

impl Trust {
    /// Those that browsers trust.
    pub fn public() -> Self {
        Self(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    fn connection(&self, host: &str) -> Result<ClientConnection, Error> {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.0.clone())
            .with_no_client_auth();
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        let name = name.map_err(|_| Error::General("its host is not a name that a certificate can have".to_owned()))?;
        ClientConnection::new(Arc::new(config), name)
    }
}

/// A stream of either kind.
pub(super) trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// Why there is none, as the rest of a sentence after the URL of the server.
pub(super) enum NoStream {
    NoConnection(String),
    NoTls(String),
}

impl From<String> for NoStream {
    fn from(why: String) -> Self {
        Self::NoConnection(why)
    }
}

impl Helper {
    /// A stream to the server, after the handshake. Each step has a time limit.
    pub(super) fn stream(&self, trust: &Trust) -> Result<Box<dyn Stream>, NoStream> {
        let stream = connect(&self.host, self.port)?;
        if self.transport != Transport::Tls {
            return Ok(Box::new(stream));
        }
        let encrypted = self.encrypt(stream, trust);
        encrypted.map_err(|why| NoStream::NoTls(format!("accepts connections, but there is no TLS: {why}")))
    }

    fn encrypt(&self, mut stream: TcpStream, trust: &Trust) -> Result<Box<dyn Stream>, String> {
        let mut connection = trust.connection(&self.host).map_err(|error| error.to_string())?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(|error| error.to_string())?;
        }
        Ok(Box::new(StreamOwned::new(connection, stream)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{Account, Findings};
    use jobline_chat::Random;
    use std::net::TcpListener;
    use std::thread;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio_rustls::rustls::{ServerConfig, ServerConnection};

    struct Fixed;

    impl Random for Fixed {
        fn bits(&self) -> u128 {
            7
        }
    }

    /// A TURN server over TLS on `localhost`, which asks for a signature and then allocates: its port and its certificate.
    fn turn_server() -> (u16, CertificateDer<'static>) {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) =
            (own.cert.der().clone(), PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                // A client that does not trust the certificate disconnects.
                let _ = answer_turn(&mut StreamOwned::new(connection, stream.unwrap()));
            }
        });
        (port, certificate)
    }

    fn answer_turn(stream: &mut impl Stream) -> std::io::Result<()> {
        for number in 0.. {
            let mut request = vec![0; 20];
            stream.read_exact(&mut request)?;
            let mut attributes = vec![0; usize::from(u16::from_be_bytes([request[2], request[3]]))];
            stream.read_exact(&mut attributes)?;
            assert_eq!(number > 0, attributes.windows(4).any(|part| part == b"anna"), "the second one names the user");
            // ERROR-CODE 401, REALM and NONCE.
            let refused = [0, 9, 0, 4, 0, 0, 4, 1, 0, 0x14, 0, 1, b'r', 0, 0, 0, 0, 0x15, 0, 1, b'n', 0, 0, 0];
            let (class, attributes) = if number == 0 { (0x10, &refused[..]) } else { (0, &[][..]) };
            let mut answer = vec![1, request[1] | class, 0, u8::try_from(attributes.len()).unwrap()];
            answer.extend(&request[4..]);
            answer.extend(attributes);
            stream.write_all(&answer)?;
        }
        Ok(())
    }

    fn said(port: u16, account: Option<Account>, trust: &Trust) -> String {
        let url = format!("turns:localhost:{port}");
        let helper = Helper { url, host: "localhost".to_owned(), port, transport: Transport::Tls, account };
        let mut said = Vec::new();
        helper.look(trust, &Fixed, &mut Findings::new(&mut said));
        String::from_utf8(said).unwrap()
    }

    #[test]
    fn over_tls_only_a_server_with_a_trusted_certificate_is_asked_for_an_allocation() {
        let (port, certificate) = turn_server();
        let account = || Some(Account { name: "anna".to_owned(), credential: "signed".to_owned() });
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let trusted = said(port, account(), &Trust(roots));
        assert!(trusted.contains("ok") && trusted.contains("gives a relay to users"), "{trusted}");
        for account in [account(), None] {
            let stranger = said(port, account, &Trust::public());
            assert!(stranger.contains("WRONG") && stranger.contains("there is no TLS"), "{stranger}");
            assert!(stranger.contains("Give it a certificate of a public authority"), "{stranger}");
        }
    }
}
