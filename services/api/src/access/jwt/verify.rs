//! Signatures checked by `ring`, which is built anyway for the connection to the log.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use ring::hmac;
use ring::signature::{self as by, UnparsedPublicKey, VerificationAlgorithm};

/// Makes `jsonwebtoken` check signatures here; nothing is ever signed.
pub(super) fn install() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: |_, _| Err(Error::from(ErrorKind::InvalidAlgorithm)),
        verifier_factory: verifier,
        key_utils: KeyUtils::new_unimplemented(),
    };
    // The second time it is there already, and is the same.
    let _ = PROVIDER.install_default();
}

/// A key for one algorithm.
struct Verifier {
    algorithm: Algorithm,
    key: Key,
}

enum Key {
    Public(UnparsedPublicKey<Vec<u8>>),
    Secret(hmac::Key),
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let of_public = |by: &'static dyn VerificationAlgorithm, family: AlgorithmFamily| {
        if key.family() != family {
            return Err(Error::from(ErrorKind::InvalidKeyFormat));
        }
        let bytes = key.try_get_as_bytes()?.to_vec();
        Ok(Key::Public(UnparsedPublicKey::new(by, bytes)))
    };
    let checked = match algorithm {
        Algorithm::EdDSA => of_public(&by::ED25519, AlgorithmFamily::Ed)?,
        Algorithm::ES256 => of_public(&by::ECDSA_P256_SHA256_FIXED, AlgorithmFamily::Ec)?,
        Algorithm::RS256 => of_public(&by::RSA_PKCS1_2048_8192_SHA256, AlgorithmFamily::Rsa)?,
        Algorithm::HS256 if key.family() == AlgorithmFamily::Hmac => {
            Key::Secret(hmac::Key::new(hmac::HMAC_SHA256, key.try_get_as_bytes()?))
        }
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(Box::new(Verifier {
        algorithm: *algorithm,
        key: checked,
    }))
}

impl signature::Verifier<Vec<u8>> for Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let checked = match &self.key {
            Key::Public(key) => key.verify(message, signature),
            Key::Secret(key) => hmac::verify(key, message, signature),
        };
        checked.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Verifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
