//! Answered messages survive when the process is killed, or the disk gets full, while many send.

use crate::binary::{SECRET, Started, jobline};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const HOST_KEY: &str = "a-host-key-that-is-long-enough-for-the-tests";

/// A caller of one server.
#[derive(Clone)]
pub struct Caller {
    agent: ureq::Agent,
    url: String,
    pub key: String,
}

impl Caller {
    pub fn new(server: &Started, key: &str) -> Self {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(20)));
        Self { agent: config.build().into(), url: format!("http://{}", server.address), key: key.to_owned() }
    }

    /// The status and the body; an error when no response came.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value), ureq::Error> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        let text = body.map(Value::to_string).unwrap_or_default();
        let mut answer = self.agent.run(request.body(text).unwrap())?;
        let text = answer.body_mut().read_to_string()?;
        Ok((answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    pub fn token(&self, user: &str) -> Self {
        let (status, body) = self.call("POST", &format!("/host/users/{user}/token"), None).unwrap();
        assert_eq!(status, 200, "{body}");
        Self { key: body["token"].as_str().unwrap().to_owned(), ..self.clone() }
    }

    pub fn send(&self, to: &str, text: &str, client_id: &str) -> Result<(u16, Value), ureq::Error> {
        self.call("POST", "/messages/send", Some(&json!({ "receiverId": to, "content": text, "clientId": client_id })))
    }

    /// Every message of a conversation, oldest first.
    fn all(&self, conversation: &str) -> Vec<Value> {
        let (mut since, mut all) = ("1970-01-01T00:00:00Z".to_owned(), Vec::new());
        loop {
            let path = format!("/messages/list?conversationId={conversation}&since={since}");
            let (status, body) = self.call("GET", &path, None).unwrap();
            assert_eq!(status, 200, "{body}");
            all.extend(body["messages"].as_array().unwrap().iter().cloned());
            since = body["cursor"].as_str().unwrap().to_owned();
            if body["hasMore"] == false {
                return all;
            }
        }
    }
}

fn server(folder: &TempDir, data: &std::path::Path) -> Started {
    let mut command = jobline(folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY).env("JOBLINE_SEND_RATE", "0");
    Started::new(command.env("JOBLINE_DATA", data).env("JOBLINE_LOG", "off"))
}

pub fn pair(host: &Caller) -> (Caller, Caller) {
    let job = json!({ "title": "Fence", "participants": ["anna", "ben"], "status": "open" });
    assert_eq!(host.call("PUT", "/host/jobs/1", Some(&job)).unwrap().0, 200);
    (host.token("anna"), host.token("ben"))
}

fn contents(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["content"].as_str().unwrap()).collect()
}

#[test]
fn a_killed_server_loses_no_answered_message_and_stores_none_twice() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let answered: Mutex<BTreeSet<String>> = Mutex::default();
    let mut tried: Vec<(bool, String)> = Vec::new();
    for round in 0..3 {
        let mut running = server(&folder, &data);
        let (anna, ben) = pair(&Caller::new(&running, HOST_KEY));
        // Messages that the last kill left unanswered are sent again with the same client id.
        for (from, text) in std::mem::take(&mut tried) {
            let (sender, to): (&Caller, &str) = if from { (&anna, "ben") } else { (&ben, "anna") };
            assert_eq!(sender.send(to, &text, &text).unwrap().0, 200);
            answered.lock().unwrap().insert(text);
        }
        let unanswered: Mutex<Vec<(bool, String)>> = Mutex::default();
        std::thread::scope(|threads| {
            for sender in 0..16 {
                let (me, to) = if sender % 2 == 0 { (anna.clone(), "ben") } else { (ben.clone(), "anna") };
                let (answered, unanswered) = (&answered, &unanswered);
                threads.spawn(move || {
                    for number in 0.. {
                        let text = format!("{round} {sender} {number}");
                        match me.send(to, &text, &text) {
                            Ok((200, _)) => answered.lock().unwrap().insert(text),
                            Ok(other) => panic!("{other:?}"),
                            Err(_) => {
                                unanswered.lock().unwrap().push((sender % 2 == 0, text));
                                break;
                            }
                        };
                    }
                });
            }
            let (begun, before) = (Instant::now(), answered.lock().unwrap().len());
            while answered.lock().unwrap().len() < before + 200 {
                assert!(begun.elapsed() < Duration::from_secs(60), "the senders are stuck");
                std::thread::yield_now();
            }
            running.child.kill().unwrap();
            running.child.wait().unwrap();
        });
        tried = unanswered.into_inner().unwrap();
    }
    let running = server(&folder, &data);
    let (anna, ben) = pair(&Caller::new(&running, HOST_KEY));
    let kept = ben.all("conv_anna_ben");
    let texts = contents(&kept);
    let unique: BTreeSet<&str> = texts.iter().copied().collect();
    assert_eq!(unique.len(), texts.len(), "nothing is there twice");
    let answered = answered.into_inner().unwrap();
    assert!(answered.iter().all(|text| unique.contains(text.as_str())), "everything that was answered is there");
    let numbers: Vec<u64> = kept.iter().map(|message| message["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(kept.windows(2).all(|two| two[0]["createdAt"].as_str() < two[1]["createdAt"].as_str()));
    assert_eq!(contents(&anna.all("conv_anna_ben")), texts, "both see the same");
}

/// A small file system, unmounted when dropped.
pub struct SmallDisk<'a>(&'a std::path::Path);

impl<'a> SmallDisk<'a> {
    /// `None` where this process may not mount.
    pub fn mount(folder: &'a std::path::Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        let done = mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"]).arg(folder).output();
        done.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_sends_and_accepts_them_again_when_there_is_room() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("small");
    let Some(_disk) = SmallDisk::mount(&data, 48) else {
        println!("skipped: mounting a small file system needs root on Linux");
        return;
    };
    let running = server(&folder, &data);
    let (anna, ben) = pair(&Caller::new(&running, HOST_KEY));
    let text = |number: usize| format!("{number} {}", "x".repeat(1_900));
    assert_eq!(anna.send("ben", &text(0), "0").unwrap().0, 200);
    let ballast = data.join("ballast");
    fill(&ballast);
    let mut accepted = vec![text(0)];
    let refused = (1..20_000).find(|number| {
        let (status, body) = anna.send("ben", &text(*number), &number.to_string()).unwrap();
        if status == 200 {
            accepted.push(text(*number));
            return false;
        }
        assert_eq!((status, body["code"].as_str()), (503, Some("unavailable")), "{body}");
        assert!(body["retryAfterMs"].as_u64().is_some());
        true
    });
    let refused = refused.expect("a full disk refuses");
    assert_eq!(contents(&ben.all("conv_anna_ben")), accepted, "reading goes on, and nothing is half done");
    std::fs::remove_file(&ballast).unwrap();
    let begun = Instant::now();
    while anna.send("ben", &text(refused), &refused.to_string()).unwrap().0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it works again when there is room");
        std::thread::yield_now();
    }
    accepted.push(text(refused));
    assert_eq!(contents(&ben.all("conv_anna_ben")), accepted);
}

/// Fills the file system.
pub fn fill(path: &std::path::Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    for block in [1 << 20, 1 << 12] {
        while file.write_all(&vec![0_u8; block]).is_ok() {}
    }
}
