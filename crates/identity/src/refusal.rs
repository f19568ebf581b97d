//! Why a token is refused. The texts say what to do and never repeat the token.

use jobline_chat::Error;
use jobline_wire::Code;

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Missing,
    Several,
    NotBearer,
    TooLong,
    Malformed,
    Critical,
    Algorithm,
    UnknownKey,
    BadSignature,
    KeysMissing,
    Claims,
    NoUser,
    NoExpiry,
    Milliseconds,
    Expired,
    NotYet,
    Issuer,
    Audience,
}

impl Refusal {
    fn detail(self) -> &'static str {
        match self {
            Self::Missing => "There is no token. Send the header Authorization: Bearer <token>.",
            Self::Several => "There is more than one Authorization header. Send exactly one.",
            Self::NotBearer => "The Authorization header is not of the form Bearer <token>.",
            Self::TooLong => {
                "The token is malformed: it is longer than 8,192 bytes. Put less into it; sub and exp are enough."
            }
            Self::Malformed => "The token is malformed. Send a signed JWT: three base64url parts, separated by dots.",
            Self::Critical => "The token asks for an extension (crit) that this server does not know. Leave it out.",
            Self::Algorithm => "The token's alg is not accepted. Sign it with HS256, RS256, ES256 or EdDSA.",
            Self::UnknownKey | Self::BadSignature => {
                "The token is not signed by a known key. Sign it with the configured secret (HS256), or with a key of \
                 the configured JWKS, its kid and its algorithm."
            }
            Self::KeysMissing => "The keys that user tokens are signed with could not be fetched yet. Try again.",
            Self::Claims => {
                "The token's claims are malformed. They must be a JSON object: sub is text or a whole number, iss and aud \
                 are text, exp and nbf numbers."
            }
            Self::NoUser => "The token's sub is not a user id. Accepted are 1 to 128 of A–Z a–z 0–9 . _ | @ : + = ~ -.",
            Self::NoExpiry => "The token has no exp. Set it to the Unix second at which the token expires.",
            Self::Milliseconds => {
                "The token's exp or nbf is in milliseconds. Both are Unix seconds: divide them by 1,000."
            }
            Self::Expired => {
                "The token has expired. Get a new one and repeat the request with it. If it was new, compare the clocks of \
                 this server and of the one that issued it."
            }
            Self::NotYet => "The token is not valid yet (nbf). Wait, or check the clock that issued it.",
            Self::Issuer => "The token's iss is not the issuer that this server expects (--jwt-issuer).",
            Self::Audience => {
                "The token's aud is not the audience that this server expects (--jwt-audience), or it has none: some \
                 sign-ins put it into ID tokens alone."
            }
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        if refusal == Refusal::KeysMissing {
            let mut error = Self::unavailable("no signing keys yet");
            refusal.detail().clone_into(&mut error.detail);
            return error;
        }
        Self::new(Code::Unauthenticated, refusal.detail())
    }
}
