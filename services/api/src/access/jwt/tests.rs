//! Tokens as issuers make them, and as those do who would like to be one.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jmip_runtime::config::Secret;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use serde_json::{Value, json};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// Subject public key infos up to the key itself. Source: RFC 8410 §4, RFC 5480 §2.
const ED25519_HEAD: &str = "302a300506032b6570032100";
const P256_HEAD: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn claims() -> Value {
    json!({
        "iss": "https://issuer.example", "aud": "jmip", "sub": "ada", "tenant": "acme",
        "scope": "read openid publish", "exp": get_current_timestamp() + 600,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn token(algorithm: &str, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let head = encoded(&json!({"alg": algorithm, "typ": "JWT"}));
    let message = format!("{head}.{}", encoded(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn hs256(secret: &str) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

fn tokens(algorithm: JwtAlgorithm, key: &str) -> Result<Tokens, TokensError> {
    Tokens::new(&Jwt {
        algorithm,
        key: Secret::new(key.to_owned()),
        issuer: "https://issuer.example".to_owned(),
        audience: "jmip".to_owned(),
    })
}

fn pem(head: &str, key: &[u8]) -> String {
    let der = [jmip_core::ids::from_hex(head).unwrap(), key.to_vec()].concat();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
        STANDARD.encode(der)
    )
}

struct Ed {
    pair: Ed25519KeyPair,
    pem: String,
}

fn ed25519() -> Ed {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let pem = pem(ED25519_HEAD, pair.public_key().as_ref());
    Ed { pair, pem }
}

#[test]
fn a_token_of_the_issuer_says_who_it_is() {
    let ed = ed25519();
    let sign = |message: &[u8]| ed.pair.sign(message).as_ref().to_vec();
    let found =
        tokens(JwtAlgorithm::EdDsa, &ed.pem)
            .unwrap()
            .find(&token("EdDSA", &claims(), sign));
    let bearer = Bearer {
        tenant: "acme".into(),
        subject: "ada".into(),
        scopes: vec![Scope::Read, Scope::Publish],
    };
    assert_eq!(found.as_ref(), Some(&bearer));

    let rng = SystemRandom::new();
    let by = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(by, &rng).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(by, pkcs8.as_ref(), &rng).unwrap();
    let sign = |message: &[u8]| pair.sign(&rng, message).unwrap().as_ref().to_vec();
    let checked = tokens(
        JwtAlgorithm::Es256,
        &pem(P256_HEAD, pair.public_key().as_ref()),
    );
    let found = checked.unwrap().find(&token("ES256", &claims(), sign));
    assert_eq!(found.as_ref(), Some(&bearer));

    let checked = tokens(JwtAlgorithm::Hs256, SECRET).unwrap();
    let found = checked.find(&token("HS256", &claims(), hs256(SECRET)));
    assert_eq!(found.as_ref(), Some(&bearer));
}

#[test]
fn a_token_says_nothing_about_how_it_is_to_be_checked() {
    let ed = ed25519();
    let by_key = tokens(JwtAlgorithm::EdDsa, &ed.pem).unwrap();
    // Signed with the public key, which everybody has, as if it were a secret.
    assert_eq!(
        by_key.find(&token("HS256", &claims(), hs256(&ed.pem))),
        None
    );
    let raw = ed.pair.public_key().as_ref().to_vec();
    let raw = hmac::Key::new(hmac::HMAC_SHA256, &raw);
    let sign = |message: &[u8]| hmac::sign(&raw, message).as_ref().to_vec();
    assert_eq!(by_key.find(&token("HS256", &claims(), sign)), None);
    assert_eq!(by_key.find(&token("EdDSA", &claims(), sign)), None);

    let by_secret = tokens(JwtAlgorithm::Hs256, SECRET).unwrap();
    for algorithm in [
        "none", "None", "NONE", "HS384", "HS512", "EdDSA", "RS256", "",
    ] {
        let unsigned = token(algorithm, &claims(), |_| vec![]);
        assert_eq!(by_secret.find(&unsigned), None, "{algorithm}");
        assert_eq!(by_key.find(&unsigned), None, "{algorithm}");
        let signed = token(algorithm, &claims(), hs256(SECRET));
        assert_eq!(by_secret.find(&signed), None, "{algorithm}");
    }
}

#[test]
fn every_claim_counts() {
    let now = get_current_timestamp();
    let checked = tokens(JwtAlgorithm::Hs256, SECRET).unwrap();
    for (claims, what) in [
        (with("iss", json!("https://other.example")), "issuer"),
        (without("iss"), "no issuer"),
        (with("aud", json!("other")), "audience"),
        (with("aud", json!(["other"])), "audiences"),
        (without("aud"), "no audience"),
        (with("exp", json!(now - 60)), "over"),
        (with("exp", json!(now + 25 * 60 * 60)), "too long"),
        (with("exp", json!("tomorrow")), "no time"),
        (without("exp"), "no end"),
        (with("nbf", json!(now + 120)), "not yet"),
        (with("nbf", json!("now")), "no time"),
        (without("sub"), "nobody"),
        (with("sub", json!("")), "nobody"),
        (with("sub", json!("a\nb")), "two lines"),
        (without("tenant"), "no tenant"),
        (with("tenant", json!("a.b")), "not a tenant"),
        (without("scope"), "no scope"),
    ] {
        let refused = checked.find(&token("HS256", &claims, hs256(SECRET)));
        assert_eq!(refused, None, "{what}: {claims}");
    }
    for claims in [
        with("aud", json!(["other", "jmip"])),
        with("nbf", json!(now)),
    ] {
        let taken = checked.find(&token("HS256", &claims, hs256(SECRET)));
        assert!(taken.is_some(), "{claims}");
    }
}

#[test]
fn a_token_that_was_changed_is_refused() {
    let checked = tokens(JwtAlgorithm::Hs256, SECRET).unwrap();
    let good = token("HS256", &claims(), hs256(SECRET));
    let parts: Vec<&str> = good.split('.').collect();
    let admin = encoded(&with("scope", json!("admin")));
    for bad in [
        format!("{}.{admin}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}.{}", parts[2]),
        token("HS256", &claims(), hs256(&SECRET.replace('0', "1"))),
    ] {
        assert_eq!(checked.find(&bad), None, "{bad}");
    }
}

/// Signed once by a key that was thrown away; valid until 2100, which is too long.
#[test]
fn a_token_of_an_rsa_key_is_checked_by_its_signature() {
    const PEM: &str = include_str!("rsa_public.pem");
    const TOKEN: &str = include_str!("rsa_token.txt");
    let checked = tokens(JwtAlgorithm::Rs256, PEM).unwrap();
    let kind = |token: &str| checked.check(token).unwrap_err().into_kind();
    let too_long = kind(TOKEN.trim());
    assert_eq!(too_long, ErrorKind::InvalidClaimFormat("exp".into()));
    let (message, signature) = TOKEN.trim().rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[7] ^= 1;
    let changed = format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes));
    assert_eq!(kind(&changed), ErrorKind::InvalidSignature);
}

#[test]
fn a_key_that_does_not_fit_its_algorithm_is_refused_at_the_start() {
    let ed = ed25519().pem;
    for (algorithm, key) in [
        (JwtAlgorithm::Es256, ed.as_str()),
        (JwtAlgorithm::Rs256, ed.as_str()),
        (JwtAlgorithm::Hs256, ed.as_str()),
        (JwtAlgorithm::EdDsa, SECRET),
        (JwtAlgorithm::Hs256, "short"),
    ] {
        assert!(tokens(algorithm, key).is_err(), "{algorithm:?}");
    }
}
