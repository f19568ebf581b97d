//! The events of a WebSocket API: a client connects, or sends a frame.

use super::event::{Frame, Front, Happened};
use super::reply::Reply;
use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode};
use jobline_api::app::App;
use jobline_api::live::connections;

/// Answers an event of a connection, and notifies the users whose heads it moved.
pub(super) async fn answer(app: &App, Frame { connection, happened }: Frame) -> Reply {
    match happened {
        Happened::Connects(headers) => match connections::connect(app, &connection, &headers).await {
            Ok(protocol) => return Reply::connected(protocol),
            Err(failure) => return Reply::new(failure.into_response(), Front::V2).await,
        },
        Happened::Says(text) => {
            if connections::hear(app, &connection, &text).await.is_err() {
                tracing::warn!("a frame of a client was not acted on, since the table did not answer in time");
            }
            connections::notify(app, &HeaderMap::new()).await;
        }
        // The template has no route for it: it is not certain to come, and costs as much as a poll.
        Happened::Left => {}
    }
    Reply::new(StatusCode::OK.into_response(), Front::V2).await
}
