//! `jobline turn-config`: a configuration of coturn.
//!
//! A TURN server sends to any address that its clients name. Without a list of refused addresses, everyone with an
//! account at the marketplace could reach machines in its network through it.

use crate::cli::TurnConfigArgs;
use crate::config::{Config, ConfigError, turn_url_parts};
use std::fmt::Write;
use std::net::IpAddr;

/// Addresses that are not of the public internet, with their descriptions.
const REFUSED: [(&str, &str); 24] = [
    ("0.0.0.0-0.255.255.255", "this machine"),
    ("10.0.0.0-10.255.255.255", "private"),
    ("100.64.0.0-100.127.255.255", "carriers' own, metadata of Alibaba Cloud"),
    ("127.0.0.0-127.255.255.255", "loopback"),
    ("168.63.129.16", "metadata of Azure"),
    ("169.254.0.0-169.254.255.255", "link-local, metadata of most clouds"),
    ("172.16.0.0-172.31.255.255", "private"),
    ("192.0.0.0-192.0.0.255", "special, metadata of Oracle Cloud"),
    ("192.0.2.0-192.0.2.255", "documentation"),
    ("192.88.99.0-192.88.99.255", "relays to IPv6"),
    ("192.168.0.0-192.168.255.255", "private"),
    ("198.18.0.0-198.19.255.255", "tests of networks"),
    ("198.51.100.0-198.51.100.255", "documentation"),
    ("203.0.113.0-203.0.113.255", "documentation"),
    ("224.0.0.0-255.255.255.255", "multicast, reserved, broadcast"),
    ("::-::ffff", "this machine, loopback"),
    ("::ffff:0:0-::ffff:ffff:ffff", "IPv4 in IPv6"),
    ("64:ff9b::-64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "IPv4 in IPv6"),
    ("100::-100::ffff:ffff:ffff:ffff", "discarded"),
    ("2001::-2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "special"),
    ("2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"),
    ("2002::-2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "IPv4 in IPv6"),
    ("fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private, metadata of AWS"),
    ("fe80::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local, site-local, multicast"),
];

const HEAD: &str = "\
# coturn for the calls of Jobline, printed by jobline turn-config. It holds a secret: keep it readable for coturn alone.
# Run it with: turnserver -c turnserver.conf

# Jobline gives each user credentials for an hour, signed with this secret.
use-auth-secret
";

const LIMITS: &str = "
# What one user and all together may use. A call takes at most two allocations for each device; max-bps is in bytes.
user-quota=12
total-quota=1200
max-bps=500000
stale-nonce=600

# Nothing that calls do not need.
fingerprint
no-cli
no-multicast-peers
no-tcp-relay
no-rfc5780
no-stun-backward-compatibility
response-origin-only-with-rfc5780
";

/// The configuration for the TURN server in `config`.
///
/// # Errors
/// The setting that is missing.
pub fn text(config: &Config, args: &TurnConfigArgs) -> Result<String, ConfigError> {
    let turn = config.calls.as_ref().and_then(|calls| calls.turn.as_ref()).ok_or_else(|| {
        let matter = "is missing: turn-config describes the server that it names; set it and --turn-secret, and leave \
                      --calls on";
        ConfigError::new("turn-url", matter)
    })?;
    let mut text = HEAD.to_owned();
    let urls: Vec<_> = turn.urls.iter().filter_map(|url| turn_url_parts(url)).collect();
    let realm = urls.first().map_or("jobline", |url| url.host.trim_matches(['[', ']']));
    // Writing to a `String` does not fail.
    let _ = writeln!(text, "static-auth-secret={}\nrealm={realm}\n", turn.secret.expose());
    let port = |scheme: &str| urls.iter().find(|url| url.scheme == scheme).map(|url| url.port);
    let _ = writeln!(text, "listening-port={}", port("turn").flatten().unwrap_or(3_478));
    match port("turns") {
        Some(port) => {
            let _ = writeln!(text, "tls-listening-port={}", port.unwrap_or(5_349));
            text.push_str("# The certificate of that name, readable for coturn.\n");
            text.push_str("cert=/etc/coturn/cert.pem\npkey=/etc/coturn/key.pem\nno-tlsv1\nno-tlsv1_1\n");
        }
        None => text.push_str("# There is no turns: URL.\nno-tls\nno-dtls\n"),
    }
    addresses(&mut text, args);
    text.push_str(LIMITS);
    refused(&mut text);
    Ok(text)
}

/// The addresses of coturn. Two devices that both use it send from one of its addresses to the other, so these are allowed
/// even if they are private.
fn addresses(text: &mut String, args: &TurnConfigArgs) {
    let Some(address) = args.address else { return };
    text.push_str("\n# Its own addresses: both devices of a call use it, so it sends to itself.\n");
    let inner = args.inner_address.unwrap_or(address);
    let _ = writeln!(text, "relay-ip={inner}");
    if inner != address {
        let _ = writeln!(text, "external-ip={address}/{inner}");
    }
    let own: &[IpAddr] = if inner == address { &[inner] } else { &[address, inner] };
    for own in own {
        let _ = writeln!(text, "allowed-peer-ip={own}");
    }
}

fn refused(text: &mut String) {
    text.push_str("\n# It relays to the public internet alone, so that nobody reaches other machines through it.\n");
    for (range, what) in REFUSED {
        let _ = writeln!(text, "# {what}\ndenied-peer-ip={range}");
    }
}
