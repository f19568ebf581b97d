//! The binary, in an account whose only service is a double of DynamoDB.

use crate::running::HOST_KEY;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const SECRET: &str = "a JWT secret that is long enough for the tests";

/// The binary, with nothing else in its environment than the table at `dynamodb`.
pub fn jobline(dynamodb: SocketAddr, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobline"));
    let endpoint = format!("http://{dynamodb}");
    command
        .env_clear()
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "eu-central-1")])
        .envs([("AWS_ENDPOINT_URL_DYNAMODB", endpoint.as_str()), ("JOBLINE_STORE", "dynamodb")])
        .envs([("JOBLINE_DYNAMODB_TABLE", "rows"), ("JOBLINE_JWT_SECRET", SECRET), ("JOBLINE_HOST_KEY", HOST_KEY)])
        .env("JOBLINE_LISTEN", "127.0.0.1:0")
        .args(arguments);
    command
}

/// The exit code, and the whole output.
pub fn output(dynamodb: SocketAddr, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = jobline(dynamodb, arguments).stdin(Stdio::null()).output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[track_caller]
pub fn says(said: &(Option<i32>, String), code: i32, parts: &[&str]) {
    assert_eq!(said.0, Some(code), "{}", said.1);
    for part in parts {
        assert!(said.1.contains(part), "{part:?} is not in {:?}", said.1);
    }
}

/// A started server; killed at the end of the test.
pub struct Server {
    child: Child,
    /// The line that says that it listens.
    pub said: String,
    log: PathBuf,
}

impl Server {
    /// `folder`: for its files and its log.
    pub fn start(dynamodb: SocketAddr, folder: &Path) -> Self {
        let log = folder.join("log");
        let mut command = jobline(dynamodb, &["--data", folder.to_str().unwrap()]);
        command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        Self { child, said, log }
    }

    pub fn url(&self) -> String {
        self.said.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}
