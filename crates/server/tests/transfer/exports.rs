//! Exports: interrupted, and refused.

use crate::folder::{Folder, telling_lengths};
use crate::place::{Place, assert_same};
use jobline_store::{Commit, Condition, Key, Store};
use jobline_tools::transfer::{export, import};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn an_export_continues_after_a_kill_at_any_byte() {
    let (folder, from) = (Folder::new(), Place::small().await);
    export(from.engines(), &folder.path("whole")).await.unwrap();
    let whole = std::fs::read(folder.path("whole")).unwrap();
    for length in telling_lengths(&whole) {
        std::fs::write(folder.path("again.partial"), &whole[..length]).unwrap();
        export(from.engines(), &folder.path("again")).await.unwrap_or_else(|error| panic!("at {length}: {error}"));
        assert!(std::fs::read(folder.path("again")).unwrap() == whole, "killed at {length}");
        std::fs::remove_file(folder.path("again")).unwrap();
    }
}

#[tokio::test]
async fn a_partial_file_of_another_state_is_refused() {
    let (folder, from) = (Folder::new(), Place::with_job_and_users().await);
    export(from.engines(), &folder.path("whole")).await.unwrap();
    let whole = std::fs::read(folder.path("whole")).unwrap();
    let refused = async |place: &Place, length: usize| {
        std::fs::write(folder.path("again.partial"), &whole[..length]).unwrap();
        export(place.engines(), &folder.path("again")).await.unwrap_err().to_string()
    };
    let other = Place::empty();
    other.put("CONVERSATION#0", "MESSAGE#0000", "{}").await;
    assert!(refused(&other, 1_000).await.contains("has changed"), "another store");
    from.put("z", "written meanwhile", "{}").await;
    assert!(refused(&from, whole.len()).await.contains("has changed"), "a row behind the last");
    from.put("CONVERSATION#0", "MESSAGE#0000", "{\"edited\":true}").await;
    assert!(refused(&from, 1_000).await.contains("has changed"), "a row that differs");
    std::fs::write(folder.path("again.partial"), "my shopping list\n").unwrap();
    let error = export(from.engines(), &folder.path("again")).await.unwrap_err().to_string();
    assert!(error.contains("not an unfinished export"), "{error}");
    assert_eq!(std::fs::read(folder.path("again.partial")).unwrap(), b"my shopping list\n", "it is left alone");
}

#[tokio::test]
async fn rows_that_expire_during_an_interruption_are_accepted() {
    let (folder, from) = (Folder::new(), Place::with_job_and_users().await);
    export(from.engines(), &folder.path("all")).await.unwrap();
    std::fs::rename(folder.path("all"), folder.path("all.partial")).unwrap();
    let gone = Commit::builder(from.token()).delete(Key::new("p", "mortal"), Condition::Any).build().unwrap();
    let _ = from.store.commit(&gone).await.unwrap();
    assert!(export(from.engines(), &folder.path("all")).await.is_err(), "it had time left to live");
    from.now_ms.store(2_000_000, Ordering::SeqCst);
    assert_eq!(export(from.engines(), &folder.path("all")).await.unwrap().rows, 42);
}

#[tokio::test]
async fn a_file_that_is_deleted_during_an_export_is_left_out() {
    let (folder, from, to) = (Folder::new(), Place::with_job_and_users().await, Place::empty());
    export(from.engines(), &folder.path("all")).await.unwrap();
    let whole = std::fs::read(folder.path("all")).unwrap();
    let text = String::from_utf8_lossy(&whole);
    let in_the_last_file = text.rfind("{\"chunk\"").unwrap();
    std::fs::write(folder.path("again.partial"), &whole[..in_the_last_file]).unwrap();
    from.files.lock().unwrap().remove("file_4");
    assert_eq!(export(from.engines(), &folder.path("again")).await.unwrap().files, 4);
    import(to.engines(), &folder.path("again")).await.unwrap();
    assert_same(&from, &to).await;
}

#[tokio::test]
async fn an_export_does_not_overwrite_files() {
    let (folder, from) = (Folder::new(), Place::with_job_and_users().await);
    std::fs::write(folder.path("all"), "precious").unwrap();
    let error = export(from.engines(), &folder.path("all")).await.unwrap_err().to_string();
    assert!(error.ends_with("exists already: choose another file"), "{error}");
    assert_eq!(std::fs::read(folder.path("all")).unwrap(), b"precious");

    std::fs::write(folder.path("day.1.partial"), "").unwrap();
    export(from.engines(), &folder.path("day.2")).await.unwrap();
    assert_eq!(std::fs::read(folder.path("day.1.partial")).unwrap(), b"", "the partial file of another export");

    let busy = std::fs::File::create(folder.path("busy.partial")).unwrap();
    busy.lock().unwrap();
    let error = export(from.engines(), &folder.path("busy")).await.unwrap_err().to_string();
    assert!(error.contains("another process"), "{error}");
}
