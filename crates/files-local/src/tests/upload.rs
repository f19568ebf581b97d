//! Which uploads are accepted, and which are refused.

use super::*;
use futures_util::{Stream, StreamExt as _, stream};
use std::io::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

pub(super) const MIB_10: u64 = 10_485_760;

/// A body that is handed over piece by piece.
pub(super) fn piecewise() -> (mpsc::Sender<Result<Bytes, Error>>, Body) {
    let (sender, receiver) = mpsc::channel(1);
    let pieces = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    (sender, Body::from_stream(pieces))
}

/// `size` bytes in blocks, and how many of them were taken so far.
pub(super) fn counted(size: u64) -> (Arc<AtomicU64>, impl Stream<Item = Result<Bytes, Error>> + Send + 'static) {
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    let blocks = stream::unfold(size, move |left| {
        let block = left.min(64 * 1024);
        count.fetch_add(block, Ordering::SeqCst);
        let bytes = Bytes::from(vec![b'x'; usize::try_from(block).unwrap()]);
        async move { (block > 0).then_some((Ok(bytes), left - block)) }
    });
    (taken, blocks)
}

#[tokio::test]
async fn a_granted_upload_is_stored() {
    let stage = Stage::new();
    let target = stage.grant(ID, 5, "image/png").await;
    assert_eq!(target.file_url, format!("{BASE}/files/{ID}"));
    assert!(target.upload_url.starts_with(&format!("{BASE}/files/{ID}?size=5&type=image%2Fpng&expires=")));
    assert_eq!(target.headers.iter().collect::<Vec<_>>(), [(&"content-type".to_owned(), &"image/png".to_owned())]);
    assert_eq!(target.expires_at, "2026-09-21T14:18:20.000Z");
    assert_eq!(stage.files.arrived(ID, 9).await.unwrap(), None);
    let answer = stage.send(upload(&target, Body::from("hello"))).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(bytes(answer).await.is_empty());
    let arrived = stage.files.arrived(ID, 3).await.unwrap().unwrap();
    assert_eq!((arrived.size, arrived.head.as_slice()), (5, &b"hel"[..]));
    assert_eq!(stage.files.arrived(ID, 99).await.unwrap().unwrap().head, b"hello");
    assert!(stage.left_over().is_empty());
}

#[tokio::test]
async fn a_second_put_is_refused_even_of_the_same_bytes() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    let target = stage.grant(ID, 5, "image/png").await;
    for body in ["hello", "HELLO"] {
        let (status, code, detail) = problem(stage.send(upload(&target, Body::from(body))).await).await;
        assert_eq!((status, code.as_str()), (409, "file_already_used"));
        assert!(detail.contains("arrived already"), "{detail}");
    }
    assert_eq!(stage.files.read(ID, 0, 99).await.unwrap(), b"hello");
    assert!(stage.left_over().is_empty());
}

#[tokio::test]
async fn an_upload_that_failed_may_be_tried_again() {
    let stage = Stage::new();
    let target = stage.grant(ID, 5, "image/png").await;
    let (status, code, detail) = problem(stage.send(upload(&target, Body::from("hell"))).await).await;
    assert_eq!((status, code.as_str()), (400, "invalid_file"));
    assert!(detail.contains("5 bytes were announced and 4 came"), "{detail}");
    assert!(stage.left_over().is_empty() && stage.kept().await.is_empty());
    stage.put(b"hello").await;
}

#[tokio::test]
async fn one_byte_too_many_stops_the_upload() {
    let stage = Stage::new();
    let target = stage.grant(ID, 100_000, "image/png").await;
    // A body without end: reading it must stop by itself, and soon after the byte that is one too many.
    let (taken, blocks) = counted(u64::MAX);
    let (status, code, detail) = problem(stage.send(upload(&target, Body::from_stream(blocks))).await).await;
    assert_eq!((status, code.as_str()), (413, "file_too_large"));
    assert!(detail.contains("100000 bytes were announced"), "{detail}");
    assert!(taken.load(Ordering::SeqCst) <= 3 * 64 * 1024);
    assert!(stage.left_over().is_empty() && stage.kept().await.is_empty());
}

#[tokio::test]
async fn refusals_by_headers_come_before_a_byte_is_read() {
    let stage = Stage::new();
    let target = stage.grant(ID, 5, "image/png").await;
    let ask = async |name: header::HeaderName, value: Option<&str>| {
        let (taken, blocks) = counted(5);
        let mut request = upload(&target, Body::from_stream(blocks));
        match value {
            Some(value) => drop(request.headers_mut().insert(name, value.parse().unwrap())),
            None => drop(request.headers_mut().remove(name)),
        }
        let response = stage.send(request).await;
        assert_eq!(taken.load(Ordering::SeqCst), 0);
        problem(response).await
    };
    for other in [Some("image/jpeg"), Some("image/png; charset=utf-8"), Some("text/html"), Some(""), None] {
        let (status, code, detail) = ask(header::CONTENT_TYPE, other).await;
        assert_eq!((status, code.as_str()), (400, "invalid_file"), "{other:?}");
        assert!(detail.contains("image/png"));
    }
    assert_eq!(ask(header::CONTENT_LENGTH, Some("6")).await.0, 413);
    assert_eq!(ask(header::CONTENT_LENGTH, Some("4")).await.0, 400);
    stage.put(b"hello").await;
}

#[tokio::test]
async fn an_upload_url_that_was_not_issued_is_refused() {
    let stage = Stage::new();
    let target = stage.grant(ID, 5, "image/png").await;
    let good = &target.upload_url;
    let other_id = ID.replace("V1St", "V2St");
    let signature = good.split("signature=").nth(1).unwrap();
    let download = stage.link("x", "image/png", true).await;
    let foreign = LocalFiles::new(&stage.folder, BASE, &[8; 32], Arc::clone(&stage.clock) as _).unwrap();
    let grant = UploadGrant { id: ID, size: 5, content_type: "image/png", sha256: None, expires_ms: NOW_MS + 300_000 };
    let urls = [
        format!("{BASE}/files/{ID}"),
        format!("{BASE}/files/{ID}?"),
        format!("{BASE}/files/{ID}?signature={signature}"),
        good.replace("size=5", "size=6"),
        good.replace("size=5", "size=05"),
        good.replace("image%2Fpng", "text%2Fhtml"),
        good.replace("expires=1790000300000", "expires=1790000300001"),
        good.replace("size=5&", "size=5&size=9&"),
        good.replace("size=5&", ""),
        good.replace("&signature", "&sha256=00&signature"),
        good.replace("size=5&type=image%2Fpng", "type=image%2Fpng&size=5"),
        good.replace(ID, &other_id),
        good.replace(ID, "file_1_x"),
        good.replace(ID, &ID.to_lowercase()),
        format!("{good}&x=1"),
        format!("{good}A"),
        good[..good.len() - 1].to_owned(),
        good.replace(signature, ""),
        good.replace(signature, &"A".repeat(43)),
        good.replace("image%2Fpng", "image%ffpng"),
        download,
        foreign.upload_target(&grant).await.unwrap().upload_url,
    ];
    for url in urls {
        assert_ne!(url, *good);
        let (taken, blocks) = counted(5);
        let request = Request::put(path(&url)).header(header::CONTENT_TYPE, "image/png");
        let response = stage.send(request.body(Body::from_stream(blocks)).unwrap()).await;
        assert_eq!(taken.load(Ordering::SeqCst), 0, "{url}");
        let (status, code, detail) = problem(response).await;
        assert_eq!((status, code.as_str()), (404, "not_found"), "{url}");
        assert!(detail.contains("uploadFile"), "{detail}");
    }
    assert!(stage.kept().await.is_empty());
    // The same characters in another encoding are the same URL.
    let rewritten = good.replace("image%2Fpng", "image/png").replace("size=5", "size=%35");
    let request = Request::put(path(&rewritten)).header(header::CONTENT_TYPE, "image/png");
    assert_eq!(stage.send(request.body(Body::from("hello")).unwrap()).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_upload_url_expires() {
    let stage = Stage::new();
    let target = stage.grant(ID, 5, "image/png").await;
    stage.clock.pass(299_999);
    let half = stage.send(upload(&target, Body::from("hell"))).await;
    assert_eq!(half.status(), StatusCode::BAD_REQUEST);
    stage.clock.pass(1);
    let (status, code, detail) = problem(stage.send(upload(&target, Body::from("hello"))).await).await;
    assert_eq!((status, code.as_str()), (404, "not_found"));
    assert!(detail.contains("expired") && detail.contains("uploadFile"));
}

#[tokio::test]
async fn ids_that_are_paths_are_refused() {
    let stage = Stage::new();
    std::fs::write(stage.folder.parent().unwrap().join("secret"), "secret").unwrap();
    for id in ["../secret", "..", ".", "", "/etc/passwd", "file_1_../x", "file_1_a/b", "file_1_a\0", "file_1_ä", "x"] {
        let grant = UploadGrant { id, size: 5, content_type: "image/png", sha256: None, expires_ms: NOW_MS + 9 };
        assert_eq!(stage.files.upload_target(&grant).await.unwrap_err().code.status(), 404, "{id}");
        let grant = DownloadGrant { id, name: "x", content_type: "x", inline: false, expires_ms: NOW_MS + 9 };
        assert_eq!(stage.files.download_url(&grant).await.unwrap_err().code.status(), 404, "{id}");
        assert_eq!(stage.files.arrived(id, 9).await.unwrap(), None, "{id}");
        assert_eq!(stage.files.read(id, 0, 9).await.unwrap_err().code.status(), 404, "{id}");
        assert_eq!(stage.files.write(id, "x", Path::new("/etc/hosts")).await.unwrap_err().code.status(), 404, "{id}");
        stage.files.delete(id).await.unwrap();
        assert_eq!(stage.files.file_id(&format!("{BASE}/files/{id}")), None, "{id}");
    }
    assert!(stage.folder.parent().unwrap().join("secret").exists());
    // Even with a valid signature, in case a grant for such an id is ever made.
    let grant = super::super::grant::Upload {
        size: 5,
        content_type: "image/png".to_owned(),
        sha256: None,
        expires_ms: NOW_MS + 9,
    };
    let query = stage.files.signer.upload_query("../x", &grant);
    for way in ["..%2Fx", "%2e%2e%2fx"] {
        let request = Request::put(format!("/files/{way}?{query}")).header(header::CONTENT_TYPE, "image/png");
        assert_eq!(problem(stage.send(request.body(Body::from("hello")).unwrap()).await).await.0, 404);
    }
}

#[test]
fn only_file_urls_are_parsed_as_such() {
    let stage = Stage::new();
    let id = |url: &str| stage.files.file_id(url);
    assert_eq!(id(&format!("{BASE}/files/{ID}")).as_deref(), Some(ID));
    for other in [
        String::new(),
        ID.to_owned(),
        format!("/files/{ID}"),
        format!("{BASE}/files/"),
        format!("{BASE}/files//{ID}"),
        format!("{BASE}/files/{ID}/"),
        format!("{BASE}/files/{ID}?x=1"),
        format!("{BASE}/files/{ID}#x"),
        format!("{BASE}/files/{ID} "),
        format!("{BASE}/files/x{ID}"),
        format!("https://evil.example/files/{ID}"),
        format!("{BASE}/files/{ID}").replace("https", "http"),
        format!("{BASE}/files/file%5F1_x"),
        format!("{BASE}/files/file_1_{}", "x".repeat(33)),
        format!("{BASE}/files/file__x"),
        format!("{BASE}/files/file_1_"),
    ] {
        assert_eq!(id(&other), None, "{other}");
    }
}

#[tokio::test]
async fn the_hash_is_checked_when_it_was_announced() {
    let stage = Stage::new();
    let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let grant = |sha256| UploadGrant {
        id: ID,
        size: 5,
        content_type: "image/png",
        sha256: Some(sha256),
        expires_ms: NOW_MS + 300_000,
    };
    let target = stage.files.upload_target(&grant(sha256)).await.unwrap();
    assert!(target.upload_url.contains(&format!("&sha256={sha256}&")));
    let (status, code, detail) = problem(stage.send(upload(&target, Body::from("hellO"))).await).await;
    assert_eq!((status, code.as_str()), (400, "invalid_file"));
    assert!(detail.contains("sha256"));
    assert!(stage.left_over().is_empty() && stage.kept().await.is_empty());
    assert_eq!(stage.send(upload(&target, Body::from("hello"))).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn ten_megabytes_are_stored_without_being_held_in_memory() {
    let stage = Stage::new();
    let target = stage.grant(ID, MIB_10, "application/zip").await;
    let (taken, blocks) = counted(MIB_10);
    // Bytes that were read from the body and are not on the disk yet are in memory.
    let (folder, held) = (stage.folder.join("incoming"), Arc::new(AtomicU64::new(0)));
    let most = Arc::clone(&held);
    let watched = blocks.inspect(move |_| {
        let written: u64 =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        most.fetch_max(taken.load(Ordering::SeqCst) - written, Ordering::SeqCst);
    });
    assert_eq!(stage.send(upload(&target, Body::from_stream(watched))).await.status(), StatusCode::OK);
    assert_eq!(stage.kept().await, [(ID.to_owned(), MIB_10)]);
    assert!(held.load(Ordering::SeqCst) <= 4 << 20, "{held:?} bytes were held");

    let response = stage.get(&stage.link("big.zip", "application/zip", false).await, &[]).await;
    let mut body = response.into_body().into_data_stream();
    let (mut came, mut largest) = (0, 0);
    while let Some(block) = body.next().await {
        let block = block.unwrap();
        assert!(block.iter().all(|byte| *byte == b'x'));
        came += block.len() as u64;
        largest = largest.max(block.len());
    }
    assert_eq!((came, largest), (MIB_10, 64 * 1024));
}

#[tokio::test]
async fn of_many_puts_at_once_exactly_one_wins() {
    let stage = Arc::new(Stage::new());
    let target = stage.grant(ID, 6, "image/png").await;
    let mut senders = Vec::new();
    let mut puts = Vec::new();
    for number in 0..8 {
        let (sender, body) = piecewise();
        let (stage, request) = (Arc::clone(&stage), upload(&target, body));
        puts.push(tokio::spawn(async move { stage.send(request).await.status() }));
        sender.send(Ok(Bytes::from("put #"))).await.unwrap();
        senders.push((number, sender));
    }
    for (_, sender) in &senders {
        // Once there is room again the first piece was read, so all uploads are running.
        drop(sender.reserve().await.unwrap());
    }
    for (number, sender) in senders {
        sender.send(Ok(Bytes::from(number.to_string()))).await.unwrap();
    }
    let mut statuses = Vec::new();
    for put in puts {
        statuses.push(put.await.unwrap());
    }
    let won: Vec<usize> = (0..8).filter(|number| statuses[*number] == StatusCode::OK).collect();
    assert_eq!(won.len(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 7);
    assert_eq!(stage.files.read(ID, 0, 99).await.unwrap(), format!("put #{}", won[0]).into_bytes());
    assert!(stage.left_over().is_empty());
}
