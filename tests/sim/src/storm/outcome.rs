//! What became of it, in figures.

use super::{LIVE_WITHIN, PEAK, SECOND, Tally};

/// Times are in milliseconds since the server's return.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// How many clients there are.
    pub clients: u32,
    /// Requests a second before the server was gone.
    pub calm: f64,
    /// Requests in each second since the server was gone, whatever became of them.
    pub asked: Vec<u32>,
    /// Clients that are live at the end of each of them.
    pub live: Vec<u32>,
    /// In which of them the server is back.
    pub returns_in: usize,
    /// When half of the clients were live again.
    pub half: Option<u64>,
    /// When 95 of 100 were.
    pub most: Option<u64>,
    /// When all were.
    pub all: Option<u64>,
    /// Requests that had no place in the queue.
    pub refused: u32,
    /// Requests that their client gave up while they waited.
    pub in_vain: u32,
    /// The most requests that waited at a time.
    pub queue: u32,
    /// Clients that were live again and were lost once more.
    pub lost_again: u32,
    /// Requests that found no server.
    pub unheard: u32,
    /// What was asked for since the server's return.
    pub tally: Tally,
}

impl Outcome {
    /// Requests in each second since the server's return.
    pub fn since_return(&self) -> &[u32] {
        self.asked.get(self.returns_in..).unwrap_or_default()
    }

    /// Those of the recovery: from the server's return until all are live.
    fn recovery(&self) -> &[u32] {
        let seconds = self.all.map(|all| all.div_ceil(SECOND) as usize);
        let since = self.since_return();
        since.get(..seconds.unwrap_or(since.len())).unwrap_or(since)
    }

    /// The most requests in a second of the recovery.
    pub fn peak(&self) -> u32 {
        self.recovery().iter().copied().max().unwrap_or(0)
    }

    /// Requests a second over the recovery.
    pub fn mean(&self) -> f64 {
        let recovery = self.recovery();
        f64::from(recovery.iter().sum::<u32>()) / recovery.len().max(1) as f64
    }

    /// Which aims are missed, in words.
    pub fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        let (peak, mean) = (self.peak(), self.mean());
        if f64::from(peak) > PEAK * mean {
            missed.push(format!(
                "{peak} requests in a second, {mean:.0} in the mean"
            ));
        }
        if self.all.is_none_or(|all| all > LIVE_WITHIN) {
            missed.push(format!("all are live after {:?} ms", self.all));
        }
        missed
    }
}
