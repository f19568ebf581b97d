//! Files of any bytes, taken for each accepted type. Shared by the replay of the corpus and by the fuzz target.

use jobline_media::{Dimensions, Proved, announced, bytes_to_see, prove, without_metadata};

/// One type of each kind of proof, and all images.
const TYPES: [&str; 15] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/heic",
    "audio/mp4",
    "audio/webm",
    "application/pdf",
    "application/zip",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.oasis.opendocument.text",
    "text/plain",
    "text/csv",
];

/// Proves `bytes` as each type. An image without its metadata must still be that image, have the same size as shown, and
/// have nothing more to remove. Returns the types as which the bytes pass.
///
/// # Panics
/// When one of these does not hold.
pub fn play(bytes: &[u8]) -> Vec<&'static str> {
    let mut passed = Vec::new();
    for content_type in TYPES {
        let seen = &bytes[..bytes.len().min(bytes_to_see(content_type))];
        let proved = prove(content_type, seen);
        if let Ok(proved) = proved {
            passed.push(content_type);
            stays(content_type, bytes, proved);
        }
    }
    let name = String::from_utf8_lossy(bytes);
    if let Ok(file) = announced(&name, 1, "application/octet-stream") {
        assert!(!file.name.is_empty() && !file.name.contains(['/', '\\', '\0', '\n']), "{:?}", file.name);
    }
    passed
}

fn stays(content_type: &str, bytes: &[u8], proved: Proved) {
    let Some(clean) = without_metadata(content_type, bytes) else { return };
    let again = prove(content_type, &clean).unwrap_or_else(|refusal| panic!("{content_type}: {refusal:?}"));
    let size = |proved: Proved| match proved {
        Proved::Image(Dimensions { width, height, .. }) => Some((width, height)),
        Proved::Voice(_) | Proved::Other => None,
    };
    assert_eq!(size(again), size(proved), "{content_type}");
    if let Some(twice) = without_metadata(content_type, &clean) {
        assert_eq!(twice, clean, "{content_type}: removing again removes nothing");
    }
}
