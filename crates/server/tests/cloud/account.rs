//! What a program needs to know to use the doubles.

use jobline_files_s3::testing as s3;
use jobline_store_dynamodb::Options;
use jobline_store_dynamodb::testing::Emulator;
use std::process::Command;

pub const HOST_KEY: &str = "a-host-key-that-is-long-enough-for-the-tests";
pub const JWT_SECRET: &str = "a JWT secret that is long enough for the tests";
const TABLE: &str = "jobline";

/// A table and a bucket of one test's own.
pub struct Account {
    pub dynamodb: Emulator,
    pub s3_endpoint: String,
    pub bucket: String,
}

impl Account {
    pub async fn new() -> Self {
        let dynamodb = Emulator::start().await;
        dynamodb.store(TABLE, Options::default()).await;
        Self { dynamodb, s3_endpoint: s3::endpoint().to_owned(), bucket: s3::bucket().await }
    }

    /// The binary, set to this account, with nothing else in its environment.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobline"));
        command.env_clear().envs([
            ("AWS_REGION", s3::REGION),
            ("AWS_ACCESS_KEY_ID", s3::KEY),
            ("AWS_SECRET_ACCESS_KEY", s3::KEY),
            ("AWS_ENDPOINT_URL_DYNAMODB", &format!("http://{}", self.dynamodb.address())),
            ("AWS_ENDPOINT_URL_S3", &self.s3_endpoint),
            ("JOBLINE_STORE", "dynamodb"),
            ("JOBLINE_DYNAMODB_TABLE", TABLE),
            ("JOBLINE_FILES", "s3"),
            ("JOBLINE_S3_BUCKET", &self.bucket),
            ("JOBLINE_JWT_SECRET", JWT_SECRET),
            ("JOBLINE_HOST_KEY", HOST_KEY),
            ("JOBLINE_LOG", "error"),
        ]);
        command
    }
}
