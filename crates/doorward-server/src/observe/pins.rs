//! Which addresses hosts were seen to have, so that an answer that changes in a suspicious way is noticed.
//!
//! For an hour after the first answer, a later one must share an address with those seen before, and must bring no private
//! address that was not among them; otherwise nobody can say where the host is. This notices the usual rebinding, where a
//! name first leads outside and then inside. It does not bind the server, which looks by itself.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use doorward_core::access::HostSeen;
use doorward_policy::is_private;

use crate::limits::{PINNED_ADDRESSES_MAX, PINNED_FOR, PINNED_HOSTS_MAX, RESOLVED_FRESH};

/// The hosts that were looked up.
#[derive(Debug, Default)]
pub(super) struct Pins(HashMap<Arc<str>, Pin>);

#[derive(Debug)]
struct Pin {
    /// Every address accepted since.
    seen: BTreeSet<IpAddr>,
    since: Instant,
    latest: HostSeen,
    at: Instant,
}

impl Pins {
    /// The last answer, if it is of just now.
    pub(super) fn fresh(&self, host: &str, now: Instant) -> Option<HostSeen> {
        let pin = self.0.get(host)?;
        (now.saturating_duration_since(pin.at) < RESOLVED_FRESH).then(|| pin.latest.clone())
    }

    /// What an answer is worth. No address at all is no answer.
    pub(super) fn answered(&mut self, host: &Arc<str>, addresses: Vec<IpAddr>, now: Instant) -> HostSeen {
        let addresses: BTreeSet<IpAddr> = addresses.into_iter().take(PINNED_ADDRESSES_MAX).collect();
        if addresses.is_empty() {
            return HostSeen::Unknown;
        }
        self.0.retain(|name, pin| name != host || now.saturating_duration_since(pin.since) < PINNED_FOR);
        let Some(pin) = self.0.get_mut(host) else {
            self.make_room(now);
            let latest = HostSeen::Addresses(addresses.iter().copied().collect());
            self.0.insert(host.clone(), Pin { seen: addresses, since: now, latest: latest.clone(), at: now });
            return latest;
        };
        pin.latest = pin.judge(&addresses);
        pin.at = now;
        pin.latest.clone()
    }

    /// Whoever names hosts is a stranger: the oldest goes when there is no room.
    fn make_room(&mut self, now: Instant) {
        if self.0.len() < PINNED_HOSTS_MAX {
            return;
        }
        self.0.retain(|_, pin| now.saturating_duration_since(pin.since) < PINNED_FOR);
        if self.0.len() >= PINNED_HOSTS_MAX
            && let Some(oldest) = self.0.iter().min_by_key(|(_, pin)| pin.since).map(|(host, _)| host.clone())
        {
            self.0.remove(&oldest);
        }
    }
}

impl Pin {
    fn judge(&mut self, addresses: &BTreeSet<IpAddr>) -> HostSeen {
        let newly_private = addresses.difference(&self.seen).any(|address| is_private(*address));
        if newly_private || self.seen.is_disjoint(addresses) {
            return HostSeen::Unknown;
        }
        let room = PINNED_ADDRESSES_MAX.saturating_sub(self.seen.len());
        let new: Vec<IpAddr> = addresses.difference(&self.seen).copied().take(room).collect();
        self.seen.extend(new);
        HostSeen::Addresses(addresses.iter().copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn an_answer_that_changes_is_unknown_when_it_turns_inside_or_shares_nothing() {
        let start = Instant::now();
        let host: Arc<str> = Arc::from("example.com");
        let mut pins = Pins::default();
        let steps: &[(&[&str], bool)] = &[
            (&["93.184.215.14", "93.184.215.15"], true),
            (&["93.184.215.15", "93.184.215.16"], true),
            (&["93.184.215.16"], true),
            (&["93.184.215.16", "10.0.0.1"], false),
            (&["127.0.0.1"], false),
            (&["8.8.8.8"], false),
            (&[], false),
            (&["93.184.215.14"], true),
        ];
        for (step, known) in steps {
            let seen = pins.answered(&host, addresses(step), start);
            assert_eq!(matches!(seen, HostSeen::Addresses(_)), *known, "{step:?}");
        }
        let later = pins.answered(&host, addresses(&["8.8.8.8"]), start + PINNED_FOR);
        assert_eq!(later, HostSeen::Addresses(addresses(&["8.8.8.8"])), "after an hour the name may move");
    }

    #[test]
    fn an_answer_is_taken_again_only_for_a_moment() {
        let start = Instant::now();
        let host: Arc<str> = Arc::from("example.com");
        let mut pins = Pins::default();
        pins.answered(&host, addresses(&["8.8.8.8"]), start);
        assert!(pins.fresh(&host, start).is_some());
        assert!(pins.fresh(&host, start + RESOLVED_FRESH).is_none());
        assert!(pins.fresh("other.com", start).is_none());
    }

    #[test]
    fn never_more_hosts_or_addresses_than_the_limits() {
        let start = Instant::now();
        let mut pins = Pins::default();
        for number in 0..=PINNED_HOSTS_MAX {
            pins.answered(&Arc::from(format!("h{number}.com")), addresses(&["8.8.8.8"]), start);
        }
        assert_eq!(pins.0.len(), PINNED_HOSTS_MAX);
        let many: Vec<IpAddr> =
            (0..=PINNED_ADDRESSES_MAX).map(|n| IpAddr::from([8, 8, 1, u8::try_from(n).unwrap()])).collect();
        let HostSeen::Addresses(kept) = pins.answered(&Arc::from("many.com"), many, start) else { panic!() };
        assert_eq!(kept.len(), PINNED_ADDRESSES_MAX);
    }
}
