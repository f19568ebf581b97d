//! MP4: nested boxes of length, name and content. The table of audio samples is at the top, or, as recorders write it,
//! before each fragment.
//!
//! The duration is the number of AAC frames times the length of a frame in the decoder's settings. The times in the tables
//! have to agree with it, and the frames have to fit into the bytes of the file.

use super::aac::Aac;
use crate::bytes::{be32, part};

/// Other boxes that may be at the top and in `moov`: free space, indexes, and notes such as the program's name.
const IN_FILE: [&[u8; 4]; 8] = [b"free", b"skip", b"wide", b"styp", b"sidx", b"mfra", b"udta", b"meta"];
const IN_MOOV: [&[u8; 4]; 7] = [b"mvhd", b"iods", b"udta", b"meta", b"free", b"skip", b"uuid"];
/// By how much the times of a file may differ from its frames, in milliseconds.
const DIFFERENCE: u64 = 1_000;

/// The one track of the file.
struct Track {
    id: u32,
    /// Units of time in a second.
    timescale: u64,
    aac: Aac,
    /// The defaults of fragments: the duration and the bytes of a sample.
    usual: Usual,
}

#[derive(Clone, Copy, Default)]
struct Usual {
    duration: u64,
    bytes: u64,
}

/// The sum of samples. One sample is one frame of AAC.
#[derive(Default)]
struct Samples {
    count: u64,
    duration: u64,
    bytes: u64,
}

pub(super) fn duration_ms(bytes: &[u8]) -> Option<u64> {
    let (mut track, mut samples, mut held) = (None, Samples::default(), 0);
    for (at, one) in boxes(bytes).enumerate() {
        let (name, content) = one?;
        match name {
            b"ftyp" if at == 0 => {}
            _ if at == 0 => return None,
            b"moov" if track.is_none() => track = Some(read_moov(content, &mut samples)?),
            b"moof" => read_fragment(content, track.as_ref()?, &mut samples)?,
            b"mdat" => held += content.len() as u64,
            name if IN_FILE.contains(&name) => {}
            _ => return None,
        }
    }
    let track = track?;
    let plays = track.aac.duration_ms(samples.count)?;
    let told = samples.duration.checked_mul(1_000)?.checked_div(track.timescale)?;
    (samples.count > 0 && samples.bytes <= held && told.abs_diff(plays) <= DIFFERENCE).then_some(plays)
}

fn read_moov(moov: &[u8], samples: &mut Samples) -> Option<Track> {
    let (mut track, mut usual) = (None, Usual::default());
    for one in boxes(moov) {
        match one? {
            (b"trak", content) if track.is_none() => track = Some(read_track(content, samples)?),
            (b"mvex", content) => {
                let trex = only(content, b"trex")?;
                usual = Usual { duration: be32(trex, 12)?.into(), bytes: be32(trex, 16)?.into() };
            }
            (name, _) if IN_MOOV.contains(&name) => {}
            _ => return None,
        }
    }
    track.map(|track| Track { usual, ..track })
}

fn read_track(trak: &[u8], samples: &mut Samples) -> Option<Track> {
    let mdia = only(trak, b"mdia")?;
    if part(only(mdia, b"hdlr")?, 8, 4)? != b"soun" {
        return None;
    }
    let (header, media_header) = (only(trak, b"tkhd")?, only(mdia, b"mdhd")?);
    let table = only(only(mdia, b"minf")?, b"stbl")?;
    samples.read_table(table)?;
    // Version 1 begins with times of eight bytes.
    let behind = |header: &[u8]| Some(if *header.first()? == 1 { 20 } else { 12 });
    Some(Track {
        id: be32(header, behind(header)?)?,
        timescale: be32(media_header, behind(media_header)?)?.into(),
        aac: description(only(table, b"stsd")?)?,
        usual: Usual::default(),
    })
}

/// The settings of the decoder, if there is one description, of AAC.
fn description(stsd: &[u8]) -> Option<Aac> {
    let mut entries = boxes(stsd.get(8..)?);
    let (name, entry) = entries.next()??;
    if name != b"mp4a" || entries.next().is_some() {
        return None;
    }
    // An audio entry of version 1, from QuickTime, has four more numbers.
    let more = if part(entry, 8, 2)? == [0, 1] { 16 } else { 0 };
    Aac::read(only(entry.get(28 + more..)?, b"esds")?.get(4..)?)
}

impl Samples {
    fn add(&mut self, count: u64, duration: u64, bytes: u64) -> Option<()> {
        self.count = self.count.checked_add(count)?;
        self.duration = self.duration.checked_add(count.checked_mul(duration)?)?;
        // Samples without bytes could claim any duration.
        self.bytes = self.bytes.checked_add(count.checked_mul(bytes)?)?;
        (count == 0 || bytes > 0).then_some(())
    }

    /// The tables of a file without fragments; empty ones in a file with them.
    fn read_table(&mut self, table: &[u8]) -> Option<()> {
        let (sizes, times) = (only(table, b"stsz")?, only(table, b"stts")?);
        let (size, count) = (u64::from(be32(sizes, 4)?), u64::from(be32(sizes, 8)?));
        if size == 0 {
            for at in 0..usize::try_from(count).ok()? {
                self.add(1, 0, be32(sizes, at.checked_mul(4)?.checked_add(12)?)?.into())?;
            }
        } else {
            self.add(count, 0, size)?;
        }
        let mut timed = 0_u64;
        for at in 0..be32(times, 4)? as usize {
            let of = at.checked_mul(8)?.checked_add(8)?;
            let (count, duration) = (u64::from(be32(times, of)?), u64::from(be32(times, of + 4)?));
            timed += count;
            self.duration = self.duration.checked_add(count.checked_mul(duration)?)?;
        }
        (timed == self.count).then_some(())
    }

    /// A run of samples in a fragment.
    fn read_run(&mut self, run: &[u8], usual: Usual) -> Option<()> {
        let (flags, count) = (be32(run, 0)?, be32(run, 4)?);
        let has = |flag: u32| flags & flag != 0;
        let mut at = 8 + 4 * (usize::from(has(0x1)) + usize::from(has(0x4)));
        if !has(0x100) && !has(0x200) {
            return self.add(count.into(), usual.duration, usual.bytes);
        }
        for _ in 0..count {
            let mut next = |flag| {
                let there = has(flag);
                let value = if there { Some(u64::from(be32(run, at)?)) } else { None };
                at += if there { 4 } else { 0 };
                Some(value)
            };
            let (duration, bytes) = (next(0x100)?.unwrap_or(usual.duration), next(0x200)?.unwrap_or(usual.bytes));
            next(0x400)?;
            next(0x800)?;
            self.add(1, duration, bytes)?;
        }
        Some(())
    }
}

fn read_fragment(moof: &[u8], track: &Track, samples: &mut Samples) -> Option<()> {
    for one in boxes(moof) {
        match one? {
            (b"traf", content) => read_track_fragment(content, track, samples)?,
            (b"mfhd" | b"free" | b"skip", _) => {}
            _ => return None,
        }
    }
    Some(())
}

fn read_track_fragment(traf: &[u8], track: &Track, samples: &mut Samples) -> Option<()> {
    let header = only(traf, b"tfhd")?;
    let flags = be32(header, 0)?;
    if be32(header, 4)? != track.id {
        return None;
    }
    let mut at = 8 + if flags & 0x1 != 0 { 8 } else { 0 } + if flags & 0x2 != 0 { 4 } else { 0 };
    let mut usual = track.usual;
    for (flag, value) in [(0x8, &mut usual.duration), (0x10, &mut usual.bytes)] {
        if flags & flag != 0 {
            *value = be32(header, at)?.into();
            at += 4;
        }
    }
    for one in boxes(traf) {
        if let (b"trun", run) = one? {
            samples.read_run(run, usual)?;
        }
    }
    Some(())
}

/// The boxes in `bytes`. `None` for one that is truncated, which is the last.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = Option<(&[u8; 4], &[u8])>> {
    let (mut at, mut broken) = (0, false);
    std::iter::from_fn(move || {
        if broken || at == bytes.len() {
            return None;
        }
        let one = read_box(bytes, at);
        broken = one.is_none();
        let (name, content, end) = one.unwrap_or((b"    ", &[], at));
        at = end;
        Some((!broken).then_some((name, content)))
    })
}

/// Name, content and end of the box at `at`. A length of 1 means that a 64-bit length follows; 0 means that the box
/// extends to the end.
fn read_box(bytes: &[u8], at: usize) -> Option<(&[u8; 4], &[u8], usize)> {
    let name = part(bytes, at + 4, 4)?.try_into().ok()?;
    let (head, length) = match be32(bytes, at)? {
        0 => (8, bytes.len() - at),
        1 => (16, usize::try_from(u64::from_be_bytes(part(bytes, at + 8, 8)?.try_into().ok()?)).ok()?),
        length => (8, usize::try_from(length).ok()?),
    };
    let content = part(bytes, at, length)?.get(head..)?;
    Some((name, content, at + length))
}

/// The content of the only box of this name; `None` if there are several, or one is truncated.
fn only<'a>(bytes: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    let mut found = None;
    for one in boxes(bytes) {
        let (name, content) = one?;
        if name == wanted && found.replace(content).is_some() {
            return None;
        }
    }
    found
}
