use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The body of a response. Most are complete bytes, for which [`Body`] would allocate.
#[derive(Debug)]
pub enum Payload {
    /// All bytes at once; `None` once they are taken.
    Whole(Option<Bytes>),
    /// A body from elsewhere, or streamed.
    Other(Body),
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl From<Body> for Payload {
    fn from(body: Body) -> Self {
        Self::Other(body)
    }
}

impl HttpBody for Payload {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Other(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Other(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn the_body_is_returned_once_as_a_whole() {
        let mut payload = Payload::from(Bytes::from_static(b"{}"));
        assert_eq!((payload.size_hint().exact(), payload.is_end_stream()), (Some(2), false));
        let frame = payload.frame().await.and_then(Result::ok).and_then(|frame| frame.into_data().ok());
        assert_eq!(frame.as_deref(), Some(&b"{}"[..]));
        assert_eq!((payload.size_hint().exact(), payload.is_end_stream()), (Some(0), true));
        assert!(payload.frame().await.is_none());
        assert!(Payload::from(Bytes::new()).is_end_stream(), "nothing is no part");
    }

    #[tokio::test]
    async fn another_body_is_passed_on() {
        let payload = Payload::from(Body::from("text"));
        assert_eq!((payload.size_hint().exact(), payload.is_end_stream()), (Some(4), false));
        let bytes = payload.collect().await.map(http_body_util::Collected::to_bytes);
        assert_eq!(bytes.ok().as_deref(), Some(&b"text"[..]));
    }
}
