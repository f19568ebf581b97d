use std::path::Path;

/// Why the copy is incomplete: one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The export file or the content of the store does not allow it.
    #[error("{0}")]
    Refused(String),
    /// The disk failed.
    #[error("{path}: {source}")]
    Disk {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// An engine failed. The same command continues where this one stopped.
    #[error("{0}; run the same command again to continue")]
    Engine(String),
}

impl Error {
    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }

    /// Makes an error from an I/O error about `path`, for `map_err`.
    pub(super) fn disk(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        move |source| Self::Disk { path: path.display().to_string(), source }
    }
}

impl From<jobline_store::Error> for Error {
    fn from(error: jobline_store::Error) -> Self {
        Self::Engine(error.to_string())
    }
}

impl From<jobline_chat::Error> for Error {
    fn from(error: jobline_chat::Error) -> Self {
        Self::Engine(format!("the file engine failed: {}", error.cause.unwrap_or(error.detail)))
    }
}
