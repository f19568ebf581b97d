/// Why a store could not do what it was asked. A failed condition is not among these: see [`crate::Outcome`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Nothing happened; the same call may be made again.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The commit may or may not have happened. Repeat it with the same token.
    #[error("the outcome of the commit is unknown: {0}")]
    Unknown(String),
    /// A limit of [`crate::limits`] was exceeded: a bug of the caller.
    #[error("too large for the store: {0}")]
    TooLarge(String),
    /// What is stored cannot be read. An operator has to act.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
}
