//! The binary: how it starts, what it prints when it cannot, and how it stops.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const SECRET: &str = "a JWT secret that is long enough for the tests";

pub fn jobline(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobline"));
    command.env_clear().current_dir(folder.path()).env("JOBLINE_LISTEN", "127.0.0.1:0");
    command
}

fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// Asserts that it ends with code 2 and one line; returns the line.
fn refused(command: &mut Command) -> String {
    let output = output(command);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty());
    said
}

/// A started server; killed when a test fails before stopping it.
pub struct Started {
    pub child: Child,
    pub address: String,
}

impl Started {
    pub fn new(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends SIGTERM; returns the exit code and the log.
    pub fn stop(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let begun = Instant::now();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        let code = self.child.wait().unwrap().code();
        assert!(begun.elapsed() < Duration::from_secs(10));
        (code, log)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn it_serves_and_stops_on_sigterm() {
    let folder = TempDir::new().unwrap();
    let server = Started::new(jobline(&folder).env("JOBLINE_JWT_SECRET", SECRET));
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200"));
    let mut idle = TcpStream::connect(&server.address).unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    assert_ne!(idle.read(&mut [0; 1024]).unwrap(), 0);
    assert!(server.get("/nowhere?token=topsecret").starts_with("HTTP/1.1 404"));
    let (code, log) = server.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("topsecret"), "{log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string(), "{line}");
    }
    let answered = log.lines().find(|line| line.contains("/nowhere")).unwrap();
    let answered: serde_json::Value = serde_json::from_str(answered).unwrap();
    assert_eq!((&answered["status"], &answered["code"]), (&404.into(), &"not_found".into()));
    assert_eq!(answered["request_id"].as_str().unwrap().len(), 32);
}

/// Messages written under a shorter retention are still deleted by it, since their rows have the expiry.
#[test]
fn a_longer_retention_is_logged_at_the_start() {
    let folder = TempDir::new().unwrap();
    let log = |days: &str| {
        let mut command = jobline(&folder);
        let server = Started::new(command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_RETENTION_DAYS", days));
        server.stop().1
    };
    let warning = "--retention-days was 30 until now";
    assert!(!log("30").contains(warning));
    assert!(!log("30").contains(warning));
    let longer = log("0");
    assert!(longer.contains(warning), "{longer}");
    assert!(!log("0").contains(warning));
}

/// More is logged than a pipe can buffer, and nobody reads it.
#[test]
fn a_log_that_nobody_reads_does_not_stop_the_server() {
    let folder = TempDir::new().unwrap();
    let server = Started::new(jobline(&folder).env("JOBLINE_JWT_SECRET", SECRET));
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let path = "x".repeat(200);
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    for _ in 0..12_000 / 50 {
        let requests = format!("GET /{path} HTTP/1.1\r\nhost: a\r\n\r\n").repeat(50);
        stream.write_all(requests.as_bytes()).unwrap();
        for _ in 0..50 {
            let mut length = 0;
            loop {
                let mut line = String::new();
                answers.read_line(&mut line).unwrap();
                let told = line.strip_prefix("content-length: ").map(|told| told.trim().parse::<usize>().unwrap());
                length = told.unwrap_or(length);
                if line == "\r\n" {
                    break;
                }
            }
            answers.read_exact(&mut vec![0; length]).unwrap();
        }
    }
    let metrics = eventually_in(&server, "/metrics", |text| {
        let dropped = text.lines().find_map(|line| line.strip_prefix("jobline_log_lines_dropped_total "));
        dropped.is_some_and(|dropped| dropped.parse::<u64>().unwrap() > 0)
    });
    assert!(metrics.starts_with("HTTP/1.1 200"));
    assert_eq!(server.stop().0, Some(0));
}

/// Repeats a request until the answer is as expected; fails after a deadline.
fn eventually_in(server: &Started, path: &str, wanted: impl Fn(&str) -> bool) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = server.get(path);
        if wanted(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{answer}");
        std::thread::yield_now();
    }
}

#[test]
fn a_wrong_setting_ends_the_start_with_one_line() {
    let folder = TempDir::new().unwrap();
    let line = refused(jobline(&folder).args(["--send-rate", "many"]));
    assert!(line.contains("--send-rate (JOBLINE_SEND_RATE) is \"many\""), "{line}");
    let line = refused(jobline(&folder).env("JOBLINE_RETENTION_DAYS", "x"));
    assert!(line.contains("--retention-days (JOBLINE_RETENTION_DAYS)"), "{line}");
    let line = refused(jobline(&folder).args(["serve", "--sendrate", "5"]));
    assert!(line.contains("--sendrate") && line.contains("--send-rate"), "{line}");
    let line = refused(jobline(&folder).arg("server"));
    assert!(line.contains("server") && line.contains("serve"), "{line}");
    let line = refused(jobline(&folder).args(["--tls-cert", "a.pem", "--tls-key", "b.pem"]));
    assert!(line.contains("--tls-cert"), "{line}");
}

#[test]
fn a_flag_wins_over_its_environment_variable() {
    let folder = TempDir::new().unwrap();
    let line = refused(jobline(&folder).env("JOBLINE_SEND_RATE", "5").args(["serve", "--send-rate", "many"]));
    assert!(line.contains("many"), "{line}");
}

#[test]
fn an_address_in_use_is_named() {
    let folder = TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refused(jobline(&folder).env("JOBLINE_LISTEN", &address));
    assert!(line.contains("--listen") && line.contains(&address), "{line}");
}

#[test]
fn a_data_folder_in_use_is_named() {
    let folder = TempDir::new().unwrap();
    let _first = Started::new(jobline(&folder).env("JOBLINE_JWT_SECRET", SECRET));
    let line = refused(jobline(&folder).env("JOBLINE_JWT_SECRET", SECRET));
    assert!(line.contains("--data (JOBLINE_DATA)"), "{line}");
}

#[test]
fn a_demo_does_not_listen_for_other_machines() {
    let folder = TempDir::new().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        let line = refused(jobline(&folder).env("JOBLINE_LISTEN", address));
        assert!(line.contains("--jwt-secret (JOBLINE_JWT_SECRET) is missing"), "{line}");
    }
    assert!(!folder.path().join("jobline-data").exists(), "nothing was made");
}

#[test]
fn a_demo_starts_in_an_empty_folder_and_restarts_in_it() {
    let folder = TempDir::new().unwrap();
    for _ in 0..2 {
        let server = Started::new(&mut jobline(&folder));
        assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
        assert_eq!(server.stop().0, Some(0));
    }
}

#[test]
fn a_folder_with_real_conversations_starts_no_demo() {
    let folder = TempDir::new().unwrap();
    let server = Started::new(jobline(&folder).env("JOBLINE_JWT_SECRET", SECRET));
    assert_eq!(server.stop().0, Some(0));
    let line = refused(&mut jobline(&folder));
    assert!(line.contains("--jwt-secret (JOBLINE_JWT_SECRET) is missing"), "{line}");
}

#[test]
fn a_public_address_without_tls_is_logged_as_a_warning() {
    let folder = TempDir::new().unwrap();
    let server = Started::new(jobline(&folder).env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_LISTEN", "0.0.0.0:0"));
    let (_, log) = server.stop();
    assert!(log.contains("a proxy in front of this server must encrypt"), "{log}");
}

#[test]
fn token_prints_a_token_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let output = output(jobline(&folder).env("JOBLINE_JWT_SECRET", SECRET).args(["token", "--user", "anna"]));
    let token = String::from_utf8(output.stdout).unwrap();
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
    assert!(output.status.success());
    let line = refused(jobline(&folder).args(["token", "--user", "anna"]));
    assert!(line.contains("--jwt-secret"), "{line}");
    let secret = || {
        let mut command = jobline(&folder);
        command.env("JOBLINE_JWT_SECRET", SECRET).arg("token");
        command
    };
    assert!(refused(secret().args(["--user", "a b"])).contains("--user"));
    assert!(refused(&mut secret()).contains("--user"));
    for ttl in ["1", "1w", "h", "-1h", "1.5h", "366d", "0s", "1é"] {
        assert!(refused(secret().args(["--user", "anna", &format!("--ttl={ttl}")])).contains("--ttl"), "{ttl}");
    }
}

#[test]
fn help_lists_every_setting_and_shows_no_secret() {
    let folder = TempDir::new().unwrap();
    let output = output(jobline(&folder).env("JOBLINE_JWT_SECRET", SECRET).arg("--help"));
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(!help.contains(SECRET));
    for flag in [
        "listen",
        "data",
        "store",
        "dynamodb-table",
        "files",
        "s3-bucket",
        "public-url",
        "trust-proxy",
        "jwt-secret",
        "jwks-url",
        "jwks-file",
        "jwt-issuer",
        "jwt-audience",
        "host-key",
        "send-rate",
        "upload-rate",
        "retention-days",
        "file-retention-days",
        "tls-cert",
        "tls-key",
        "allowed-origins",
        "webhook-url",
        "webhook-secret",
        "webhook-content",
        "webhook-allow-private",
        "log",
    ] {
        assert!(help.contains(&format!("--{flag} ")), "--{flag}");
        assert!(help.contains(&format!("JOBLINE_{}", flag.to_uppercase().replace('-', "_"))), "twin of --{flag}");
    }
    assert!(help.contains("Examples:"));
}

/// Runs the commands of the README from a folder with the binary, against a new demo.
#[test]
fn the_commands_of_the_readme_work() {
    let folder = TempDir::new().unwrap();
    let release = folder.path().join("target/release");
    std::fs::create_dir_all(&release).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_jobline"), release.join("jobline")).unwrap();
    let server = Started::new(&mut jobline(&folder));
    let readme = include_str!("../../../../README.md");
    let lines = readme.split("```sh\n").nth(2).unwrap().split("```").next().unwrap();
    let lines = lines.replace("127.0.0.1:8080", &server.address);
    let output =
        Command::new("bash").args(["-euo", "pipefail", "-c", &lines]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(r#""content":"Message 5","type":"text","status":"sent""#), "{said}");
    assert!(said.contains(r#""messages":[],"hasMore":false"#), "nothing new after the cursor: {said}");
    assert!(said.contains(r#""unreadCount":0"#), "{said}");
    assert!(said.contains(r#""content":"Message 5","type":"text","status":"read""#), "{said}");
    assert!(said.trim_end().ends_with("same bytes"), "{said}");
}
