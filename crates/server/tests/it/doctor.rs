//! `jobline doctor`: its findings about correct and wrong settings.

mod doubles;

use crate::{
    binary::{SECRET, Started, jobline},
    crash::HOST_KEY,
};
use doubles::{certificate, mail_server, nowhere, speaker, stun_server, turn_server};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const WEBHOOK_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Its output and its exit code.
struct Said {
    code: Option<i32>,
    text: String,
}

impl Said {
    fn by(command: &mut Command) -> Self {
        let output = command.arg("doctor").stdin(Stdio::null()).output().unwrap();
        Self { code: output.status.code(), text: String::from_utf8(output.stdout).unwrap() }
    }

    /// Fails unless one line begins like this and contains all of `words`.
    fn has(&self, begins: &str, words: &[&str]) {
        let fits = |line: &&str| line.starts_with(begins) && words.iter().all(|word| line.contains(word));
        assert!(self.text.lines().any(|line| fits(&line)), "{begins} {words:?} in\n{}", self.text);
    }

    fn wrong(&self) -> usize {
        self.text.lines().filter(|line| line.starts_with("WRONG")).count()
    }
}

fn configured(folder: &TempDir) -> Command {
    let mut command = jobline(folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY);
    command.env("JOBLINE_DATA", folder.path().join("data")).env("JOBLINE_LOG", "off");
    command.env("JOBLINE_ALLOWED_ORIGINS", "https://market.example");
    command
}

#[test]
fn a_working_deployment_is_reported_as_such() {
    let folder = TempDir::new().unwrap();
    let running = Started::new(&mut configured(&folder));
    let (mail, heard) = mail_server("235 welcome\r\n");
    let certificate = certificate(&folder);
    let said = Said::by(
        configured(&folder)
            .env("JOBLINE_PUBLIC_URL", format!("http://{}", running.address))
            .env(
                "JOBLINE_BUS",
                format!("nats://user:hunter2@{}", speaker("INFO {\"version\":\"2\"}\r\n", String::new())),
            )
            .env("JOBLINE_WEBHOOK_URL", format!("http://{}/hook?key=letmein", speaker("", String::new())))
            .env("JOBLINE_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .env("JOBLINE_WEBHOOK_ALLOW_PRIVATE", "on")
            .env("JOBLINE_TLS_CERT", certificate.0)
            .env("JOBLINE_TLS_KEY", certificate.1)
            .env("JOBLINE_SMTP_URL", format!("smtp://chat:letmein@{mail}"))
            .env("JOBLINE_MAIL_FROM", "chat@example.com")
            .env("JOBLINE_STUN_URL", format!("stun:{}", stun_server()))
            .env("JOBLINE_TURN_URL", format!("turn:{}", turn_server(None)))
            .env("JOBLINE_TURN_SECRET", "a-secret-of-the-relay"),
    );
    assert_eq!((said.code, said.wrong()), (Some(0), 0), "{}", said.text);
    said.has("ok      settings", &[]);
    said.has("ok      user tokens", &["long enough"]);
    said.has("ok      host key", &[]);
    said.has("ok      store", &["a server runs"]);
    said.has("ok      public URL", &["answers as this deployment"]);
    said.has("ok      user tokens", &["accepts those of --jwt-secret"]);
    said.has("ok      webhook", &["accepts connections"]);
    said.has("ok      certificate", &["can be used"]);
    said.has("ok      origin", &["https://market.example"]);
    said.has("ok      clock", &[]);
    said.has("ok      bus", &["NATS answers"]);
    said.has("ok      mail", &["takes user and password"]);
    let heard = heard.lock().unwrap().clone();
    let commands: Vec<&str> = heard.iter().map(|line| line.get(..4).unwrap_or_default()).collect();
    assert_eq!(commands, ["EHLO", "AUTH", "NOOP", "QUIT"], "it sends nothing");
    said.has("ok      calls", &["stun:127.0.0.1", "answers"]);
    said.has("ok      calls", &["turn:127.0.0.1", "gives a relay"]);
    said.has("nothing is wrong", &[]);
    for secret in [SECRET, HOST_KEY, "hunter2", "letmein", "a-secret-of-the-relay"] {
        assert!(!said.text.contains(secret), "{}", said.text);
    }
}

#[test]
fn parts_that_are_not_configured_are_not_reported() {
    let folder = TempDir::new().unwrap();
    let mut command = jobline(&folder);
    let said = Said::by(command.env("JOBLINE_DATA", folder.path().join("not/yet/there")));
    assert_eq!((said.code, said.wrong()), (Some(0), 0), "{}", said.text);
    said.has("skipped user tokens", &["demo"]);
    said.has("skipped public URL", &["--public-url"]);
    said.has("skipped bus", &["--bus"]);
    said.has("skipped webhook", &["--webhook-url"]);
    said.has("skipped certificate", &["--tls-cert"]);
    said.has("skipped calls", &["--turn-url"]);
    said.has("ok      store", &["can be made"]);
    assert!(!folder.path().join("not").exists(), "nothing is changed");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_store_that_nobody_uses_is_opened() {
    let folder = TempDir::new().unwrap();
    Started::new(&mut configured(&folder)).stop();
    let said = Said::by(&mut configured(&folder));
    assert_eq!((said.code, said.wrong()), (Some(0), 0), "{}", said.text);
    said.has("ok      store", &["rows can be read"]);
    said.has("ok      files", &["can be listed"]);
    let marker = folder.path().join("data/files");
    std::fs::remove_dir_all(&marker).unwrap();
    std::fs::write(&marker, "not a folder").unwrap();
    let said = Said::by(&mut configured(&folder));
    assert_eq!(said.code, Some(1));
    said.has("WRONG   store", &["--data"]);
}

#[test]
fn each_wrong_setting_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let running = Started::new(configured(&folder).env("JOBLINE_ALLOWED_ORIGINS", "https://other.example"));
    let mut command = configured(&folder);
    command.env("JOBLINE_PUBLIC_URL", format!("http://{}", running.address));
    let said = Said::by(command.env("JOBLINE_HOST_KEY", "another-host-key-that-is-long-enough-as-well"));
    assert_eq!((said.code, said.wrong()), (Some(1), 2), "{}", said.text);
    said.has("WRONG   public URL", &["does not accept this --host-key", "same key"]);
    said.has("WRONG   origin", &["https://market.example", "may not call", "Restart"]);
    said.has("2 things are wrong", &[]);

    let mut command = configured(&folder);
    command.env("JOBLINE_PUBLIC_URL", format!("http://{}", nowhere()));
    command.env("JOBLINE_BUS", format!("nats://{}", nowhere())).env("JOBLINE_STUN_URL", format!("stun:{}", nowhere()));
    command.env("JOBLINE_JWKS_URL", format!("http://{}/keys", nowhere())).env_remove("JOBLINE_HOST_KEY");
    let said = Said::by(&mut command);
    assert_eq!((said.code, said.wrong()), (Some(1), 6), "{}", said.text);
    said.has("WRONG   host key", &["--host-key", "openssl"]);
    said.has("WRONG   public URL", &["cannot be reached from here", "DNS"]);
    said.has("WRONG   bus", &["cannot be reached from here", "NATS"]);
    said.has("WRONG   calls", &["does not answer a STUN request", "firewall"]);
    said.has("WRONG   user tokens", &["does not answer with keys", "--jwks-url"]);
    said.has("WRONG   user tokens", &["neither --jwt-issuer nor --jwt-audience"]);
}

/// A deployment that runs with another secret refuses the tokens of the host's server.
#[test]
fn tokens_that_the_deployment_does_not_accept_are_told() {
    let folder = TempDir::new().unwrap();
    let running = Started::new(&mut configured(&folder));
    let other = |setting: &str, value: &str| {
        let mut command = configured(&folder);
        command.env("JOBLINE_PUBLIC_URL", format!("http://{}", running.address)).env(setting, value);
        Said::by(&mut command)
    };
    let said = other("JOBLINE_JWT_SECRET", "another-secret-that-is-long-enough-as-well");
    assert_eq!((said.code, said.wrong()), (Some(1), 1), "{}", said.text);
    said.has("WRONG   user tokens", &["does not accept those of this --jwt-secret", "known key", "Set the same"]);
    assert_eq!(other("JOBLINE_LOG", "off").wrong(), 0);
}

#[test]
fn a_webhook_that_no_event_reaches_is_told_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let said = |url: String, allow_private: &str| {
        let mut command = configured(&folder);
        command.env("JOBLINE_WEBHOOK_URL", url).env("JOBLINE_WEBHOOK_SECRET", WEBHOOK_SECRET);
        Said::by(command.env("JOBLINE_WEBHOOK_ALLOW_PRIVATE", allow_private))
    };
    let private = said(format!("https://{}/hook?key=letmein", nowhere()), "off");
    assert_eq!((private.code, private.wrong()), (Some(1), 1), "{}", private.text);
    private.has("WRONG   webhook", &["its address is private", "--webhook-allow-private"]);
    assert!(!private.text.contains("letmein"), "{}", private.text);
    said(format!("http://{}/hook", nowhere()), "on").has("WRONG   webhook", &["no connection", "firewall"]);
    let without_tls = speaker("hello\r\n", String::new());
    said(format!("https://{without_tls}/hook"), "on").has("WRONG   webhook", &["TLS failed", "certificate"]);
    said("https://nobody.invalid/hook".to_owned(), "off").has("WRONG   webhook", &["cannot be looked up"]);
}

/// What the start refuses, the doctor names.
#[test]
fn files_that_the_start_refuses_are_told() {
    let folder = TempDir::new().unwrap();
    let (cert, key) = certificate(&folder);
    let said = |settings: &[(&str, &str)]| Said::by(configured(&folder).envs(settings.iter().copied()));
    let lost = said(&[("JOBLINE_TLS_CERT", "/nowhere/cert.pem"), ("JOBLINE_TLS_KEY", &key)]);
    assert_eq!((lost.code, lost.wrong()), (Some(1), 1), "{}", lost.text);
    lost.has("WRONG   certificate", &["--tls-cert", "/nowhere/cert.pem", "does not start"]);
    said(&[("JOBLINE_TLS_CERT", &cert), ("JOBLINE_TLS_KEY", &cert)]).has("WRONG   certificate", &["--tls-key"]);
    let keys = [("JOBLINE_JWKS_FILE", "/nowhere/keys.json"), ("JOBLINE_JWT_ISSUER", "https://market.example")];
    let lost = said(&keys);
    assert_eq!((lost.code, lost.wrong()), (Some(1), 1), "{}", lost.text);
    lost.has("WRONG   user tokens", &["--jwks-file", "/nowhere/keys.json", "does not start"]);
}

#[test]
fn a_mail_server_that_refuses_the_sign_in_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let said = |url: String| {
        let mut command = configured(&folder);
        command.env("JOBLINE_PUBLIC_URL", format!("http://{}", nowhere()));
        command.env("JOBLINE_SMTP_URL", url).env("JOBLINE_MAIL_FROM", "chat@example.com");
        Said::by(&mut command)
    };
    let (mail, _) = mail_server("535 no such account\r\n");
    let wrong = said(format!("smtp://chat:letmein@{mail}"));
    assert_eq!(wrong.code, Some(1));
    wrong.has("WRONG   mail", &["does not take user and password", "535", "percent signs"]);
    assert!(!wrong.text.contains("letmein"), "{}", wrong.text);
    said(format!("smtp://{mail}?tls=required")).has("WRONG   mail", &["STARTTLS is not supported", "smtps://"]);
    said(format!("smtps://{mail}")).has("WRONG   mail", &["does not encrypt", "587"]);
    said(format!("smtp://{}", nowhere())).has("WRONG   mail", &["cannot be reached from here", "firewall"]);
    let busy = speaker("421 not now\r\n", String::new());
    said(format!("smtp://{busy}")).has("WRONG   mail", &["421", "log"]);
}

#[test]
fn a_turn_server_without_a_relay_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let said = |address: String| {
        let mut command = configured(&folder);
        command.env("JOBLINE_TURN_URL", format!("turn:{address}"));
        Said::by(command.env("JOBLINE_TURN_SECRET", "a-secret-of-the-relay"))
    };
    said(turn_server(Some(401))).has("WRONG   calls", &["refuses a relay (401)", "--turn-secret", "clocks"]);
    said(turn_server(Some(486))).has("WRONG   calls", &["refuses a relay (486)", "user-quota"]);
    said(turn_server(Some(508))).has("WRONG   calls", &["refuses a relay (508)", "min-port"]);
    said(nowhere()).has("WRONG   calls", &["does not answer a request for a relay", "firewall"]);
    let without_tls = format!("turns:{}?transport=tcp", speaker("hello\r\n", String::new()));
    let mut command = configured(&folder);
    command.env("JOBLINE_TURN_URL", without_tls).env("JOBLINE_TURN_SECRET", "a-secret-of-the-relay");
    Said::by(&mut command).has("WRONG   calls", &["accepts connections, but there is no TLS", "certificate"]);
}

#[test]
fn settings_that_cannot_be_read_are_named_without_the_secret() {
    let folder = TempDir::new().unwrap();
    let said = Said::by(configured(&folder).env("JOBLINE_JWT_SECRET", "hunter2"));
    assert_eq!((said.code, said.wrong()), (Some(1), 1), "{}", said.text);
    said.has("WRONG   settings", &["--jwt-secret", "at least 32"]);
    assert!(!said.text.contains("hunter2"), "{}", said.text);
    let said = Said::by(configured(&folder).env("JOBLINE_ALLOWED_ORIGINS", "market.example"));
    said.has("WRONG   settings", &["--allowed-origins"]);
    let said = Said::by(configured(&folder).env_remove("JOBLINE_JWT_SECRET"));
    said.has("WRONG   user tokens", &["--jwt-secret"]);
}

#[test]
fn clocks_that_disagree_and_unexpected_answers_are_reported() {
    let folder = TempDir::new().unwrap();
    let of_the_past = "HTTP/1.1 200 OK\r\ndate: Fri, 14 Nov 2025 10:30:00 GMT\r\ncontent-length: 3\r\n\r\nok\n";
    let mut command = configured(&folder);
    command.env("JOBLINE_PUBLIC_URL", format!("http://{}", speaker("", of_the_past.to_owned())));
    command.env("JOBLINE_BUS", format!("nats://{}", speaker("HELLO\r\n", String::new())));
    let said = Said::by(&mut command);
    assert_eq!(said.code, Some(1));
    said.has("WRONG   clock", &["ahead of the public URL", "time synchronisation"]);
    said.has("WRONG   bus", &["does not begin with"]);
    let elsewhere = "HTTP/1.1 301 Moved Permanently\r\nlocation: https://a.example/\r\ncontent-length: 0\r\n\r\n";
    let mut command = configured(&folder);
    let said = Said::by(command.env("JOBLINE_PUBLIC_URL", format!("http://{}", speaker("", elsewhere.to_owned()))));
    said.has("WRONG   public URL", &["redirects to https://a.example/"]);
    let missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    let mut command = configured(&folder);
    let said = Said::by(command.env("JOBLINE_PUBLIC_URL", format!("http://{}", speaker("", missing.to_owned()))));
    said.has("WRONG   public URL", &["/healthz answers 404", "proxy"]);
    said.has("skipped clock", &[]);
}
