//! Faults of DynamoDB: under each one the engine answers as the port promises, loses nothing, and works again afterwards.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as ProvidedCredentials;
use jobline_store::{Commit, Condition, Consistency, Error, Key, Outcome, Store, Token};
use jobline_store_dynamodb::testing::sdk::config::{Credentials, ProvideCredentials};
use jobline_store_dynamodb::testing::{Emulator, FaultRates, Proxy, Refusal};
use jobline_store_dynamodb::{DynamoDbStore, Options};
use std::time::Duration;

/// A store behind a proxy, with a short deadline.
struct Stage {
    _emulator: Emulator,
    proxy: Proxy,
    store: DynamoDbStore,
}

impl Stage {
    async fn new() -> Self {
        let emulator = Emulator::start().await;
        emulator.store("rows", Options::default()).await;
        let proxy = Proxy::start(emulator.address(), 1, FaultRates::default()).await;
        let store = DynamoDbStore::new(proxy.config(), "rows", options());
        Self { _emulator: emulator, proxy, store }
    }

    /// Sets the rates of faults for the next calls.
    fn fail(&self, rates: FaultRates) {
        self.proxy.set_rates(rates);
    }

    async fn value(&self, sort: &str) -> Option<String> {
        let row = self.store.get(&key(sort), Consistency::Strong).await.unwrap();
        row.map(|row| String::from_utf8(row.value.to_vec()).unwrap())
    }
}

fn options() -> Options {
    Options { deadline: Duration::from_millis(40), pause: Duration::from_millis(1), ..Options::default() }
}

fn key(sort: &str) -> Key {
    Key::new("P", sort)
}

/// A commit that puts each of `sorts`, which are absent.
fn put(token: u128, sorts: &[&str], value: &str) -> Commit {
    let builder = Commit::builder(Token(token));
    let all = sorts.iter().fold(builder, |b, sort| b.put(key(sort), Condition::Absent, value.to_owned(), None));
    all.build().unwrap()
}

fn always(change: impl FnOnce(&mut FaultRates)) -> FaultRates {
    let mut rates = FaultRates::default();
    change(&mut rates);
    rates
}

#[tokio::test]
async fn a_commit_throttled_beyond_its_deadline_is_unavailable_and_has_no_effect() {
    let stage = Stage::new().await;
    for (token, sorts) in [(1, &["A"][..]), (2, &["B", "C"])] {
        stage.fail(always(|rates| rates.throttled = 1.0));
        let refused = stage.store.commit(&put(token, sorts, "x")).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        let read = stage.store.get(&key(sorts[0]), Consistency::Strong).await;
        assert!(matches!(read, Err(Error::Unavailable(_))), "{read:?}");
        stage.fail(FaultRates::default());
        assert_eq!(stage.value(sorts[0]).await, None);
        assert_eq!(stage.store.commit(&put(token, sorts, "x")).await.unwrap(), Outcome::Committed);
    }
}

#[tokio::test]
async fn a_transaction_cancelled_by_throttling_is_unavailable() {
    let stage = Stage::new().await;
    stage.fail(always(|rates| rates.cancelled = 1.0));
    let refused = stage.store.commit(&put(1, &["A", "B"], "x")).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    stage.fail(FaultRates::default());
    assert_eq!(stage.value("A").await, None);
}

#[tokio::test]
async fn a_commit_whose_answers_are_lost_is_unknown_and_takes_effect_once() {
    let lost: [fn(&mut FaultRates); 2] = [|rates| rates.failed_done = 1.0, |rates| rates.cut_done = 1.0];
    for (number, rates) in lost.into_iter().enumerate() {
        for sorts in [&["A"][..], &["B", "C"]] {
            let stage = Stage::new().await;
            stage.fail(always(rates));
            let commit = put(number as u128 + 1, sorts, "once");
            let answer = stage.store.commit(&commit).await;
            assert!(matches!(answer, Err(Error::Unknown(_))), "{sorts:?}: {answer:?}");
            stage.fail(FaultRates::default());
            // Another commit follows the written one before the repetition.
            let later =
                Commit::builder(Token(99)).put(key(sorts[0]), Condition::Version(commit.version()), "later", None);
            assert_eq!(stage.store.commit(&later.build().unwrap()).await.unwrap(), Outcome::Committed);
            assert_eq!(stage.store.commit(&commit).await.unwrap(), Outcome::Committed, "{sorts:?}");
            assert_eq!(stage.value(sorts[0]).await.as_deref(), Some("later"), "{sorts:?}");
        }
    }
}

#[tokio::test]
async fn a_repetition_that_meets_another_transaction_is_not_a_conflict() {
    let stage = Stage::new().await;
    let commit = put(1, &["A", "B"], "mine");
    stage.fail(always(|rates| rates.failed_done = 1.0));
    assert!(matches!(stage.store.commit(&commit).await, Err(Error::Unknown(_))));
    stage.fail(always(|rates| rates.conflict = 1.0));
    let answer = stage.store.commit(&commit).await;
    assert!(matches!(answer, Err(Error::Unknown(_))), "it had happened: {answer:?}");
    stage.fail(FaultRates::default());
    assert_eq!(stage.store.commit(&commit).await.unwrap(), Outcome::Committed);
}

#[tokio::test]
async fn rows_held_by_another_transaction_are_a_conflict_that_names_them() {
    let stage = Stage::new().await;
    stage.fail(always(|rates| rates.conflict = 1.0));
    for (token, sorts) in [(1, &["A"][..]), (2, &["B", "C", "D"])] {
        let Outcome::Conflict(keys) = stage.store.commit(&put(token, sorts, "x")).await.unwrap() else {
            panic!("it was committed")
        };
        assert!(!keys.is_empty() && keys.iter().all(|key| sorts.contains(&key.sort.as_str())), "{keys:?}");
    }
    stage.fail(FaultRates::default());
    assert_eq!((stage.value("A").await, stage.value("B").await), (None, None));
}

#[tokio::test]
async fn a_failed_condition_is_a_conflict_through_all_faults() {
    let stage = Stage::new().await;
    let taken = put(1, &["A"], "taken");
    assert_eq!(stage.store.commit(&taken).await.unwrap(), Outcome::Committed);
    stage.fail(FaultRates::all(0.1));
    for token in 10..40 {
        // Repeated until the outcome is known, as any caller does.
        let outcome = loop {
            match stage.store.commit(&put(token, &["A"], "late")).await {
                Ok(outcome) => break outcome,
                Err(Error::Unavailable(_) | Error::Unknown(_)) => {}
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(outcome, Outcome::Conflict(vec![key("A")]));
    }
    stage.fail(FaultRates::default());
    assert_eq!(stage.value("A").await.as_deref(), Some("taken"));
}

#[tokio::test]
async fn an_unreachable_table_is_unavailable_and_recovers_by_itself() {
    let stage = Stage::new().await;
    assert_eq!(stage.store.commit(&put(1, &["A"], "x")).await.unwrap(), Outcome::Committed);
    stage.proxy.set_down(true);
    let read = stage.store.get(&key("A"), Consistency::Eventual).await;
    assert!(matches!(read, Err(Error::Unavailable(_))), "{read:?}");
    stage.proxy.set_down(false);
    assert_eq!(stage.value("A").await.as_deref(), Some("x"));
}

#[tokio::test]
async fn a_commit_that_could_not_connect_did_not_happen() {
    let emulator = Emulator::start().await;
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = emulator.config().endpoint_url(format!("http://{closed}"));
    let store = DynamoDbStore::new(config, "rows", options());
    let answer = store.commit(&put(1, &["A", "B"], "x")).await;
    assert!(matches!(&answer, Err(Error::Unavailable(said)) if said.contains("TransactWriteItems")), "{answer:?}");
}

#[tokio::test]
async fn a_missing_table_is_an_error_that_says_what_to_do() {
    let emulator = Emulator::start().await;
    let store = DynamoDbStore::new(emulator.config(), "rows", options());
    for said in [
        store.get(&key("A"), Consistency::Strong).await.unwrap_err().to_string(),
        store.commit(&put(1, &["A"], "x")).await.unwrap_err().to_string(),
    ] {
        assert!(said.contains("ResourceNotFoundException") && said.contains("jobline table create"), "{said}");
        assert!(!said.contains('\n') && said.len() < 300, "one line for a log: {said}");
    }
}

/// A provider of credentials that has none, as on a machine without a role.
#[derive(Debug)]
struct Nobody;

impl ProvideCredentials for Nobody {
    fn provide_credentials<'a>(&'a self) -> ProvidedCredentials<'a>
    where
        Self: 'a,
    {
        ProvidedCredentials::ready(Err(CredentialsError::not_loaded("no role, no profile")))
    }
}

#[tokio::test]
async fn without_credentials_the_error_says_so_and_nothing_happened() {
    let emulator = Emulator::start().await;
    emulator.store("rows", Options::default()).await;
    // Expired credentials, from a provider that has no others.
    let expired = Credentials::new("a", "b", None, Some(std::time::UNIX_EPOCH), "tests");
    let config = emulator.config().credentials_provider(expired);
    let asked = DynamoDbStore::new(config, "rows", options()).get(&key("A"), Consistency::Strong).await;
    assert!(asked.is_ok(), "only the service decides whether credentials are valid: {asked:?}");
    let store = DynamoDbStore::new(emulator.config().credentials_provider(Nobody), "rows", options());
    for sorts in [&["A"][..], &["B", "C"]] {
        let answer = store.commit(&put(1, sorts, "x")).await;
        assert!(matches!(&answer, Err(Error::Unavailable(said)) if said.contains("no role, no profile")), "{answer:?}");
    }
}

#[tokio::test]
async fn a_refused_caller_gets_the_reason_and_nothing_happened() {
    let stage = Stage::new().await;
    let refusals = [
        (Refusal::ExpiredToken, "ExpiredTokenException The security token included in the request is expired"),
        (Refusal::UnrecognizedClient, "UnrecognizedClientException The security token included"),
        (Refusal::AccessDenied, "AccessDeniedException User: arn:aws:sts::111122223333:assumed-role/jobline/function"),
    ];
    for (number, (refusal, said)) in refusals.into_iter().enumerate() {
        for (token, sorts) in [(10, &["A"][..]), (20, &["B", "C"])] {
            let sorts: Vec<String> = sorts.iter().map(|sort| format!("{sort}{number}")).collect();
            let sorts: Vec<&str> = sorts.iter().map(String::as_str).collect();
            let commit = put(token + number as u128, &sorts, "x");
            stage.proxy.set_refusal(Some(refusal));
            let begun = std::time::Instant::now();
            for error in [
                stage.store.commit(&commit).await.unwrap_err(),
                stage.store.get(&key(sorts[0]), Consistency::Eventual).await.unwrap_err(),
                stage.store.get_many(&[key("X"), key("Y")], Consistency::Eventual).await.unwrap_err(),
            ] {
                let Error::Unavailable(text) = &error else { panic!("certainly not done: {error:?}") };
                assert!(text.contains(said) && text.contains("; the "), "{text}");
            }
            assert!(begun.elapsed() < Options::default().deadline, "another try would be refused as well");
            stage.proxy.set_refusal(None);
            assert_eq!(stage.value(sorts[0]).await, None, "{refusal:?}");
            assert_eq!(stage.store.commit(&commit).await.unwrap(), Outcome::Committed);
        }
    }
}

#[tokio::test]
async fn a_table_is_created_although_its_backups_take_longer_than_a_request() {
    let stage = Stage::new().await;
    stage.proxy.set_reach(|operation| operation == "UpdateContinuousBackups");
    stage.proxy.set_refusal(Some(Refusal::BackupsUnavailable));
    let store = DynamoDbStore::new(stage.proxy.config(), "others", options());
    let made = tokio::spawn(async move { store.create_table().await });
    let begun = std::time::Instant::now();
    while stage.proxy.injected().get("refused").is_none_or(|times| *times < 2) {
        assert!(!made.is_finished() && begun.elapsed() < Duration::from_secs(30), "it asks again");
        tokio::task::yield_now().await;
    }
    stage.proxy.set_refusal(None);
    assert_eq!(made.await.unwrap(), Ok(true));
}
