//! Claims of a token: when it is valid, for whom, and from which issuer.

use super::refusals::hs256;
use super::*;

#[tokio::test]
async fn a_token_is_valid_from_nbf_to_exp_with_a_minute_of_leeway() {
    let clock = Manual::new();
    let identity = by_secret(&clock);
    let token = |exp: Value, nbf: Value| hs256(&json!({ "sub": "jane", "exp": exp, "nbf": nbf }));
    let now = NOW_S;
    for (exp, nbf) in [(now + 1, 0), (now - 59, 0), (now + 9, now + 60), (now + 9, now - 9)] {
        assert_eq!(user(&identity, &token(json!(exp), json!(nbf))).await.unwrap(), "jane", "{exp} {nbf}");
    }
    assert!(refused(&identity, &token(json!(now - 60), json!(null))).await.contains("expired"));
    assert!(refused(&identity, &token(json!(0), json!(null))).await.contains("expired"));
    assert!(refused(&identity, &token(json!(-1), json!(null))).await.contains("expired"));
    assert!(refused(&identity, &token(json!(now + 99), json!(now + 61))).await.contains("not valid yet"));
    assert!(refused(&identity, &token(json!(null), json!(null))).await.contains("no exp"));
    assert!(refused(&identity, &hs256(&json!({ "sub": "jane" }))).await.contains("no exp"));
    for exp in [json!("1"), json!([]), json!(true), json!((now + 9).to_string())] {
        assert!(refused(&identity, &token(exp, json!(null))).await.contains("claims are malformed"));
    }
    assert_eq!(user(&identity, &token(json!(now as f64 - 59.5), json!(null))).await.unwrap(), "jane");
    assert_eq!(user(&identity, &token(json!(99_999_999_999_u64), json!(0))).await.unwrap(), "jane", "far, but seconds");
    for (exp, nbf) in [(now * 1_000, 0), (now + 9, now * 1_000), (100_000_000_000, 0)] {
        assert!(refused(&identity, &token(json!(exp), json!(nbf))).await.contains("milliseconds"), "{exp} {nbf}");
    }
    assert!(refused(&identity, &token(json!(1e300), json!(null))).await.contains("milliseconds"));
}

#[tokio::test]
async fn a_cached_token_still_expires() {
    let clock = Manual::new();
    let identity = by_secret(&clock);
    let token = hs256(&json!({ "sub": "jane", "exp": NOW_S + 10 }));
    assert!(user(&identity, &token).await.is_ok());
    clock.pass(69);
    assert!(user(&identity, &token).await.is_ok());
    assert_eq!(identity.verified.len(), 1);
    clock.pass(1);
    assert!(refused(&identity, &token).await.contains("expired"));
}

#[tokio::test]
async fn a_number_as_subject_is_taken_as_its_digits() {
    let identity = by_secret(&Manual::new());
    let token = |sub: &str| {
        let claims = format!(r#"{{"sub":{sub},"exp":{}}}"#, NOW_S + 60);
        Signing::secret().sign_text(r#"{"alg":"HS256"}"#, &claims)
    };
    for sub in ["0", "42", "9007199254740993", "18446744073709551615"] {
        assert_eq!(user(&identity, &token(sub)).await.unwrap(), sub);
    }
    for sub in ["-1", "1.5", "4e2", "18446744073709551616", "true", "[1]", "{}"] {
        assert!(refused(&identity, &token(sub)).await.contains("sub"), "{sub}");
    }
}

#[tokio::test]
async fn claims_are_an_object() {
    let identity = by_secret(&Manual::new());
    let claims = format!(r#"["jane",{}]"#, NOW_S + 60);
    let token = Signing::secret().sign_text(r#"{"alg":"HS256"}"#, &claims);
    assert!(refused(&identity, &token).await.contains("JSON object"));
    let token = Signing::secret().sign(&json!(["HS256"]), &json!({ "sub": "jane", "exp": NOW_S + 60 }));
    assert!(refused(&identity, &token).await.contains("malformed"));
}

#[tokio::test]
async fn the_subject_must_be_a_user_id() {
    let identity = by_secret(&Manual::new());
    let token = |sub: Value| hs256(&json!({ "sub": sub, "exp": NOW_S + 60 }));
    for sub in [json!("a"), json!("x".repeat(128)), json!("a.b_c|d@e:f+g=h~i-j")] {
        assert_eq!(user(&identity, &token(sub.clone())).await.unwrap(), sub);
    }
    for sub in [json!(""), json!("x".repeat(129)), json!("a b"), json!("a/b"), json!("ü"), json!("a\0"), json!("a#b")]
    {
        assert!(refused(&identity, &token(sub)).await.contains("sub"));
    }
    assert!(refused(&identity, &token(json!(null))).await.contains("sub"));
    assert_eq!(user(&identity, &token(json!(7))).await.unwrap(), "7");
    let twice = format!(r#"{{"sub":"a","sub":"b","exp":{}}}"#, NOW_S + 60);
    assert!(refused(&identity, &Signing::secret().sign_text(r#"{"alg":"HS256"}"#, &twice)).await.contains("claims"));
}

#[tokio::test]
async fn issuer_and_audience_are_checked_when_configured() {
    let clock = Manual::new();
    let settings = IdentitySettings {
        jwt_secret: Some(SECRET.to_owned()),
        issuer: Some("https://host.example".to_owned()),
        audience: Some("jobline".to_owned()),
        ..Default::default()
    };
    let strict = Identity::new(settings, Arc::clone(&clock) as _).unwrap();
    let token = |iss: Value, aud: Value| hs256(&json!({ "sub": "jane", "exp": NOW_S + 60, "iss": iss, "aud": aud }));
    let iss = json!("https://host.example");
    for aud in [json!("jobline"), json!(["x", "jobline"])] {
        let token = token(iss.clone(), aud);
        assert!(user(&strict, &token).await.is_ok());
        assert!(user(&by_secret(&clock), &token).await.is_ok(), "not checked when not configured");
    }
    for aud in [json!("x"), json!([]), json!(["x"]), json!(null), json!("jobline ")] {
        assert!(refused(&strict, &token(iss.clone(), aud)).await.contains("aud"));
    }
    for iss in [json!("https://host.example/"), json!("x"), json!(null), json!("")] {
        assert!(refused(&strict, &token(iss, json!("jobline"))).await.contains("iss"));
    }
    let minted = strict.mint(&UserId::new("jane").unwrap(), Duration::from_secs(9)).unwrap();
    assert_eq!(user(&strict, &minted.token).await.unwrap(), "jane", "what it mints it accepts");
}

#[tokio::test]
async fn minted_tokens_are_valid_for_the_requested_time() {
    let clock = Manual::new();
    let identity = by_secret(&clock);
    let minted = identity.mint(&UserId::new("a_b~c").unwrap(), Duration::from_secs(3_600)).unwrap();
    assert_eq!(minted.expires_ms, (NOW_S + 3_600) * 1_000);
    assert_eq!(user(&identity, &minted.token).await.unwrap(), "a_b~c");
    clock.pass(3_660);
    assert!(refused(&identity, &minted.token).await.contains("expired"));

    let fetch = Scripted::new([Ok(set([]))]);
    let error = by_url(&clock, &fetch).await.mint(&UserId::new("a").unwrap(), Duration::from_secs(1)).err().unwrap();
    assert!(error.detail.contains("JOBLINE_JWT_SECRET"), "{error}");
}
