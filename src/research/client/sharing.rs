//! A client whose connection tabs share.

use super::{Client, context};
use crate::config::{Config, ConfigError};
use crate::http::Context;
use crate::socket::Connection;
use crate::tabs::{self, Role, Shared};
use crate::time::Timestamp;

// Inlined, so that a module whose code calls none of them is compiled as if there were none.
impl Client<Shared> {
    /// A client that shares a connection with those of other tabs in `group`: the [number](tabs::group_of) of a
    /// name of everything in which they have to be alike, see [`tabs`]. Without one it shares with nobody. `seed`
    /// decides its jitter, and who it is to the others: no two tabs may have the same.
    ///
    /// # Errors
    /// The first option that is out of its range.
    #[inline]
    pub fn shared(
        config: Config,
        group: Option<u64>,
        seed: u64,
        now: Timestamp,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let own = Connection::new(config.socket());
        Ok(Self::over(Shared::new(own, group, seed), config, seed, now))
    }

    /// Applies what other tabs and the browser say, as [`handle_input`](Self::handle_input) does an input.
    #[inline]
    pub fn handle_tabs(&mut self, now: Timestamp, input: tabs::Input) {
        let due = self.begin(now);
        self.connection.handle_input(&mut context!(self), input);
        if let Some(heard) = self.connection.heard() {
            self.heard = self.heard.max(heard);
        }
        self.finish(due);
    }

    /// The next thing to do for the tabs. To be drained after each input, of either kind.
    #[inline]
    pub fn poll_tabs(&mut self) -> Option<tabs::Output> {
        self.connection.poll_output()
    }

    /// What this tab is to the others.
    #[inline]
    pub const fn role(&self) -> Role {
        self.connection.role()
    }
}
