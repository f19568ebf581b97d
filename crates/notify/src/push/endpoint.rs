//! Which push services are called. An endpoint comes from a user, so it is a URL of one of these services or nothing.

use url::{Host, Url};

/// The push services of the browsers: Chrome and what is built on it, Safari, Firefox, Edge. With a dot in front: any
/// name below it.
const KNOWN: [&str; 4] = ["fcm.googleapis.com", ".push.apple.com", ".push.services.mozilla.com", ".notify.windows.com"];
/// The most bytes of an endpoint.
const BYTES: usize = 1_024;

/// The push services that may be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Services {
    /// Origins that are allowed besides the known services: for tests, and for a push service of one's own.
    more: Vec<String>,
}

impl Services {
    /// The known services, and those at the origins `more`, such as `http://127.0.0.1:4000`. `None` if one of them is no
    /// http or https origin.
    #[must_use]
    pub fn with(more: &[&str]) -> Option<Self> {
        let origin = |text: &&str| {
            let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()))?;
            let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            (plain && url.username().is_empty()).then(|| url.origin().ascii_serialization())
        };
        Some(Self { more: more.iter().map(origin).collect::<Option<_>>()? })
    }

    /// Whether messages are sent to this endpoint.
    #[must_use]
    pub fn accept(&self, endpoint: &str) -> bool {
        self.target(endpoint).is_some()
    }

    /// The endpoint as a URL, and whether it may have a private address.
    pub(super) fn target(&self, endpoint: &str) -> Option<(Url, bool)> {
        if endpoint.len() > BYTES {
            return None;
        }
        let url = Url::parse(endpoint).ok()?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return None;
        }
        if self.more.contains(&url.origin().ascii_serialization()) {
            return Some((url, true));
        }
        let Some(Host::Domain(host)) = url.host() else { return None };
        let known = KNOWN.iter().any(|known| match known.strip_prefix('.') {
            Some(_) => host.ends_with(known),
            None => host == *known,
        });
        (url.scheme() == "https" && url.port().is_none() && known).then_some((url, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_endpoints_of_known_push_services_are_accepted() {
        let services = Services::default();
        for good in [
            "https://fcm.googleapis.com/fcm/send/abc",
            "https://updates.push.services.mozilla.com/wpush/v2/abc",
            "https://web.push.apple.com/abc",
            "https://wns2-db5p.notify.windows.com/w/?token=abc",
        ] {
            assert!(services.accept(good), "{good}");
        }
        for bad in [
            "http://fcm.googleapis.com/fcm/send/abc",
            "https://fcm.googleapis.com:8443/fcm/send/abc",
            "https://fcm.googleapis.com.evil.example/abc",
            "https://evilpush.apple.com.example/abc",
            "https://notify.windows.com.evil.example/",
            "https://push.apple.com.:443@evil.example/",
            "https://user@fcm.googleapis.com/abc",
            "https://evil.example/?https://fcm.googleapis.com/",
            "https://127.0.0.1/abc",
            "https://[::1]/abc",
            "https://xnotify.windows.com/abc",
            "fcm.googleapis.com/abc",
            "",
        ] {
            assert!(!services.accept(bad), "{bad}");
        }
        assert!(!services.accept(&format!("https://fcm.googleapis.com/{}", "a".repeat(BYTES))), "too long");
    }

    #[test]
    fn more_services_can_be_named_by_their_origin() {
        let services = Services::with(&["http://127.0.0.1:4000"]).unwrap();
        assert!(services.accept("http://127.0.0.1:4000/push/abc"));
        assert!(services.accept("https://fcm.googleapis.com/fcm/send/abc"));
        assert!(!services.accept("http://127.0.0.1:4001/push/abc"));
        for bad in ["127.0.0.1:4000", "ftp://example.com", "https://example.com/path", "https://u@example.com"] {
            assert_eq!(Services::with(&[bad]), None, "{bad}");
        }
    }
}
