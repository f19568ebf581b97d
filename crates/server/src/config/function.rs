//! What a Lambda function needs, and what it cannot have.

use super::{Config, ConfigError, FilesKind, Result, StoreKind};

impl Config {
    /// Refuses a Lambda function without user tokens, or with rows or files on its disk: a function is public, runs in many
    /// copies, and loses its disk.
    ///
    /// # Errors
    /// The setting that is missing.
    pub fn check_function(&self) -> Result<()> {
        if self.store == StoreKind::Embedded {
            return Err(ConfigError::new(
                "store",
                "is embedded; a Lambda function has no disk to keep: set it to dynamodb",
            ));
        }
        if self.files == FilesKind::Local {
            return Err(ConfigError::new("files", "is local; a Lambda function has no disk to keep: set it to s3"));
        }
        if self.bus.is_some() {
            let matter = "is set, but a Lambda function has no connections of its own and runs only while it answers; \
                          leave it out";
            return Err(ConfigError::new("bus", matter));
        }
        if !self.identity.is_set() {
            let matter = "is missing: a Lambda function needs user tokens; set it, or --jwks-url or --jwks-file";
            return Err(ConfigError::new("jwt-secret", matter));
        }
        Ok(())
    }

    /// Refuses what only a function can use.
    ///
    /// # Errors
    /// The setting to leave out.
    pub fn check_server(&self) -> Result<()> {
        match self.live_url {
            None => Ok(()),
            Some(_) => {
                let matter = "is set, but a server holds its live connections itself; it is for Lambda: leave it out";
                Err(ConfigError::new("live-url", matter))
            }
        }
    }
}
