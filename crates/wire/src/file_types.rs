//! The media types of files.

/// Images that every browser shows. A message with one is an `image`, and its download may be shown inline. Files other than
/// these and [`VOICES`] are downloaded as attachments, so that nothing a user uploaded runs in the page.
pub const INLINE_IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/// Whether files of this media type are images that may be shown inline. `content_type` is in lower case, without parameters.
#[must_use]
pub fn is_inline_image(content_type: &str) -> bool {
    INLINE_IMAGES.contains(&content_type)
}

/// Voice recordings. A message with one is a `voice`, and its download may be played inline.
pub const VOICES: [&str; 2] = ["audio/mp4", "audio/webm"];

/// Whether files of this media type are voice recordings. `content_type` is in lower case, without parameters.
#[must_use]
pub fn is_voice(content_type: &str) -> bool {
    VOICES.contains(&content_type)
}

/// Whether a browser may show or play a file of this media type inline.
#[must_use]
pub fn is_inline(content_type: &str) -> bool {
    is_inline_image(content_type) || is_voice(content_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_browser_would_run_is_shown_inline() {
        assert!(INLINE_IMAGES.iter().all(|content_type| is_inline_image(content_type)));
        for content_type in
            ["image/svg+xml", "text/html", "application/pdf", "text/plain", "image/heic", "image/PNG", ""]
        {
            assert!(!is_inline_image(content_type), "{content_type}");
        }
    }
}
