//! An emulator of S3, DynamoDB, Lambda, IAM and CloudFormation that runs during a test.

use super::folder;
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const READY_WITHIN: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// A running ministack with a folder of its own; ends when dropped.
pub(super) struct Emulator {
    process: Child,
    /// The address on which it listens.
    pub url: String,
    folder: PathBuf,
}

impl Emulator {
    /// Starts an emulator that checks signatures and roles, in an empty folder.
    pub(super) fn start(place: &Path) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("ministack: {error}");
        if place.exists() {
            fs::remove_dir_all(place).map_err(told)?;
        }
        fs::create_dir_all(place).map_err(told)?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(told)?.port();
        let log = fs::File::create(place.join("log")).map_err(told)?;
        let process = Command::new(folder().join("bin/ministack"))
            .current_dir(place)
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .envs([("LAMBDA_EXECUTOR", "local"), ("IOT_MTLS_ENABLED", "0"), ("AUTH", "true")])
            .env("TMPDIR", place)
            .env("S3_DATA_DIR", place.join("s3"))
            .env("STATE_DIR", place.join("state"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(told)?)
            .stderr(log)
            .spawn()
            .map_err(told)?;
        let mut emulator = Self { process, url: format!("http://127.0.0.1:{port}"), folder: place.to_owned() };
        emulator.wait(port)?;
        Ok(emulator)
    }

    fn wait(&mut self, port: u16) -> Result<(), String> {
        let begun = Instant::now();
        while !answers(port) {
            let ended = self.process.try_wait().map_err(|error| format!("ministack: {error}"))?;
            if ended.is_some() || begun.elapsed() > READY_WITHIN {
                return Err(format!("ministack did not start; {} says why", self.folder.join("log").display()));
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Ok(())
    }
}

/// Whether a server responds to HTTP on this port.
fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer == b"HTTP/1.1 200")
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
