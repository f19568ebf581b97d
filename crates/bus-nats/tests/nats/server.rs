//! A separate NATS for each test.

use rustix::process::{Pid, Signal, kill_process};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Nats {
    child: Child,
    port: u16,
}

/// The address of a NATS that is not running.
pub struct Gone(u16);

impl Nats {
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Gone(port).start()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Ends it.
    pub fn gone(self) -> Gone {
        Gone(self.port)
    }

    /// Starts another one at the same address.
    pub fn again(self) -> Self {
        self.gone().start()
    }
}

impl Gone {
    pub fn start(self) -> Nats {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cloud-tools/bin/nats-server");
        assert!(program.exists(), "{} is missing: cargo xtask cloud-tools", program.display());
        let arguments = ["--addr", "127.0.0.1", "--port", &self.0.to_string()];
        let child = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let nats = Nats { child, port: self.0 };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.0)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "NATS does not start");
            std::thread::yield_now();
        }
        nats
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
