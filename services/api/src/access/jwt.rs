//! Tokens (JWT) of one issuer, checked by one key with one algorithm. Source: RFC 7519, RFC 8725.
//!
//! What a token says about how it is signed is never followed: it must say what the settings say.
//! Besides `iss`, `aud`, `exp` and, where it has one, `nbf`, it needs `sub` (who), `tenant` (whose
//! market) and `scope` (words of `read`, `publish`, `admin`, apart by spaces). As a token cannot be
//! revoked, one that is valid for longer than a day from now is refused.

mod verify;

use jmip_core::subjects;
use jmip_projections::access::Scope;
use jmip_runtime::config::{Jwt, JwtAlgorithm};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, get_current_timestamp};
use serde::Deserialize;

/// How far clocks may be apart.
const LEEWAY_SECONDS: u64 = 30;
/// Longest validity from now on.
const LIFE_MAX_SECONDS: u64 = 24 * 60 * 60;
/// Longest subject of sense.
const SUBJECT_MAX_BYTES: usize = 128;
/// Shortest secret: as long as the hash it is used with. Source: RFC 7518 §3.2.
const SECRET_MIN_BYTES: usize = 32;

/// Checks tokens.
#[derive(Clone)]
pub struct Tokens {
    key: DecodingKey,
    validation: Validation,
}

/// Why tokens cannot be checked by this key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokensError {
    /// It is not a public key of this algorithm.
    #[error("JMIP_JWT_KEY_FILE is not a public key in PEM for this algorithm")]
    Key(#[from] Error),
    /// It is a secret that could be guessed.
    #[error("JMIP_JWT_KEY_FILE must have at least {SECRET_MIN_BYTES} bytes for HS256")]
    ShortSecret,
    /// It is a public key, which everybody may know.
    #[error("JMIP_JWT_KEY_FILE is a key in PEM; HS256 needs a secret")]
    NoSecret,
}

/// Who holds a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearer {
    pub(super) tenant: String,
    pub(super) subject: String,
    pub(super) scopes: Vec<Scope>,
}

/// What we read of a token; the rest is checked by the library.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    tenant: String,
    scope: String,
    exp: f64,
}

impl Tokens {
    /// Reads the key.
    ///
    /// Errors: [`TokensError`] when it does not fit the algorithm.
    pub fn new(jwt: &Jwt) -> Result<Self, TokensError> {
        verify::install();
        let text = jwt.key.reveal().as_bytes();
        let (algorithm, key) = match jwt.algorithm {
            JwtAlgorithm::EdDsa => (Algorithm::EdDSA, DecodingKey::from_ed_pem(text)?),
            JwtAlgorithm::Es256 => (Algorithm::ES256, DecodingKey::from_ec_pem(text)?),
            JwtAlgorithm::Rs256 => (Algorithm::RS256, DecodingKey::from_rsa_pem(text)?),
            JwtAlgorithm::Hs256 if text.starts_with(b"-----BEGIN") => {
                return Err(TokensError::NoSecret);
            }
            JwtAlgorithm::Hs256 if text.len() < SECRET_MIN_BYTES => {
                return Err(TokensError::ShortSecret);
            }
            JwtAlgorithm::Hs256 => (Algorithm::HS256, DecodingKey::from_secret(text)),
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&jwt.issuer]);
        validation.set_audience(&[&jwt.audience]);
        Ok(Self { key, validation })
    }

    /// Who holds this token; `None` when it is not one that counts.
    pub(super) fn find(&self, token: &str) -> Option<Bearer> {
        self.check(token)
            .inspect_err(|error| tracing::debug!(error = %error, "a token was refused"))
            .ok()
    }

    fn check(&self, token: &str) -> Result<Bearer, Error> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation)?.claims;
        let refused = |claim: &str| Error::from(ErrorKind::InvalidClaimFormat(claim.to_owned()));
        let last = get_current_timestamp() + LIFE_MAX_SECONDS;
        if claims.exp > last as f64 {
            return Err(refused("exp"));
        }
        let is_plain = !claims.sub.is_empty() && !claims.sub.chars().any(char::is_control);
        if !is_plain || claims.sub.len() > SUBJECT_MAX_BYTES {
            return Err(refused("sub"));
        }
        if !subjects::is_token(&claims.tenant) {
            return Err(refused("tenant"));
        }
        // Other words are other services' scopes.
        let words = claims.scope.split(' ');
        let scopes = words.filter_map(|word| word.parse().ok()).collect();
        Ok(Bearer {
            tenant: claims.tenant,
            subject: claims.sub,
            scopes,
        })
    }
}

#[cfg(test)]
mod tests;
