//! Polls that are answered at once and with nothing: each of them is followed by the next one.

use crate::time::Timestamp;

/// So many poll answers in a row without a message, within so many milliseconds, are a fault of the
/// server or of something before it: a poll is to wait for something to say.
const MAX_POLLS: u32 = 20;
const WITHIN_MS: u64 = 2_000;

/// How long the next poll waits after an answer by a server that holds back what it has for a WebSocket which is gone, in
/// milliseconds: it soon notices.
const PAUSE_MS: u64 = 100;

/// The words for it.
pub(super) const WORDS: &str = "it answers each poll at once, and says nothing";

/// Counts poll answers that brought nothing but noops and pings.
#[derive(Debug, Default)]
pub(super) struct Idle {
    polls: u32,
    since: Timestamp,
    /// The answer to this poll has a message.
    has_message: bool,
    /// A WebSocket was asked for: servers answer each poll with a noop meanwhile, and python-engineio under uvicorn
    /// for ever after if it did not notice its end.
    is_holding: bool,
}

impl Idle {
    /// A packet came that somebody waits for.
    pub(super) fn heard(&mut self) {
        self.has_message = true;
    }

    /// A WebSocket is asked for: from now on it does not matter how long so many answers take, unless pings come.
    pub(super) fn may_be_held(&mut self) {
        self.is_holding = true;
    }

    /// A ping came.
    pub(super) fn pinged(&mut self) {
        self.has_message |= self.is_holding;
    }

    /// No WebSocket is asked for any more: what holds back has as long as ever to notice.
    pub(super) fn begin_anew(&mut self) {
        self.polls = 0;
    }

    /// When the next poll is due, if it is to wait, once no WebSocket is asked for any more.
    pub(super) fn pause(&self, now: Timestamp) -> Option<Timestamp> {
        (self.is_holding && self.polls > 0).then(|| now.after(PAUSE_MS))
    }

    /// A poll was answered. Whether there are too many without a message.
    pub(super) fn count(&mut self, now: Timestamp) -> bool {
        if std::mem::take(&mut self.has_message) {
            self.polls = 0;
            return false;
        }
        if self.polls == 0 {
            self.since = now;
        }
        self.polls += 1;
        if self.polls < MAX_POLLS {
            return false;
        }
        self.polls = 0;
        self.is_holding || now.since(self.since) < WITHIN_MS
    }
}
