//! Steps: one user sends a picture to the other.

use super::context::Context;
use super::outcome::{StepError, StepResult, expect_equal, failed};
use http::{Method, Request};
use jobline_wire::{Messages, SendMessage, SentMessage, UploadFile, UploadTarget};

/// A PNG of one red pixel.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\
    \xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

pub(super) fn upload(context: &mut Context) -> StepResult {
    context.first()?;
    let input = UploadFile {
        conversation_id: Some(context.conversation.as_str().to_owned()),
        file_name: "check.png".to_owned(),
        file_size: PNG.len() as u64,
        content_type: "image/png".to_owned(),
        ..UploadFile::default()
    };
    let target: UploadTarget =
        context.client.send(Method::POST, "/messages/uploadFile", Some(context.b()?), &input)?.json()?;
    let method = target.method.parse::<Method>().map_err(|error| StepError::Failed(error.to_string()))?;
    let mut request = Request::builder().method(method).uri(&target.upload_url);
    for (name, value) in &target.headers {
        // The client sets these two headers itself.
        if !matches!(name.to_ascii_lowercase().as_str(), "content-length" | "host") {
            request = request.header(name, value);
        }
    }
    let reply = context.client.run(request, Some(PNG.to_vec()))?;
    if !(200..300).contains(&reply.status) {
        return reply.expect(200).map(drop);
    }
    context.picture_url = Some(target.file_url);
    Ok(())
}

pub(super) fn send(context: &mut Context) -> StepResult {
    let file_url = context.picture_url.clone().ok_or(StepError::Missing("an uploaded picture"))?;
    let input = SendMessage {
        conversation_id: Some(context.conversation.as_str().to_owned()),
        file_url: Some(file_url),
        ..SendMessage::default()
    };
    let sent: SentMessage = context.client.send(Method::POST, "/messages/send", Some(context.b()?), &input)?.json()?;
    expect_equal("contentType", Some("image/png"), sent.message.content_type.as_deref())?;
    expect_equal("fileSize", Some(PNG.len() as u64), sent.message.file_size)?;
    context.picture = Some(sent.message);
    Ok(())
}

pub(super) fn download(context: &mut Context) -> StepResult {
    let picture = context.picture.as_ref().ok_or(StepError::Missing("a sent picture"))?;
    let page: Messages = context.client.get(&context.list(""), Some(context.a()?))?.json()?;
    let found = page.messages.iter().find(|message| message.id == picture.id);
    let Some(url) = found.and_then(|message| message.file_url.as_deref()) else {
        return failed("the message with a fileUrl", format!("{found:?}"));
    };
    let reply = context.client.run(Request::builder().method(Method::GET).uri(url), None)?.expect(200)?;
    if reply.body != PNG {
        return failed(format!("the {} bytes that were uploaded", PNG.len()), format!("{} others", reply.body.len()));
    }
    expect_equal("Content-Type", "image/png", reply.header("content-type"))?;
    // A bucket cannot send the two headers below. Its origin has nothing that a script could steal.
    if url.contains("X-Amz-Signature=") {
        return expect_equal("Content-Disposition", true, reply.header("content-disposition").starts_with("inline"));
    }
    expect_equal("X-Content-Type-Options", "nosniff", reply.header("x-content-type-options"))?;
    let policy = reply.header("content-security-policy");
    if policy.contains("sandbox") { Ok(()) } else { failed("a Content-Security-Policy with sandbox", policy) }
}
