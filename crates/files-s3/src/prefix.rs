use jobline_chat::{file_of, is_file_id};

/// Where in the bucket a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// Uploaded, not verified; a lifecycle rule deletes it after two days.
    Incoming,
    /// Proved, and never changed: under a name that only one attempt to send it has used.
    Kept,
    /// Proved, by servers that kept a file under its id; and what was imported from one of them.
    Files,
}

impl Prefix {
    /// Where a file is kept under this name.
    pub(crate) fn of(name: &str) -> Self {
        if file_of(name) == name { Self::Files } else { Self::Kept }
    }

    /// What the keys there begin with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Incoming => "incoming/",
            Self::Kept => "kept/",
            Self::Files => "files/",
        }
    }

    /// The key of a file there.
    pub(crate) fn key(self, name: &str) -> String {
        format!("{}{name}", self.prefix())
    }
}

/// The id in a `fileUrl`: the address of an upload in `bucket`, without a query. The file's row says whose upload it
/// is.
pub(crate) fn uploaded_id<'a>(file_url: &'a str, bucket: &str) -> Option<&'a str> {
    let (scheme, rest) = file_url.split_once("://")?;
    let (before, id) = rest.rsplit_once("/incoming/")?;
    let in_host = before.strip_prefix(bucket).is_some_and(|host| host.starts_with('.') && !host.contains('/'));
    let in_path = before.rsplit_once('/').is_some_and(|(_, last)| last == bucket);
    (["https", "http"].contains(&scheme) && (in_host || in_path) && is_file_id(id)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_url_is_the_address_of_an_upload_in_this_bucket() {
        let id = |url| uploaded_id(url, "photos");
        let known = Some("file_17_aZ-_");
        assert_eq!(id("https://photos.s3.eu-west-1.amazonaws.com/incoming/file_17_aZ-_"), known);
        assert_eq!(id("http://127.0.0.1:9000/photos/incoming/file_17_aZ-_"), known);
        for other in [
            "https://photos.s3.eu-west-1.amazonaws.com/files/file_17_aZ-_",
            "https://photos.s3.eu-west-1.amazonaws.com/incoming/file_17_aZ-_?X-Amz-Signature=1",
            "https://photos.s3.eu-west-1.amazonaws.com/incoming/../files/file_17_a",
            "https://other.s3.eu-west-1.amazonaws.com/incoming/file_17_aZ-_",
            "http://127.0.0.1:9000/other/incoming/file_17_aZ-_",
            "https://photosmith.example.com/incoming/file_17_aZ-_",
            "s3://photos/incoming/file_17_aZ-_",
            "file_17_aZ-_",
            "",
        ] {
            assert_eq!(id(other), None, "{other}");
        }
    }
}
