//! ZIP: the content of an archive, by the directory at its end.

use super::bytes::{le16, le32, le64, part};

/// The longest comment at the end.
const COMMENT: usize = 65_535;
const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;

/// The directory of an archive, every entry of which is complete.
pub(crate) struct Zip<'a> {
    bytes: &'a [u8],
    directory: &'a [u8],
}

/// An entry of the directory.
pub(crate) struct Entry<'a> {
    pub name: &'a [u8],
    /// 0: stored as it is.
    method: u16,
    size: u32,
    /// Where its own header is.
    at: u32,
}

impl<'a> Zip<'a> {
    /// The archive in these bytes; `None` if they are none.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(b"PK\x03\x04") && !bytes.starts_with(END) {
            return None;
        }
        let zip = Self { bytes, directory: directory(bytes)? };
        let whole: usize = zip.entries().map(|(_, length)| length).sum();
        (whole == zip.directory.len()).then_some(zip)
    }

    /// The entries with their lengths in the directory, as far as they are complete.
    fn entries(&self) -> impl Iterator<Item = (Entry<'a>, usize)> {
        let (directory, mut at) = (self.directory, 0);
        std::iter::from_fn(move || {
            let header = part(directory, at, 46)?;
            let length = |place| le16(header, place).map(usize::from);
            let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
            let whole = 46 + name + extra + comment;
            let name = part(directory, at, whole).filter(|_| header.starts_with(b"PK\x01\x02"))?.get(46..46 + name)?;
            at += whole;
            Some((Entry { name, method: le16(header, 10)?, size: le32(header, 20)?, at: le32(header, 42)? }, whole))
        })
    }

    /// Whether an entry has this name, or is in a folder of this name if it ends in a slash.
    pub fn has(&self, wanted: &str) -> bool {
        let matches = |name: &[u8]| {
            if wanted.ends_with('/') { name.starts_with(wanted.as_bytes()) } else { name == wanted.as_bytes() }
        };
        self.entries().any(|(entry, _)| matches(entry.name))
    }

    /// The content of the entry of this name, if it is not compressed.
    pub fn stored(&self, wanted: &str) -> Option<&'a [u8]> {
        let (entry, _) = self.entries().find(|(entry, _)| entry.name == wanted.as_bytes() && entry.method == 0)?;
        let at = usize::try_from(entry.at).ok()?;
        let header = part(self.bytes, at, 30).filter(|header| header.starts_with(b"PK\x03\x04"))?;
        let names = usize::from(le16(header, 26)?) + usize::from(le16(header, 28)?);
        part(self.bytes, at + 30 + names, usize::try_from(entry.size).ok()?)
    }
}

/// The bytes of the directory, which ends where its end record begins.
fn directory(bytes: &[u8]) -> Option<&[u8]> {
    let last = bytes.len().checked_sub(END_BYTES)?;
    let is_end = |at: &usize| {
        let comment = le16(bytes, at + 20).map(usize::from);
        bytes[*at..].starts_with(END) && comment.is_some_and(|comment| at + END_BYTES + comment == bytes.len())
    };
    let end = (last.saturating_sub(COMMENT)..=last).rev().find(is_end)?;
    match le32(bytes, end + 12)? {
        u32::MAX => large_directory(bytes, end),
        length => {
            let length = usize::try_from(length).ok()?;
            part(bytes, end.checked_sub(length)?, length)
        }
    }
}

/// The same for a ZIP64 archive, which has a second end record before the first.
fn large_directory(bytes: &[u8], end: usize) -> Option<&[u8]> {
    let locator = end.checked_sub(20).filter(|at| bytes[*at..].starts_with(b"PK\x06\x07"))?;
    let end = le64(bytes, locator + 8)?;
    part(bytes, end, 4).filter(|begin| begin == b"PK\x06\x06")?;
    let length = le64(bytes, end.checked_add(40)?)?;
    part(bytes, end.checked_sub(length)?, length)
}
