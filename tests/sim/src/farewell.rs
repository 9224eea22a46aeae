//! What the server must know once a page has gone.

use crate::page::Page;
use crate::plan::{Act, Kind};
use crate::rules::Violation;
use crate::websocket::MAX_BEHIND;
use crate::world::World;

/// Every so many seeds all pages are left and restored once nothing goes wrong any more.
const LEAVE_EVERY: u64 = 4;

/// What a goodbye may take besides its way, in milliseconds. Shorter than any heartbeat, by which a
/// server finds out by itself.
const GOODBYE: u64 = 500;

impl World<'_> {
    /// All pages are left, into the back/forward cache, and restored.
    pub(crate) fn leave_and_return(&mut self) -> Result<(), Violation> {
        if !self.plan.seed.is_multiple_of(LEAVE_EVERY) {
            return Ok(());
        }
        let sids = self.sids();
        for index in 0..self.pages.len() {
            if self.is_open(index) {
                let left = self.act(index, Act::Hide);
                self.blame(left)?;
            }
        }
        self.are_forgotten(&sids)?;
        for index in 0..self.pages.len() {
            if self.is_open(index) {
                let restored = self.show(index);
                self.blame(restored)?;
            }
        }
        Ok(())
    }

    fn is_open(&self, index: usize) -> bool {
        let page = self.pages.get(index).and_then(Option::as_ref);
        page.is_some_and(|page| !page.rules.closed)
    }

    /// The sessions of pages whose last words have nothing to wait for.
    pub(crate) fn sids(&self) -> Vec<String> {
        let posts = |page: &Page| {
            let is_post = |kind| matches!(kind, Kind::Post | Kind::Join);
            page.rules.open.iter().any(|open| is_post(open.kind))
        };
        self.pages
            .iter()
            .flatten()
            .filter(|page| page.rules.is_live() && !page.rules.is_renewing() && !posts(page))
            .filter_map(|page| page.rules.sid())
            .filter(|sid| !self.wires.iter().any(|wire| wire.delays(sid, self.now)))
            .map(str::to_owned)
            .collect()
    }

    /// The server has been told in time that these sessions are over.
    pub(crate) fn are_forgotten(&mut self, sids: &[String]) -> Result<(), Violation> {
        let setup = &self.plan.setup;
        let way = u64::from(setup.latency + setup.jitter);
        // It leaves behind all that waits in the browser.
        let behind = if setup.drains_slowly { MAX_BEHIND } else { 0 };
        let deadline = self.now + 3 * way + setup.navigation.unwrap_or_default() + GOODBYE + behind;
        let known = |world: &Self| sids.iter().any(|sid| world.server.has_session(sid));
        while known(self) && self.due().is_some_and(|due| due <= deadline) {
            self.step()?;
        }
        if known(self) {
            let words = format!("the server still has a session of a page that has gone: {sids:?}");
            return self.blame(Err(words));
        }
        Ok(())
    }
}
