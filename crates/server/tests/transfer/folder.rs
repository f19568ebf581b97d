use std::path::PathBuf;

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// Every byte near the beginning and around the end of each line, and some of the others.
pub fn telling_lengths(whole: &[u8]) -> Vec<usize> {
    let ends = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    let mut lengths: Vec<usize> = ends.flat_map(|end| [end.saturating_sub(1), end, end + 1, end + 2]).collect();
    lengths.extend(0..200);
    lengths.extend((200..whole.len()).step_by(whole.len() / 40));
    lengths.retain(|length| *length <= whole.len());
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}
