//! Probes TURN servers with an allocation, as a device makes it in a call (RFC 8656). It is released at once.

use super::Findings;
use super::helper::{Account, Helper, TRIES, TRY_WITHIN, Transport, socket_to};
use super::line::addresses;
use super::stream::{NoStream, Stream, TLS_TO_DO, Trust};
use jobline_chat::Random;
use md5::{Digest as _, Md5};
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use std::net::UdpSocket;

const ALLOCATE: u16 = 0x0003;
const REFRESH: u16 = 0x0004;
/// The class bits in the types of answers.
const SUCCESS: u16 = 0x0100;
const ERROR: u16 = 0x0110;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const LIFETIME: u16 = 0x000d;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const REQUESTED_TRANSPORT: u16 = 0x0019;
/// The protocol number of UDP, which is relayed, and three reserved bytes.
const UDP: [u8; 4] = [17, 0, 0, 0];
/// Bytes of a `MESSAGE-INTEGRITY` with its type and length.
const INTEGRITY_BYTES: usize = 24;
/// No answer to these requests is longer.
const ANSWER_BYTES: usize = 2_048;
const HEADER_BYTES: usize = 20;
/// The nonce has expired: the answer has a new one.
const STALE_NONCE: u16 = 438;

/// Why there was no allocation.
enum Failure {
    /// No answer, or not one of a TURN server; as the rest of a sentence after the URL of the server.
    NoAnswer(String),
    /// The TLS handshake failed; as the rest of a sentence after the URL of the server.
    NoTls(String),
    /// It answered with this code.
    Refused(u16),
    /// It requires no credentials.
    Open,
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::NoAnswer(why)
    }
}

impl From<NoStream> for Failure {
    fn from(none: NoStream) -> Self {
        match none {
            NoStream::NoConnection(why) => Self::NoAnswer(why),
            NoStream::NoTls(why) => Self::NoTls(why),
        }
    }
}

/// Allocates at `helper` with `account`, over TLS if its certificate is one that `trust` knows. Takes at most a few seconds
/// for each of its addresses.
pub(super) fn look(
    helper: &Helper,
    account: &Account,
    trust: &Trust,
    random: &dyn Random,
    findings: &mut Findings<'_>,
) {
    const NAME: &str = "calls";
    let url = &helper.url;
    let failure = match relay(helper, account, trust, random) {
        Ok(()) => return findings.ok(NAME, format!("{url} gives a relay to users")),
        Err(failure) => failure,
    };
    let (what, to_do) = match failure {
        Failure::NoAnswer(why) => (
            why,
            "Check that it runs, and that the firewall lets its port through; jobline turn-config prints a configuration.",
        ),
        Failure::NoTls(why) => (why, TLS_TO_DO),
        Failure::Open => (
            "gives a relay to everybody".to_owned(),
            "Anybody can send through it: set use-auth-secret and static-auth-secret, as jobline turn-config prints them.",
        ),
        Failure::Refused(code) => (format!("refuses a relay ({code})"), what_to_do(code)),
    };
    findings.wrong(NAME, format!("{url} {what}"), to_do);
}

fn what_to_do(code: u16) -> &'static str {
    match code {
        401 | 431 | 441 => {
            "Set --turn-secret to the static-auth-secret of the TURN server, set use-auth-secret there, and look at the \
             clocks of both."
        }
        403 => "Check which addresses it denies: jobline turn-config prints a configuration that allows calls.",
        442 => "Allow it to relay UDP, which calls use.",
        486 => "The quota of the user is used up: raise its user-quota.",
        508 => "It has no ports left: raise its total-quota, or widen min-port and max-port.",
        _ => "Its log has the reason.",
    }
}

fn relay(helper: &Helper, account: &Account, trust: &Trust, random: &dyn Random) -> Result<(), Failure> {
    if helper.transport != Transport::Udp {
        return allocate(&mut Link::Stream(helper.stream(trust)?), account, random);
    }
    let mut failure = Failure::NoAnswer("has no address".to_owned());
    for address in addresses(&helper.host, helper.port)? {
        let socket = socket_to(address).map_err(|error| format!("cannot be reached from here: {error}"))?;
        match allocate(&mut Link::Udp(socket), account, random) {
            Err(Failure::NoAnswer(why)) => failure = Failure::NoAnswer(why),
            answered => return answered,
        }
    }
    Err(failure)
}

/// The realm and nonce that the server wants to be signed.
struct Challenge {
    realm: Vec<u8>,
    nonce: Vec<u8>,
}

fn allocate(link: &mut Link, account: &Account, random: &dyn Random) -> Result<(), Failure> {
    let transport = (REQUESTED_TRANSPORT, &UDP[..]);
    let first = link.exchange(&request(ALLOCATE, transport, None, random))?;
    let mut challenge = match answered(&first)? {
        Answer::Done => return Err(Failure::Open),
        Answer::Refused(_, Some(challenge)) => challenge,
        Answer::Refused(code, None) => return Err(Failure::Refused(code)),
    };
    // A nonce may expire once in between.
    for _ in 0..2 {
        let signed = Some((account, &challenge));
        let answer = link.exchange(&request(ALLOCATE, transport, signed, random))?;
        match answered(&answer)? {
            Answer::Done => {
                // If that is lost, the allocation expires some minutes later.
                let _ = link.exchange(&request(REFRESH, (LIFETIME, &[0; 4]), signed, random));
                return Ok(());
            }
            Answer::Refused(STALE_NONCE, Some(newer)) => challenge = newer,
            Answer::Refused(code, _) => return Err(Failure::Refused(code)),
        }
    }
    Err(Failure::Refused(STALE_NONCE))
}

/// A request with one attribute, signed with the long-term key of RFC 8489 if the server has sent a challenge.
fn request(
    method: u16,
    (kind, value): (u16, &[u8]),
    signed: Option<(&Account, &Challenge)>,
    random: &dyn Random,
) -> Vec<u8> {
    let mut message = Vec::with_capacity(512);
    message.extend(method.to_be_bytes());
    message.extend([0, 0]);
    message.extend(COOKIE);
    message.extend(&random.bits().to_be_bytes()[..12]);
    add(&mut message, kind, value);
    if let Some((Account { name, credential }, Challenge { realm, nonce })) = signed {
        add(&mut message, USERNAME, name.as_bytes());
        add(&mut message, REALM, realm);
        add(&mut message, NONCE, nonce);
        let mut key = Md5::new();
        for part in [name.as_bytes(), b":", realm, b":", credential.as_bytes()] {
            key.update(part);
        }
        // The signature covers a message whose length includes the signature.
        set_length(&mut message, INTEGRITY_BYTES);
        let integrity = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key.finalize()), &message);
        add(&mut message, MESSAGE_INTEGRITY, integrity.as_ref());
    }
    set_length(&mut message, 0);
    message
}

/// Adds an attribute. Its value is one of ours, or came in an answer, so its length fits into 16 bits.
fn add(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

/// Sets the length of a message to which `more` bytes will be added.
fn set_length(message: &mut [u8], more: usize) {
    let length = message.len() - HEADER_BYTES + more;
    message[2..4].copy_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
}

/// What a server answered.
enum Answer {
    Done,
    Refused(u16, Option<Challenge>),
}

fn answered(answer: &[u8]) -> Result<Answer, Failure> {
    let kind = u16::from_be_bytes([answer[0], answer[1]]);
    match (kind & (SUCCESS | ERROR), attribute(answer, ERROR_CODE)) {
        (SUCCESS, _) => Ok(Answer::Done),
        (ERROR, Some(&[_, _, class, number, ..])) => {
            let code = u16::from(class & 7) * 100 + u16::from(number);
            let text = |kind| attribute(answer, kind).map(<[u8]>::to_vec);
            let challenge = text(REALM).zip(text(NONCE)).map(|(realm, nonce)| Challenge { realm, nonce });
            Ok(Answer::Refused(code, challenge))
        }
        _ => Err(Failure::NoAnswer("answers, but not as a TURN server".to_owned())),
    }
}

/// The value of the first attribute of this kind.
fn attribute(message: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = message.get(HEADER_BYTES..)?;
    loop {
        let (&[k1, k2, l1, l2], after) = rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([l1, l2]));
        if u16::from_be_bytes([k1, k2]) == wanted {
            return after.get(..length);
        }
        rest = after.get(length.next_multiple_of(4)..)?;
    }
}

/// A transport to the server.
enum Link {
    Udp(UdpSocket),
    Stream(Box<dyn Stream>),
}

impl Link {
    /// The answer to `request`.
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, String> {
        let answer = match self {
            Self::Udp(socket) => by_udp(socket, request),
            Self::Stream(stream) => by_stream(&mut **stream, request).map(Some),
        };
        match answer {
            Ok(Some(answer)) if is_answer(&answer, request) => Ok(answer),
            Ok(Some(_)) => Err("answers, but not as a TURN server".to_owned()),
            Ok(None) => Err("does not answer a request for a relay".to_owned()),
            Err(error) => Err(format!("does not answer a request for a relay: {error}")),
        }
    }
}

/// Asks a few times, because UDP loses requests.
fn by_udp(socket: &UdpSocket, request: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    socket.set_read_timeout(Some(TRY_WITHIN))?;
    let mut answer = [0; ANSWER_BYTES];
    for _ in 0..TRIES {
        socket.send(request)?;
        match socket.recv(&mut answer) {
            // An answer to an earlier request may come late.
            Ok(bytes) if is_answer(&answer[..bytes], request) => return Ok(Some(answer[..bytes].to_vec())),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn by_stream(stream: &mut dyn Stream, request: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(request)?;
    let mut answer = vec![0; HEADER_BYTES];
    stream.read_exact(&mut answer)?;
    let more = usize::from(u16::from_be_bytes([answer[2], answer[3]])).min(ANSWER_BYTES);
    answer.resize(HEADER_BYTES + more, 0);
    stream.read_exact(&mut answer[HEADER_BYTES..])?;
    Ok(answer)
}

/// Whether it is a message with the cookie and the transaction of the request.
fn is_answer(answer: &[u8], request: &[u8]) -> bool {
    answer.len() >= HEADER_BYTES && answer[4..HEADER_BYTES] == request[4..HEADER_BYTES]
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Random for Fixed {
        fn bits(&self) -> u128 {
            0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10
        }
    }

    #[test]
    fn a_request_is_signed_over_its_length_with_the_signature() {
        let account = Account { name: "user".to_owned(), credential: "pass".to_owned() };
        let challenge = Challenge { realm: b"realm".to_vec(), nonce: b"nonce".to_vec() };
        let message = request(ALLOCATE, (REQUESTED_TRANSPORT, &UDP), Some((&account, &challenge)), &Fixed);
        assert_eq!(&message[..8], [0, 3, 0, u8::try_from(message.len() - 20).unwrap(), 0x21, 0x12, 0xa4, 0x42]);
        assert_eq!(&message[8..20], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(attribute(&message, NONCE), Some(&b"nonce"[..]));
        // The MD5 of user:realm:pass, as RFC 5769 and RFC 8489 have it.
        let key = [0x84, 0x93, 0xfb, 0xc5, 0x3b, 0xa5, 0x82, 0xfb, 0x4c, 0x04, 0x4c, 0x45, 0x6b, 0xdc, 0x40, 0xeb];
        let signed = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key), &message[..message.len() - INTEGRITY_BYTES]);
        assert_eq!(attribute(&message, MESSAGE_INTEGRITY), Some(signed.as_ref()));
    }

    #[test]
    fn truncated_answers_are_ignored() {
        let mut answer = vec![1, 0x13, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        add(&mut answer, ERROR_CODE, &[0, 0, 4, 1]);
        add(&mut answer, REALM, b"r");
        assert!(matches!(answered(&answer), Ok(Answer::Refused(401, None))));
        for end in HEADER_BYTES..HEADER_BYTES + 8 {
            assert!(matches!(answered(&answer[..end]), Err(Failure::NoAnswer(_))), "{end}");
        }
        assert_eq!(attribute(&answer[..answer.len() - 4], REALM), None);
    }
}
