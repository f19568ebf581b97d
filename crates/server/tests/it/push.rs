//! Push notifications of the real binary, through a push service on loopback that decrypts what it gets, as a browser does.

use crate::{
    binary::{SECRET, Started, jobline},
    crash::{Caller, HOST_KEY, pair},
    support::listening,
    webhooks::until,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    hmac,
    rand::SystemRandom,
};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

/// A request that the push service received: path, headers in lower case, body.
struct Got {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

type Taken = Arc<Mutex<Vec<Got>>>;

/// A push service that answers 201, and 410 below `/gone`.
fn push_service() -> (String, Taken) {
    let taken = Taken::default();
    let kept = Arc::clone(&taken);
    (format!("http://{}", listening(move |stream| take(stream, &kept))), taken)
}

fn take(mut stream: TcpStream, taken: &Taken) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let status = if path.starts_with("/gone") { "410 Gone" } else { "201 Created" };
    taken.lock().unwrap().push(Got { path, headers, body });
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).unwrap();
}

/// A browser that has subscribed.
struct Browser {
    key: EphemeralPrivateKey,
    public: Vec<u8>,
    auth: [u8; 16],
}

impl Browser {
    fn new() -> Self {
        let key = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let public = key.compute_public_key().unwrap().as_ref().to_vec();
        Self { key, public, auth: [7; 16] }
    }

    fn subscription(&self, endpoint: &str) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"endpoint": endpoint, "expirationTime": null,
            "keys": {"p256dh": encode(&self.public), "auth": encode(&self.auth)}})
    }

    /// The text of a message, by RFC 8291 and RFC 8188.
    fn decrypt(self, body: &[u8]) -> Value {
        let (salt, rest) = body.split_at(16);
        let (server, sealed) = rest[5..].split_at(usize::from(rest[4]));
        let sign = |key: &[u8], parts: &[&[u8]]| {
            let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
            parts.iter().for_each(|part| context.update(part));
            context.sign().as_ref().to_vec()
        };
        let peer = UnparsedPublicKey::new(&ECDH_P256, server);
        let secret = agree_ephemeral(self.key, &peer, |shared| {
            sign(&sign(&self.auth, &[shared]), &[b"WebPush: info\0", &self.public, server, &[1]])
        });
        let random = sign(salt, &[&secret.unwrap()]);
        let key = sign(&random, &[b"Content-Encoding: aes128gcm\0", &[1]]);
        let nonce = sign(&random, &[b"Content-Encoding: nonce\0", &[1]]);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).unwrap());
        let mut record = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).unwrap();
        let text = key.open_in_place(nonce, Aad::empty(), &mut record).unwrap();
        serde_json::from_slice(&text[..text.len() - 1]).unwrap()
    }
}

fn server(folder: &TempDir, services: &str) -> Started {
    let mut command = jobline(folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY).env("JOBLINE_LOG", "off");
    command.env("JOBLINE_VAPID_SUBJECT", "mailto:ops@example.com").env("JOBLINE_PUSH_SERVICES", services);
    Started::new(command.env("JOBLINE_DATA", folder.path().join("data")))
}

#[test]
fn an_unread_message_is_pushed_once_so_that_only_the_browser_can_read_it() {
    let folder = TempDir::new().unwrap();
    let (origin, taken) = push_service();
    let running = server(&folder, &origin);
    let host = Caller::new(&running, HOST_KEY);
    let (anna, ben) = pair(&host);
    let name = json!({"name": "Anna Berg"});
    assert_eq!(host.call("PUT", "/host/users/anna", Some(&name)).unwrap().0, 200);
    let key = ben.call("GET", "/messages/preferences", None).unwrap().1["pushKey"].clone();
    assert_eq!(URL_SAFE_NO_PAD.decode(key.as_str().unwrap()).unwrap().len(), 65);

    let (phone, laptop) = (Browser::new(), Browser::new());
    let add = |input: &Value| ben.call("POST", "/messages/push", Some(input)).unwrap();
    assert_eq!(add(&phone.subscription(&format!("{origin}/phone"))), (200, json!({})));
    assert_eq!(add(&laptop.subscription(&format!("{origin}/gone/laptop"))), (200, json!({})));
    let (status, problem) = add(&phone.subscription("https://evil.example/push"));
    assert_eq!((status, &problem["code"], &problem["field"]), (400, &json!("invalid_request"), &json!("endpoint")));

    assert_eq!(anna.send("ben", "When can you come?", "1").unwrap().0, 200);
    let is_told = |path: &str| taken.lock().unwrap().iter().any(|got| got.path == path);
    until("push to both", || (is_told("/phone") && is_told("/gone/laptop")).then_some(()));
    let got = taken.lock().unwrap().remove(0);
    let got = if got.path == "/phone" { got } else { taken.lock().unwrap().remove(0) };
    let header = |name: &str| got.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
    assert_eq!((header("content-encoding"), header("urgency")), (Some("aes128gcm"), Some("high")));
    let authorization = header("authorization").unwrap();
    let (token, signed_by) = authorization.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    assert_eq!(signed_by, key.as_str().unwrap(), "the key that the browser subscribed with");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((&claims["aud"], &claims["sub"]), (&json!(origin), &json!("mailto:ops@example.com")));
    assert!(!String::from_utf8_lossy(&got.body).contains("When can you come?"));
    let told = phone.decrypt(&got.body);
    assert_eq!(
        (&told["user"], &told["conversationId"], &told["sender"], &told["text"], &told["unread"]),
        (&json!("ben"), &json!("conv_anna_ben"), &json!("Anna Berg"), &json!("When can you come?"), &json!(1))
    );
    assert_eq!((&told["lang"], &told["dir"]), (&json!("en"), &json!("ltr")));

    // After a restart the key is the same, the expired subscription is deleted, and no notification is repeated.
    drop(running);
    taken.lock().unwrap().clear();
    let running = server(&folder, &origin);
    let (anna, ben) = (Caller::new(&running, &anna.key), Caller::new(&running, &ben.key));
    assert_eq!(ben.call("GET", "/messages/preferences", None).unwrap().1["pushKey"], key);
    let read = json!({"conversationId": "conv_anna_ben"});
    assert_eq!(ben.call("POST", "/messages/markAsRead", Some(&read)).unwrap().0, 200);
    assert_eq!(anna.send("ben", "Are you there?", "2").unwrap().0, 200);
    until("the second push", || is_told("/phone").then_some(()));
    let taken: Vec<String> = taken.lock().unwrap().iter().map(|got| got.path.clone()).collect();
    assert_eq!(taken, ["/phone"]);
    let gone = json!({"endpoint": format!("{origin}/phone")});
    assert_eq!(ben.call("POST", "/messages/removePush", Some(&gone)).unwrap(), (200, json!({})));
}

#[test]
fn a_service_worker_without_a_token_renews_its_subscription_by_the_keys_of_the_previous_one() {
    let folder = TempDir::new().unwrap();
    let (origin, taken) = push_service();
    let running = server(&folder, &origin);
    let host = Caller::new(&running, HOST_KEY);
    let (anna, ben) = pair(&host);
    let (old, new) = (Browser::new(), Browser::new());
    let before = old.subscription(&format!("{origin}/old"));
    assert_eq!(ben.call("POST", "/messages/push", Some(&before)).unwrap().0, 200);
    let key = ben.call("GET", "/messages/preferences", None).unwrap().1["pushKey"].clone();
    let nobody = Caller::new(&running, "no token");
    let now = new.subscription(&format!("{origin}/new"));
    let renew = |change: &dyn Fn(&mut Value)| {
        let mut told =
            json!({"before": {"endpoint": before["endpoint"], "keys": before["keys"], "user": "ben"}, "now": now});
        change(&mut told);
        nobody.call("POST", "/push/renew", Some(&told)).unwrap()
    };
    let wrong_secret = URL_SAFE_NO_PAD.encode([8; 16]);
    assert_eq!(renew(&|told| told["before"]["keys"]["auth"] = json!(wrong_secret)).0, 404);
    assert_eq!(renew(&|told| told["before"]["user"] = json!("anna")).0, 404);
    assert_eq!(renew(&|told| told["now"]["endpoint"] = json!("https://evil.example/push")).0, 400);
    assert_eq!(renew(&|told| told["now"]["keys"] = json!("none")).0, 400);
    assert_eq!(renew(&|told| told["more"] = json!("x".repeat(9_000))).0, 413);
    let (status, kept) = renew(&|_| ());
    assert_eq!(status, 200, "{kept}");
    assert_eq!((&kept["user"], &kept["endpoint"], &kept["keys"]), (&json!("ben"), &now["endpoint"], &now["keys"]));
    assert_eq!((&kept["userVisibleOnly"], &kept["applicationServerKey"]), (&json!(true), &key));
    assert_eq!(anna.send("ben", "When can you come?", "1").unwrap().0, 200);
    until("push", || (!taken.lock().unwrap().is_empty()).then_some(()));
    let got = taken.lock().unwrap().remove(0);
    assert_eq!((got.path.as_str(), &new.decrypt(&got.body)["text"]), ("/new", &json!("When can you come?")));
}

#[test]
fn without_a_contact_for_push_services_none_is_offered() {
    let folder = TempDir::new().unwrap();
    let mut command = jobline(&folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY).env("JOBLINE_LOG", "off");
    let running = Started::new(command.env("JOBLINE_DATA", folder.path().join("data")));
    let (_, ben) = pair(&Caller::new(&running, HOST_KEY));
    assert!(ben.call("GET", "/messages/preferences", None).unwrap().1.get("pushKey").is_none());
    let input = Browser::new().subscription("https://fcm.googleapis.com/fcm/send/abc");
    let (status, problem) = ben.call("POST", "/messages/push", Some(&input)).unwrap();
    assert_eq!((status, &problem["code"]), (403, &json!("not_offered")));
}
