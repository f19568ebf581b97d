//! The encryption of Web Push messages: RFC 8291, in the content coding `aes128gcm` of RFC 8188, as one record.

use super::{MESSAGE_BYTES, decode};
use crate::hmac;
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    rand::{SecureRandom, SystemRandom},
};

/// The size of a record that a message fits into.
const RECORD_BYTES: u32 = 4_096;
/// The delimiter after the text in the last record.
const LAST_RECORD: u8 = 2;
const AUTH_BYTES: usize = 16;

/// `body`, encrypted for the browser with these keys. `None` if the keys are invalid, or the body is too long.
pub(super) fn encrypt(random: &SystemRandom, p256dh: &str, auth: &str, body: &[u8]) -> Option<Vec<u8>> {
    let (browser, auth) = (decode(p256dh)?, decode(auth)?);
    if auth.len() != AUTH_BYTES || body.len() > MESSAGE_BYTES {
        return None;
    }
    let mut salt = [0; 16];
    random.fill(&mut salt).ok()?;
    let own = EphemeralPrivateKey::generate(&ECDH_P256, random).ok()?;
    let public = own.compute_public_key().ok()?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, &browser);
    agree_ephemeral(own, &peer, |shared| seal(shared, &browser, public.as_ref(), &auth, salt, body)).ok()?
}

/// The whole body of the request: a header with salt and public key, then the only record.
fn seal(shared: &[u8], browser: &[u8], own: &[u8], auth: &[u8], salt: [u8; 16], body: &[u8]) -> Option<Vec<u8>> {
    let secret = hmac::sha256(&hmac::sha256(auth, &[shared]), &[b"WebPush: info\0", browser, own, &[1]]);
    let pseudorandom = hmac::sha256(&salt, &[&secret]);
    let key = hmac::sha256(&pseudorandom, &[b"Content-Encoding: aes128gcm\0", &[1]]);
    let nonce = hmac::sha256(&pseudorandom, &[b"Content-Encoding: nonce\0", &[1]]);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).ok()?;
    let mut record = [body, &[LAST_RECORD]].concat();
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record).ok()?;
    let mut sealed = salt.to_vec();
    sealed.extend_from_slice(&RECORD_BYTES.to_be_bytes());
    sealed.push(u8::try_from(own.len()).ok()?);
    sealed.extend_from_slice(own);
    sealed.extend_from_slice(&record);
    Some(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    const BROWSER: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    /// The example of RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_the_rfc_is_reproduced() {
        let own = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
        let shared = decode("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs").unwrap();
        let salt = decode("DGv6ra1nlYgDCS1FRnbzlw").unwrap().try_into().unwrap();
        let text = b"When I grow up, I want to be a watermelon";
        let (browser, auth) = (decode(BROWSER).unwrap(), decode(AUTH).unwrap());
        let sealed = seal(&shared, &browser, &decode(own).unwrap(), &auth, salt, text).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS\
                        6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4\
                        a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed), expected);
    }

    #[test]
    fn an_invalid_key_encrypts_nothing() {
        let random = SystemRandom::new();
        let encrypt = |p256dh: &str, auth: &str, bytes| encrypt(&random, p256dh, auth, &vec![b'x'; bytes]);
        assert!(encrypt(BROWSER, AUTH, MESSAGE_BYTES).is_some_and(|sealed| sealed.len() <= RECORD_BYTES as usize));
        assert!(encrypt(&format!("{BROWSER}="), &format!("{AUTH}=="), 1).is_some(), "with padding");
        assert_eq!(encrypt(BROWSER, AUTH, MESSAGE_BYTES + 1), None);
        assert_eq!(encrypt(BROWSER, "c2hvcnQ", 1), None);
        assert_eq!(encrypt("not base64!", AUTH, 1), None);
        assert_eq!(encrypt(&URL_SAFE_NO_PAD.encode([4; 65]), AUTH, 1), None, "no point of the curve");
    }
}
