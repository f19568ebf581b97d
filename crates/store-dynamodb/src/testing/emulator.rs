use crate::{DynamoDbStore, Options};
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use dynoxide::Database;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A DynamoDB in memory behind a loopback address, until it is dropped.
pub struct Emulator {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Emulator {
    /// Starts one, without tables, on the runtime of the caller.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let database = Database::memory().expect("a database in memory");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
        Self { address, server }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the SDK has to be told to talk to it.
    #[must_use]
    pub fn config(&self) -> Builder {
        config(self.address)
    }

    /// A store on a new table.
    ///
    /// # Panics
    /// When the table cannot be made.
    pub async fn store(&self, table: &str, options: Options) -> DynamoDbStore {
        let store = DynamoDbStore::new(self.config(), table, options);
        store.create_table().await.expect("a new table");
        store
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What the SDK has to be told to talk to `address`, unencrypted and with credentials that nobody checks.
pub(super) fn config(address: SocketAddr) -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(format!("http://{address}"))
}
