//! What a URL permits, written into its query and signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jobline_chat::{Error, Result};
use jobline_http::decode;
use jobline_wire::Code;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write as _;

/// All but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What an upload URL permits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) size: u64,
    pub(super) content_type: String,
    pub(super) sha256: Option<String>,
    pub(super) expires_ms: u64,
}

/// What a download URL permits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Download {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) inline: bool,
    pub(super) expires_ms: u64,
}

/// Signs and verifies. Each kind of URL has its own key, so that a signature for one is never valid for the other.
pub(super) struct Signer {
    upload: [u8; 32],
    download: [u8; 32],
}

impl Signer {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self {
            upload: blake3::derive_key("jobline 2026 local files: PUT", key),
            download: blake3::derive_key("jobline 2026 local files: GET", key),
        }
    }

    pub(super) fn upload_query(&self, id: &str, grant: &Upload) -> String {
        let mut query = Query::default();
        query.add("size", &grant.size.to_string());
        query.add("type", &grant.content_type);
        if let Some(sha256) = &grant.sha256 {
            query.add("sha256", sha256);
        }
        query.add("expires", &grant.expires_ms.to_string());
        query.signed(&self.upload, id)
    }

    pub(super) fn download_query(&self, id: &str, grant: &Download) -> String {
        let mut query = Query::default();
        query.add("name", &grant.name);
        query.add("type", &grant.content_type);
        query.add("inline", if grant.inline { "1" } else { "0" });
        query.add("expires", &grant.expires_ms.to_string());
        query.signed(&self.download, id)
    }

    /// What the query of an upload permits at `now_ms`.
    pub(super) fn upload(&self, id: &str, query: Option<&str>, now_ms: u64) -> Result<Upload> {
        let query = query.and_then(|text| Query::verified(text, &self.upload, id)).ok_or_else(|| {
            Error::new(Code::NotFound, "There is nothing to upload to at this URL. Use one from uploadFile, unchanged.")
        })?;
        let grant = Upload {
            size: query.number("size"),
            content_type: query.text("type").to_owned(),
            sha256: query.get("sha256").map(str::to_owned),
            expires_ms: query.number("expires"),
        };
        if now_ms >= grant.expires_ms {
            return Err(Error::new(Code::NotFound, "This upload URL has expired. Call uploadFile for a new one."));
        }
        Ok(grant)
    }

    /// What the query of a download permits at `now_ms`.
    pub(super) fn download(&self, id: &str, query: Option<&str>, now_ms: u64) -> Result<Download> {
        let query = query.and_then(|text| Query::verified(text, &self.download, id)).ok_or_else(|| {
            Error::new(Code::NotFound, "There is no file at this URL. Use the fileUrl of a message, unchanged.")
        })?;
        let grant = Download {
            name: query.text("name").to_owned(),
            content_type: query.text("type").to_owned(),
            inline: query.text("inline") == "1",
            expires_ms: query.number("expires"),
        };
        if now_ms >= grant.expires_ms {
            return Err(Error::new(Code::NotFound, "This file URL has expired. Poll again for a fresh one."));
        }
        Ok(grant)
    }
}

/// The parameters of a URL, in order. The signature covers the decoded ones, so it does not matter how a client or proxy
/// chose to escape them.
#[derive(Default)]
struct Query(Vec<(String, String)>);

impl Query {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// With the signature at its end.
    fn signed(self, key: &[u8; 32], id: &str) -> String {
        let signature = URL_SAFE_NO_PAD.encode(self.signature(key, id).as_bytes());
        let mut text = String::new();
        for (name, value) in &self.0 {
            let _ = write!(text, "{name}={}&", utf8_percent_encode(value, ESCAPED));
        }
        text + "signature=" + &signature
    }

    /// `text` without its signature, if that is valid.
    fn verified(text: &str, key: &[u8; 32], id: &str) -> Option<Self> {
        let mut pairs = Vec::new();
        for part in text.split('&') {
            let (name, value) = part.split_once('=')?;
            pairs.push((name.to_owned(), decode(value, true)?.into_owned()));
        }
        let (last, signature) = pairs.pop()?;
        let signature: [u8; 32] = URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?;
        let query = Self(pairs);
        // Hashes compare in constant time.
        (last == "signature" && query.signature(key, id) == blake3::Hash::from_bytes(signature)).then_some(query)
    }

    fn signature(&self, key: &[u8; 32], id: &str) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(key);
        let pairs = self.0.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        for field in std::iter::once(id).chain(pairs) {
            // With its length, so that no text can be moved from one field to the next.
            hasher.update(&(field.len() as u64).to_le_bytes()).update(field.as_bytes());
        }
        hasher.finalize()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A field that a verified query certainly has.
    fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    fn number(&self, name: &str) -> u64 {
        self.text(name).parse().unwrap_or_default()
    }
}
