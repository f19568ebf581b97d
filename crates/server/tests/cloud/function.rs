//! A Lambda environment for one function: the Runtime API, events in, answers out.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// The result of an invocation.
#[derive(Debug)]
pub enum Ended {
    Answered(Value),
    Failed(Value),
}

struct Runtime {
    events: Mutex<mpsc::Receiver<(String, Value)>>,
    ended: mpsc::Sender<(String, Ended)>,
}

/// A started function; killed when it is dropped.
pub struct Function {
    child: Child,
    events: mpsc::Sender<(String, Value)>,
    ended: mpsc::Receiver<(String, Ended)>,
    number: AtomicU32,
}

impl Function {
    /// Starts `command` as Lambda does.
    pub async fn start(command: &mut Command) -> Self {
        let (events, to_come) = mpsc::channel(1);
        let (done, ended) = mpsc::channel(1);
        let runtime = Arc::new(Runtime { events: Mutex::new(to_come), ended: done });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .with_state(runtime);
        tokio::spawn(serve(listener, routes));
        let child = environment(command, &address).stdin(Stdio::null()).spawn().unwrap();
        Self { child, events, ended, number: AtomicU32::new(1) }
    }

    /// Sends `event` to the function; returns the id of the invocation and its result.
    pub async fn invoke(&mut self, event: Value) -> (String, Ended) {
        let id = format!("invocation-{}", self.number.fetch_add(1, Ordering::Relaxed));
        self.events.send((id.clone(), event)).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let (of, ended) = loop {
            match tokio::time::timeout(Duration::from_millis(100), self.ended.recv()).await {
                Ok(ended) => break ended.unwrap(),
                Err(_) => assert_eq!(self.child.try_wait().unwrap(), None, "the function has ended"),
            }
            assert!(Instant::now() < deadline, "an invocation did not end");
        };
        assert_eq!(of, id);
        (id, ended)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The environment variables of Lambda.
pub fn environment<'a>(command: &'a mut Command, api: &str) -> &'a mut Command {
    command.envs([
        ("AWS_LAMBDA_RUNTIME_API", api),
        ("AWS_LAMBDA_FUNCTION_NAME", "jobline"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/jobline/test"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2025/11/14/[$LATEST]0123456789abcdef0123456789abcdef"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
    ])
}

pub async fn serve(listener: TcpListener, routes: Router) {
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use hyper_util::service::TowerToHyperService;
    while let Ok((stream, _)) = listener.accept().await {
        let service = TowerToHyperService::new(routes.clone());
        tokio::spawn(async move {
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            let _ended = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn next(State(runtime): State<Arc<Runtime>>) -> impl IntoResponse {
    let (id, event) = runtime.events.lock().await.recv().await.unwrap();
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:jobline".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-6553f1c8-0123456789abcdef01234567;Sampled=0".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    (headers, event.to_string())
}

async fn answered(State(runtime): State<Arc<Runtime>>, Path(id): Path<String>, body: Bytes) -> impl IntoResponse {
    let answer = serde_json::from_slice(&body).unwrap();
    runtime.ended.send((id, Ended::Answered(answer))).await.unwrap();
    axum::http::StatusCode::ACCEPTED
}

async fn failed(State(runtime): State<Arc<Runtime>>, Path(id): Path<String>, body: Bytes) -> impl IntoResponse {
    let error = serde_json::from_slice(&body).unwrap();
    runtime.ended.send((id, Ended::Failed(error))).await.unwrap();
    axum::http::StatusCode::ACCEPTED
}
