//! Voice messages as browsers and programs write them, and files that only claim to be one. The same files are the initial
//! corpus of the fuzz targets; `fuzz/README.md` says how to fuzz for more.

use jobline_media::voice_duration_ms;
use std::{fs, path::Path};

const MP4: &str = "audio/mp4";
const WEBM: &str = "audio/webm";

fn sample(folder: &str, name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(folder).join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn good() -> Vec<(&'static str, Vec<u8>, u64)> {
    let mp4 = [("aac-5034ms", 5034), ("aac-fragments-5034ms", 5034), ("aac-16khz-5056ms", 5056)];
    let webm = [
        ("chromium-1980ms", 1980),
        ("chromium-paused-2999ms", 2999),
        ("lengths-5021ms", 5021),
        ("open-lengths-5021ms", 5021),
    ];
    let mp4 = mp4.map(|(name, plays)| (MP4, sample("voice_mp4", name), plays));
    let webm = webm.map(|(name, plays)| (WEBM, sample("voice_webm", name), plays));
    mp4.into_iter().chain(webm).collect()
}

/// Where `wanted` begins in `bytes`.
fn place(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).position(|part| part == wanted).expect("the recording has this part")
}

#[test]
fn recordings_are_accepted_with_their_true_duration() {
    for (content_type, bytes, plays) in good() {
        assert_eq!(voice_duration_ms(content_type, &bytes), Some(plays), "{content_type}");
    }
}

#[test]
fn a_file_of_the_other_container_is_refused() {
    for (content_type, bytes, _) in good() {
        let other = if content_type == MP4 { WEBM } else { MP4 };
        assert_eq!(voice_duration_ms(other, &bytes), None);
    }
}

#[test]
fn a_track_of_video_and_another_codec_are_refused() {
    assert_eq!(voice_duration_ms(MP4, &sample("voice_mp4", "with-video")), None);
    assert_eq!(voice_duration_ms(MP4, &sample("voice_mp4", "opus")), None);
    assert_eq!(voice_duration_ms(WEBM, &sample("voice_webm", "with-video")), None);
    let mut vorbis = sample("voice_webm", "chromium-1980ms");
    let at = place(&vorbis, b"A_OPUS");
    vorbis[at..at + 6].copy_from_slice(b"A_VORB");
    assert_eq!(voice_duration_ms(WEBM, &vorbis), None);
}

#[test]
fn a_truncated_file_never_has_the_whole_duration() {
    for (content_type, bytes, plays) in good() {
        for end in 0..bytes.len() {
            let cut = voice_duration_ms(content_type, &bytes[..end]);
            assert!(cut.is_none_or(|cut| cut <= plays), "{content_type} cut at {end}: {cut:?}");
        }
        assert_eq!(voice_duration_ms(content_type, &bytes[..bytes.len() - 1]), None, "{content_type}");
    }
}

#[test]
fn a_header_that_claims_two_hours_is_ignored() {
    let mut bytes = sample("voice_mp4", "aac-5034ms");
    // Version, flags and two times come before the unit of time and the duration.
    let at = place(&bytes, b"mvhd") + 4 + 16;
    bytes[at..at + 4].copy_from_slice(&7_200_000_u32.to_be_bytes());
    assert_eq!(voice_duration_ms(MP4, &bytes), Some(5034));
}

#[test]
fn a_table_that_claims_two_hours_is_refused() {
    let mut bytes = sample("voice_mp4", "aac-5034ms");
    // Version, flags and the number of entries come before the first entry: its samples, and the duration of each.
    let at = place(&bytes, b"stts") + 4 + 8 + 4;
    bytes[at..at + 4].copy_from_slice(&1_500_000_u32.to_be_bytes());
    assert_eq!(voice_duration_ms(MP4, &bytes), None);
}

#[test]
fn bytes_after_the_end_are_refused() {
    for (content_type, mut bytes, _) in good() {
        bytes.extend_from_slice(b"<script>alert(1)</script>");
        assert_eq!(voice_duration_ms(content_type, &bytes), None, "{content_type}");
    }
}

#[test]
fn any_byte_may_be_wrong() {
    for (content_type, bytes, _) in good() {
        for at in 0..bytes.len().min(1_500) {
            for wrong in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] = wrong;
                let plays = voice_duration_ms(content_type, &bytes);
                assert!(plays.is_none_or(|plays| plays < 24 * 3_600_000 * 365), "{content_type} at {at}: {plays:?}");
            }
        }
    }
}
