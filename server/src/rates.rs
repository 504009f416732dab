//! How often one address, and one device, may ask.
//!
//! The arithmetic is `governor`'s (GCRA: a burst, then a steady pace). Ours is what it keeps its figures in, since they must
//! not grow with the number of attackers, and the clock, since tests move it.
//!
//! Wrong invite codes are counted apart, in [`crate::guesses`]: a good code costs nothing there, while a rate charges every
//! question before its answer is known.

use std::{collections::HashMap, fmt, hash::Hash, net::IpAddr, num::NonZeroU32, sync::Mutex, time::Duration};

use governor::{Quota, RateLimiter, clock::Clock as _, middleware::NoOpMiddleware, nanos::Nanos, state::StateStore};
use shared::id::{DeviceId, DocumentId};

use crate::{clock::Clock, guesses::neighbourhood, storage::lock};

/// So much at once, and then so much a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: NonZeroU32,
    pub per_s: NonZeroU32,
}

/// So much at once, and then one each time that so much has passed: for what people do once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowRate {
    pub burst: u32,
    pub each: Duration,
}

impl SlowRate {
    fn quota(self) -> Quota {
        let burst = NonZeroU32::new(self.burst).unwrap_or(NonZeroU32::MIN);
        Quota::with_period(self.each).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst)
    }
}

impl Rate {
    fn quota(self) -> Quota {
        Quota::per_second(self.per_s).allow_burst(self.burst)
    }

    const fn new(burst: u32, per_s: u32) -> Self {
        match (NonZeroU32::new(burst), NonZeroU32::new(per_s)) {
            (Some(burst), Some(per_s)) => Self { burst, per_s },
            _ => panic!("a rate lets something through"),
        }
    }
}

/// Requests to `/api` from one address (IPv6: one network), before anything else is looked at. A village hall's phones
/// share one, and each is poked once a second at most.
pub const ADDRESS: Rate = Rate::new(1_200, 100);
/// Requests from one signed-in device. A first exchange of everything is a few hundred pages.
pub const DEVICE: Rate = Rate::new(600, 10);
/// Attempts to come in from one address, whether their codes are right or wrong: a full hall, then one a second.
pub const ENROLMENT: Rate = Rate::new(100, 1);
/// Registrations from one address, by whatever links: a hall that shares one, then one each half minute.
pub const REGISTRATION: SlowRate = SlowRate { burst: 40, each: Duration::from_secs(30) };
/// Registrations by one link, from wherever: a message to two hundred people, then what nobody would send by hand.
pub const LINK: SlowRate = SlowRate { burst: 60, each: Duration::from_secs(5) };
/// Addresses, devices and links whose figures are kept. Beyond it the newcomers share one figure, so that memory is bounded and
/// nobody already known suffers.
pub const KEYS_MAX: usize = 20_000;

/// Every rate, for the whole server.
#[derive(Debug)]
pub struct Rates {
    addresses: Paced<IpAddr>,
    devices: Paced<DeviceId>,
    enrolments: Paced<IpAddr>,
    registrations: Paced<IpAddr>,
    links: Paced<DocumentId>,
}

/// How long somebody must wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften {
    pub wait: Duration,
}

impl TooOften {
    /// As `Retry-After` says it: whole seconds, rounded up.
    #[must_use]
    pub fn retry_after_s(self) -> u64 {
        self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0)
    }
}

impl Rates {
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self {
            addresses: Paced::new(ADDRESS.quota(), clock),
            devices: Paced::new(DEVICE.quota(), clock),
            enrolments: Paced::new(ENROLMENT.quota(), clock),
            registrations: Paced::new(REGISTRATION.quota(), clock),
            links: Paced::new(LINK.quota(), clock),
        }
    }

    /// One request from that address.
    pub fn address(&self, address: IpAddr) -> Result<(), TooOften> {
        countable(address).map_or(Ok(()), |address| self.addresses.ask(address))
    }

    /// One request from that device, once it is known to be that device: else anybody could use up another's.
    pub fn device(&self, device: DeviceId) -> Result<(), TooOften> {
        self.devices.ask(device)
    }

    /// One attempt to come in from that address.
    pub fn enrolment(&self, address: IpAddr) -> Result<(), TooOften> {
        countable(address).map_or(Ok(()), |address| self.enrolments.ask(address))
    }

    /// One registration from that address.
    pub fn registration(&self, address: IpAddr) -> Result<(), TooOften> {
        countable(address).map_or(Ok(()), |address| self.registrations.ask(address))
    }

    /// One registration by the link of that event.
    pub fn link(&self, event: DocumentId) -> Result<(), TooOften> {
        self.links.ask(event)
    }
}

/// As what an address counts. This machine does not: it is a proxy that does not say for whom it asks, and refusing it would
/// refuse everybody.
fn countable(address: IpAddr) -> Option<IpAddr> {
    (!address.to_canonical().is_loopback()).then(|| neighbourhood(address))
}

/// One rate for each key.
struct Paced<K>(RateLimiter<K, Figures<K>, Elapsed, NoOpMiddleware<Duration>>)
where
    K: Hash + Eq + Clone;

impl<K: Hash + Eq + Clone> fmt::Debug for Paced<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whom it has met is nobody's business.
        f.write_str("Paced")
    }
}

impl<K: Hash + Eq + Clone> Paced<K> {
    fn new(quota: Quota, clock: &Clock) -> Self {
        Self(RateLimiter::new(quota, Figures::default(), Elapsed::since_now(clock)))
    }

    fn ask(&self, key: K) -> Result<(), TooOften> {
        self.0.check_key(&key).map_err(|until| TooOften { wait: until.wait_time_from(self.0.clock().now()) })
    }
}

/// Time that only goes on, made of a clock that may be set: setting it back costs nobody a wait, setting it forward
/// forgives.
#[derive(Debug)]
struct Elapsed {
    clock: Clock,
    seen: Mutex<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    clock_ms: u64,
    elapsed_ms: u64,
}

impl Elapsed {
    fn since_now(clock: &Clock) -> Self {
        Self { clock: clock.clone(), seen: Mutex::new(Seen { clock_ms: clock.now_ms(), elapsed_ms: 0 }) }
    }
}

impl governor::clock::Clock for Elapsed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let clock_ms = self.clock.now_ms();
        let mut seen = lock(&self.seen);
        seen.elapsed_ms += clock_ms.saturating_sub(seen.clock_ms);
        seen.clock_ms = clock_ms;
        Duration::from_millis(seen.elapsed_ms)
    }
}

/// How often figures that say nothing any more are looked for, once there is no room. In nanoseconds.
const SWEEP: u64 = 1_000_000_000;

/// What is known of each key: at what moment it will have nothing outstanding.
struct Figures<K>(Mutex<Kept<K>>);

struct Kept<K> {
    of: HashMap<K, Nanos>,
    /// The one figure of all who find no room.
    others: Option<Nanos>,
    swept: u64,
}

impl<K> Default for Figures<K> {
    fn default() -> Self {
        Self(Mutex::new(Kept { of: HashMap::new(), others: None, swept: 0 }))
    }
}

impl<K: Hash + Eq + Clone> StateStore for Figures<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut kept = lock(&self.0);
        if let Some(figure) = kept.of.get_mut(key) {
            let (outcome, next) = measure(Some(*figure))?;
            *figure = next;
            return Ok(outcome);
        }
        let (outcome, next) = measure(None)?;
        if kept.of.len() >= KEYS_MAX && next.as_u64() >= kept.swept + SWEEP {
            kept.swept = next.as_u64();
            // What lies before the first question of a newcomer says no more than that newcomer's.
            kept.of.retain(|_, figure| *figure > next);
        }
        if kept.of.len() < KEYS_MAX {
            kept.of.insert(key.clone(), next);
            return Ok(outcome);
        }
        let (outcome, next) = measure(kept.others)?;
        kept.others = Some(next);
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::Ipv4Addr,
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering},
        },
    };

    use super::*;

    const SLOW: Rate = Rate::new(3, 1);

    /// A clock in milliseconds that tests set, and figures that follow it.
    fn paced() -> (Arc<AtomicU64>, Paced<u32>) {
        let now = Arc::new(AtomicU64::new(1_000_000));
        let clock = Arc::clone(&now);
        let clock = Clock::from_fn(move || clock.load(Ordering::SeqCst));
        (now, Paced::new(SLOW.quota(), &clock))
    }

    fn wait(s: u64) -> Result<(), TooOften> {
        Err(TooOften { wait: Duration::from_secs(s) })
    }

    #[test]
    fn a_burst_and_then_a_steady_pace_for_each() {
        let (now, paced) = paced();
        for _ in 0..3 {
            assert_eq!(paced.ask(1), Ok(()));
        }
        assert_eq!(paced.ask(1), wait(1));
        assert_eq!(paced.ask(2), Ok(()), "another's affair");
        now.fetch_add(400, Ordering::SeqCst);
        let refused = paced.ask(1).unwrap_err();
        assert_eq!((refused.wait, refused.retry_after_s()), (Duration::from_millis(600), 1));
        now.fetch_add(600, Ordering::SeqCst);
        assert_eq!(paced.ask(1), Ok(()));
        assert_eq!(paced.ask(1), wait(1), "asking too early cost nothing, and gained nothing");
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out() {
        let (now, paced) = paced();
        for _ in 0..3 {
            assert_eq!(paced.ask(1), Ok(()));
        }
        now.fetch_sub(900_000, Ordering::SeqCst);
        assert_eq!(paced.ask(1), wait(1));
        now.fetch_add(1_000, Ordering::SeqCst);
        assert_eq!(paced.ask(1), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_the_known_do_not_suffer() {
        let (now, paced) = paced();
        let crowd = u32::try_from(KEYS_MAX).unwrap();
        for key in (0..crowd).chain(0..crowd) {
            assert_eq!(paced.ask(key), Ok(()));
        }
        // All are busy: whoever comes now shares one figure with the others who do.
        for key in 0..3 {
            assert_eq!(paced.ask(crowd + key), Ok(()));
        }
        assert_eq!(paced.ask(crowd + 9), wait(1));
        assert_eq!(paced.ask(7), Ok(()), "known before the crowd");
        // A moment later the idle have been forgotten, and there is room.
        now.fetch_add(5_000, Ordering::SeqCst);
        for _ in 0..3 {
            assert_eq!(paced.ask(crowd + 9), Ok(()));
        }
        assert_eq!(paced.ask(crowd + 9), wait(1));
    }

    #[test]
    fn this_machine_is_a_proxy_and_a_network_is_one_address() {
        let rates = Rates::new(&Clock::from_fn(|| 0));
        for n in 0..ADDRESS.burst.get() {
            assert_eq!(rates.address(Ipv4Addr::LOCALHOST.into()), Ok(()));
            assert_eq!(rates.address(format!("2001:db8::{n:x}").parse().unwrap()), Ok(()));
        }
        assert_eq!(rates.address(Ipv4Addr::LOCALHOST.into()), Ok(()));
        assert!(rates.address("2001:db8::ffff:1".parse().unwrap()).is_err());
        assert!(rates.address("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }
}
