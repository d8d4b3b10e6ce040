//! Who asks, what they may, and how much of it.
//!
//! Three kinds of callers: the holder of the key of the settings (its owner, who may do all and is
//! not counted), holders of keys of `access.api_key`, and holders of tokens of one issuer. Whoever
//! is none of them is counted by address, and what is refused costs them more than what is open.

mod buckets;
mod jwt;
mod keys;

pub use jwt::{Tokens, TokensError};
pub use keys::{Minted, NoChance};

use buckets::{Buckets, Rate};
use jmip_core::ids;
use jmip_core::subjects::DEFAULT_TENANT;
use jmip_projections::Store;
use jmip_projections::access::Scope;
use jmip_runtime::config::{Limits, Secret};
use keys::{Found, Keys};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq as _;

/// What a key that opens nothing costs its sender, in requests: a right one is found by nobody who
/// may try two or three a second.
const REFUSED_COST: u32 = 20;
/// Seconds of its rate that a caller may use at once, after as long a pause.
const KEY_BURST_SECONDS: u32 = 2;
/// The same for an address: a page with what it shows, or ten wrong keys.
const ADDRESS_BURST_SECONDS: u32 = 4;
/// How long an address is known for a key that opened something.
const PROVEN_SECONDS: u32 = 600;
/// Enough to tell the holders of tokens apart in a log.
const SUBJECT_SHOWN_BYTES: usize = 8;
/// Nobody's key is longer; tokens may be.
const CREDENTIAL_MAX_BYTES: usize = 8 * 1024;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose market it is.
    pub tenant: String,
    /// What it is counted and logged by: the id of a key, or a hash where a token names a person.
    pub name: String,
    /// What it may.
    pub scopes: Vec<Scope>,
    /// Largest upload.
    pub upload_max_bytes: u64,
    /// Requests per second; `None` where nobody counts.
    rate: Option<u32>,
}

impl Caller {
    /// Whether it has one of these scopes.
    pub fn may(&self, any_of: &[Scope]) -> bool {
        any_of.iter().any(|scope| self.scopes.contains(scope))
    }
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Nothing was offered.
    Nothing,
    /// What was offered opens nothing.
    Wrong,
    /// It asks too often.
    TooOften(Duration),
    /// Keys cannot be read and were not read for long.
    Unknown,
}

/// Lets callers in.
pub(crate) struct Access {
    owner: Option<[u8; 32]>,
    keys: Keys,
    tokens: Option<Tokens>,
    limits: Limits,
    callers: Buckets<String>,
    addresses: Buckets<u128>,
    proven: Buckets<[u8; 32]>,
}

/// What access is decided by.
pub(crate) struct Given<'a> {
    pub(crate) store: &'a Store,
    pub(crate) owner: Option<&'a Secret>,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) limits: Limits,
}

impl Access {
    pub(crate) fn new(given: Given<'_>) -> Self {
        let digest = |key: &Secret| ids::sha256(key.reveal().as_bytes());
        Self {
            owner: given.owner.map(digest),
            keys: Keys::new(given.store.clone()),
            tokens: given.tokens,
            limits: given.limits,
            callers: Buckets::default(),
            addresses: Buckets::default(),
            proven: Buckets::default(),
        }
    }

    /// Who it is that offers this.
    ///
    /// An address that has offered too much that opens nothing is not listened to for a while, but
    /// for what has opened something lately: one guesser does not lock out the others behind the
    /// same address.
    pub(crate) async fn caller(
        &self,
        offered: Option<&str>,
        from: IpAddr,
    ) -> Result<Caller, Refused> {
        let Some(offered) = offered else {
            self.open(from)?;
            return Err(Refused::Nothing);
        };
        let digest = ids::sha256(offered.as_bytes());
        let now = Instant::now();
        let (address, rate) = (place(from), self.address_rate());
        if let Err(wait) = self.addresses.check(&address, rate, now)
            && !self.proven.holds(&digest, now)
        {
            return Err(Refused::TooOften(wait));
        }
        let caller = match self.find(offered, &digest).await {
            Ok(caller) => caller,
            Err(Refused::Wrong) => {
                let cost = rate.cost(REFUSED_COST);
                self.addresses.charge(address, cost, now);
                return Err(Refused::Wrong);
            }
            Err(other) => return Err(other),
        };
        self.proven.keep(digest, PROVEN_SECONDS, now);
        if let Some(rate) = caller.rate {
            let rate = Rate::of(rate, KEY_BURST_SECONDS);
            let taken = self.callers.take(caller.name.clone(), rate, now);
            taken.map_err(Refused::TooOften)?;
        }
        Ok(caller)
    }

    /// Counts a request that needs no key.
    pub(crate) fn open(&self, from: IpAddr) -> Result<(), Refused> {
        let taken = self
            .addresses
            .take(place(from), self.address_rate(), Instant::now());
        taken.map_err(Refused::TooOften)
    }

    fn address_rate(&self) -> Rate {
        Rate::of(self.limits.address_rate, ADDRESS_BURST_SECONDS)
    }

    async fn find(&self, offered: &str, digest: &[u8; 32]) -> Result<Caller, Refused> {
        if offered.len() > CREDENTIAL_MAX_BYTES {
            return Err(Refused::Wrong);
        }
        if self.owner.is_some_and(|owner| owner.ct_eq(digest).into()) {
            return Ok(self.owner());
        }
        match self.keys.find(offered).await {
            Found::Key(key) => Ok(Caller {
                name: format!("key:{}", key.key_id),
                tenant: key.tenant,
                scopes: key.scopes,
                upload_max_bytes: key.upload_max_bytes.unwrap_or(self.limits.upload_max_bytes),
                rate: Some(key.requests_per_second.unwrap_or(self.limits.key_rate)),
            }),
            Found::Unreadable => Err(Refused::Unknown),
            Found::Nothing => {
                let found = self.tokens.as_ref().and_then(|tokens| tokens.find(offered));
                let bearer = found.ok_or(Refused::Wrong)?;
                let who = [bearer.tenant.as_bytes(), bearer.subject.as_bytes()];
                let who = ids::hex(&ids::sha256_of(&who)[..SUBJECT_SHOWN_BYTES]);
                Ok(Caller {
                    name: format!("token:{who}"),
                    tenant: bearer.tenant,
                    scopes: bearer.scopes,
                    upload_max_bytes: self.limits.upload_max_bytes,
                    rate: Some(self.limits.key_rate),
                })
            }
        }
    }

    fn owner(&self) -> Caller {
        Caller {
            tenant: DEFAULT_TENANT.to_owned(),
            name: "owner".to_owned(),
            scopes: Scope::ALL.to_vec(),
            upload_max_bytes: self.limits.upload_max_bytes,
            rate: None,
        }
    }
}

/// What is counted as one place: an IPv4 address, or the network of an IPv6 one, of which one
/// customer has 2^64.
fn place(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6) >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_customer_is_one_place() {
        let place = |text: &str| place(text.parse().unwrap());
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("192.0.2.1"), place("::ffff:192.0.2.1"));
        assert_ne!(place("192.0.2.1"), place("192.0.2.2"));
    }
}
