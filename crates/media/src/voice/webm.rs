//! WebM: nested elements of id, length and content. Recorders leave the lengths of the segment and of its clusters unknown,
//! so an element of unknown length ends where an element begins that cannot be inside it.

use crate::bytes::part;

const EBML: u32 = 0x1a45_dfa3;
const DOC_TYPE: u32 = 0x4282;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK: u32 = 0xae;
const TRACK_NUMBER: u32 = 0xd7;
const TRACK_TYPE: u32 = 0x83;
const CODEC: u32 = 0x86;
const CLUSTER: u32 = 0x1f43_b675;
const TIMESTAMP: u32 = 0xe7;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
/// Indexes, tags and padding at the top of a segment: cues, seek head, tags, void, checksum. Chapters and attached files
/// are not among them, because no recorder writes those.
const SKIPPED: [u32; 5] = [0x1c53_bb6b, 0x114d_9b74, 0x1254_c367, 0xec, 0xbf];
/// The type of an audio track.
const AUDIO: u64 = 2;
/// Nanoseconds of a unit of time if the file does not set it.
const USUAL_SCALE: u64 = 1_000_000;
/// Nanoseconds of the longest packet of Opus.
const LONGEST_PACKET: u64 = 120_000_000;

struct Element<'a> {
    id: u32,
    /// If the length is unknown: all bytes that follow.
    content: &'a [u8],
    open: bool,
    /// The index of the content in the bytes that were parsed.
    from: usize,
}

/// The file's track, and the times that were read so far.
#[derive(Default)]
struct Sound {
    scale: Option<u64>,
    track: Option<u64>,
    cluster: Option<u64>,
    first: Option<u64>,
    /// When the last block begins, and its duration, in nanoseconds.
    last: Option<(u64, u64)>,
}

pub(super) fn duration_ms(bytes: &[u8]) -> Option<u64> {
    let head = element(bytes, 0)?;
    if head.id != EBML || head.open || text(child(head.content, DOC_TYPE)?) != b"webm" {
        return None;
    }
    let segment = element(bytes, head.from + head.content.len())?;
    // Nothing may follow the segment: a second one would be played by some programs.
    if segment.id != SEGMENT || segment.from + segment.content.len() != bytes.len() {
        return None;
    }
    let mut sound = Sound::default();
    sound.read(segment.content)?;
    let (begins, plays) = sound.last?;
    Some(begins.checked_sub(sound.first?)?.checked_add(plays)? / 1_000_000)
}

impl Sound {
    /// Reads a segment. Elements inside and outside of clusters are read in one pass: their ids differ, so the end of a
    /// cluster of unknown length does not matter.
    fn read(&mut self, segment: &[u8]) -> Option<()> {
        let mut at = 0;
        while at < segment.len() {
            let element = element(segment, at)?;
            if element.open && element.id != CLUSTER {
                return None;
            }
            let within = element.id == CLUSTER;
            at = element.from + if within { 0 } else { element.content.len() };
            self.take(&element)?;
        }
        Some(())
    }

    fn take(&mut self, element: &Element<'_>) -> Option<()> {
        match element.id {
            INFO => self.scale = Some(child(element.content, TIMESTAMP_SCALE).map_or(Some(USUAL_SCALE), number)?),
            TRACKS if self.track.is_none() => self.track = Some(only_track(element.content)?),
            CLUSTER => self.cluster = None,
            TIMESTAMP => self.cluster = Some(number(element.content)?),
            SIMPLE_BLOCK => self.block(element.content)?,
            BLOCK_GROUP => self.block(child(element.content, BLOCK)?)?,
            // The position and the length of the previous cluster, which some recorders write for repairs.
            0xa7 | 0xab => {}
            id if SKIPPED.contains(&id) => {}
            _ => return None,
        }
        Some(())
    }

    /// A block: the number of its track, its time relative to its cluster, flags, audio.
    fn block(&mut self, block: &[u8]) -> Option<()> {
        let (track, length) = vint(block, 0, true)?;
        let [high, low, flags] = part(block, length, 3)?.try_into().ok()?;
        let laced = flags & 0b110 != 0;
        if Some(track) != self.track || laced {
            return None;
        }
        let time = self.cluster?.checked_add_signed(i64::from(i16::from_be_bytes([high, low])))?;
        let begins = time.checked_mul(self.scale.unwrap_or(USUAL_SCALE))?;
        if self.last.is_some_and(|(last, _)| begins < last) {
            return None;
        }
        self.first.get_or_insert(begins);
        self.last = Some((begins, packet_ns(block.get(length + 3..)?)?));
        Some(())
    }
}

/// The number of the track, if there is only one and it is Opus.
fn only_track(tracks: &[u8]) -> Option<u64> {
    let mut entries = children(tracks).filter(|element| !SKIPPED.contains(&element.id));
    let track = entries.next().filter(|element| element.id == TRACK && !element.open)?.content;
    let is_sound = number(child(track, TRACK_TYPE)?)? == AUDIO && text(child(track, CODEC)?) == b"A_OPUS";
    (is_sound && entries.next().is_none() && is_whole(tracks)).then(|| number(child(track, TRACK_NUMBER)?))?
}

/// The duration of a packet of Opus in nanoseconds (RFC 6716, section 3.1).
fn packet_ns(packet: &[u8]) -> Option<u64> {
    let first = *packet.first()?;
    let frame = match first >> 3 {
        mode @ 0..12 => [10_000_000, 20_000_000, 40_000_000, 60_000_000][usize::from(mode % 4)],
        mode @ 12..16 => [10_000_000, 20_000_000][usize::from(mode % 2)],
        mode => [2_500_000, 5_000_000, 10_000_000, 20_000_000][usize::from(mode % 4)],
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(*packet.get(1)? & 0x3f),
    };
    Some(frame * frames).filter(|plays| (1..=LONGEST_PACKET).contains(plays))
}

/// The elements in `bytes`, as far as they are complete.
fn children(bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let element = element(bytes, at)?;
        at = element.from + element.content.len();
        Some(element)
    })
}

fn is_whole(bytes: &[u8]) -> bool {
    children(bytes).last().is_some_and(|last| last.from + last.content.len() == bytes.len())
}

fn child(bytes: &[u8], id: u32) -> Option<&[u8]> {
    children(bytes).find(|element| element.id == id && !element.open).map(|element| element.content)
}

/// The element that begins at `at`, if it is complete.
fn element(bytes: &[u8], at: usize) -> Option<Element<'_>> {
    let (id, id_length) = vint(bytes, at, false)?;
    let (length, digits) = vint(bytes, at + id_length, true)?;
    let from = at + id_length + digits;
    // All bits set: the length is unknown.
    let open = length == (1 << (7 * digits)) - 1;
    let content = if open { bytes.get(from..)? } else { part(bytes, from, usize::try_from(length).ok()?)? };
    Some(Element { id: u32::try_from(id).ok()?, content, open, from })
}

/// A variable-length number, and its length in bytes. The leading zeros of its first byte say how many bytes follow. An id
/// keeps the bit after those zeros, a length does not.
fn vint(bytes: &[u8], at: usize, is_length: bool) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    let length = first.leading_zeros() as usize + 1;
    let all = part(bytes, at, length).filter(|_| length <= 8)?;
    let value = all.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    Some((if is_length { value & ((1 << (7 * length)) - 1) } else { value }, length))
}

fn number(content: &[u8]) -> Option<u64> {
    (content.len() <= 8).then(|| content.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// Text without the zeros that may pad it.
fn text(content: &[u8]) -> &[u8] {
    let end = content.iter().position(|byte| *byte == 0).unwrap_or(content.len());
    &content[..end]
}
