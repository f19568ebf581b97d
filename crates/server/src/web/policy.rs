//! The content security policy of the app: what its page may load and call, and where it may be framed.

use http::HeaderValue;

/// The origins in the policy that depend on the deployment, such as `https://files.example.com`.
#[derive(Debug, Clone, Default)]
pub struct Embedding {
    /// Origins that files are uploaded to and loaded from, with that of this server's public URL.
    pub files: Vec<String>,
    /// Origins of live connections, such as `wss://chat.example.com`: some browsers do not count them to `'self'`.
    pub live: Vec<String>,
    /// Origins whose pages may show the app in a frame.
    pub frames: Vec<String>,
    /// The path of the public URL: empty, or `/chat`.
    pub path: String,
}

/// The policy. It has no `unsafe-…`: scripts and styles come only from this server, so text that got into the page as
/// markup could not run.
///
/// Images may also come from memory (they are shown before they are sent) and from any HTTPS URL: the host keeps avatars
/// where it likes. A message cannot name such a URL. Recordings are played from memory before they are sent, and from where
/// files are.
#[must_use]
pub fn policy(embedding: &Embedding) -> HeaderValue {
    let files = embedding.files.join(" ");
    let connected = [&embedding.files[..], &embedding.live].concat().join(" ");
    let frames = embedding.frames.join(" ");
    let text = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        &format!("img-src 'self' blob: data: https: {files}"),
        &format!("media-src 'self' blob: {files}"),
        &format!("connect-src 'self' {connected}"),
        "worker-src 'self'",
        "manifest-src 'self'",
        &format!("frame-ancestors 'self' {frames}"),
        "base-uri 'none'",
        "form-action 'none'",
    ];
    let text = text.map(str::trim).join("; ");
    // The configuration checked the origins, so they fit into a header. If one did not, the page would get the strictest
    // policy.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'; script-src 'self'"))
}
