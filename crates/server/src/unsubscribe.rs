//! The link in each mail that ends mail: one click for mail programs (RFC 8058), a page with a button for people.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use jobline_chat::{Chat, Secrets, UserId};
use jobline_http::{Failure, Served};
use jobline_notify::Language;
use jobline_wire::SetPreferences;
use url::form_urlencoded::{Serializer, parse};

/// Below the public URL.
const PATH: &str = "/unsubscribe";
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/// The key that signs links. A link names the user and permits only this, for as long as the deployment exists, because mail
/// may be read late.
#[derive(Clone)]
pub struct Unsubscribe([u8; 32]);

impl Unsubscribe {
    /// That of a deployment.
    #[must_use]
    pub fn new(secrets: &Secrets) -> Self {
        Self(secrets.derive("unsubscribe"))
    }

    /// The link for `user`.
    #[must_use]
    pub fn link(&self, public_url: &str, user: &UserId) -> String {
        let token = self.token(user).to_hex();
        let query =
            Serializer::new(String::new()).append_pair("user", user.as_str()).append_pair("token", &token).finish();
        format!("{public_url}{PATH}?{query}")
    }

    fn token(&self, user: &UserId) -> blake3::Hash {
        blake3::keyed_hash(&self.0, user.as_str().as_bytes())
    }

    /// The user of the link. Hashes are compared in constant time.
    fn user(&self, uri: &Uri) -> Option<UserId> {
        let query = uri.query().unwrap_or_default();
        let value = |name: &str| parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value);
        let user = UserId::new(&value("user")?)?;
        let token = blake3::Hash::from_hex(value("token")?.as_bytes()).ok()?;
        (self.token(&user) == token).then_some(user)
    }
}

/// The routes of the link.
pub fn routes(chat: Chat, unsubscribe: Unsubscribe) -> Router {
    let (asking, asked) = (chat.clone(), unsubscribe.clone());
    let ask = move |uri: Uri, headers: HeaderMap| {
        let (user, chat) = (asked.user(&uri), asking.clone());
        async move {
            match user {
                Some(user) => page(Page::Ask, language(&chat, &user, &headers).await),
                None => page(Page::Unknown, accepted(&headers)),
            }
        }
    };
    let end = move |uri: Uri, headers: HeaderMap| {
        let (user, chat) = (unsubscribe.user(&uri), chat.clone());
        async move { end_mail(&chat, user, &headers).await }
    };
    Router::new().route(PATH, get(ask).post(end))
}

async fn end_mail(chat: &Chat, user: Option<UserId>, headers: &HeaderMap) -> Response {
    let Some(user) = user else { return page(Page::Unknown, accepted(headers)) };
    let no_mail = SetPreferences { mail: Some(false), ..SetPreferences::default() };
    match chat.set_preferences(&user, no_mail).await {
        Ok(_) => page(Page::Done, language(chat, &user, headers).await),
        Err(error) => Failure::from(error).into_response(),
    }
}

/// The language of the mail, or of the browser if none is set for the user. If the store cannot be read, the page is
/// shown all the same.
async fn language(chat: &Chat, user: &UserId, headers: &HeaderMap) -> Language {
    let known = chat.language(user).await.ok().flatten();
    known.as_deref().map_or_else(|| accepted(headers), Language::of_tag)
}

/// The language of the browser.
fn accepted(headers: &HeaderMap) -> Language {
    let tags = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    tags.map(Language::accepted).unwrap_or_default()
}

/// The texts of a page.
#[derive(Clone, Copy)]
enum Page {
    Ask,
    Done,
    Unknown,
}

fn page(page: Page, language: Language) -> Response {
    let texts = language.texts();
    let (tag, direction) = (texts.tag, texts.direction);
    let (text, form) = match page {
        Page::Ask => {
            let form = format!("<form method=\"post\"><button>{}</button></form>", texts.unsubscribe_yes);
            (texts.unsubscribe_ask, form)
        }
        Page::Done => (texts.unsubscribed, String::new()),
        Page::Unknown => (texts.unsubscribe_unknown, String::new()),
    };
    let html = format!(
        "<!doctype html><html lang=\"{tag}\" dir=\"{direction}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{text}</title>\
         <style>body{{max-width:32rem;margin:4rem auto;padding:0 1rem;font:1.125rem/1.5 sans-serif}}\
         button{{padding:.75rem 1.25rem;font:inherit}}</style><p>{text}</p>{form}</html>"
    );
    let mut response = html.into_response();
    if matches!(page, Page::Unknown) {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let fixed = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        // The link is a permission.
        (REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.extensions_mut().insert(Served { procedure: "unsubscribe", frequent: false });
    response
}
