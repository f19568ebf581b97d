//! Which tokens are accepted and which are refused.

use super::*;
use keys::b64;
use proptest::prelude::*;

pub(super) fn hs256(claims: &Value) -> String {
    Signing::secret().token("any", claims)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

#[tokio::test]
async fn each_algorithm_is_accepted_with_its_own_key() {
    let clock = Manual::new();
    let signing = [Signing::rsa(), Signing::ec(), Signing::ed()];
    let jwks = set(["r", "c", "d"].iter().zip(&signing).map(|(kid, key)| key.jwk(kid)));
    let fetch = Scripted::new([Ok(jwks)]);
    let identity = by_url(&clock, &fetch).await;
    for (kid, key) in ["r", "c", "d"].iter().zip(&signing) {
        let token = key.token(kid, &claims("auth0|5f7c"));
        assert_eq!(user(&identity, &token).await.unwrap(), "auth0|5f7c", "{}", key.alg());
        assert_eq!(user(&identity, &token).await.unwrap(), "auth0|5f7c", "again, from the cache");
    }
    assert_eq!(identity.verified.len(), 3);
    assert_eq!(fetch.asked(), 1);
    let token = hs256(&claims("jane"));
    assert_eq!(user(&by_secret(&clock), &token).await.unwrap(), "jane");
    assert!(refused(&identity, &token).await.contains("not signed by a known key"));
}

#[tokio::test]
async fn a_secret_and_public_keys_work_together() {
    let (clock, key) = (Manual::new(), Signing::ed());
    let settings =
        IdentitySettings { jwt_secret: Some(SECRET.to_owned()), jwks_url: Some(URL.to_owned()), ..Default::default() };
    let identity = Identity::with_fetch(settings, clock, Scripted::new([Ok(set([key.jwk("k")]))])).unwrap();
    identity.load_keys().await;
    assert_eq!(user(&identity, &key.token("k", &claims("a"))).await.unwrap(), "a");
    assert_eq!(user(&identity, &hs256(&claims("b"))).await.unwrap(), "b");
}

#[tokio::test]
async fn the_header_must_be_one_bearer_token() {
    let identity = by_secret(&Manual::new());
    let token = hs256(&claims("jane"));
    let ask = async |values: &[String]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        identity.authenticate(&headers).await.map(|user| user.to_string()).map_err(|error| error.detail)
    };
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert_eq!(ask(&[format!("{scheme} {token}")]).await.unwrap(), "jane");
    }
    assert!(ask(&[]).await.unwrap_err().contains("Authorization: Bearer"));
    let good = format!("Bearer {token}");
    assert!(ask(&[good.clone(), good.clone()]).await.unwrap_err().contains("more than one"));
    assert!(ask(&["Basic eA==".to_owned(), good.clone()]).await.unwrap_err().contains("more than one"));
    for other in
        [token.as_str(), "Bearer", "Bearer ", "Bearer   ", "Basic eA==", "", &format!("Bearer\t{token}"), "Bearer ü"]
    {
        assert!(ask(&[other.to_owned()]).await.unwrap_err().contains("not of the form"), "{other}");
    }
    assert!(ask(&[format!("{good}, {good}")]).await.unwrap_err().contains("malformed"));
}

#[tokio::test]
async fn malformed_tokens_are_refused() {
    let identity = by_secret(&Manual::new());
    let good = hs256(&claims("jane"));
    let long = hs256(&json!({ "sub": "jane", "exp": NOW_S + 60, "more": "x".repeat(8_192) }));
    let (head, tail) = good.split_once('.').unwrap();
    for token in [
        "x",
        "x.y",
        "..",
        "...",
        head,
        tail,
        &format!("{good}."),
        &format!("{good}="),
        &format!("{good}.x"),
        &format!(".{good}"),
        &good.replace('.', " ."),
        &format!("{}.{tail}", b64("[]")),
        &format!("{}.{tail}", b64("{}")),
        &format!("{}.{tail}", b64(r#"{"alg":"HS256","alg":"HS256"}"#)),
        &format!("{}.{tail}", b64(r#"{"alg":null}"#)),
        &long,
    ] {
        let detail = refused(&identity, token).await;
        assert!(detail.contains("malformed") || detail.contains("known key"), "{token}: {detail}");
    }
    assert_eq!(identity.verified.len(), 0, "nothing that was refused is kept");
}

#[tokio::test]
async fn a_header_cannot_change_the_algorithm_of_a_key() {
    let clock = Manual::new();
    let (rsa, ec, ed) = (Signing::rsa(), Signing::ec(), Signing::ed());
    let jwks = set([rsa.jwk("r"), ec.jwk("c"), ed.jwk("d")]);
    let settings =
        IdentitySettings { jwt_secret: Some(SECRET.to_owned()), jwks_url: Some(URL.to_owned()), ..Default::default() };
    let identity = Identity::with_fetch(settings, clock, Scripted::new([Ok(jwks.clone())])).unwrap();
    identity.load_keys().await;
    let claims = claims("jane");
    for (alg, kid) in [("none", "r"), ("None", "r"), ("NONE", "c"), ("", "r"), ("HS512", "r"), ("PS256", "r")] {
        let header = json!({ "alg": alg, "kid": kid });
        let unsigned = format!("{}.{}.", b64(header.to_string()), b64(claims.to_string()));
        assert!(refused(&identity, &unsigned).await.contains("alg"), "{alg}");
        assert!(refused(&identity, &rsa.sign(&header, &claims)).await.contains("alg"), "{alg}");
    }
    // The well-known attack: the public key as the secret of HS256, in every encoding.
    let whole = jwks["keys"][0].to_string();
    for secret in [rsa.public(), ec.public(), ed.public(), whole.into_bytes(), Vec::new()] {
        for kid in ["r", "c", "d", "none"] {
            let token = Signing::Secret(secret.clone()).sign(&json!({ "alg": "HS256", "kid": kid }), &claims);
            assert!(refused(&identity, &token).await.contains("known key"));
        }
    }
    // Each signature with the kid of each other key, and with each other algorithm.
    for (key, own) in [(&rsa, "r"), (&ec, "c"), (&ed, "d")] {
        for kid in ["r", "c", "d"] {
            for alg in ["HS256", "RS256", "ES256", "EdDSA"] {
                if kid != own || alg != key.alg() {
                    let token = key.sign(&json!({ "alg": alg, "kid": kid }), &claims);
                    assert!(refused(&identity, &token).await.contains("known key"), "{own} as {kid} {alg}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_key_must_be_known() {
    let (clock, key) = (Manual::new(), Signing::ec());
    let identity = by_url(&clock, &Scripted::new([Ok(set([key.jwk("k")]))])).await;
    let claims = claims("jane");
    assert!(refused(&identity, &key.token("other", &claims)).await.contains("known key"));
    assert!(refused(&identity, &Signing::ec().token("k", &claims)).await.contains("known key"));
    // A key inside the token is ignored.
    let own = Signing::ec();
    let header = json!({ "alg": "ES256", "kid": "k", "jwk": own.jwk("k"), "jku": "https://evil.example" });
    assert!(refused(&identity, &own.sign(&header, &claims)).await.contains("known key"));
}

#[tokio::test]
async fn a_token_without_kid_is_tried_with_every_key() {
    let keys = [Signing::rsa(), Signing::ec(), Signing::ed()];
    let mut nameless = Signing::ec().jwk("x");
    nameless.as_object_mut().unwrap().remove("kid");
    let jwks = set(keys.iter().map(|key| key.jwk("k")).chain([nameless]));
    let identity = by_url(&Manual::new(), &Scripted::new([Ok(jwks)])).await;
    for key in &keys {
        let token = key.sign(&json!({ "alg": key.alg() }), &claims("jane"));
        assert_eq!(user(&identity, &token).await.unwrap(), "jane");
        for alg in ["RS256", "ES256", "EdDSA"].into_iter().filter(|alg| *alg != key.alg()) {
            assert!(refused(&identity, &key.sign(&json!({ "alg": alg }), &claims("jane"))).await.contains("known key"));
        }
    }
    assert!(
        refused(&identity, &Signing::ec().sign(&json!({ "alg": "ES256" }), &claims("jane"))).await.contains("known")
    );

    let own = Signing::ed();
    let mut jwk = own.jwk("x");
    jwk.as_object_mut().unwrap().remove("kid");
    let identity = by_url(&Manual::new(), &Scripted::new([Ok(set([jwk]))])).await;
    assert_eq!(user(&identity, &own.token("any", &claims("jane"))).await.unwrap(), "jane");
}

#[tokio::test]
async fn keys_for_other_uses_are_ignored() {
    let key = Signing::ec();
    let changes = [
        json!({ "use": "enc" }),
        json!({ "key_ops": ["sign"] }),
        json!({ "alg": "ES384" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "ECDH-ES" }),
        json!({ "crv": "P-384" }),
        json!({ "crv": "secp256k1" }),
        json!({ "kty": "RSA" }),
        json!({ "x": b64([1; 31]) }),
        json!({ "y": "?" }),
        json!({ "kid": 7 }),
    ];
    for change in changes {
        let mut jwk = key.jwk("k");
        jwk.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let identity = by_url(&Manual::new(), &Scripted::new([Ok(set([jwk]))])).await;
        assert!(refused(&identity, &key.token("k", &claims("jane"))).await.contains("known key"), "{change}");
    }
    let small = json!({ "kty": "RSA", "kid": "k", "n": b64([0x81; 128]), "e": "AQAB" });
    let octets = Signing::secret().jwk("k");
    let identity = by_url(&Manual::new(), &Scripted::new([Ok(set([small, octets, json!(7)]))])).await;
    assert!(refused(&identity, &Signing::rsa().token("k", &claims("jane"))).await.contains("known key"));
    assert!(refused(&identity, &hs256(&claims("jane"))).await.contains("known key"), "no secret from a JWKS");
}

#[tokio::test]
async fn a_critical_extension_is_refused() {
    let identity = by_secret(&Manual::new());
    for crit in [json!(["b64"]), json!(["exp"]), json!([]), json!(null), json!("x")] {
        let token = Signing::secret().sign(&json!({ "alg": "HS256", "crit": crit, "b64": false }), &claims("jane"));
        assert!(refused(&identity, &token).await.contains("crit"));
    }
}

#[tokio::test]
async fn a_token_that_is_too_long_is_told_the_limit() {
    let identity = by_secret(&Manual::new());
    let padded = |pad: usize| hs256(&json!({ "sub": "jane", "exp": NOW_S + 60, "pad": "x".repeat(pad) }));
    let spare = (0..9_000).rev().find(|pad| padded(*pad).len() <= 8_192).unwrap();
    assert_eq!(user(&identity, &padded(spare)).await.unwrap(), "jane");
    assert!(refused(&identity, &padded(spare + 1)).await.contains("8,192 bytes"));
}

#[test]
fn wrong_settings_are_named() {
    let wrong = |settings: IdentitySettings| Identity::new(settings, Manual::new()).err().unwrap();
    assert!(wrong(IdentitySettings::default()).contains("JOBLINE_JWT_SECRET"));
    let short = IdentitySettings { jwt_secret: Some("x".repeat(31)), ..Default::default() };
    assert!(wrong(short).contains("JOBLINE_JWT_SECRET) must be at least 32 bytes"));
    for url in [
        "http://host.example/jwks",
        "ftp://localhost/x",
        "file:///etc/passwd",
        "",
        "host.example",
        "http://127.0.0.1.evil.example/",
    ] {
        let error = wrong(IdentitySettings { jwks_url: Some(url.to_owned()), ..Default::default() });
        assert!(error.contains("JOBLINE_JWKS_URL"), "{url}: {error}");
    }
    for url in ["https://host.example/jwks", "http://localhost:9/x", "http://127.0.0.1:9/x", "http://[::1]:9/x"] {
        let settings = IdentitySettings { jwks_url: Some(url.to_owned()), ..Default::default() };
        assert!(Identity::new(settings, Manual::new()).is_ok(), "{url}");
    }
}

#[test]
fn only_the_host_key_is_accepted() {
    let key = "0123456789abcdef0123456789abcdef";
    assert!(HostKey::new(&key[1..]).is_err_and(|error| error.contains("JOBLINE_HOST_KEY")));
    let host = HostKey::new(key).unwrap();
    assert!(host.matches(key.as_bytes()));
    assert!(host.authenticate(&bearer(key)).is_ok());
    for other in ["", "0", &key[1..], &format!("{key}0"), &key.to_uppercase()] {
        assert!(!host.matches(other.as_bytes()));
        assert_eq!(host.authenticate(&bearer(other)).unwrap_err().code, Code::Unauthenticated);
    }
    assert_eq!(host.authenticate(&HeaderMap::new()).unwrap_err().code, Code::Unauthenticated);
}

#[test]
fn the_cache_of_verified_tokens_is_bounded() {
    let identity = by_secret(&Manual::new());
    runtime().block_on(async {
        for number in 0..20_000 {
            let token = hs256(&json!({ "sub": format!("user{number}"), "exp": NOW_S + 60, "pad": "x".repeat(1_500) }));
            assert!(identity.authenticate(token.as_str()).await.is_ok());
        }
    });
    assert!(identity.verified.weight() <= 16 << 20, "{}", identity.verified.weight());
    assert!(identity.verified.len() > 1_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_mutated_token_is_refused(position in any::<prop::sample::Index>(), byte in any::<u8>(), kind in 0..4_usize) {
        thread_local! {
            static STAGE: (Identity, Vec<String>) = {
                let keys = [Signing::rsa(), Signing::ec(), Signing::ed()];
                let jwks = set(["0", "1", "2"].iter().zip(&keys).map(|(kid, key)| key.jwk(kid)));
                let settings = IdentitySettings {
                    jwt_secret: Some(SECRET.to_owned()), jwks_url: Some(URL.to_owned()), ..Default::default()
                };
                let identity = Identity::with_fetch(settings, Manual::new(), Scripted::new([Ok(jwks)])).unwrap();
                runtime().block_on(identity.load_keys());
                let mut tokens: Vec<String> =
                    keys.iter().enumerate().map(|(kid, key)| key.token(&kid.to_string(), &claims("jane"))).collect();
                tokens.push(hs256(&claims("jane")));
                (identity, tokens)
            };
        }
        STAGE.with(|(identity, tokens)| {
            let mut mutated = tokens[kind].clone().into_bytes();
            let position = position.index(mutated.len());
            mutated[position] = byte;
            let Ok(token) = String::from_utf8(mutated) else { return Ok(()) };
            // A changed header would be accepted if the signature still verified, but none does.
            match runtime().block_on(identity.authenticate(token.as_str())) {
                Ok(user) => prop_assert!(token == tokens[kind] && user.as_str() == "jane", "{token}"),
                Err(error) => prop_assert_eq!(error.code, Code::Unauthenticated),
            }
            Ok(())
        })?;
    }

    #[test]
    fn garbage_never_panics(token in ".{0,200}") {
        let identity = by_secret(&Manual::new());
        let refused = runtime().block_on(identity.authenticate(token.as_str())).is_err();
        prop_assert!(refused);
    }
}
