//! What happens to a file after its upload: kept in time, or swept.

use super::*;
use jobline_chat::Keep;

#[tokio::test]
async fn uploads_not_kept_in_time_are_deleted() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    assert_eq!(stage.files.drop_uploads(NOW_MS).await.unwrap(), 0, "not yet");
    let arrived = stage.files.arrived(ID, 9).await.unwrap().unwrap();
    assert_eq!(stage.files.drop_uploads(NOW_MS + 1).await.unwrap(), 1);
    assert!(stage.kept().await.is_empty());
    let late = stage.files.keep(&arrived, keep("file_1_x", None)).await.unwrap();
    assert_eq!(late, None, "a send that looked at it before keeps nothing");
}

fn keep<'a>(name: &'a str, bytes: Option<&[u8]>) -> Keep<'a> {
    Keep { id: ID, name, content_type: "image/png", bytes: bytes.map(<[u8]>::to_vec) }
}

#[tokio::test]
async fn what_is_kept_stays() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    let arrived = stage.files.arrived(ID, 9).await.unwrap().unwrap();
    let name = format!("{ID}-0123456789");
    for _ in 0..2 {
        assert_eq!(stage.files.keep(&arrived, keep(&name, None)).await.unwrap().as_deref(), Some(ID));
    }
    assert_eq!(stage.files.drop_uploads(u64::MAX).await.unwrap(), 0);
    assert_eq!(stage.kept().await, [(ID.to_owned(), 5)]);
    let (status, ..) =
        problem(stage.send(upload(&stage.grant(ID, 5, "image/png").await, Body::from("other"))).await).await;
    assert_eq!(status, 409, "its URL takes nothing more");
}

#[tokio::test]
async fn other_bytes_can_be_kept_in_the_place_of_what_arrived() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    let arrived = stage.files.arrived(ID, 9).await.unwrap().unwrap();
    let name = format!("{ID}-0123456789");
    assert_eq!(stage.files.keep(&arrived, keep(&name, Some(b"hell"))).await.unwrap(), Some(name.clone()));
    assert_eq!(stage.files.read(&name, 0, 9).await.unwrap(), b"hell");
    assert_eq!(stage.kept().await, [(name.clone(), 4)], "the upload is not needed beside it");
    assert_eq!(stage.files.drop_uploads(u64::MAX).await.unwrap(), 1);
    assert_eq!(stage.files.read(&name, 0, 9).await.unwrap(), b"hell");
    stage.files.delete(&name).await.unwrap();
    assert!(stage.kept().await.is_empty());
}
