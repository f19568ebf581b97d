//! The settings of an AAC decoder, as MP4 stores them (ISO/IEC 14496-1, 7.2.6, and 14496-3, 1.6.2).

use crate::bytes::part;

/// Samples in a second, by index.
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
/// AAC in the numbering of MPEG-4 streams.
const AAC: u8 = 0x40;
/// Main, LC, SSR and LTP.
const PLAIN: std::ops::RangeInclusive<u32> = 1..=4;
/// The high-efficiency ones, which come before a plain one.
const HIGH_EFFICIENCY: [u32; 2] = [5, 29];

pub(super) struct Aac {
    rate: u32,
    /// Samples in a frame, at that rate.
    samples: u32,
}

impl Aac {
    /// Reads the content of an `esds` box after version and flags.
    pub fn read(esds: &[u8]) -> Option<Self> {
        let stream = descriptor(esds, 0x03)?;
        let flags = *stream.get(2)?;
        if flags & 0xe0 != 0 {
            return None;
        }
        let decoder = descriptor(stream.get(3..)?, 0x04)?;
        (*decoder.first()? == AAC).then(|| Self::read_settings(descriptor(decoder.get(13..)?, 0x05)?))?
    }

    fn read_settings(settings: &[u8]) -> Option<Self> {
        let mut bits = Bits { bytes: settings, at: 0 };
        let (mut kind, rate) = (bits.take(5)?, bits.rate()?);
        bits.take(4)?;
        if HIGH_EFFICIENCY.contains(&kind) {
            bits.rate()?;
            kind = bits.take(5)?;
        }
        let samples = if bits.take(1)? == 1 { 960 } else { 1024 };
        (PLAIN.contains(&kind) && rate >= RATES[12]).then_some(Self { rate, samples })
    }

    /// The duration of `frames`.
    pub fn duration_ms(&self, frames: u64) -> Option<u64> {
        Some(frames.checked_mul(u64::from(self.samples) * 1_000)? / u64::from(self.rate))
    }
}

/// The content of the descriptor at the start of `bytes`. Its length has seven bits in each of up to four bytes.
fn descriptor(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    if *bytes.first()? != tag {
        return None;
    }
    let mut length = 0;
    for at in 1..=4 {
        let digit = *bytes.get(at)?;
        length = length << 7 | usize::from(digit & 0x7f);
        if digit & 0x80 == 0 {
            return part(bytes, at + 1, length);
        }
    }
    None
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `count` bits, at most 32.
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn rate(&mut self) -> Option<u32> {
        match self.take(4)? {
            15 => self.take(24),
            index => RATES.get(index as usize).copied(),
        }
    }
}
