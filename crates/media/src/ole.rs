//! OLE compound files: the Office formats before 2007, and encrypted documents of today's Office.

use super::bytes::{le16, le32, part};

pub(crate) const SIGNATURE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// Bytes of an entry of the directory.
const ENTRY: usize = 128;
/// Where the header lists the sectors of the allocation table, and how many fit there.
const TABLE: usize = 76;
const TABLE_SECTORS: usize = 109;

/// Whether the file holds a stream or a folder of one of these names. `None` if its directory cannot be read.
pub(crate) fn holds(bytes: &[u8], wanted: &[&str]) -> Option<bool> {
    let file = File::read(bytes)?;
    let mut found = None;
    let mut sector = le32(bytes, 48)?;
    // A chain that is longer than the number of sectors is a circle.
    for _ in 0..bytes.len() / file.sector_bytes {
        let Some(entries) = file.sector(sector) else { break };
        let names = entries.chunks_exact(ENTRY).filter_map(name);
        found = Some(found == Some(true) || names.into_iter().any(|name| wanted.contains(&name.as_str())));
        match file.next(sector) {
            Some(next) => sector = next,
            None => break,
        }
    }
    found
}

struct File<'a> {
    bytes: &'a [u8],
    sector_bytes: usize,
}

impl<'a> File<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let power = le16(bytes, 30).filter(|power| matches!(power, 9 | 12))?;
        bytes.starts_with(SIGNATURE).then_some(Self { bytes, sector_bytes: 1 << power })
    }

    /// A sector by its number. Sector 0 follows the header.
    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        let at = usize::try_from(number).ok()?.checked_add(1)?.checked_mul(self.sector_bytes)?;
        part(self.bytes, at, self.sector_bytes)
    }

    /// The sector that follows in the chain.
    fn next(&self, number: u32) -> Option<u32> {
        let (number, in_sector) = (usize::try_from(number).ok()?, self.sector_bytes / 4);
        let table = Some(number / in_sector).filter(|at| *at < TABLE_SECTORS)?;
        let table = self.sector(le32(self.bytes, TABLE + 4 * table)?)?;
        le32(table, number % in_sector * 4)
    }
}

fn name(entry: &[u8]) -> Option<String> {
    // In bytes, with the terminating zero.
    let length = usize::from(le16(entry, 64)?).checked_sub(2)?;
    let units = part(entry, 0, length.min(62))?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Some(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
