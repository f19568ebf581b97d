//! Downloads and their headers.

use super::*;

#[tokio::test]
async fn a_download_has_all_protective_headers() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    let url = stage.link("Résumé.png", "image/png", true).await;
    stage.clock.pass(600_500);
    let response = stage.get(&url, &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers().clone();
    for (name, expected) in [
        ("content-type", "image/png"),
        ("content-length", "5"),
        ("content-disposition", "inline; filename=\"R_sum_.png\"; filename*=UTF-8''R%C3%A9sum%C3%A9.png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "private, max-age=2999, immutable"),
        ("accept-ranges", "bytes"),
        ("etag", &format!("\"{ID}\"")),
    ] {
        assert_eq!(value(&headers, name), expected, "{name}");
    }
    assert_eq!(bytes(response).await, "hello");

    let head = stage.ask(Method::HEAD, &url, &[(header::RANGE, "bytes=1-2")]).await;
    assert_eq!((head.status(), value(head.headers(), "content-length")), (StatusCode::OK, "5"));
    assert_eq!(value(head.headers(), "content-type"), "image/png");
    assert!(bytes(head).await.is_empty());
}

#[tokio::test]
async fn only_four_image_types_and_two_audio_types_are_shown_inline() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    for (content_type, inline, expected) in [
        ("image/jpeg", true, "inline"),
        ("image/png", true, "inline"),
        ("image/gif", true, "inline"),
        ("image/webp", true, "inline"),
        ("audio/mp4", true, "inline"),
        ("audio/webm", true, "inline"),
        ("video/webm", true, "attachment"),
        ("image/png", false, "attachment"),
        ("image/heic", true, "attachment"),
        ("image/svg+xml", true, "attachment"),
        ("text/html", true, "attachment"),
        ("text/plain", true, "attachment"),
        ("application/pdf", true, "attachment"),
        ("bad\r\ntype: x", true, "attachment"),
    ] {
        let response = stage.get(&stage.link("x", content_type, inline).await, &[]).await;
        let disposition = value(response.headers(), "content-disposition");
        assert_eq!(disposition.split(';').next(), Some(expected), "{content_type}");
        assert_eq!(response.headers().get("type"), None);
    }
}

#[tokio::test]
async fn hostile_names_are_harmless() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    for (name, plain, encoded) in [
        ("a\"b.png", "a_b.png", "a_b.png"),
        ("a\r\nset-cookie: x=1", "aset-cookie_ x=1", "aset-cookie_%20x%3D1"),
        ("a\u{202e}gnp.exe", "agnp.exe", "agnp.exe"),
        ("\u{2066}a\u{2069}\u{200f}\u{61c}b", "ab", "ab"),
        ("../../etc/passwd", "_.._etc_passwd", "_.._etc_passwd"),
        ("..\\x", "_x", "_x"),
        ("C:\\x|y<z>?*", "C__x_y_z___", "C__x_y_z___"),
        (".bashrc", "bashrc", "bashrc"),
        ("a.exe. . ", "a.exe", "a.exe"),
        ("...", "file", "file"),
        ("\u{feff}\u{200b}", "file", "file"),
        ("50%25;x='y'", "50_25;x='y'", "50%2525%3Bx%3D%27y%27"),
        ("日本.pdf", "__.pdf", "%E6%97%A5%E6%9C%AC.pdf"),
        ("👩\u{200d}🔧.txt", "___.txt", "%F0%9F%91%A9%E2%80%8D%F0%9F%94%A7.txt"),
        ("می\u{200c}خواهم.pdf", "________.pdf", "%D9%85%DB%8C%E2%80%8C%D8%AE%D9%88%D8%A7%D9%87%D9%85.pdf"),
        ("\u{200d}", "file", "file"),
        ("a\u{7f}\u{85}b\0", "ab", "ab"),
    ] {
        let response = stage.get(&stage.link(name, "application/pdf", false).await, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        let expected = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
        assert_eq!(value(response.headers(), "content-disposition"), expected, "{name}");
        assert_eq!(response.headers().get("set-cookie"), None);
    }
}

#[tokio::test]
async fn a_range_request_returns_that_part() {
    let stage = Stage::new();
    stage.put(b"0123456789").await;
    let url = stage.link("x", "application/pdf", false).await;
    let etag = format!("\"{ID}\"");
    for (range, expected, content_range) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-5", "2345", "bytes 2-5/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=7-99999999999999999999999", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=-30", "0123456789", "bytes 0-9/10"),
        ("BYTES=9-9", "9", "bytes 9-9/10"),
    ] {
        let response = stage.get(&url, &[(header::RANGE, range), (header::IF_RANGE, &etag)]).await;
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(value(response.headers(), "content-range"), content_range);
        assert_eq!(value(response.headers(), "content-length"), expected.len().to_string());
        assert_eq!(bytes(response).await, expected);
    }
    for range in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-"] {
        let response = stage.get(&url, &[(header::RANGE, range)]).await;
        assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
        assert_eq!(value(response.headers(), "content-range"), "bytes */10");
        assert!(bytes(response).await.is_empty());
    }
    for range in ["bytes=5-2", "bytes=0-1,4-5", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "0-1", "bytes=+1-2"] {
        let response = stage.get(&url, &[(header::RANGE, range)]).await;
        assert_eq!(response.status(), StatusCode::OK, "{range}");
        assert_eq!(bytes(response).await, "0123456789");
    }
    let stale = stage.get(&url, &[(header::RANGE, "bytes=0-0"), (header::IF_RANGE, "\"other\"")]).await;
    assert_eq!(stale.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_file_that_the_client_has_is_answered_304() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    let url = stage.link("x", "image/png", true).await;
    let etag = format!("\"{ID}\"");
    for known in [etag.clone(), format!("W/{etag}"), "*".to_owned(), format!("\"x\", {etag}")] {
        let response = stage.get(&url, &[(header::IF_NONE_MATCH, &known)]).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(value(response.headers(), "etag"), etag);
        assert!(bytes(response).await.is_empty());
    }
    assert_eq!(stage.get(&url, &[(header::IF_NONE_MATCH, "\"x\"")]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_link_that_was_not_issued_leads_to_nothing() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    let good = stage.link("a.png", "image/png", true).await;
    let upload = stage.grant(ID, 5, "image/png").await.upload_url;
    for url in [
        format!("{BASE}/files/{ID}"),
        format!("{BASE}/files/..%2f..%2fetc%2fpasswd"),
        format!("{BASE}/files/%ff"),
        upload,
        good.replace("a.png", "b.png"),
        good.replace("image%2Fpng", "text%2Fhtml"),
        good.replace("inline=1", "inline=0"),
        good.replace("name=a.png&type=image%2Fpng", "name=a.png%26type%3Dimage&type=%2Fpng"),
        good.replace("expires=1", "expires=2"),
        good.replace(ID, &ID.replace('V', "W")),
        good[..good.len() - 2].to_owned(),
    ] {
        for headers in [&[][..], &[(header::IF_NONE_MATCH, "*")][..]] {
            let (status, code, detail) = problem(stage.get(&url, headers).await).await;
            assert_eq!((status, code.as_str()), (404, "not_found"), "{url}");
            assert!(detail.contains("fileUrl"), "{detail}");
        }
    }
    assert_eq!(stage.get(&good, &[]).await.status(), StatusCode::OK);
    stage.clock.pass(3_600_000);
    let (status, code, detail) = problem(stage.get(&good, &[]).await).await;
    assert_eq!((status, code.as_str()), (404, "not_found"));
    assert!(detail.contains("expired") && detail.contains("Poll again"), "{detail}");
}

#[tokio::test]
async fn a_deleted_file_is_not_found() {
    let stage = Stage::new();
    stage.put(b"hello").await;
    let url = stage.link("a.png", "image/png", true).await;
    stage.files.delete(ID).await.unwrap();
    let (status, _, detail) = problem(stage.get(&url, &[]).await).await;
    assert_eq!(status, 404);
    assert!(detail.contains("no longer kept"));
}

#[tokio::test]
async fn other_methods_are_refused() {
    let stage = Stage::new();
    let url = stage.link("a.png", "image/png", true).await;
    for method in [Method::POST, Method::DELETE, Method::PATCH] {
        assert_eq!(stage.ask(method, &url, &[]).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}

/// How many descriptors of this process lead to a file of this name.
#[cfg(target_os = "linux")]
fn held(name: &str) -> usize {
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    let paths = open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    paths.filter(|path| path.file_name().is_some_and(|found| found == name)).count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_does_not_read_holds_no_file_open() {
    let stage = Stage::new();
    let id = "file_1790000000000_heldByNobody";
    let source = stage.folder.join("source");
    std::fs::write(&source, vec![b'x'; 200_000]).unwrap();
    stage.files.write(id, "image/png", &source).await.unwrap();
    let grant =
        DownloadGrant { id, name: "x.png", content_type: "image/png", inline: true, expires_ms: NOW_MS + 3_600_000 };
    let url = stage.files.download_url(&grant).await.unwrap();
    let mut body = stage.get(&url, &[]).await.into_body();
    assert_eq!(held(id), 0);
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!((first.len(), held(id)), (64 * 1024, 0));
    let rest = body.collect().await.unwrap().to_bytes();
    assert_eq!(first.len() + rest.len(), 200_000);
}

#[tokio::test]
async fn a_download_of_a_file_that_is_deleted_meanwhile_breaks_off() {
    let stage = Stage::new();
    let source = stage.folder.join("source");
    std::fs::write(&source, vec![b'x'; 200_000]).unwrap();
    stage.files.write(ID, "image/png", &source).await.unwrap();
    let mut body = stage.get(&stage.link("x.png", "image/png", true).await, &[]).await.into_body();
    body.frame().await.unwrap().unwrap();
    stage.files.delete(ID).await.unwrap();
    assert!(body.collect().await.is_err(), "a client must not take the beginning for the whole");
}
