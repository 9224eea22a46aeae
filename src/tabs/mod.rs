//! One connection for all tabs of a browser: who has it, and how the others use it.
//!
//! Browsers open six connections to a host, for all tabs together, and a client that polls takes one of them for
//! ever. So the tabs of one **group** share one: the **leader** has it, its **followers** use it. Each tab keeps
//! its own research layer: to a follower, a change of leader is what a reconnection is to a client alone.
//!
//! ```text
//!   research   one for each tab, over a Carrier: its own Connection, or Shared
//!   shared     own connection, or what the leader gives: passes events down, emits and subscriptions up
//!   peers      what a leader keeps of its followers: bounded
//!   election   who leads: epochs, locks or leases, questions
//!   message    what tabs say to each other, as text
//!   answers    what they say of questions about a research
//! ```
//!
//! # Who leads
//!
//! - Whoever gets the browser's **lock** leads at once; the others wait in its queue, for as long as it takes. So
//!   the next one leads as soon as the leader's page goes or crashes. Where there are no locks, **candidates** say
//!   so to each other for [`ROUND_MS`]; the lowest id leads.
//! - Each reign is an **epoch**: a number that rises, and the leader's id. What has an older epoch is dropped, and
//!   answered with the newer one. A leader that hears of a newer epoch, or loses its lock, is a follower from then
//!   on: it takes leave of the server. But one that has the lock goes on, with a number above, unless the leader of
//!   the newer epoch says that it leads, and its number is higher: of two that claim one number the lock decides.
//! - Liveness is **asked**: a follower that somebody looks at asks after [`SILENCE_MS`] of silence. Only an answer
//!   of a leader with a live connection counts. Without one for [`QUESTION_MS`], and a page that has just come for
//!   [`FIRST_QUESTION_MS`], the follower connects for itself,
//!   and only when that has succeeded, and it has heard nothing meanwhile, it begins a new epoch and steals the
//!   lock: a tab with a dead network takes over nothing. After three times within five minutes it waits ever
//!   longer.
//! - A page that goes, freezes or is closed says **goodbye** to server and tabs, gives the lock back and closes the
//!   channel. It names the follower that it heard last, which leads if nobody else does at once. It comes back as
//!   a candidate that knows of no epoch: who leads by then may have begun to count anew.
//!
//! # What travels
//!
//! Down: the leader's state with a number for each of its connections (`turn`), the session's id and `maxPayload`;
//! the server's events and acks as packets of Socket.IO; how much of what a follower sent the server has taken.
//! Up: packets of a follower, over a **link** that it opens anew whenever there is another epoch, turn, or
//! something was lost: all messages of a leader have one row of numbers, and those over a link have another. A hole
//! in either is a reconnection for that follower.
//!
//! The leader sends acks to whom they belong, passes on the first ack that tabs give to an event of the server,
//! unsubscribes from what no tab wants any more, and gives a `subscribe_error` to the tab that has asked last. It
//! keeps no event for anybody. Of a follower it keeps two numbers, the acks that it awaits and the ids that it
//! follows, all bounded, until the follower says goodbye or has not answered three calls, one a minute.
//!
//! A follower whose subscription is refused, or its status with 401 or 403, goes on **alone**: the connection may
//! be another person's.
//!
//! # What is asked once
//!
//! Each tab asks for the status and the stored log of what it follows, and of those that follow the same the leader's
//! answer serves all, but for what a tab has to know of itself:
//!
//! - The first status of a research, and each one that is to be verified, a tab asks for **itself**, with the cookies
//!   that are its own. Until the server has shown it the research it takes no answer of another tab. The answers that it
//!   takes then were begun when its channel was open, so by whoever was signed in when its page was there.
//! - A leader **says when it begins** to ask, in its row of numbers: what was passed on before that message may be in the
//!   answer, what comes behind it is passed on. A follower that would ask within a second wants that answer; one that
//!   has to ask of its own says so, and the leader asks. `since` is the first message whose answer it can use: the leader
//!   gives none that it began earlier.
//! - An answer is passed on **whole, once**, to those that want it, if it is text of at most
//!   1 MiB. Until then the leader keeps it, for nobody in particular. Of anything else (another status than
//!   200, a research that the leader does not follow, a larger log) it says that it has none, and each tab asks
//!   for itself; so does one that hears nothing of it for 3 s, and all of them when the link ends.
//! - What the leader asks about a research makes the server **store its log**: the others have nothing to ask for that, and
//!   they wait a second longer before they do. Whether somebody is still signed in each tab that is seen finds out for itself.
//! - Without a connection there is no leader to ask: each tab polls.
//!
//! # What drives it
//!
//! A [`Client`](crate::research::Client) made by `Client::shared` has besides `handle_input` and `poll_output`:
//!
//! | | |
//! | --- | --- |
//! | `handle_tabs(now, Input)` | what the channel and the lock say, see [`Input`] |
//! | `poll_tabs() -> Option<Output>` | to be drained after each input of either kind, in order, see [`Output`] |
//! | `role()` | for `stats().role` |
//!
//! Everything else is as with a client alone. The page's life comes as the inputs that there are: `Hidden` for
//! `pagehide` and `freeze`, `Visible` for `pageshow`, `resume` and being seen, `Unseen`, `Connect`, `Close`;
//! `poll_timeout` covers the timers of both. The own network is proven by the connection itself.
//!
//! The group's name is that of the channel and of the lock. It has to name everything in which tabs must be alike:
//! origin, path, namespace, version of the package, options, and who the credentials say it is. Cookies no page
//! can see: whoever drives the client of a follower verifies each research as for a newcomer to a connection that
//! is open ([`Input::Verify`](crate::research::Input::Verify)), and leaves where the server does not show it. What is
//! not about a research nothing verifies: a page that emits, or listens to other events, and does not say that all
//! tabs are the same person's, says [`Input::Leave`] first.

mod answers;
mod election;
mod message;
mod packets;
mod peers;
mod shared;

pub use election::{
    FIRST_QUESTION_MS, FREE_TAKEOVERS, QUESTION_MS, ROUND_MS, SILENCE_MS, TAKEOVER_COUNTS_MS,
};
pub use message::{group_of, parts_of};
pub(crate) use packets::{SUBSCRIBE, UNSUBSCRIBE};
pub use shared::Shared;

/// What other tabs and the browser say.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// There is no channel, or it has failed: the tab goes on alone.
    ChannelFailed,
    /// The page belongs to another person than the others, or wants to share no more: it goes on alone.
    Leave,
    /// The lock that was asked for is this tab's.
    LockGranted,
    /// Another tab has stolen the lock that this one had.
    LockLost,
    /// There are no locks here.
    LockRefused,
    /// There are no locks here, and whoever drives the client has asked before it was there: for [`ROUND_MS`] nobody
    /// else was to be heard.
    LockUnopposed,
    /// Another tab has said this in the channel.
    Message(String),
}

/// What the browser is to do. None of it fails but as an [`Input`] says.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Ask for the lock of the group (`navigator.locks.request(name, { signal }, …)`) and wait for it, however long
    /// that takes: [`Input::LockGranted`]. Where that cannot be done: [`Input::LockRefused`], or
    /// [`Input::LockUnopposed`].
    AskLock,
    /// Close the channel, behind what was told before: an open one keeps a page out of the back/forward cache.
    Close,
    /// Give the lock back, or wait for it no longer. Nothing of requests from before it may be told any more.
    DropLock,
    /// Open the channel of the group (`BroadcastChannel`), or have [`Input::ChannelFailed`]. Nothing of one that
    /// was closed may be told any more.
    Open,
    /// Take the lock from whoever has it (`{ steal: true }`), in place of a request that waits:
    /// [`Input::LockGranted`]. Whoever had it gets [`Input::LockLost`].
    StealLock,
    /// Say this in the channel. All other tabs of the group get it as [`Input::Message`].
    Tell(String),
}

/// What a tab is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It has a connection of its own, and shares it with nobody.
    Alone,
    /// It uses another tab's connection, or waits for one.
    Follower,
    /// The others use its connection.
    Leader,
}

impl Role {
    /// The name that JavaScript sees.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Follower => "follower",
            Self::Leader => "leader",
        }
    }
}
