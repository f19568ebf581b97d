//! Live connections to an independent client: wsproto, which `cargo xtask cloud-tools` installs.

use crate::account::{Account, HOST_KEY};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_written_in_python_understands_the_server() {
    let account = Account::new().await;
    tokio::task::block_in_place(|| {
        let mut server = account.program().args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap();
        let request = http::Request::post(format!("{url}/host/users/ben/token"))
            .header("authorization", format!("Bearer {HOST_KEY}"))
            .header("content-type", "application/json");
        let mut answer = ureq::run(request.body(json!({}).to_string()).unwrap()).unwrap();
        let minted: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = here.join("../../target/cloud-tools/bin/python");
        assert!(python.exists(), "{} is missing: cargo xtask cloud-tools", python.display());
        let script = here.join("tests/cloud/peer.py");
        let (address, token) = (url.strip_prefix("http://").unwrap(), minted["token"].as_str().unwrap());
        let peer = Command::new(python).arg(script).args([address, token]).output().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
        assert_eq!(String::from_utf8_lossy(&peer.stdout).trim(), "ok", "{}", String::from_utf8_lossy(&peer.stderr));
    });
}
