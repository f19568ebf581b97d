//! Probes of the public URL, as a browser and as the host's server call it.

use super::{Findings, WITHIN};
use crate::check::client::{Client, Reply};
use crate::check::outcome::StepError;
use http::{Method, Request};
use jobline_wire::Code;

/// How far the clocks may be apart: with more, tokens and uploads may be refused.
const SKEW_SECONDS: u64 = 30;
/// How many origins are checked.
const ORIGINS: usize = 20;
const NAME: &str = "public URL";
/// A user who exists in no deployment.
const NOBODY: &str = "jobline-doctor";

/// The address for browsers, and the settings that it should have.
#[derive(Clone)]
pub struct PublicUrl {
    /// The URL.
    pub url: String,
    /// The host key that it should accept.
    pub host_key: Option<String>,
    /// A user token that it should accept.
    pub token: Option<String>,
    /// The origins whose pages should be allowed to call.
    pub origins: Vec<String>,
}

impl PublicUrl {
    pub(super) fn look(&self, now_ms: u64, findings: &mut Findings<'_>) {
        let url = &self.url;
        let client = match Client::new(url, WITHIN) {
            Ok(client) => client,
            Err(why) => return findings.wrong(NAME, why, "Set --public-url to what browsers open."),
        };
        let reply = match client.get("/healthz", None) {
            Ok(reply) => reply,
            Err(why) => {
                let to_do =
                    "Check that the server runs, its DNS name, certificate and firewall, and the proxy before it.";
                return findings.wrong(NAME, format!("{url} cannot be reached from here: {}", text(why)), to_do);
            }
        };
        match reply.status {
            200 => self.look_inside(&client, findings),
            301..=308 => {
                let to_do = "Set --public-url to the target of the redirect.";
                findings.wrong(NAME, format!("{url} redirects to {}", reply.header("location")), to_do);
            }
            status => {
                let to_do = "Let the proxy pass all paths below it to this server.";
                findings.wrong(NAME, format!("{url}/healthz answers {status} instead of 200"), to_do);
            }
        }
        look_at_clock(&reply, now_ms, findings);
    }

    /// Checks the deployment behind the URL.
    fn look_inside(&self, client: &Client, findings: &mut Findings<'_>) {
        match &self.host_key {
            None => findings.ok(NAME, format!("{} answers", self.url)),
            Some(key) => self.look_at_host_key(client, key, findings),
        }
        if let Some(token) = &self.token {
            self.look_at_token(client, token, findings);
        }
        for origin in self.origins.iter().take(ORIGINS) {
            self.look_at_origin(client, origin, findings);
        }
    }

    /// A deployment that accepts the host key answers that there is no such user.
    fn look_at_host_key(&self, client: &Client, key: &str, findings: &mut Findings<'_>) {
        let asked =
            client.get(&format!("/host/users/{NOBODY}"), Some(key)).and_then(|reply| reply.refused(Code::NotFound));
        match asked {
            Ok(_) => findings.ok(NAME, format!("{} answers as this deployment", self.url)),
            Err(why) => {
                let what = format!("{} answers, but does not accept this --host-key: {}", self.url, text(why));
                let to_do =
                    "Another deployment answers there, or it runs with other settings: set both to the same key.";
                findings.wrong(NAME, what, to_do);
            }
        }
    }

    /// A deployment that accepts the token answers that its user is in no such conversation.
    fn look_at_token(&self, client: &Client, token: &str, findings: &mut Findings<'_>) {
        let path = format!("/messages/members?conversationId=conv_{NOBODY}_nobody");
        match client.get(&path, Some(token)).and_then(|reply| reply.refused(Code::NotFound)) {
            Ok(_) => findings.ok("user tokens", format!("{} accepts those of --jwt-secret", self.url)),
            Err(why) => {
                let what = format!("{} does not accept those of this --jwt-secret: {}", self.url, text(why));
                let to_do = "Set the same --jwt-secret, --jwt-issuer and --jwt-audience where your tokens are made and where \
                             the server runs, and restart it.";
                findings.wrong("user tokens", what, to_do);
            }
        }
    }

    /// Sends the preflight of a browser for a page of `origin`.
    fn look_at_origin(&self, client: &Client, origin: &str, findings: &mut Findings<'_>) {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(format!("{}/messages/sync", self.url.trim_end_matches('/')))
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization");
        let allowed = client.run(request, None).map(|reply| reply.header("access-control-allow-origin").to_owned());
        match allowed {
            Ok(allowed) if allowed == origin => findings.ok("origin", format!("pages of {origin} may call")),
            Ok(_) => {
                let to_do = "Restart the server with these settings, and let the proxy pass OPTIONS and its answer.";
                findings.wrong("origin", format!("pages of {origin} may not call {}", self.url), to_do);
            }
            Err(why) => {
                let to_do = "Let the proxy pass OPTIONS requests.";
                findings.wrong(
                    "origin",
                    format!("the preflight of pages of {origin} gets no answer: {}", text(why)),
                    to_do,
                );
            }
        }
    }
}

/// Compares the clock of this machine with the one of the public URL.
fn look_at_clock(reply: &Reply, now_ms: u64, findings: &mut Findings<'_>) {
    let Some(theirs) = seconds(reply.header("date")) else {
        return findings.skipped("clock", "the public URL sends no Date header");
    };
    let ours = now_ms / 1_000;
    let (apart, where_to) = (ours.abs_diff(theirs), if ours > theirs { "ahead of" } else { "behind" });
    if apart <= SKEW_SECONDS {
        return findings.ok("clock", "it agrees with the public URL");
    }
    let what = format!("this machine is {apart} s {where_to} the public URL");
    findings.wrong(
        "clock",
        what,
        "Switch on time synchronisation (chrony, systemd-timesyncd) on both: tokens would be refused.",
    );
}

/// The Unix seconds of an HTTP date: `Fri, 14 Nov 2025 10:30:00 GMT`.
fn seconds(date: &str) -> Option<u64> {
    let parts: Vec<&str> = date.split_ascii_whitespace().collect();
    let [_, day, month, year, time, "GMT"] = parts[..] else { return None };
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = 1 + months.iter().position(|name| *name == month)?;
    let iso = format!("{year}-{month:02}-{day}T{time}.000Z");
    jobline_chat::parse_iso(&iso).map(|ms| ms / 1_000)
}

/// Fetches the public keys of user tokens.
pub(super) fn look_at_keys(url: &str, findings: &mut Findings<'_>) {
    let to_do = "Set --jwks-url to the JWKS of the identity provider, which this machine must reach.";
    let client = Client::new(url.split('?').next().unwrap_or(url), WITHIN).map_err(StepError::Failed);
    let reply = client.and_then(|client| client.run(Request::get(url), None));
    match reply.and_then(Reply::json::<serde_json::Value>) {
        Ok(keys) => match keys["keys"].as_array().map_or(0, Vec::len) {
            0 => findings.wrong("user tokens", format!("{url} holds no keys"), to_do),
            count => findings.ok("user tokens", format!("{url} answers with public keys: {count}")),
        },
        Err(why) => findings.wrong("user tokens", format!("{url} does not answer with keys: {}", text(why)), to_do),
    }
}

fn text(why: StepError) -> String {
    match why {
        StepError::Failed(why) | StepError::NoAnswer(why) => why,
        StepError::Missing(what) => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn dates_of_http_are_read() {
        assert_eq!(seconds("Fri, 14 Nov 2025 10:30:00 GMT"), Some(1_763_116_200));
        for wrong in ["", "Fri, 14 Nov 2025 10:30:00", "Fri, 14 Nob 2025 10:30:00 GMT", "2025-11-14T10:30:00Z"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
