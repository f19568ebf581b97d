//! How many files and sockets the process may have open, and how many of them are for connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that connections leave alone: the store keeps up to 256 of its files open and has journals beside them,
/// and files are read and written.
const KEPT_BACK: usize = 768;

/// Raises the limit of open descriptors to what the system permits; answers how many that is.
#[must_use]
pub fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let current = if raised.is_ok() { limit.maximum } else { limit.current };
    current.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

/// How many connections may be open where `asked` should be and there are `descriptors`: never so many that the store
/// could not open its next file.
#[must_use]
pub fn connections(asked: usize, descriptors: usize) -> usize {
    asked.min(descriptors - KEPT_BACK.min(descriptors / 2)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_the_store() {
        assert_eq!(connections(10_000, usize::MAX), 10_000);
        assert_eq!(connections(10_000, 4_096), 3_328);
        assert_eq!(connections(10_000, 1_024), 512);
        assert_eq!(connections(100, 1_024), 100);
        assert_eq!(connections(100, 0), 1);
    }
}
