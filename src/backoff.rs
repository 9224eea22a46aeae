//! How long to wait before the n-th reconnection attempt.

/// The delays of socket.io-client 4.8 (`Backoff` in its `contrib/backo2.ts`), to the millisecond.
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    /// Delay of the first attempt in milliseconds, before jitter.
    pub delay_ms: u64,
    /// No delay is longer than this many milliseconds. The cap comes last, after jitter.
    pub delay_max_ms: u64,
    /// Share of a delay that jitter may add or take away, 0 to 1.
    pub randomization_factor: f64,
}

impl Backoff {
    /// The delay in milliseconds before attempt `attempt` (the first is 0), drawn with `unit` from
    /// `[0, 1)`.
    ///
    /// The one draw decides both the size and the direction of the jitter.
    pub fn delay(&self, attempt: u32, unit: f64) -> u64 {
        // 2^53 is beyond any delay; without the limit the power would become infinite.
        let base = self.delay_ms as f64 * (1_u64 << attempt.min(53)) as f64;
        let deviation = (unit * self.randomization_factor * base).floor();
        let jittered = if ((unit * 10.0) as u64).is_multiple_of(2) {
            base - deviation
        } else {
            base + deviation
        };
        jittered.min(self.delay_max_ms as f64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: Backoff = Backoff {
        delay_ms: 1000,
        delay_max_ms: 5000,
        randomization_factor: 0.5,
    };

    /// Values of socket.io-client's own formula, worked out by hand.
    #[test]
    fn delays_are_those_of_socket_io_client() {
        for (attempt, unit, expected) in [
            (0, 0.0, 1000),
            (0, 0.05, 975),
            (0, 0.15, 1075),
            (0, 0.99, 1495),
            (1, 0.25, 1750),
            (1, 0.35, 2350),
            (2, 0.45, 3100),
            (3, 0.85, 4600),
            (3, 0.15, 5000),
            (4, 0.99, 5000),
        ] {
            assert_eq!(
                DEFAULTS.delay(attempt, unit),
                expected,
                "attempt {attempt}, draw {unit}"
            );
        }
    }

    #[test]
    fn five_attempts_one_second_apart_need_no_jitter_and_a_cap() {
        let steady = Backoff {
            delay_max_ms: 1000,
            randomization_factor: 0.0,
            ..DEFAULTS
        };
        assert!((0..5).all(|attempt| steady.delay(attempt, 0.7) == 1000));
    }

    #[test]
    fn a_late_attempt_stays_at_the_cap() {
        assert_eq!(DEFAULTS.delay(u32::MAX, 0.15), 5000);
    }
}
