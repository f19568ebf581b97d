//! People, their messages, and requests.

use crate::entries::{Asks, Target, entries};
use crate::program::{HOST_KEY, Program};
use jobline_api::procedure::Procedure;
use jobline_api::table;
use serde_json::{Value, json};

/// Text that no stranger may find in an answer.
pub const SECRETS: [&str; 4] = ["under the mat", "Anna Secret", "Ben Secret", "picture-of-anna"];

/// The protocol of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Rest,
    Trpc,
}

/// A whole answer, without what differs between any two: the id and the time of the request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Answer {
    /// The code of its problem.
    pub fn code(&self) -> Option<&str> {
        self.body["code"].as_str().or(self.body["error"]["data"]["reason"].as_str())
    }
}

/// Anna and Ben talk about job 7, which Cy is in, too. Eve shares a job with Dan, and is a stranger to them.
pub struct Scene {
    pub program: Program,
    agent: ureq::Agent,
}

impl Scene {
    pub fn new() -> Self {
        let program = Program::start(&["--upload-rate", "0", "--vapid-subject", "mailto:ops@example.com"]);
        for (user, name) in [("anna", "Anna Secret"), ("ben", "Ben Secret"), ("cy", "Cy"), ("eve", "Eve")] {
            let avatar = format!("https://market.example/picture-of-{user}.png");
            program.host("PUT", &format!("/host/users/{user}"), &json!({"name": name, "avatarUrl": avatar}));
        }
        let job = json!({"title": "Fence", "participants": ["eve", "dan"], "status": "open"});
        program.host("PUT", "/host/jobs/9", &job);
        // A server may close a connection after a refusal, so each request has a new one.
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0);
        let agent = agent.build().new_agent();
        Self { program, agent }
    }

    /// A message from Anna to `receiver`, edited once, and a ringing call.
    pub fn talk(&self, receiver: &str) -> Target {
        let anna = self.program.token("anna");
        let message = self.program.send(&anna, receiver, "The key is in the flower pot");
        let (conversation, id) = (message["conversationId"].clone(), message["id"].clone());
        let edit = json!({"conversationId": conversation, "messageId": id, "content": "The key is under the mat"});
        assert_eq!(self.program.call("POST", "/messages/edit", &anna, Some(&edit)).0, 200);
        let start = json!({"conversationId": conversation, "media": "audio", "deviceId": "laptop"});
        let (status, started) = self.program.call("POST", "/calls/start", &anna, Some(&start));
        assert_eq!(status, 200, "{started}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Target {
            conversation: text(&conversation),
            message: text(&id),
            call: text(&started["call"]["id"]),
            user: "anna".to_owned(),
        }
    }

    /// A target like `target` that does not exist, with ids of the same length.
    pub fn nowhere(target: &Target) -> Target {
        let swap = |id: &str| id.replace("anna", "xnnx").replace("ben", "yey");
        let digits = |id: &str| {
            let (start, nanoid) = id.split_at(id.len() - 21);
            format!("{start}{}", nanoid.chars().rev().collect::<String>())
        };
        Target {
            conversation: swap(&target.conversation),
            message: digits(&target.message),
            call: digits(&target.call),
            user: "xnnx".to_owned(),
        }
    }

    /// Calls `procedure` with this bearer; `None`: without one.
    pub fn ask(&self, face: Face, procedure: &Procedure, asks: &Asks, of: &Target, bearer: Option<&str>) -> Answer {
        let (method, path, body) = request(face, procedure, asks, of);
        let request = http::Request::builder().method(&*method).uri(format!("http://{}{path}", self.program.address));
        let request = match bearer {
            Some(bearer) => request.header("authorization", format!("Bearer {bearer}")),
            None => request,
        };
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let mut response = self.agent.run(request).unwrap();
        let headers = response.headers().iter().filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()));
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let (status, text) = (response.status().as_u16(), response.body_mut().read_to_string().unwrap());
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    /// The total number of store calls so far.
    pub fn store_calls(&self) -> u64 {
        let (_, text) = self.program.call("GET", "/metrics", "", None);
        let lines = text.as_str().unwrap().lines().filter(|line| line.starts_with("jobline_store_calls_total"));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// The host puts job 7, with these participants; it must succeed.
    pub fn job(&self, participants: &[&str], status: &str) {
        let job = json!({"title": "Paint the fence", "participants": participants, "status": status});
        self.program.host("PUT", "/host/jobs/7", &job);
    }
}

/// The faces that offer a procedure.
pub fn faces(asks: &Asks) -> &'static [Face] {
    if matches!(asks, Asks::Host(..)) { &[Face::Rest] } else { &[Face::Rest, Face::Trpc] }
}

/// Every procedure with its request.
pub fn procedures() -> Vec<(Procedure, Asks)> {
    let mut table = table::procedures();
    let found = entries().into_iter().map(|(name, asks)| {
        let place = table.iter().position(|procedure| procedure.name == name).unwrap();
        (table.swap_remove(place), asks)
    });
    found.collect()
}

/// The credential of a procedure: the host key, or the token of a member.
pub fn rightful(scene: &Scene, asks: &Asks) -> String {
    if matches!(asks, Asks::Host(..)) { HOST_KEY.to_owned() } else { scene.program.token("anna") }
}

fn request(face: Face, procedure: &Procedure, asks: &Asks, of: &Target) -> (String, String, Option<Value>) {
    let (parameter, input) = match asks {
        Asks::Named { input, .. } | Asks::Own(input) => (String::new(), input(of)),
        Asks::Host(parameter, input) => (parameter(of), input(of)),
    };
    let route = &procedure.route;
    let (method, mut path) = (route.method.to_string(), filled(route.path, &parameter));
    if face == Face::Trpc {
        let group = route.path.split('/').nth(1).unwrap();
        path = format!("/trpc/{group}.{}", procedure.name.trim_start_matches("calls."));
    }
    let has_body = method == "POST" || method == "PUT";
    match face {
        Face::Trpc if has_body => ("POST".to_owned(), path, Some(input)),
        Face::Trpc => (method, format!("{path}?input={}", escaped(&input.to_string())), None),
        Face::Rest if has_body => (method, path, Some(input)),
        Face::Rest => (method, format!("{path}{}", query(&input)), None),
    }
}

/// `path` with its parameter replaced by `value`.
fn filled(path: &str, value: &str) -> String {
    match (path.find('{'), path.find('}')) {
        (Some(start), Some(end)) => format!("{}{}{}", &path[..start], escaped(value), &path[end + 1..]),
        _ => path.to_owned(),
    }
}

fn query(input: &Value) -> String {
    let fields = input.as_object().unwrap().iter();
    let fields: Vec<String> =
        fields.map(|(name, value)| format!("{name}={}", escaped(value.as_str().unwrap()))).collect();
    if fields.is_empty() { String::new() } else { format!("?{}", fields.join("&")) }
}

fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
