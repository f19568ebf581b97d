use crate::{DynamoDbStore, Options};
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use dynoxide::Database;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The address of another engine that speaks DynamoDB's protocol, such as `127.0.0.1:8000`: tests that create their own
/// tables then run on it, with credentials that it must not check.
const ELSEWHERE: &str = "JOBLINE_TEST_DYNAMODB";

/// A DynamoDB in memory behind a loopback address, until it is dropped.
pub struct Emulator {
    address: SocketAddr,
    server: Option<JoinHandle<()>>,
}

impl Emulator {
    /// The engine that `JOBLINE_TEST_DYNAMODB` names, if it is set: it is shared by all tests, so tables need unique names
    /// ([`Emulator::name`]). A new emulator otherwise.
    ///
    /// # Panics
    /// When the variable is not an address, or there is no free port.
    pub async fn start_or_elsewhere() -> Self {
        match std::env::var(ELSEWHERE) {
            Ok(address) => {
                let address = address.parse();
                Self { address: address.expect("JOBLINE_TEST_DYNAMODB is an address and a port"), server: None }
            }
            Err(_) => Self::start().await,
        }
    }

    /// Starts an emulator without tables, on the caller's runtime.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let database = Database::memory().expect("a database in memory");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
        Self { address, server: Some(server) }
    }

    /// A name for a table that no other test uses, in this run or another.
    #[must_use]
    pub fn name() -> String {
        format!("rows-{:016x}", rand::random::<u64>())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The SDK's configuration for this emulator.
    #[must_use]
    pub fn config(&self) -> Builder {
        config(self.address)
    }

    /// A store on a new table.
    ///
    /// # Panics
    /// When the table cannot be created.
    pub async fn store(&self, table: &str, options: Options) -> DynamoDbStore {
        let store = DynamoDbStore::new(self.config(), table, options);
        store.create_table().await.expect("a new table");
        store
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

/// The SDK's configuration for `address`, unencrypted and with credentials that are not checked.
pub(super) fn config(address: SocketAddr) -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(format!("http://{address}"))
}
