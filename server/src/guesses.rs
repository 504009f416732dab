//! A limit on wrong invite codes by address.
//!
//! Only wrong codes count: a room full of volunteers behind one address enrols at once, each with a good one.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Mutex,
};

use crate::storage::lock;

/// Wrong codes that an address may send at once.
pub const GUESSES_MAX: u32 = 20;
/// After how long one more is allowed. In milliseconds.
pub const GUESS_BACK_MS: u64 = 30_000;
/// Addresses remembered. When there are more, all is forgiven: twelve letters protect themselves.
const ADDRESSES_MAX: usize = 10_000;

/// Who guessed wrong lately.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<HashMap<IpAddr, Debt>>);

/// Wrong codes not yet forgiven, as of a moment.
#[derive(Debug, Clone, Copy)]
struct Debt {
    guesses: u32,
    since_ms: u64,
}

impl Debt {
    fn at(self, now_ms: u64) -> Self {
        let forgiven = now_ms.saturating_sub(self.since_ms) / GUESS_BACK_MS;
        Self {
            guesses: self.guesses.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX)),
            since_ms: self.since_ms + forgiven * GUESS_BACK_MS,
        }
    }
}

/// How long an address must wait. In milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub ms: u64,
}

impl Guesses {
    /// Whether the address may try a code now.
    pub fn check(&self, address: IpAddr, now_ms: u64) -> Result<(), Wait> {
        match lock(&self.0).get(&neighbourhood(address)).map(|debt| debt.at(now_ms)) {
            Some(debt) if debt.guesses >= GUESSES_MAX => {
                Err(Wait { ms: (debt.since_ms + GUESS_BACK_MS).saturating_sub(now_ms) })
            }
            _ => Ok(()),
        }
    }

    /// Notes a wrong code.
    pub fn note_wrong(&self, address: IpAddr, now_ms: u64) {
        let mut debts = lock(&self.0);
        if debts.len() >= ADDRESSES_MAX {
            debts.retain(|_, debt| debt.at(now_ms).guesses > 0);
            if debts.len() >= ADDRESSES_MAX {
                debts.clear();
            }
        }
        let debt = debts.entry(neighbourhood(address)).or_insert(Debt { guesses: 0, since_ms: now_ms });
        *debt = debt.at(now_ms);
        if debt.guesses == 0 {
            debt.since_ms = now_ms;
        }
        debt.guesses = debt.guesses.saturating_add(1);
    }
}

/// An IPv6 subscriber owns 2^64 addresses: they count as one.
#[must_use]
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_codes_run_out_and_come_back() {
        let guesses = Guesses::default();
        let (here, there) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..GUESSES_MAX {
            assert_eq!(guesses.check(here, 1_000), Ok(()));
            guesses.note_wrong(here, 1_000);
        }
        assert_eq!(guesses.check(here, 2_000), Err(Wait { ms: GUESS_BACK_MS - 1_000 }));
        assert_eq!(guesses.check(there, 2_000), Ok(()));
        assert_eq!(guesses.check(here, 1_000 + GUESS_BACK_MS), Ok(()));
        guesses.note_wrong(here, 1_000 + GUESS_BACK_MS);
        assert!(guesses.check(here, 1_000 + GUESS_BACK_MS).is_err());
    }

    #[test]
    fn an_ipv6_network_counts_as_one_and_a_mapped_address_as_itself() {
        let guesses = Guesses::default();
        for n in 0..GUESSES_MAX {
            guesses.note_wrong(format!("2001:db8::{n}").parse().unwrap(), 0);
        }
        assert!(guesses.check("2001:db8::ffff".parse().unwrap(), 0).is_err());
        assert!(guesses.check("2001:db8:0:1::".parse().unwrap(), 0).is_ok());
        assert_eq!(neighbourhood("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
