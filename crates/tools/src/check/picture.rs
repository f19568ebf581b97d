//! A picture, from one user to the other.

use super::step::{Done, Stop, failed, same};
use super::world::World;
use http::{Method, Request};
use jobline_wire::{Messages, SendMessage, SentMessage, UploadFile, UploadTarget};

/// A PNG of one red pixel.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\
    \xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

pub(super) fn upload(world: &mut World) -> Done {
    world.first()?;
    let input = UploadFile {
        conversation_id: Some(world.conversation.as_str().to_owned()),
        file_name: "check.png".to_owned(),
        file_size: PNG.len() as u64,
        content_type: "image/png".to_owned(),
        ..UploadFile::default()
    };
    let target: UploadTarget =
        world.client.send(Method::POST, "/messages/uploadFile", Some(world.b()?), &input)?.json()?;
    let method = target.method.parse::<Method>().map_err(|error| Stop::Failed(error.to_string()))?;
    let mut request = Request::builder().method(method).uri(&target.upload_url);
    for (name, value) in &target.headers {
        // The client tells the length and the host by itself.
        if !matches!(name.to_ascii_lowercase().as_str(), "content-length" | "host") {
            request = request.header(name, value);
        }
    }
    let reply = world.client.run(request, Some(PNG.to_vec()))?;
    if !(200..300).contains(&reply.status) {
        return reply.expect(200).map(drop);
    }
    world.picture_url = Some(target.file_url);
    Ok(())
}

pub(super) fn send(world: &mut World) -> Done {
    let file_url = world.picture_url.clone().ok_or(Stop::Missing("an uploaded picture"))?;
    let input = SendMessage {
        conversation_id: Some(world.conversation.as_str().to_owned()),
        file_url: Some(file_url),
        ..SendMessage::default()
    };
    let sent: SentMessage = world.client.send(Method::POST, "/messages/send", Some(world.b()?), &input)?.json()?;
    same("contentType", Some("image/png"), sent.message.content_type.as_deref())?;
    same("fileSize", Some(PNG.len() as u64), sent.message.file_size)?;
    world.picture = Some(sent.message);
    Ok(())
}

pub(super) fn download(world: &mut World) -> Done {
    let picture = world.picture.as_ref().ok_or(Stop::Missing("a picture that was sent"))?;
    let page: Messages = world.client.get(&world.list(""), Some(world.a()?))?.json()?;
    let found = page.messages.iter().find(|message| message.id == picture.id);
    let Some(url) = found.and_then(|message| message.file_url.as_deref()) else {
        return failed("the message with a fileUrl", format!("{found:?}"));
    };
    let reply = world.client.run(Request::builder().method(Method::GET).uri(url), None)?.expect(200)?;
    if reply.body != PNG {
        return failed(format!("the {} bytes that were uploaded", PNG.len()), format!("{} others", reply.body.len()));
    }
    same("Content-Type", "image/png", reply.header("content-type"))?;
    // A bucket cannot send the two headers below; there nothing is at stake that a script could reach.
    if url.contains("X-Amz-Signature=") {
        return same("Content-Disposition", true, reply.header("content-disposition").starts_with("inline"));
    }
    same("X-Content-Type-Options", "nosniff", reply.header("x-content-type-options"))?;
    let policy = reply.header("content-security-policy");
    if policy.contains("sandbox") { Ok(()) } else { failed("a Content-Security-Policy with sandbox", policy) }
}
