use crate::folder::Folder;
use crate::place::{Place, assert_same};
use jobline_tools::transfer::{Summary, export, import, unfinished_import};

#[tokio::test]
async fn an_import_restores_everything() {
    let (folder, from, to) = (Folder::new(), Place::with_job_and_users().await, Place::empty());
    let path = folder.path("all");
    let out = export(from.engines(), &path).await.unwrap();
    assert_eq!(out, Summary { rows: 42, files: 5, bytes: 1 + 3 * 192 * 1024 + 500_000 });
    assert_eq!(folder.names(), ["all"], "no partial file is left");
    assert_eq!(import(to.engines(), &path).await.unwrap(), out);
    assert_same(&from, &to).await;
    assert!(!unfinished_import(&to).await.unwrap());
}

#[tokio::test]
async fn an_empty_store_can_be_copied() {
    let (folder, to) = (Folder::new(), Place::empty());
    let out = export(Place::empty().engines(), &folder.path("all")).await.unwrap();
    assert_eq!(out, Summary::default());
    import(to.engines(), &folder.path("all")).await.unwrap();
    assert!(to.rows().await.is_empty());
}

#[tokio::test]
#[cfg(unix)]
async fn only_the_owner_can_read_an_export() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    export(Place::with_job_and_users().await.engines(), &folder.path("all")).await.unwrap();
    let mode = std::fs::metadata(folder.path("all")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
