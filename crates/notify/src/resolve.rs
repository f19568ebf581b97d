//! From names to addresses.

use async_trait::async_trait;
use std::{
    io,
    net::{IpAddr, SocketAddr},
};

/// Finds the addresses of a name.
#[async_trait]
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of `host`.
    ///
    /// # Errors
    /// The name does not exist, or cannot be looked up now.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address: SocketAddr| address.ip()).collect())
    }
}
