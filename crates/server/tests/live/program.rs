//! The server as a separate process, and calls to it.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const SECRET: &str = "a JWT secret that is long enough for the tests";
pub const HOST_KEY: &str = "a-host-key-that-is-long-enough-for-the-tests";
/// The longest that a test waits for something that happens at once.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server where anna, ben and cy share job 7, and eve shares nothing.
pub struct Program {
    child: Child,
    pub address: String,
    agent: ureq::Agent,
    _folder: TempDir,
}

impl Program {
    pub fn start(settings: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobline"));
        command.env_clear().current_dir(folder.path()).args(settings);
        command.args(["--listen", "127.0.0.1:0", "--send-rate", "0"]);
        command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE * 2));
        let program = Self { child, address, agent: agent.build().new_agent(), _folder: folder };
        let job = json!({"title": "Paint the fence", "participants": ["anna", "ben", "cy"], "status": "open"});
        program.host("PUT", "/host/jobs/7", &job);
        program
    }

    /// A token of `user`, valid for an hour.
    pub fn token(&self, user: &str) -> String {
        self.token_for(user, 3_600)
    }

    pub fn token_for(&self, user: &str, seconds: u64) -> String {
        let minted = self.host("POST", &format!("/host/users/{user}/token"), &json!({"ttlSeconds": seconds}));
        minted["token"].as_str().unwrap().to_owned()
    }

    pub fn host(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, HOST_KEY, Some(body));
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub fn get(&self, path: &str, token: &str) -> Value {
        let (status, answer) = self.call("GET", path, token, None);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub fn call(&self, method: &str, path: &str, bearer: &str, body: Option<&Value>) -> (u16, Value) {
        let request = http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        let request = request.header("authorization", format!("Bearer {bearer}"));
        let request = request.header("content-type", "application/json");
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut response = self.agent.run(request.body(body).unwrap()).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub fn send(&self, token: &str, to: &str, text: &str) -> Value {
        let input = json!({"receiverId": to, "content": text});
        let (status, answer) = self.call("POST", "/messages/send", token, Some(&input));
        assert_eq!(status, 200, "{answer}");
        answer["message"].clone()
    }

    /// A line of `/metrics`.
    pub fn metric(&self, name: &str) -> Option<String> {
        let (_, text) = self.call("GET", "/metrics", "", None);
        let lines = text.as_str().unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
        lines.into_iter().find_map(|line| line.strip_prefix(&format!("{name} ")).map(str::to_owned))
    }

    /// How many descriptors the process has open; 0 on systems without `/proc`.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0, Iterator::count)
    }

    /// The peak of resident memory, in bytes; 0 on systems without `/proc`.
    pub fn peak_memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
        line.trim().strip_suffix(" kB").unwrap().trim().parse::<usize>().unwrap() * 1024
    }

    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Its log and its exit code, once it has stopped.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for something that becomes true soon.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}
