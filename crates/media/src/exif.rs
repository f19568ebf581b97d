//! The orientation, the only field of EXIF that is needed to show the pixels.

use super::bytes::{be16, be32, le16, le32};

/// How the stored pixels have to be turned to be shown upright: 1 to 8, where 1 is not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Orientation(u8);

const TAG: u16 = 0x0112;
const SHORT: u16 = 3;

impl Orientation {
    /// Reads the first directory of a TIFF block, the content of EXIF.
    pub fn read(tiff: &[u8]) -> Option<Self> {
        type Reader<T> = fn(&[u8], usize) -> Option<T>;
        let (short, long): (Reader<u16>, Reader<u32>) = match tiff.get(..4)? {
            b"II*\0" => (le16, le32),
            b"MM\0*" => (be16, be32),
            _ => return None,
        };
        let directory = usize::try_from(long(tiff, 4)?).ok()?;
        let entries = usize::from(short(tiff, directory)?);
        let at = (0..entries)
            .map_while(|entry| directory.checked_add(2 + 12 * entry).filter(|at| at + 12 <= tiff.len()))
            .find(|at| short(tiff, *at) == Some(TAG) && short(tiff, at + 2) == Some(SHORT))?;
        let value = short(tiff, at + 8)?;
        (1..=8).contains(&value).then_some(Self(value as u8))
    }

    /// Whether the stored pixels are not upright.
    pub fn turns(self) -> bool {
        self.0 > 1
    }

    /// Whether width and height are swapped.
    pub fn lies_on_its_side(self) -> bool {
        self.0 >= 5
    }

    /// A TIFF block with this orientation alone.
    pub fn tiff(self) -> [u8; 26] {
        let mut block = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
        block[19] = self.0;
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for value in 1..=8 {
            assert_eq!(Orientation::read(&Orientation(value).tiff()), Some(Orientation(value)));
        }
        for value in [0, 9] {
            assert_eq!(Orientation::read(&Orientation(value).tiff()), None);
        }
    }

    #[test]
    fn a_block_of_a_camera_is_read_in_either_order_of_bytes() {
        let little =
            b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x06\0\0\0\x26\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!(Orientation::read(little), Some(Orientation(6)));
        for length in 0..little.len() - 4 {
            let cut = Orientation::read(&little[..length]);
            assert!(cut.is_none() || cut == Some(Orientation(6)), "cut at {length}");
        }
        let mut far = *little;
        far[4..8].copy_from_slice(&[0xff; 4]);
        assert_eq!(Orientation::read(&far), None);
    }
}
