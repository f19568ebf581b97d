//! `jobline doctor`: checks everything that a deployment depends on, from where it is run, and says what to do.
//!
//! Nothing is changed, and no secret is printed. Each probe has a time limit.

mod findings;
mod helper;
mod line;
mod public_url;
mod stream;
mod stun;
mod turn;

pub use findings::Findings;
pub use helper::{Account, Helper, Transport};
pub use line::greeting;
pub use public_url::PublicUrl;

use jobline_chat::Random;
use std::time::Duration;
use stream::Trust;

/// How long each probe may take.
const WITHIN: Duration = Duration::from_secs(5);

/// What a deployment depends on besides its store and files; what is not configured is left out.
#[derive(Default)]
pub struct Surroundings {
    /// How browsers reach it.
    pub public_url: Option<PublicUrl>,
    /// The URL of the public keys of user tokens.
    pub jwks_url: Option<String>,
    /// The hosts and ports of NATS.
    pub bus: Vec<(String, u16)>,
    /// STUN and TURN servers.
    pub helpers: Vec<Helper>,
}

/// Checks all of it. Blocks.
pub fn look(around: &Surroundings, now_ms: u64, random: &dyn Random, findings: &mut Findings<'_>) {
    match &around.public_url {
        Some(url) => url.look(now_ms, findings),
        None => findings.skipped("public URL", "--public-url is not set, so the address for browsers is unknown"),
    }
    if let Some(url) = &around.jwks_url {
        public_url::look_at_keys(url, findings);
    }
    if around.bus.is_empty() {
        findings.skipped("bus", "--bus is not set; one server needs none");
    }
    for (host, port) in &around.bus {
        let to_do = "Check that NATS runs there, its port and the firewall; until then servers poll every few seconds.";
        match greeting(host, *port, "INFO ") {
            Ok(()) => findings.ok("bus", format!("NATS answers at {host}:{port}")),
            Err(why) => findings.wrong("bus", format!("{host}:{port} {why}"), to_do),
        }
    }
    if around.helpers.is_empty() {
        findings.skipped("calls", "neither --stun-url nor --turn-url is set; calls may fail between networks");
    }
    let trust = Trust::public();
    for helper in &around.helpers {
        helper.look(&trust, random, findings);
    }
}
