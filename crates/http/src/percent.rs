//! Strict percent-decoding.

use std::borrow::Cow;

/// `text` with its `%xx` decoded, and `+` as a space where `plus_is_space` (queries, not paths); `None` when an escape is
/// broken or the bytes are not UTF-8.
#[must_use]
pub fn decode(text: &str, plus_is_space: bool) -> Option<Cow<'_, str>> {
    let next = |rest: &[u8]| rest.iter().position(|byte| *byte == b'%' || (*byte == b'+' && plus_is_space));
    let mut rest = text.as_bytes();
    let Some(mut at) = next(rest) else { return Some(Cow::Borrowed(text)) };
    let mut bytes = Vec::with_capacity(text.len());
    loop {
        bytes.extend_from_slice(&rest[..at]);
        rest = match rest[at..] {
            [b'+', ref rest @ ..] => {
                bytes.push(b' ');
                rest
            }
            [_, high, low, ref rest @ ..] => {
                bytes.push(hex(high)? << 4 | hex(low)?);
                rest
            }
            _ => return None,
        };
        at = match next(rest) {
            Some(at) => at,
            None => break,
        };
    }
    bytes.extend_from_slice(rest);
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn escapes_are_decoded_and_broken_ones_refused() {
        assert_eq!(decode("a%7Cb+c", false).as_deref(), Some("a|b+c"));
        assert_eq!(decode("a+b%2B", true).as_deref(), Some("a b+"));
        assert_eq!(decode("gr%C3%BC%c3%9fe", true).as_deref(), Some("grüße"));
        assert_eq!(decode("%7B%22a%22:1%7D", true).as_deref(), Some("{\"a\":1}"));
        assert_eq!(decode("a+b", false).as_deref(), Some("a+b"));
        for broken in ["%", "%a", "%zz", "a%f", "%ff", "%+1", "%7B%2", "a+b%"] {
            assert_eq!(decode(broken, true), None, "{broken}");
        }
    }
}
