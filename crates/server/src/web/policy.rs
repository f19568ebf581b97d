//! The content security policy of the app: what the page may load, call and be shown in.

use http::HeaderValue;

/// What of a deployment the policy depends on. Every entry is an origin: `https://files.example.com`.
#[derive(Debug, Clone, Default)]
pub struct Embedding {
    /// Where files are uploaded to and shown from, this server's public URL included.
    pub files: Vec<String>,
    /// Pages that may show the app in a frame.
    pub frames: Vec<String>,
    /// The path of the public URL: empty, or `/chat`.
    pub path: String,
}

/// The policy, without a single `unsafe-…`: code and styles come from this server alone, so that text which somehow got
/// into the page as markup would still do nothing.
///
/// Pictures may also come from memory, for those that are still to be sent, and from any address over HTTPS: people's
/// avatars are where the host keeps them. No message can name one.
#[must_use]
pub fn policy(embedding: &Embedding) -> HeaderValue {
    let files = embedding.files.join(" ");
    let frames = embedding.frames.join(" ");
    let text = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        &format!("img-src 'self' blob: data: https: {files}"),
        &format!("connect-src 'self' {files}"),
        "worker-src 'self'",
        "manifest-src 'self'",
        &format!("frame-ancestors 'self' {frames}"),
        "base-uri 'none'",
        "form-action 'none'",
    ];
    let text = text.map(str::trim).join("; ");
    // Origins were checked where they were configured and hold nothing that a header cannot; should one ever, the page
    // gets the strictest policy rather than none.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'; script-src 'self'"))
}
