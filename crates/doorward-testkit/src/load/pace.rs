//! When a client makes its calls: one after the other, or at a fixed rate.

use std::time::{Duration, Instant};

/// When one client makes its next call.
#[derive(Debug)]
pub(super) enum Pace {
    /// As soon as the last one is answered.
    AtOnce,
    /// At fixed times.
    Fixed {
        /// When the next call is due.
        due: Instant,
        /// The time between two calls.
        period: Duration,
    },
}

/// The paces of `clients` clients that together make `rate` calls per second, evenly spread.
pub(super) fn shared(rate: Option<u32>, clients: usize) -> Vec<Pace> {
    let Some(rate) = rate.filter(|rate| *rate > 0) else {
        return (0..clients).map(|_| Pace::AtOnce).collect();
    };
    let between = Duration::from_secs(1) / rate;
    let count = u32::try_from(clients).unwrap_or(u32::MAX);
    let now = Instant::now();
    (0..count).map(|client| Pace::Fixed { due: now + between * client, period: between * count }).collect()
}

impl Pace {
    /// Waits until the next call is due; returns from when its latency counts.
    pub(super) async fn next(&mut self) -> Instant {
        match self {
            Self::AtOnce => Instant::now(),
            Self::Fixed { due, period } => {
                let wanted = *due;
                *due += *period;
                if wanted <= Instant::now() {
                    // The last answer came too late for this call to start in time. The delay was
                    // the server's, so it counts.
                    return wanted;
                }
                tokio::time::sleep_until(wanted.into()).await;
                // Timers fire up to a millisecond late; that delay is ours and does not count.
                Instant::now()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_share_the_rate_evenly() {
        let paces = shared(Some(1000), 4);
        let times: Vec<_> = paces
            .iter()
            .map(|pace| match pace {
                Pace::Fixed { due, period } => (*due, *period),
                Pace::AtOnce => panic!("no rate"),
            })
            .collect();
        assert!(times.iter().all(|(_, period)| *period == Duration::from_millis(4)));
        assert_eq!(times[3].0 - times[0].0, Duration::from_millis(3));
        assert!(matches!(shared(None, 2)[..], [Pace::AtOnce, Pace::AtOnce]));
        assert!(matches!(shared(Some(0), 1)[..], [Pace::AtOnce]));
    }

    #[tokio::test]
    async fn a_call_that_starts_late_counts_from_when_it_was_due() {
        let past = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        let mut late = Pace::Fixed { due: past, period: Duration::from_secs(1) };
        assert_eq!(late.next().await, past);
        let soon = Instant::now() + Duration::from_millis(2);
        let mut timely = Pace::Fixed { due: soon, period: Duration::from_secs(1) };
        assert!(timely.next().await >= soon);
    }
}
