//! The measured servers, each in a separate process: the load generator does not count as their memory, and shares no
//! runtime with them.

use super::load::{self, Caller, Pace};
use super::machine;
use super::server::JWT_SECRET;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The longest that a start may take.
const START_WITHIN: Duration = Duration::from_secs(30);
/// The longest that an orderly stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(60);
/// More than the measurement opens; nine tenths of them may be live.
const CONNECTIONS: &str = "12000";

/// `jobline serve` over the measured store. It is killed when dropped, which does not wait until the store is free.
pub(super) struct Program {
    pub address: SocketAddr,
    child: Child,
    started: Instant,
}

impl Program {
    /// Starts `program` over the store in `folder`, and waits until it prints where it listens.
    pub(super) async fn start(program: &Path, folder: &Path) -> Result<Self, String> {
        Self::start_with(program, folder, &[]).await
    }

    /// The same with more options.
    pub(super) async fn start_with(program: &Path, folder: &Path, options: &[&str]) -> Result<Self, String> {
        let started = Instant::now();
        let mut command = without_settings(program);
        let serve = ["serve", "--listen", "127.0.0.1:0", "--log", "error", "--max-connections", CONNECTIONS];
        command
            .args(serve)
            .args(options)
            .args(["--send-rate", "0", "--upload-rate", "0", "--data"])
            .arg(folder)
            .env("JOBLINE_JWT_SECRET", JWT_SECRET);
        let (child, line) = spawn(command).await?;
        let address = line.strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| format!("the server printed \"{line}\" instead of where it listens"))?;
        Ok(Self { address, child, started })
    }

    /// The time from the start until now.
    pub(super) fn since_start(&self) -> Duration {
        self.started.elapsed()
    }

    /// The resident memory of the program, in bytes; `None` if unknown.
    pub(super) fn resident(&self) -> Option<u64> {
        machine::resident(&self.id())
    }

    /// Lets `callers` load the program for `length`, and kills it while requests are running.
    pub(super) async fn kill_under(mut self, callers: Vec<Box<dyn Caller>>, length: Duration) -> Result<(), String> {
        // The load outlasts the program, so its connections break as expected.
        let load = tokio::spawn(load::run(self.address, callers, length * 10, Pace::AsFast));
        tokio::time::sleep(length).await;
        let killed = self.kill().await;
        // Its figures are not used.
        let _ = load.await;
        killed
    }

    /// Tells the program to stop, and waits until it has.
    pub(super) async fn stop(mut self) -> Result<(), String> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        let id = id.ok_or("the server has ended")?;
        rustix::process::kill_process(id, rustix::process::Signal::TERM).map_err(|error| error.to_string())?;
        let ended = tokio::time::timeout(STOP_WITHIN, self.child.wait()).await;
        ended.map_err(|_| "the server does not stop")?.map(drop).map_err(|error| error.to_string())
    }

    /// The id of the process.
    pub(super) fn id(&self) -> String {
        id(&self.child)
    }

    /// Kills the program, and waits until it has ended, so that the store is free.
    pub(super) async fn kill(&mut self) -> Result<(), String> {
        self.child.kill().await.map_err(|error| error.to_string())
    }
}

/// The hello-world servers in a separate process, which is killed when dropped.
pub(super) struct HelloProgram {
    /// The addresses of axum alone, and of the serve loop of the server.
    pub addresses: [SocketAddr; 2],
    /// The address of the WebSocket that echoes.
    pub echo: SocketAddr,
    child: Child,
}

impl HelloProgram {
    /// Starts `program`, which keeps its data in `folder`.
    pub(super) async fn start(program: &Path, folder: &Path) -> Result<Self, String> {
        let mut command = without_settings(program);
        command.args(["bench", "--hello", "--folder"]).arg(folder);
        let (child, line) = spawn(command).await?;
        let addresses: Result<Vec<SocketAddr>, _> = line.split(' ').map(str::parse).collect();
        match addresses.as_deref() {
            Ok(&[bare, in_serve_loop, echo]) => Ok(Self { addresses: [bare, in_serve_loop], echo, child }),
            _ => Err(format!("the hello-world servers printed \"{line}\" instead of where they listen")),
        }
    }

    /// The id of the process.
    pub(super) fn id(&self) -> String {
        id(&self.child)
    }
}

/// The id of a process. After its end it is empty, which is the id of no process.
fn id(child: &Child) -> String {
    child.id().map_or(String::new(), |id| id.to_string())
}

/// The program, without the settings of another deployment in the environment.
fn without_settings(program: &Path) -> Command {
    let mut command = Command::new(program);
    let settings = std::env::vars_os().map(|(name, _)| name);
    settings.filter(|name| name.to_string_lossy().starts_with("JOBLINE_")).for_each(|name| {
        command.env_remove(name);
    });
    command
}

/// Starts a program, which ends with this one, and waits for the first line that it prints.
async fn spawn(mut command: Command) -> Result<(Child, String), String> {
    let named = format!("{:?}", command.as_std().get_program());
    let failed = |error: &dyn std::fmt::Display| format!("{named}: {error}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    let out = child.stdout.take().ok_or_else(|| failed(&"has no output"))?;
    let mut lines = BufReader::new(out).lines();
    let line = tokio::time::timeout(START_WITHIN, lines.next_line()).await;
    let line = line.map_err(|_| failed(&"does not start"))?.map_err(|error| failed(&error))?;
    Ok((child, line.unwrap_or_default()))
}
