//! Imports: interrupted, repeated, as a dry run, and refused.

use crate::folder::Folder;
use crate::place::{Place, assert_same};
use jobline_tools::transfer::{Pace, Plan, dry_run, export, import, unfinished_import};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn an_import_continues_after_a_kill_anywhere() {
    let (folder, from) = (Folder::new(), Place::with_job_and_users().await);
    for i in 0..2_000 {
        from.put("CONVERSATION#many", &format!("MESSAGE#{i:05}"), "{}").await;
    }
    let path = folder.path("all");
    export(from.engines(), &path).await.unwrap();
    for budget in 0.. {
        let to = Place::empty();
        to.writes_left.store(budget, Ordering::SeqCst);
        if import(to.engines(), &path).await.is_ok() {
            assert!(budget > 25, "the import was cut into {budget} pieces");
            break;
        }
        to.writes_left.store(i64::MAX, Ordering::SeqCst);
        if budget > 0 {
            assert!(unfinished_import(&to).await.unwrap(), "after {budget} writes");
            let error = export(to.engines(), &folder.path("of half a store")).await.unwrap_err().to_string();
            assert!(error.contains("unfinished import"), "{error}");
        }
        import(to.engines(), &path).await.unwrap();
        assert_same(&from, &to).await;
    }
}

#[tokio::test]
async fn a_repeated_import_writes_only_the_rest() {
    let (folder, from, to) = (Folder::new(), Place::with_job_and_users().await, Place::empty());
    for i in 0..2_000 {
        from.put("CONVERSATION#many", &format!("MESSAGE#{i:05}"), "{}").await;
    }
    export(from.engines(), &folder.path("all")).await.unwrap();
    to.writes_left.store(25, Ordering::SeqCst);
    assert!(import(to.engines(), &folder.path("all")).await.is_err());
    let whole = Place::empty();
    import(whole.engines(), &folder.path("all")).await.unwrap();
    let all = i64::MAX - whole.writes_left.load(Ordering::SeqCst);
    to.writes_left.store(i64::MAX, Ordering::SeqCst);
    import(to.engines(), &folder.path("all")).await.unwrap();
    let rest = i64::MAX - to.writes_left.load(Ordering::SeqCst);
    assert!(rest <= all - 16, "{rest} of {all}");
}

#[tokio::test]
async fn an_import_into_a_store_with_other_data_is_refused() {
    let (folder, from, to) = (Folder::new(), Place::with_job_and_users().await, Place::empty());
    export(from.engines(), &folder.path("one")).await.unwrap();
    from.put("z", "more", "{}").await;
    export(from.engines(), &folder.path("other")).await.unwrap();

    to.put("USER#theirs", "HEAD", "{}").await;
    let before = to.rows().await;
    let error = import(to.engines(), &folder.path("one")).await.unwrap_err().to_string();
    assert!(error.contains("holds other data already"), "{error}");
    assert_eq!(to.rows().await, before);

    let to = Place::empty();
    to.put("SYSTEM", "SECRETS", "{}").await;
    import(to.engines(), &folder.path("one")).await.unwrap();

    let to = Place::empty();
    to.writes_left.store(2, Ordering::SeqCst);
    assert!(import(to.engines(), &folder.path("one")).await.is_err());
    to.writes_left.store(i64::MAX, Ordering::SeqCst);
    let error = import(to.engines(), &folder.path("other")).await.unwrap_err().to_string();
    assert!(error.contains("another file"), "{error}");

    import(to.engines(), &folder.path("one")).await.unwrap();
    let rows = to.rows().await;
    assert_eq!(import(to.engines(), &folder.path("one")).await.unwrap().rows, 42, "all of it is there already");
    to.files.lock().unwrap().remove("file_2");
    assert!(import(to.engines(), &folder.path("one")).await.is_err(), "all but one file");
    assert_eq!(to.rows().await, rows);
}

#[tokio::test]
async fn a_dry_run_says_what_an_import_would_do_and_writes_nothing() {
    let (folder, from, to) = (Folder::new(), Place::with_job_and_users().await, Place::empty());
    let path = folder.path("all");
    let summary = export(from.engines(), &path).await.unwrap();
    let rehearsal = dry_run(to.engines(), &path).await.unwrap();
    assert_eq!((rehearsal.summary, rehearsal.plan), (summary, Plan::Everything));
    assert!(to.rows().await.is_empty() && to.files.lock().unwrap().is_empty());

    to.writes_left.store(2, Ordering::SeqCst);
    assert!(import(to.engines(), &path).await.is_err());
    let total = std::fs::metadata(&path).unwrap().len();
    let Plan::Rest(_, of) = dry_run(to.engines(), &path).await.unwrap().plan else { panic!("it was interrupted") };
    assert_eq!(of, total);
    to.writes_left.store(i64::MAX, Ordering::SeqCst);
    import(to.engines(), &path).await.unwrap();
    let left = to.writes_left.load(Ordering::SeqCst);
    let rehearsal = dry_run(to.engines(), &path).await.unwrap();
    assert_eq!(rehearsal.plan, Plan::Nothing);
    assert!(rehearsal.to_string().contains("would write nothing"), "{rehearsal}");

    to.put("USER#theirs", "HEAD", "{}").await;
    std::fs::write(folder.path("cut"), "{}").unwrap();
    assert!(dry_run(to.engines(), &folder.path("cut")).await.is_err(), "what an import refuses");
    assert_eq!(to.writes_left.load(Ordering::SeqCst), left, "only reads");
}

#[tokio::test]
async fn rows_can_be_written_one_by_one() {
    let (folder, from, to) = (Folder::new(), Place::with_job_and_users().await, Place::empty());
    export(from.engines(), &folder.path("all")).await.unwrap();
    let engines = jobline_tools::transfer::Engines { pace: Pace::SINGLES, ..to.engines() };
    import(engines, &folder.path("all")).await.unwrap();
    assert_same(&from, &to).await;
    let commits = i64::MAX - to.writes_left.load(Ordering::SeqCst);
    assert!(commits >= 42 + 5, "{commits} writes for 42 rows and 5 files");
}
