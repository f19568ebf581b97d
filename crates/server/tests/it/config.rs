//! Settings: the error about a wrong value names the setting and says what is accepted.

mod origins;

use jobline_server::cli::Settings;
use jobline_server::config::{Config, Jwks};

fn refused(change: impl FnOnce(&mut Settings)) -> String {
    let mut settings = Settings::default();
    change(&mut settings);
    let line = Config::new(&settings).expect_err("it should be refused").to_string();
    assert!(!line.contains('\n'), "{line}");
    line
}

fn accepted(change: impl FnOnce(&mut Settings)) -> Config {
    let mut settings = Settings::default();
    change(&mut settings);
    Config::new(&settings).unwrap()
}

#[track_caller]
fn says(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "{part:?} is not in {line:?}");
    }
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let config = accepted(|_| {});
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.data.to_str(), Some("./jobline-data"));
    assert_eq!((config.send_rate, config.retention_days, config.file_retention_days), (10, 0, 0));
    assert!(config.tls.is_none() && config.host_key.is_none() && !config.identity.is_set());
}

#[test]
fn listen_needs_host_and_port() {
    for text in ["8080", "localhost", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "example.com:80", ""] {
        says(&refused(|s| s.listen = Some(text.into())), &["--listen", "JOBLINE_LISTEN", "127.0.0.1:8080"]);
    }
    for text in ["127.0.0.1:0", "0.0.0.0:8080", "[::1]:8080", "localhost:8080"] {
        accepted(|s| s.listen = Some(text.into()));
    }
}

#[test]
fn a_bus_needs_a_nats_address_and_its_password_is_not_shown() {
    assert!(accepted(|_| {}).bus.is_none());
    for text in ["nats://127.0.0.1:4222", "nats://user:a-password@host:4222,tls://other.example"] {
        assert!(accepted(|s| s.bus = Some(text.into())).bus.is_some(), "{text}");
    }
    for text in ["", "127.0.0.1:4222", "redis://host", "nats://", "nats://user:a-password@host:port"] {
        let line = refused(|s| s.bus = Some(text.into()));
        says(&line, &["--bus", "JOBLINE_BUS", "nats://127.0.0.1:4222"]);
        assert!(!line.contains("a-password"), "{line}");
    }
}

#[test]
fn settings_of_calls_are_read() {
    let servers = accepted(|_| {}).calls.unwrap();
    assert!(servers.is_direct && servers.turn.is_none() && servers.stun.is_empty());
    assert!(accepted(|s| s.calls = Some("off".into())).calls.is_none());
    let turn = |s: &mut Settings| {
        s.turn_url = Some("turn:turn.example:3478, turns:turn.example?transport=tcp,turn:[::1]:3478".into());
        s.turn_secret = Some("a-shared-secret".into());
    };
    let servers = accepted(turn).calls.unwrap();
    assert!(!servers.is_direct);
    assert_eq!(servers.turn.unwrap().urls[1], "turns:turn.example?transport=tcp");
    let both = |s: &mut Settings| {
        turn(s);
        (s.call_privacy, s.stun_url) = (Some("direct".into()), Some("stun:stun.example".into()));
    };
    let servers = accepted(both).calls.unwrap();
    assert!(servers.is_direct && servers.stun == ["stun:stun.example"]);
}

#[test]
fn calls_that_could_not_be_made_are_refused() {
    for text in
        ["", "turn.example", "stun:turn.example", "turn:", "turn:a:0", "turn:a:x", "turn:a?transport=tls", "turn:a b"]
    {
        let line = refused(|s| (s.turn_url, s.turn_secret) = (Some(text.into()), Some("a-secret".into())));
        says(&line, &["--turn-url", "JOBLINE_TURN_URL", "turns:turn.example.com:5349"]);
    }
    says(&refused(|s| s.stun_url = Some("turn:a".into())), &["--stun-url", "stun:stun.example.com"]);
    says(&refused(|s| s.turn_url = Some("turn:a".into())), &["--turn-secret", "missing"]);
    says(&refused(|s| s.turn_secret = Some("a-secret".into())), &["--turn-url", "missing"]);
    let line = refused(|s| (s.turn_url, s.turn_secret) = (Some("turn:a".into()), Some("a b".into())));
    says(&line, &["--turn-secret", "openssl"]);
    assert!(!line.contains("a b"), "{line}");
    says(&refused(|s| s.call_privacy = Some("relay".into())), &["--call-privacy", "--turn-url"]);
    says(&refused(|s| s.call_privacy = Some("private".into())), &["--call-privacy", "relay or direct"]);
    says(&refused(|s| s.calls = Some("maybe".into())), &["--calls", "on or off"]);
}

#[test]
fn numbers_and_times_are_read_strictly() {
    for text in ["abc", "-1", "1.5", "", " 5", "+5", "99999999999"] {
        says(&refused(|s| s.send_rate = Some(text.into())), &["--send-rate", "JOBLINE_SEND_RATE", "whole number"]);
        says(&refused(|s| s.retention_days = Some(text.into())), &["--retention-days", "whole number"]);
        says(&refused(|s| s.file_retention_days = Some(text.into())), &["--file-retention-days", "whole number"]);
        says(&refused(|s| s.max_connections = Some(text.into())), &["--max-connections", "whole number"]);
    }
    assert_eq!(accepted(|s| s.send_rate = Some("0".into())).send_rate, 0);
    for text in ["", "10", "m", "0m", "-1m", "1.5h", "10 m", "10M", "8d", "99999999999999999999s"] {
        says(&refused(|s| s.mail_after = Some(text.into())), &["--mail-after", "JOBLINE_MAIL_AFTER", "10m"]);
    }
    let mail = |url: &str| {
        let url = Some(url.to_owned());
        move |s: &mut Settings| {
            (s.smtp_url, s.mail_from, s.public_url) =
                (url, Some("chat@example.com".into()), Some("https://chat.example.com".into()));
        }
    };
    assert!(accepted(mail("smtps://user:hunter2@mail.example")).mail.server.is_some());
    for url in ["mail.example", "https://mail.example", "smtp://user:hunter2@mail.example?tls=none"] {
        let line = refused(mail(url));
        says(&line, &["--smtp-url", "JOBLINE_SMTP_URL"]);
        assert!(!line.contains("hunter2"), "{line}");
    }
    says(&refused(|s| s.smtp_url = Some("smtp://localhost".into())), &["--mail-from", "missing"]);
    says(&refused(|s| s.mail_from = Some("chat@example.com".into())), &["--smtp-url", "missing"]);
    says(
        &refused(|s| {
            mail("smtp://localhost")(s);
            s.public_url = None;
        }),
        &["--public-url", "missing"],
    );
    says(
        &refused(|s| {
            mail("smtp://localhost")(s);
            s.mail_from = Some("nobody".into());
        }),
        &["--mail-from", "nobody"],
    );
    for (text, ms) in [("90s", 90_000), ("10m", 600_000), ("168h", 604_800_000)] {
        assert_eq!(accepted(|s| s.mail_after = Some(text.into())).mail.after_ms, ms);
    }
    assert!(accepted(|_| ()).push.is_none());
    for subject in ["mailto:ops@example.com", "https://example.com/contact"] {
        assert_eq!(accepted(|s| s.vapid_subject = Some(subject.into())).push.unwrap().subject, subject);
    }
    says(&refused(|s| s.vapid_subject = Some("ops@example.com".into())), &["--vapid-subject", "mailto:"]);
    says(&refused(|s| s.push_services = Some("https://push.example".into())), &["--vapid-subject", "missing"]);
    says(
        &refused(|s| {
            s.vapid_subject = Some("mailto:ops@example.com".into());
            s.push_services = Some("push.example/path".into());
        }),
        &["--push-services", "https://push.example.com"],
    );
    assert_eq!(accepted(|_| ()).upload_rate, 20);
    assert_eq!(accepted(|s| s.upload_rate = Some("0".into())).upload_rate, 0);
    says(&refused(|s| s.upload_rate = Some("-1".into())), &["--upload-rate", "JOBLINE_UPLOAD_RATE", "whole number"]);
}

#[test]
fn secrets_are_long_and_never_shown() {
    let short = "hunter2";
    for line in [refused(|s| s.jwt_secret = Some(short.into())), refused(|s| s.host_key = Some(short.into()))] {
        says(&line, &["at least 32"]);
        assert!(!line.contains(short), "{line}");
    }
    says(&refused(|s| s.jwt_secret = Some(String::new())), &["--jwt-secret", "JOBLINE_JWT_SECRET"]);
    says(
        &refused(|s| s.host_key = Some("a key with spaces and more than 32 bytes".into())),
        &["--host-key", "visible"],
    );
    let long = "x".repeat(32);
    let config = accepted(|s| {
        s.jwt_secret = Some(long.clone());
        s.host_key = Some(long.clone());
    });
    assert!(!format!("{config:?}").contains(&long));
}

#[test]
fn tls_needs_both_files() {
    says(&refused(|s| s.tls_cert = Some("c.pem".into())), &["--tls-key", "missing"]);
    says(&refused(|s| s.tls_key = Some("k.pem".into())), &["--tls-cert", "missing"]);
}

#[test]
fn keys_of_user_tokens_are_a_secret_a_url_or_a_file() {
    says(&refused(|s| s.jwks_url = Some("keys.json".into())), &["--jwks-url", "http"]);
    let both = refused(|s| (s.jwks_url, s.jwks_file) = (Some("https://a/b".into()), Some("c".into())));
    says(&both, &["--jwks-file", "--jwks-url"]);
    says(&refused(|s| s.jwt_issuer = Some("a".into())), &["--jwt-issuer", "--jwt-secret"]);
    says(&refused(|s| s.jwt_audience = Some("a".into())), &["--jwt-audience", "--jwt-secret"]);
    let config = accepted(|s| s.jwks_url = Some("https://example.com/jwks.json".into()));
    assert_eq!(config.identity.jwks, Some(Jwks::Url("https://example.com/jwks.json".into())));
}

#[test]
fn a_setting_of_a_real_deployment_makes_no_demo() {
    type Change = fn(&mut Settings);
    let deployments: [(&str, Change); 5] = [
        ("--host-key", |s| s.host_key = Some("x".repeat(32))),
        ("--public-url", |s| s.public_url = Some("https://chat.example.com".into())),
        ("--allowed-origins", |s| s.allowed_origins = Some("https://example.com".into())),
        ("--tls-cert", |s| (s.tls_cert, s.tls_key) = (Some("c.pem".into()), Some("k.pem".into()))),
        ("--trust-proxy", |s| s.trust_proxy = Some("on".into())),
    ];
    for (flag, change) in deployments {
        let line = accepted(change).check_exposure().unwrap_err().to_string();
        says(&line, &["--jwt-secret (JOBLINE_JWT_SECRET) is missing", flag]);
        let keyed = accepted(|s| {
            change(s);
            s.jwt_secret = Some("x".repeat(32));
        });
        assert!(keyed.check_exposure().is_ok(), "{flag}");
    }
    assert!(accepted(|_| {}).check_exposure().is_ok());
}

#[test]
fn a_proxy_is_trusted_where_that_is_said() {
    assert!(!accepted(|_| {}).trust_proxy);
    assert!(accepted(|s| s.trust_proxy = Some("on".into())).trust_proxy);
    assert!(!accepted(|s| s.trust_proxy = Some("off".into())).trust_proxy);
    says(&refused(|s| s.trust_proxy = Some("yes, please".into())), &["--trust-proxy", "on or off"]);
}

#[test]
fn settings_that_no_build_supports_are_refused() {
    says(&refused(|s| s.store = Some("postgres".into())), &["--store", "embedded or dynamodb"]);
    says(&refused(|s| s.files = Some("ftp".into())), &["--files", "local or s3"]);
}

#[test]
fn a_webhook_needs_a_usable_url_and_secret() {
    let secret = format!("whsec_{}", "A".repeat(32));
    assert!(accepted(|_| {}).webhook.is_none());
    let config = accepted(|s| {
        s.webhook_url = Some("https://example.com/jobline".into());
        s.webhook_secret = Some(format!("{secret},{secret}"));
    });
    let webhook = config.webhook.unwrap();
    assert_eq!(
        (webhook.url.as_str(), webhook.content, webhook.allow_private),
        ("https://example.com/jobline", false, false)
    );
    says(
        &refused(|s| s.webhook_url = Some("https://example.com".into())),
        &["--webhook-secret", "is missing", "whsec_"],
    );
    says(&refused(|s| s.webhook_secret = Some(secret.clone())), &["--webhook-url", "is missing"]);
    let refusal = refused(|s| s.webhook_secret = Some("whsec_c2hvcnQ=".into()));
    says(&refusal, &["--webhook-secret", "24 to 64 bytes"]);
    assert!(!refusal.contains("c2hvcnQ"), "a secret is not repeated");
    let with_url = |url: &str| {
        let (url, secret) = (url.to_owned(), secret.clone());
        refused(move |s| (s.webhook_url, s.webhook_secret) = (Some(url), Some(secret)))
    };
    for url in ["http://example.com", "https://user:password@example.com", "example.com"] {
        says(&with_url(url), &["--webhook-url", "https URL", "--webhook-allow-private"]);
    }
    let private = accepted(|s| {
        s.webhook_url = Some("http://127.0.0.1:9/".into());
        s.webhook_secret = Some(secret.clone());
        s.webhook_allow_private = Some("on".into());
        s.webhook_content = Some("on".into());
    });
    assert!(private.webhook.is_some_and(|webhook| webhook.allow_private && webhook.content));
    says(&refused(|s| s.webhook_content = Some("some".into())), &["--webhook-content", "on or off"]);
}

#[test]
fn a_table_or_bucket_needs_its_engine() {
    says(&refused(|s| s.dynamodb_table = Some("jobline".into())), &["--dynamodb-table", "--store dynamodb"]);
    says(&refused(|s| s.s3_bucket = Some("jobline".into())), &["--s3-bucket", "--files s3"]);
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_build_without_aws_says_how_to_build_with_it() {
    says(&refused(|s| s.store = Some("dynamodb".into())), &["--store", "does not contain", "--features aws"]);
    says(&refused(|s| s.files = Some("s3".into())), &["--files", "does not contain", "--features aws"]);
}

#[cfg(feature = "aws")]
#[test]
fn cloud_engines_need_a_table_or_bucket() {
    use jobline_server::config::{FilesKind, StoreKind};
    says(&refused(|s| s.store = Some("dynamodb".into())), &["--dynamodb-table", "JOBLINE_DYNAMODB_TABLE", "missing"]);
    says(&refused(|s| s.files = Some("s3".into())), &["--s3-bucket", "JOBLINE_S3_BUCKET", "missing"]);
    for name in ["ab", "a/b", "ä".repeat(3).as_str(), &"a".repeat(256)] {
        let line = refused(|s| (s.store, s.dynamodb_table) = (Some("dynamodb".into()), Some(name.into())));
        says(&line, &["--dynamodb-table", "3 to 255"]);
    }
    for name in ["jobline", "Jobline_2.test-1", "arn:aws:dynamodb:eu-west-1:123456789012:table/jobline"] {
        let config = accepted(|s| (s.store, s.dynamodb_table) = (Some("dynamodb".into()), Some(name.into())));
        assert_eq!(config.store, StoreKind::DynamoDb { table: name.into() });
        assert!(!config.can_be_a_demo());
    }
    let config = accepted(|s| (s.files, s.s3_bucket) = (Some("s3".into()), Some("jobline-files".into())));
    assert_eq!(config.files, FilesKind::S3 { bucket: "jobline-files".into() });
    says(
        &refused(|s| (s.files, s.s3_bucket) = (Some("s3".into()), Some("Jobline".into()))),
        &["--s3-bucket", "3 to 63"],
    );
}

#[test]
fn wrong_log_levels_and_data_folders_are_refused() {
    says(&refused(|s| s.log = Some("loud".into())), &["--log", "error, warn, info, debug or off"]);
    says(&refused(|s| s.data = Some(String::new())), &["--data", "folder"]);
    says(&refused(|s| s.data = Some("/etc/hostname".into())), &["--data", "folder"]);
}

#[test]
fn a_public_address_needs_keys_and_encryption() {
    let open = accepted(|s| s.listen = Some("0.0.0.0:8080".into()));
    let line = open.check_exposure().unwrap_err().to_string();
    says(&line, &["--jwt-secret", "JOBLINE_JWT_SECRET", "missing", "0.0.0.0:8080"]);
    let keyed = accepted(|s| {
        s.listen = Some("0.0.0.0:8080".into());
        s.jwt_secret = Some("x".repeat(32));
    });
    assert!(keyed.check_exposure().is_ok());
    says(&keyed.warning().unwrap(), &["proxy", "encrypt"]);
    assert!(accepted(|_| {}).warning().is_none());
}
