//! Identifies callers: user tokens (JWT), the sources of the keys that check them, and the key of the host API.
//!
//! A token names the key that checks it, but never the algorithm: each key has exactly one. So the header of a token
//! cannot make a public key be used as a secret, or switch the signature off. *ring* checks the signatures, as it does
//! for TLS; this crate adds the small part of RFC 7515 around that.

mod bearer;
mod cache;
mod fetch;
mod host_key;
mod jwks;
mod refusal;
mod source;
mod token;

#[cfg(test)]
mod tests;

pub use bearer::Credential;
pub use fetch::{Fetch, Fetched, HttpFetch};
pub use host_key::HostKey;

use cache::VerifiedTokens;
use jobline_chat::{Clock, Error, Result, UserId};
use jobline_wire::{
    Code,
    limits::{SECRET_BYTES, TOKEN_BYTES},
};
use refusal::Refusal;
use ring::hmac;
use source::{Origin, Source, Why};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use token::{Algorithm, Expected, Jws};

/// What user tokens are checked against. At least one of the first three fields must be set.
#[derive(Clone, Default)]
pub struct IdentitySettings {
    /// The HS256 secret, at least [`SECRET_BYTES`] long.
    pub jwt_secret: Option<String>,
    /// Where the public keys are fetched: https, or http on a loopback address.
    pub jwks_url: Option<String>,
    /// A file of public keys, read again when it changes.
    pub jwks_file: Option<PathBuf>,
    /// What `iss` must be.
    pub issuer: Option<String>,
    /// What `aud` must be or contain.
    pub audience: Option<String>,
}

/// A token made by [`Identity::mint`].
#[derive(Clone, PartialEq, Eq)]
pub struct Minted {
    /// The token, for `Authorization: Bearer`.
    pub token: String,
    /// Its `exp`, in Unix milliseconds: a whole second.
    pub expires_ms: u64,
}

/// A token that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its user.
    pub user: UserId,
    /// Its `exp`, in Unix milliseconds; it is accepted for another 60 s, since clocks differ.
    pub expires_ms: u64,
    /// Its `iat`, in Unix milliseconds, if it has one.
    pub issued_ms: Option<u64>,
}

/// Checks user tokens, and mints them when there is a secret.
pub struct Identity {
    secret: Option<hmac::Key>,
    sources: Vec<Arc<Source>>,
    expected: Expected,
    verified: Arc<VerifiedTokens>,
    clock: Arc<dyn Clock>,
}

impl Identity {
    /// Makes it from settings. Reads a key file, but does not fetch keys from a URL: see [`Identity::load_keys`].
    ///
    /// # Errors
    /// One line that names the setting at fault and says what is accepted.
    pub fn new(settings: IdentitySettings, clock: Arc<dyn Clock>) -> std::result::Result<Self, String> {
        Self::with_fetch(settings, clock, Arc::new(HttpFetch))
    }

    /// [`Identity::new`] with another way to fetch keys.
    ///
    /// # Errors
    /// One line that names the setting at fault and says what is accepted.
    pub fn with_fetch(
        settings: IdentitySettings,
        clock: Arc<dyn Clock>,
        fetch: Arc<dyn Fetch>,
    ) -> std::result::Result<Self, String> {
        let IdentitySettings { jwt_secret, jwks_url, jwks_file, issuer, audience } = settings;
        let secret = jwt_secret.map(|secret| hmac_key(&secret)).transpose()?;
        let verified = Arc::new(VerifiedTokens::new());
        let mut origins = Vec::new();
        if let Some(url) = jwks_url {
            origins.push(Origin::url(url, fetch)?);
        }
        if let Some(path) = jwks_file {
            origins.push(Origin::file(path));
        }
        if secret.is_none() && origins.is_empty() {
            return Err("user tokens need --jwt-secret (JOBLINE_JWT_SECRET), --jwks-url (JOBLINE_JWKS_URL) or \
                        --jwks-file (JOBLINE_JWKS_FILE)"
                .to_owned());
        }
        let sources = origins
            .into_iter()
            .map(|origin| Source::new(origin, Arc::clone(&verified), clock.now_ms()).map(Arc::new))
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self { secret, sources, expected: Expected { issuer, audience }, verified, clock })
    }

    /// Fetches the keys, so that the first request does not wait for them. A failure is logged and retried later.
    pub async fn load_keys(&self) {
        for source in &self.sources {
            source.refresh(&self.clock, Why::Due).await;
        }
    }

    /// Keeps the keys fresh; never returns. Where it does not run, as in a function that is frozen between requests,
    /// the request that finds old keys refreshes them.
    pub async fn keep_fresh(&self) {
        if self.sources.is_empty() {
            return std::future::pending().await;
        }
        loop {
            self.load_keys().await;
            let now_ms = self.clock.now_ms();
            let wait_ms = self.sources.iter().map(|source| source.due_in_ms(now_ms)).min().unwrap_or(u64::MAX);
            self.clock.sleep(Duration::from_millis(wait_ms.max(1_000))).await;
        }
    }

    /// The user whose token is shown. Returns without waiting unless keys must be fetched.
    ///
    /// # Errors
    /// `unauthenticated`; `unavailable` while the keys have never been read.
    pub async fn authenticate(&self, credential: impl Into<Credential<'_>>) -> Result<UserId> {
        Ok(self.check_token(credential).await?.user)
    }

    /// The user whose token is shown, and until when it is valid, for a long-lived connection.
    ///
    /// # Errors
    /// As [`Identity::authenticate`].
    pub async fn check_token(&self, credential: impl Into<Credential<'_>>) -> Result<Checked> {
        let token = credential.into().token()?;
        let now_ms = self.clock.now_ms();
        for source in &self.sources {
            if source.is_overdue(now_ms) {
                Box::pin(source.refresh(&self.clock, Why::Due)).await;
            }
        }
        let mut checked = self.check(token);
        if checked == Err(Refusal::UnknownKey) {
            for source in &self.sources {
                Box::pin(source.refresh(&self.clock, Why::UnknownKey)).await;
            }
            checked = self.check(token);
        }
        checked.map_err(Error::from)
    }

    /// Makes a token for `user` that is valid for `ttl`, with the issuer and audience that this server expects.
    ///
    /// # Errors
    /// `invalid_request` without a secret: it names the missing setting.
    pub fn mint(&self, user: &UserId, ttl: Duration) -> Result<Minted> {
        let Some(secret) = &self.secret else {
            let detail = "This server cannot mint tokens: it has no secret to sign them. Set --jwt-secret \
                          (JOBLINE_JWT_SECRET), or mint with the key behind its JWKS.";
            return Err(Error::new(Code::InvalidRequest, detail));
        };
        Ok(token::mint(secret, user, self.clock.now_ms(), ttl, &self.expected))
    }

    /// The part of the check that needs no waiting.
    fn check(&self, token: &str) -> std::result::Result<Checked, Refusal> {
        if token.len() > TOKEN_BYTES {
            return Err(Refusal::TooLong);
        }
        let now_ms = self.clock.now_ms();
        if let Some((user, period)) = self.verified.get(token) {
            return period.check(now_ms).map(|()| period.checked(user));
        }
        // Read before the keys: if they change in between, the entry that is added below is not valid.
        let generation = self.verified.generation();
        let jws = Jws::split(token)?;
        self.check_signature(&jws)?;
        let (user, period) = jws.claims(&self.expected)?;
        period.check(now_ms)?;
        self.verified.add(generation, token, user.clone(), period);
        Ok(period.checked(user))
    }

    fn check_signature(&self, jws: &Jws<'_>) -> std::result::Result<(), Refusal> {
        if jws.algorithm == Algorithm::Hs256 {
            // The secret is the only key for HS256; a public key is never used as a secret.
            let secret = self.secret.as_ref().ok_or(Refusal::BadSignature)?;
            return hmac::verify(secret, jws.signed, &jws.signature).map_err(|_| Refusal::BadSignature);
        }
        if self.sources.is_empty() {
            return Err(Refusal::BadSignature);
        }
        let mut refusal = Refusal::UnknownKey;
        for source in &self.sources {
            match source.keys().verifies(jws.kid.as_deref(), jws) {
                Some(true) => return Ok(()),
                Some(false) => refusal = Refusal::BadSignature,
                None => {}
            }
        }
        if refusal == Refusal::UnknownKey && self.sources.iter().any(|source| !source.is_loaded()) {
            refusal = Refusal::KeysMissing;
        }
        Err(refusal)
    }
}

fn hmac_key(secret: &str) -> std::result::Result<hmac::Key, String> {
    if secret.len() < SECRET_BYTES {
        return Err(format!("--jwt-secret (JOBLINE_JWT_SECRET) must be at least {SECRET_BYTES} bytes long"));
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
}
