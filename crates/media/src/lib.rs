//! Which files are accepted, and whether bytes match their announced type. Bytes are passed in and nothing is stored: this
//! crate knows no rows, no network and no disk.

mod bytes;
mod exif;
mod format;
mod gif;
mod image;
mod jpeg;
mod name;
mod ole;
mod plain;
mod png;
mod refusal;
#[cfg(test)]
mod tests;
mod voice;
mod webp;
mod zip;

pub use format::without_metadata;
pub use image::Dimensions;
pub use refusal::{Refusal, Result};
pub use voice::voice_duration_ms;

use jobline_wire::{Code, MessageType, file_types, limits::FILE_BYTES};
use zip::Zip;

/// How many of the first bytes are needed to recognise a file by its signature.
const HEAD_BYTES: usize = 64 * 1024;

/// How bytes are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// An image that browsers show: by its header, which also has its size.
    Image,
    /// By its first bytes.
    Signature(&'static [u8]),
    /// A container of the ISO base media format of one of these brands.
    Brand(&'static [&'static [u8; 4]]),
    /// A whole ZIP.
    Zip,
    /// A ZIP that holds an Office document in this folder, or such a document encrypted.
    Office(&'static str),
    /// A ZIP that begins with its media type in plain text.
    OpenDocument,
    /// An OLE compound file with this stream: the Office formats before 2007.
    Ole(&'static [&'static str]),
    /// A voice recording: its only track, which is read to the end.
    Voice,
    /// Text that a browser does not treat as a page.
    Text,
}

/// An accepted type: its name, other names that systems use for it, the endings of its files, how it is recognised.
struct Media(&'static str, &'static [&'static str], &'static [&'static str], Proof);

const HEIC: Proof =
    Proof::Brand(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"]);
/// The stream that Office keeps an encrypted document in.
const ENCRYPTED: &str = "EncryptedPackage";

/// Everything that is accepted. Types that a browser executes are deliberately absent: HTML, SVG, XML, scripts.
const ACCEPTED: &[Media] = &[
    Media("image/jpeg", &["image/jpg", "image/pjpeg"], &["jpg", "jpeg", "jpe", "jfif"], Proof::Image),
    Media("image/png", &["image/x-png", "image/apng"], &["png", "apng"], Proof::Image),
    Media("image/gif", &[], &["gif"], Proof::Image),
    Media("image/webp", &[], &["webp"], Proof::Image),
    Media("image/heic", &["image/heic-sequence"], &["heic", "heif", "hif"], HEIC),
    Media("image/heif", &["image/heif-sequence"], &["heic", "heif", "hif"], HEIC),
    Media("audio/mp4", &["audio/x-m4a", "audio/m4a"], &["m4a", "mp4"], Proof::Voice),
    Media("audio/webm", &[], &["webm", "weba"], Proof::Voice),
    Media("application/pdf", &["application/x-pdf"], &["pdf"], Proof::Signature(b"%PDF-")),
    Media("application/zip", &["application/x-zip-compressed", "application/x-zip"], &["zip"], Proof::Zip),
    Media("application/msword", &[], &["doc", "dot"], Proof::Ole(&["WordDocument", ENCRYPTED])),
    Media("application/vnd.ms-excel", EXCEL, &["xls", "xlt"], Proof::Ole(&["Workbook", "Book", ENCRYPTED])),
    Media(
        "application/vnd.ms-powerpoint",
        &["application/mspowerpoint", "application/powerpoint"],
        &["ppt", "pps", "pot"],
        Proof::Ole(&["PowerPoint Document", ENCRYPTED]),
    ),
    Media(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        &[],
        &["docx"],
        Proof::Office("word/"),
    ),
    Media("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &[], &["xlsx"], Proof::Office("xl/")),
    Media(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        &[],
        &["pptx"],
        Proof::Office("ppt/"),
    ),
    Media(
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
        &[],
        &["ppsx"],
        Proof::Office("ppt/"),
    ),
    Media("application/vnd.oasis.opendocument.text", &[], &["odt"], Proof::OpenDocument),
    Media("application/vnd.oasis.opendocument.spreadsheet", &[], &["ods"], Proof::OpenDocument),
    Media("application/vnd.oasis.opendocument.presentation", &[], &["odp"], Proof::OpenDocument),
    Media("application/vnd.oasis.opendocument.graphics", &[], &["odg"], Proof::OpenDocument),
    Media("text/plain", &["text/x-log", "text/log"], &["txt", "text", "log", "md", "markdown"], Proof::Text),
    Media("text/markdown", &["text/x-markdown"], &["md", "markdown", "txt"], Proof::Text),
    Media("text/csv", CSV, &["csv"], Proof::Text),
];

const EXCEL: &[&str] = &["application/msexcel", "application/x-msexcel", "application/excel"];
const CSV: &[&str] = &["application/csv", "text/x-csv", "application/x-csv", "text/comma-separated-values"];

/// Types that systems give files that they do not recognise.
const SAYS_NOTHING: &[&str] = &[
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/binary",
    "application/unknown",
    "application/x-unknown",
    "application/download",
    "application/force-download",
    "application/x-download",
];

/// Types that systems also give files of other types, with the endings of those.
const SAYS_LITTLE: &[(&str, &[&str])] = &[
    ("text/plain", &["csv"]),
    ("application/zip", &["docx", "xlsx", "pptx", "ppsx", "odt", "ods", "odp", "odg"]),
    // Windows with Excel installed; encrypted documents look like the formats before 2007.
    ("application/vnd.ms-excel", &["csv", "xlsx"]),
    ("application/msword", &["docx"]),
    ("application/vnd.ms-powerpoint", &["pptx", "ppsx"]),
];

/// The accepted types, for error messages.
const IN_WORDS: &str = "JPEG, PNG, GIF, WebP, HEIC, PDF, Office and OpenDocument files, plain text, CSV, ZIP, and \
                        voice messages in MP4 (AAC) or WebM (Opus)";

/// An announced file, as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The name without paths and invisible characters, at most 255 bytes.
    pub name: String,
    /// Jobline's name of the type, such as `image/jpeg`.
    pub content_type: &'static str,
}

/// Checks whether a file may be announced.
///
/// # Errors
/// `invalid_file` and `file_too_large`.
pub fn announced(name: &str, size: u64, content_type: &str) -> Result<Announced> {
    if size == 0 {
        return Err(bad("fileSize", "fileSize is 0: an empty file is not accepted.".into()));
    }
    if size > FILE_BYTES {
        let detail =
            format!("The file has {size} bytes; at most {FILE_BYTES} (10 MB) are accepted. Send a smaller one.");
        return Err(Refusal { code: Code::FileTooLarge, detail, field: "fileSize" });
    }
    let name = name::clean(name).ok_or_else(|| {
        bad("fileName", "fileName holds nothing that can be shown. Send the file's name, such as plan.pdf.".into())
    })?;
    let ending = name::ending(&name);
    let media = resolve(content_type, ending.as_deref())?;
    match ending {
        Some(ending) if !media.2.contains(&ending.as_str()) => {
            let endings = media.2.join(", .");
            Err(bad("fileName", format!("The name of a file of type {} ends in .{endings}.", media.0)))
        }
        _ => Ok(Announced { name, content_type: media.0 }),
    }
}

/// The type of a file: the one that a system gave it or, where that is missing or ambiguous, that of its ending.
fn resolve(content_type: &str, ending: Option<&str>) -> Result<&'static Media> {
    let bare = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let by_ending = || ACCEPTED.iter().find(|media| ending.is_some_and(|ending| media.2.contains(&ending)));
    if SAYS_NOTHING.contains(&bare.as_str()) {
        return by_ending().ok_or_else(|| {
            let detail = "contentType is generic, and fileName has no known ending";
            bad("contentType", format!("{detail}. Accepted are {IN_WORDS}."))
        });
    }
    let said = find(&bare)
        .ok_or_else(|| bad("contentType", format!("contentType is not one of those accepted: {IN_WORDS}.")))?;
    let little = SAYS_LITTLE
        .iter()
        .any(|(name, endings)| *name == said.0 && ending.is_some_and(|ending| endings.contains(&ending)));
    Ok(if little { by_ending().unwrap_or(said) } else { said })
}

fn bad(field: &'static str, detail: String) -> Refusal {
    Refusal { code: Code::InvalidFile, detail, field }
}

/// How many of the first bytes [`prove`] has to see.
#[must_use]
pub fn bytes_to_see(content_type: &str) -> usize {
    match find(content_type).map(|media| media.3) {
        Some(Proof::Signature(_) | Proof::Brand(_)) => HEAD_BYTES,
        _ => FILE_BYTES as usize,
    }
}

/// The result of a file's proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proved {
    /// An image that browsers show, with its size as shown.
    Image(Dimensions),
    /// A voice recording, with its duration in milliseconds.
    Voice(u64),
    /// Anything else that is accepted.
    Other,
}

/// Checks whether `bytes` are a file of `content_type`, from as many bytes as [`bytes_to_see`] says.
///
/// # Errors
/// `file_type_mismatch`; `invalid_file` for an image that is too large.
pub fn prove(content_type: &str, bytes: &[u8]) -> Result<Proved> {
    let lie = || {
        let detail = format!("The bytes are not those of a file of type {content_type}. Announce its real type.");
        Refusal { code: Code::FileTypeMismatch, detail, field: "fileUrl" }
    };
    let Media(name, _, _, proof) = find(content_type).ok_or_else(lie)?;
    match proof {
        Proof::Image => prove_image(name, bytes)?.map(Proved::Image),
        Proof::Voice => voice_duration_ms(name, bytes).map(Proved::Voice),
        _ => proves(name, *proof, bytes).then_some(Proved::Other),
    }
    .ok_or_else(lie)
}

/// The dimensions of an image of type `name`; `None` if the bytes are no such image.
fn prove_image(name: &str, bytes: &[u8]) -> Result<Option<Dimensions>> {
    let Some(image) = format::read(name, bytes).filter(|image| !image.stored.is_empty()) else { return Ok(None) };
    if image.largest.is_too_large() {
        let Dimensions { width, height, .. } = image.largest;
        let detail = format!(
            "The image has {width} × {height} pixels; at most 50 million, and 20,000 a side, are accepted. Make it smaller."
        );
        return Err(bad("fileUrl", detail));
    }
    Ok(Some(image.shown()))
}

/// Whether the bytes are a file of this kind.
fn proves(name: &str, proof: Proof, bytes: &[u8]) -> bool {
    match proof {
        Proof::Signature(signature) => bytes.starts_with(signature),
        Proof::Brand(brands) => has_brand(bytes, brands),
        Proof::Zip => Zip::read(bytes).is_some(),
        Proof::Office(folder) => match Zip::read(bytes) {
            Some(zip) => zip.has("[Content_Types].xml") && zip.has(folder),
            None => is_ole(bytes, &[ENCRYPTED]),
        },
        Proof::OpenDocument => Zip::read(bytes).and_then(|zip| zip.stored("mimetype")) == Some(name.as_bytes()),
        Proof::Ole(streams) => is_ole(bytes, streams),
        Proof::Text => plain::is_text(bytes),
        Proof::Image => format::read(name, bytes).is_some(),
        Proof::Voice => voice_duration_ms(name, bytes).is_some(),
    }
}

/// Whether this is a compound file, and not clearly one of another type.
fn is_ole(bytes: &[u8], streams: &[&str]) -> bool {
    bytes.starts_with(ole::SIGNATURE) && ole::holds(bytes, streams) != Some(false)
}

/// Whether the first box names one of these brands, as the major or as a compatible one.
fn has_brand(bytes: &[u8], brands: &[&[u8; 4]]) -> bool {
    let Some(length) = bytes::be32(bytes, 0).map(|length| length as usize) else { return false };
    let listed = bytes.get(8..length.min(bytes.len())).unwrap_or_default();
    // The second entry is a version.
    let named = listed.chunks_exact(4).enumerate().filter(|(at, _)| *at != 1);
    bytes::part(bytes, 4, 4) == Some(b"ftyp") && named.take(64).any(|(_, brand)| brands.iter().any(|one| brand == *one))
}

/// `image` for images that every browser shows, `voice` for recordings, `file` for everything else.
#[must_use]
pub fn message_type(content_type: &str) -> MessageType {
    match content_type {
        image if file_types::is_inline_image(image) => MessageType::Image,
        voice if file_types::is_voice(voice) => MessageType::Voice,
        _ => MessageType::File,
    }
}

/// Whether it is an image that every browser shows.
#[must_use]
pub fn is_image(content_type: &str) -> bool {
    file_types::is_inline_image(content_type)
}

/// Whether a browser may show or play it in place.
#[must_use]
pub fn shown_inline(content_type: &str) -> bool {
    file_types::is_inline(content_type)
}

fn find(content_type: &str) -> Option<&'static Media> {
    ACCEPTED.iter().find(|media| media.0 == content_type || media.1.contains(&content_type))
}
