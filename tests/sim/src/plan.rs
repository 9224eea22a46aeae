//! What happens in a schedule, as data that prints as Rust.

use std::fmt::{self, Write as _};

use research_socket::persistence::UNKNOWN_MS;
use research_socket::socket::{FIRST_CHANCE_MS, MAX_WAITING_BYTES, MOMENT_MS};

use crate::rules::Limits;

/// How many researches the server has, `r0`, `r1` and the benchmark run `7`.
pub const RESEARCHES: u8 = 3;

/// How many pages there can be.
pub const PAGES: u8 = 2;

/// One schedule: who takes part, and what happens when. The same plan always runs the same way.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Of the client, of the server, and of the jitter of the network.
    pub seed: u64,
    /// The fixed circumstances.
    pub setup: Setup,
    /// What happens, with the time in milliseconds since the start, in order.
    pub steps: Vec<(u64, Step)>,
}

/// The fixed circumstances of a schedule. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The habits of the server.
    pub release: Release,
    /// Time between a pong and the next ping.
    pub ping_interval: u64,
    /// How long the server waits for a pong.
    pub ping_timeout: u64,
    /// Bytes that one POST may have.
    pub max_payload: u32,
    /// The least time that a request or an answer is on its way.
    pub latency: u32,
    /// What may come on top.
    pub jitter: u32,
    /// From when a line is sent until the stored log has it.
    pub store_lag: u64,
    /// Whether lines are stored only when a page asks for something: 1,000 wait for that, and more are lost.
    pub stores_when_asked: bool,
    /// How far the page's clock is ahead of the server's.
    pub clock_ahead: i64,
    /// Whether answers that are on their way reach a client that has given the request up.
    pub races: bool,
    /// How long a navigation takes, in a browser that ends all requests of a page as soon as one
    /// begins; `None` in one that ends none before the page is hidden.
    pub navigation: Option<u64>,
    /// Whether good answers to polls and with stored logs come in pieces.
    pub pieces: bool,
    /// What an answer seems to be that breaks off.
    pub seems: Seems,
    /// Whether pages have credentials, which no request may take to another server.
    pub personal: bool,
    /// Whether pages name no path, so that they look at that of newer servers as well.
    pub either_path: bool,
    /// Whether the server is at that one only.
    pub moved: bool,
    /// Whether the server takes the person of a session from its handshake: one that began while nobody was signed in is refused subscriptions for ever.
    pub keeps_persons: bool,
    /// Whether the Socket.IO server, too, wants a page that is signed in.
    pub guarded: bool,
    /// Whether the server has numbers in its objects that JSON does not have, and writes them as
    /// Python does.
    pub nan: bool,
    /// Whether one WebSocket carries each connection.
    pub websocket: bool,
    /// Whether long-polling may take its place.
    pub falls_back: bool,
    /// Whether it takes the place of long-polling instead.
    pub upgrades: bool,
    /// Whether something on the way lets no WebSocket through.
    pub no_websockets: bool,
    /// Whether something on the way keeps them to itself, while the server has them and holds back what it has from polls.
    pub swallows: bool,
    /// Whether another client of each page has found that before.
    pub is_told: bool,
    /// Whether what a page sends over a WebSocket leaves its browser slowly.
    pub drains_slowly: bool,
    /// The client's options.
    pub reconnection: bool,
    /// Whether what is refused is tried again.
    pub persistent: bool,
    /// `None`: without end.
    pub attempts: Option<u32>,
    /// For a handshake, a CONNECT, a POST, and the page's credentials.
    pub timeout: u64,
    /// Interval of the status polling and number of errors before it; `None` for none at all.
    pub fallback: Option<(u64, u32)>,
    /// Log lines that are remembered.
    pub dedup_entries: u32,
    /// Whether the stored log is fetched.
    pub history: bool,
    /// After how much silence a research's status is asked for; `None` for never.
    pub stall_after: Option<u64>,
    /// Bytes of emits that may wait.
    pub emit_buffer: u32,
}

impl Default for Setup {
    /// The client's and the server's defaults on a good network.
    fn default() -> Self {
        Self {
            release: Release::V13,
            ping_interval: 5_000,
            ping_timeout: 20_000,
            max_payload: 1_000_000,
            latency: 10,
            jitter: 0,
            store_lag: 0,
            stores_when_asked: false,
            clock_ahead: 0,
            races: false,
            navigation: None,
            pieces: false,
            seems: Seems::Broken,
            personal: false,
            either_path: false,
            moved: false,
            keeps_persons: false,
            guarded: false,
            nan: false,
            websocket: false,
            falls_back: false,
            upgrades: false,
            no_websockets: false,
            swallows: false,
            is_told: false,
            drains_slowly: false,
            reconnection: true,
            persistent: true,
            attempts: Some(5),
            timeout: 20_000,
            fallback: Some((3_000, 3)),
            dedup_entries: 10_000,
            history: true,
            stall_after: Some(60_000),
            emit_buffer: MAX_WAITING_BYTES as u32,
        }
    }
}

/// What an answer seems to be that breaks off: browsers differ, and so do the ways in which it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seems {
    /// Broken off.
    Broken,
    /// Whole, and without a body.
    Empty,
    /// Whole, with so many of its packets as came. A client cannot see that.
    Whole,
}

/// A generation of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Every update comes twice, snapshots under the other name.
    V13,
    /// Updates to subscribers, to everybody while there are none.
    V15,
    /// Updates to subscribers only, refusals of subscriptions.
    Newest,
}

/// The bytes that may wait where pages send more than one event at once: a few long ones, or dozens of
/// short ones.
const SMALL_BUFFER: u32 = 4_000;
/// How much longer an answer in pieces takes at most, if nothing else delays it, in milliseconds.
pub(crate) const MAX_IN_PIECES: u64 = 40;

/// How long the last outage of a schedule of outages takes, in milliseconds: until attempts are left, and until
/// the server is only looked for.
const OUTAGES: [u64; 4] = [6_000, 20_000, 60_000, 200_000];

/// The longest that a request is on its way where the stored log can always be read, in milliseconds.
const MAX_QUICK_WAY: u32 = 320;

/// So many lines come at once in a flood, no more often than this in milliseconds, and so often in all.
const FLOOD: u8 = 200;
const FLOOD_EVERY: u64 = 1_000;
const MAX_FLOODS: usize = 12;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// A page does something, or something happens to it.
    Page(u8, Act),
    /// A research does something.
    Job(u8, Job),
    /// The server or the network breaks.
    Break(Fault),
}

/// What a page does, and what its browser does to it. Numbers name researches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// Sends that many events of so many bytes at once.
    Burst {
        /// How many.
        count: u8,
        /// Whether and how long an ack is awaited.
        ack: Ack,
        /// Whether they may wait for a connection.
        volatile: bool,
        /// Length of each one's text.
        bytes: u32,
    },
    /// Asks for an end of the research.
    Cancel(u8),
    /// Closes the client for good.
    Close,
    /// Connects now.
    Connect,
    /// Begins a navigation that turns out to be a download.
    Download,
    /// Sends an event of so many bytes.
    Emit {
        /// Whether and how long an ack is awaited.
        ack: Ack,
        /// Whether it may wait for a connection.
        volatile: bool,
        /// Length of its text.
        bytes: u32,
    },
    /// Is left, perhaps into the back/forward cache, where nothing runs.
    Hide,
    /// The browser says that the network has come or gone, whether that is true or not.
    Online(bool),
    /// Listens to what the server sends back, or no longer.
    Listen(bool),
    /// Asks for the status now.
    Refresh(u8),
    /// Is restored, or becomes visible.
    Show,
    /// Nothing runs for so long: a sleeping machine, a frozen page, a busy handler.
    Sleep {
        /// Milliseconds.
        ms: u32,
        /// Whether what was in flight fails.
        cut: bool,
        /// Whether the timer comes before the answers that have arrived.
        timer_first: bool,
    },
    /// Follows the research.
    Subscribe(u8),
    /// Its timers fire only at multiples of `grain` for so long.
    Throttle {
        /// Milliseconds.
        ms: u32,
        /// Milliseconds.
        grain: u32,
    },
    /// Follows it no longer.
    Unsubscribe(u8),
    /// Nobody looks at it until it is shown.
    Unsee,
    /// Asks whether the server shows the research to whoever is signed in now.
    Verify(u8),
    /// What the page's own function for credentials does next time.
    Vouch(Vouch),
}

/// Whether an emit wants an ack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// No.
    No,
    /// However long it takes.
    Ever,
    /// Within so many milliseconds.
    Within(u32),
}

/// What a page's function for credentials does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vouch {
    /// Answers after so many milliseconds.
    Late(u32),
    /// Never answers.
    Never,
    /// Throws.
    Throws,
}

/// What a research does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Ends.
    End(Ending),
    /// Writes lines of the log, all with the same text, at the same time.
    Lines {
        /// How many.
        count: u8,
        /// Which text; 0 gives each line a text of its own.
        text: u8,
        /// Whether they are sent.
        live: bool,
        /// Whether they are stored.
        stored: bool,
    },
    /// Writes a milestone, which the status shows.
    Milestone,
    /// Reports so many per cent, with a status or without.
    Progress {
        /// Per cent.
        percent: u8,
        /// Whether the update says that the research is in progress.
        status: bool,
    },
}

/// How a research ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a report.
    Completed,
    /// With an error.
    Failed,
    /// Stopped by somebody.
    Suspended,
    /// As completed, but nobody is told: the update is lost on the server.
    Unsaid,
}

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server ends all sessions with `1`.
    Close,
    /// The server disconnects everybody with `41`.
    Disconnect,
    /// What is open fails now.
    Drop,
    /// Each request of this kind for so many milliseconds.
    Every(Kind, Trouble, u32),
    /// The next request of this kind.
    Next(Kind, Trouble),
    /// There is no network for so many milliseconds; requests fail at once, or hang.
    Offline {
        /// Milliseconds.
        ms: u32,
        /// Whether requests hang.
        hang: bool,
    },
    /// The server refuses each subscription for so many milliseconds.
    RefuseSubscriptions(u32),
    /// The server is started again, and is away for so many milliseconds.
    Restart {
        /// Milliseconds.
        down: u32,
    },
    /// Sends no ping any more, in no session that is open.
    Silence,
    /// Everybody is signed out, or can sign in again.
    SignedIn(bool),
    /// Each request meets the wrong worker for so many milliseconds.
    WrongWorker(u32),
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Opens a session.
    Handshake,
    /// Receives packets.
    Poll,
    /// Sends packets.
    Post,
    /// Asks for the namespace: a POST with a CONNECT.
    Join,
    /// Asks for the status of a research.
    Status,
    /// Asks for the stored log.
    Logs,
    /// Asks for the end of a research.
    Terminate,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is served, but the answer never comes.
    AnswerHangs,
    /// It is served, but the connection breaks before the answer.
    AnswerLost,
    /// It is served, but the body of the answer breaks off.
    Cut,
    /// Each packet of the answer comes twice.
    Doubled,
    /// It never reaches the server, and nothing comes back.
    Hangs,
    /// A sign-in page answers.
    Html,
    /// The answer begins with this entry of [`ODD_PACKETS`].
    Inject(u8),
    /// It reaches the server so many milliseconds late.
    Late(u32),
    /// It never reaches the server, and fails.
    Lost,
    /// The CONNECT in it is never answered.
    NoConnect,
    /// This entry of [`ODD_BODIES`] answers.
    Nonsense(u8),
    /// The CONNECT in it is refused.
    Refused,
    /// The packets of the answer come in another order.
    Reordered,
    /// It is redirected to a sign-in page, which answers where a browser follows.
    Redirected,
    /// It reaches the server twice. For POSTs only: a browser repeats no other.
    Resent,
    /// The answer is so many milliseconds late.
    Slow(u32),
    /// This status answers, with a `Retry-After` of so many seconds.
    Status(u16, Option<u16>),
    /// The answer comes twice.
    Twice,
}

/// A body that no good server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OddBody {
    /// These.
    Bytes(&'static [u8]),
    /// More packets than any server sends at once.
    Packets,
    /// More bytes than are read at once.
    Endless,
    /// These, with status 400.
    Rejection(&'static [u8]),
}

/// How many of [`ODD_BODIES`] are drawn; the others take the place of those where a plan is widened.
pub(crate) const DRAWN_BODIES: usize = 10;

/// Answers of no server of Engine.IO 4, and in the end those of one that refuses to be one.
pub const ODD_BODIES: [OddBody; 15] = [
    OddBody::Bytes(b""),
    OddBody::Bytes(b"ok"),
    OddBody::Bytes(b"{}"),
    OddBody::Packets,
    OddBody::Bytes(b"0{\"sid\":7}"),
    OddBody::Bytes(b"\xff\xfe\x00"),
    OddBody::Bytes(b"\x1e\x1e\x1e"),
    OddBody::Endless,
    OddBody::Bytes(b"1"),
    OddBody::Bytes(b"null"),
    OddBody::Bytes(
        b"85:0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":5000,\"maxPayload\":9}2:40",
    ),
    OddBody::Rejection(b"{\"code\":5,\"message\":\"Unsupported protocol version\"}"),
    OddBody::Rejection(b"\"Not an accepted origin.\""),
    OddBody::Rejection(b"{\"code\":0,\"message\":\"Transport unknown\"}"),
    OddBody::Rejection(b"{\"code\":1,\"message\":\"Session ID unknown\"}"),
];

/// Statuses that answer instead of the server's.
pub(crate) const STATUSES: [u16; 12] = [500, 502, 503, 504, 400, 401, 403, 404, 413, 418, 429, 204];

/// How many of [`ODD_PACKETS`] are drawn; the others end a connection that is not granted yet.
pub(crate) const DRAWN_PACKETS: usize = 16;

/// Packets that no good server sends, or not at that point. None of those that are drawn says anything that a
/// page would have to hear.
pub const ODD_PACKETS: [&str; 18] = [
    "6",
    "2",
    "zzz",
    "4",
    "42",
    "42[",
    "42[\"progress_r0\"]",
    "42[\"progress_r0\",{\"progress\":1e999,\"status\":[]}]",
    "42[\"progress_r0\",null]",
    "42[\"progress_r9\",{\"progress\":3}]",
    "43999[1]",
    "451-[\"x\",{\"_placeholder\":true,\"num\":0}]",
    "bAAAA",
    "b!",
    "3probe",
    "44{\"message\":\"no\"}",
    "40",
    "41",
];

impl Plan {
    /// Whether any request meets a trouble of which `is` says yes.
    pub fn has(&self, is: impl Fn(Trouble) -> bool) -> bool {
        self.steps.iter().any(|(_, step)| match step {
            Step::Break(Fault::Next(_, trouble) | Fault::Every(_, trouble, _)) => is(*trouble),
            Step::Break(_) | Step::Job(..) | Step::Page(..) => false,
        })
    }

    /// Makes a plan of it in which the stored log of every research can always be read.
    pub(crate) fn spare_the_log(&mut self) {
        self.setup = Setup {
            latency: self.setup.latency.min(MAX_QUICK_WAY),
            jitter: 0,
            store_lag: 0,
            fallback: self.setup.fallback.or(Setup::default().fallback),
            history: true,
            ..self.setup.clone()
        };
        self.steps.retain(|(_, step)| !step.spoils_the_log());
    }

    /// Makes a plan of it in which pages send bursts, and little may wait.
    pub(crate) fn crowd(&mut self) {
        self.setup.emit_buffer = SMALL_BUFFER;
        for (at, step) in &mut self.steps {
            if let Step::Page(_, act) = step
                && let Act::Emit {
                    ack,
                    volatile,
                    bytes,
                } = *act
            {
                *act = Act::Burst {
                    count: (*at % 60) as u8 + 1,
                    ack,
                    volatile,
                    bytes,
                };
            }
        }
    }

    /// Makes a plan of it whose browser ends requests as soon as a navigation begins, be it to
    /// another page or to a download.
    pub(crate) fn end_requests_early(&mut self) {
        // The shortest are over before anything else happens; all are within the client's patience.
        let takes = [1, 60, 700, MOMENT_MS - 1];
        let place = (self.seed / 8) as usize % takes.len();
        self.setup.navigation = takes.get(place).copied();
        let again = |(_, step): &&mut (u64, Step)| matches!(step, Step::Page(_, Act::Connect));
        for (_, step) in self.steps.iter_mut().filter(again).skip(1) {
            if let Step::Page(page, _) = *step {
                *step = Step::Page(page, Act::Download);
            }
        }
    }

    /// Makes a plan of it with what was not drawn from the beginning: every second of some steps becomes a rarer
    /// one of the same kind, so that a plan which keeps a promise goes on keeping it.
    pub(crate) fn widen(&mut self) {
        let mut turn = false;
        for (at, step) in self.steps.iter_mut().skip(2) {
            let other = match *step {
                Step::Break(Fault::Every(kind, trouble, ms)) => trouble
                    .rarer(*at)
                    .map(|trouble| Fault::Every(kind, trouble, ms)),
                Step::Break(Fault::Next(kind, trouble)) => {
                    trouble.rarer(*at).map(|trouble| Fault::Next(kind, trouble))
                }
                // So short that a subscription is granted again while much happens.
                Step::Break(Fault::RefuseSubscriptions(ms)) => {
                    Some(Fault::RefuseSubscriptions(ms % 12_000))
                }
                Step::Break(_) | Step::Job(..) | Step::Page(..) => None,
            };
            let other = match (other, *step) {
                (Some(fault), _) => Step::Break(fault),
                (None, Step::Page(page, Act::Refresh(research))) => {
                    Step::Page(page, Act::Verify(research))
                }
                (None, Step::Page(page, Act::Connect)) => {
                    Step::Page(page, Act::Listen(*at % 2 == 0))
                }
                (None, _) => continue,
            };
            turn = !turn;
            if turn {
                *step = other;
            }
        }
    }

    /// A setup in which no request is too slow, and a page that tries again what fails or is refused.
    fn patient(&self) -> Setup {
        Setup {
            ping_interval: Setup::default().ping_interval,
            ping_timeout: Setup::default().ping_timeout,
            timeout: Setup::default().timeout,
            latency: self.setup.latency.min(MAX_QUICK_WAY),
            jitter: 0,
            reconnection: true,
            persistent: true,
            ..self.setup.clone()
        }
    }

    /// Makes a plan of it in which nothing goes wrong but that the server, or the way to it, is down for a while,
    /// the last time until everything is mended.
    pub(crate) fn keep_outages(&mut self) {
        self.setup = Setup {
            navigation: None,
            ..self.patient()
        };
        self.steps.retain(|(_, step)| step.is_no_more_than_down());
        let last = self.steps.last().map_or(0, |(at, _)| *at) + 2_000;
        let for_good = OUTAGES.iter().sum::<u64>() as u32;
        let outage = match self.seed / 16 % 3 {
            0 => Fault::Restart { down: for_good },
            kind => Fault::Offline {
                ms: for_good,
                hang: kind == 1,
            },
        };
        let place = (self.seed / 48) as usize % OUTAGES.len();
        let takes = OUTAGES.get(place).copied().unwrap_or_default();
        let line = Job::Lines {
            count: 1,
            text: 0,
            live: true,
            stored: true,
        };
        self.steps.push((last, Step::Break(outage)));
        self.steps.push((last + takes, Step::Job(0, line)));
    }

    /// Whether nothing goes wrong but that the server, or the way to it, is down, and in the end it is.
    pub(crate) fn ends_in_an_outage(&self) -> bool {
        let setup = &self.setup;
        let is_quick = setup.latency + setup.jitter <= MAX_QUICK_WAY;
        let is_roomy = setup.ping_timeout >= Setup::default().ping_timeout
            && setup.timeout >= Setup::default().timeout;
        let tries = setup.persistent && setup.reconnection && setup.navigation.is_none();
        let is_down = |(at, step): &(u64, Step)| match step {
            Step::Break(Fault::Offline { ms, .. } | Fault::Restart { down: ms }) => {
                let last = self.steps.last().map_or(0, |(at, _)| *at);
                at + u64::from(*ms) > last
            }
            Step::Break(_) | Step::Job(..) | Step::Page(..) => false,
        };
        let mut steps = self.steps.iter();
        is_quick
            && is_roomy
            && tries
            && steps.all(|(_, step)| step.is_no_more_than_down())
            && self.steps.iter().any(is_down)
    }

    /// Whether the server, or the way to it, is down more than once.
    pub(crate) fn was_down_before(&self) -> bool {
        let is_down = |(_, step): &&(u64, Step)| {
            matches!(
                step,
                Step::Break(Fault::Offline { .. } | Fault::Restart { .. })
            )
        };
        self.steps.iter().filter(is_down).count() > 1
    }

    /// Makes a plan of it in which nothing goes wrong, one research writes many lines, and the server stores
    /// them only when it is asked.
    pub(crate) fn flood(&mut self) {
        self.setup = Setup {
            latency: self.setup.latency.min(MAX_QUICK_WAY),
            clock_ahead: self.setup.clock_ahead,
            release: self.setup.release,
            races: self.setup.races,
            stores_when_asked: true,
            ..Setup::default()
        };
        let is_harmless = |step: &Step| match step {
            Step::Page(_, act) => matches!(
                act,
                Act::Burst { .. }
                    | Act::Connect
                    | Act::Emit { .. }
                    | Act::Refresh(_)
                    | Act::Subscribe(_)
            ),
            Step::Job(research, job) => *research > 0 || !matches!(job, Job::End(_)),
            Step::Break(_) => false,
        };
        let flood = Job::Lines {
            count: FLOOD,
            text: 0,
            live: true,
            stored: true,
        };
        let steps = std::mem::take(&mut self.steps);
        let (mut later, mut last, mut left) = (0, 0, MAX_FLOODS);
        for (at, step) in steps {
            if left == 0 || !is_harmless(&step) {
                continue;
            }
            let mut at = at + later;
            let step = match step {
                Step::Job(_, Job::Lines { .. }) => {
                    let spaced = at.max(last + FLOOD_EVERY);
                    later += spaced - at;
                    (at, last) = (spaced, spaced);
                    left -= 1;
                    Step::Job(0, flood)
                }
                step => step,
            };
            self.steps.push((at, step));
        }
    }

    /// Makes a plan of it in which nothing goes wrong but that the server refuses something for a while.
    pub(crate) fn keep_refusals(&mut self) {
        self.setup = Setup {
            store_lag: 0,
            ..self.patient()
        };
        self.steps
            .retain(|(at, step)| *at < UNKNOWN_MS - 60_000 && step.is_no_more_than_refused());
    }

    /// Whether the server's DISCONNECT is lost wherever it disconnects everybody.
    pub(crate) const fn loses_disconnects(&self) -> bool {
        self.seed % 5 == 2
    }

    /// Whether nothing goes wrong but that the server refuses something.
    pub(crate) fn is_no_more_than_refused(&self) -> bool {
        let is_quick = self.setup.latency + self.setup.jitter <= MAX_QUICK_WAY;
        let is_roomy = self.setup.ping_timeout >= Setup::default().ping_timeout
            && self.setup.timeout >= Setup::default().timeout;
        let setup = &self.setup;
        let tries = setup.persistent && setup.reconnection && setup.store_lag == 0;
        let goes_wrong = |(at, step): &(u64, Step)| {
            *at >= UNKNOWN_MS - 60_000 || !step.is_no_more_than_refused()
        };
        is_quick && is_roomy && tries && !self.steps.iter().any(goes_wrong)
    }

    fn log_is_readable(&self) -> bool {
        let setup = &self.setup;
        let is_there = setup.history && setup.fallback.is_some() && setup.store_lag == 0;
        let is_quick = setup.latency + setup.jitter <= MAX_QUICK_WAY;
        // Lines that are missing from the end of an answer that looks whole come with the next reading.
        let is_lost = |step: &Step| {
            matches!(
                step,
                Step::Break(
                    Fault::Every(Kind::Poll, Trouble::Cut, _)
                        | Fault::Next(Kind::Poll, Trouble::Cut)
                )
            ) && setup.seems == Seems::Whole
        };
        let spoils = |step: &Step| step.spoils_the_log() || is_lost(step);
        is_there && is_quick && !self.steps.iter().any(|(_, step)| spoils(step))
    }

    /// What the plan leaves to the client alone.
    pub(crate) fn limits(&self) -> Limits {
        // While it sleeps the server waits for pongs, and the client's own attempt for its answers, and
        // no longer than that.
        let short = self.setup.ping_timeout.min(self.setup.timeout) / 2;
        let disturbs = |step: &Step| match step {
            Step::Break(_) => true,
            Step::Page(_, Act::Sleep { ms, cut, .. }) => *cut || u64::from(*ms) > short,
            Step::Page(
                _,
                Act::Hide | Act::Online(false) | Act::Throttle { .. } | Act::Vouch(_),
            ) => true,
            Step::Job(..) | Step::Page(..) => false,
        };
        let delays = |step: &Step| {
            matches!(
                step,
                Step::Page(_, Act::Hide | Act::Sleep { .. } | Act::Throttle { .. })
            )
        };
        let silence = self.setup.ping_interval + self.setup.ping_timeout;
        // A ping may wait for the next poll, and its pong for the POST before it: six ways in all.
        let way = u64::from(self.setup.latency + self.setup.jitter);
        let way = way + if self.setup.pieces { MAX_IN_PIECES } else { 0 };
        // A ping that comes sooner than the CONNECT does costs a first attempt another poll, and it may take no longer where
        // something else is answered.
        let ways = if self.setup.ping_interval <= 2 * way {
            4
        } else {
            2
        };
        let asks = |step: &Step| {
            matches!(
                step,
                Step::Page(_, Act::Cancel(_) | Act::Refresh(_) | Act::Verify(_))
            )
        };
        let is_hurried =
            ways * way > FIRST_CHANCE_MS && self.steps.iter().any(|(_, step)| asks(step));
        let is_roomy = self.setup.ping_timeout > 8 * way && !is_hurried;
        // Without reconnection a page that stays after all has lost its connection for good.
        let is_quiet = self.setup.navigation.is_none() || self.setup.reconnection;
        let naps = self
            .steps
            .iter()
            .filter(|(_, step)| matches!(step, Step::Page(_, Act::Sleep { .. })));
        let naps = naps.count();
        let stops = |step: &Step| match step {
            Step::Page(_, Act::Sleep { ms, .. }) => u64::from(*ms) > silence,
            // After a download a session may be at its goodbye, which waits for no sleep.
            Step::Page(_, act) => {
                matches!(act, Act::Download | Act::Hide | Act::Throttle { .. })
            }
            Step::Break(_) | Step::Job(..) => false,
        };
        Limits {
            log_is_readable: self.log_is_readable(),
            undisturbed: is_roomy && is_quiet && !self.steps.iter().any(|(_, step)| disturbs(step)),
            one_nap: naps == 1 && !self.steps.iter().any(|(_, step)| stops(step)),
            punctual: !self.steps.iter().any(|(_, step)| delays(step)),
            silence,
        }
    }

    /// A test that runs this plan, to be pasted into a file with `use sim::*`.
    pub fn script(&self, name: &str) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "#[test]\nfn {name}() {{\n    {self}    sim::run(&plan).unwrap();\n}}\n"
        );
        text
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let setup = format!("{:?}", self.setup).replace("release: ", "release: Release::");
        writeln!(f, "let plan = Plan {{")?;
        writeln!(f, "        seed: {},", self.seed)?;
        writeln!(f, "        setup: {setup},")?;
        writeln!(f, "        steps: vec![")?;
        for (at, step) in &self.steps {
            writeln!(f, "            ({at}, {step}),")?;
        }
        writeln!(f, "        ],\n    }};")
    }
}

impl Trouble {
    /// A trouble of the same kind that is not drawn.
    fn rarer(self, at: u64) -> Option<Self> {
        match self {
            Self::Html => Some(Self::Redirected),
            Self::Nonsense(_) => {
                let others = ODD_BODIES.len() - DRAWN_BODIES;
                Some(Self::Nonsense((DRAWN_BODIES + at as usize % others) as u8))
            }
            _ => None,
        }
    }
}

impl Step {
    /// Whether it leaves the network as it is, all pages at work, and the server no more than refusing.
    const fn is_no_more_than_refused(&self) -> bool {
        match self {
            Self::Break(fault) => match fault {
                Fault::Every(kind, trouble, _) | Fault::Next(kind, trouble) => match trouble {
                    Trouble::Html
                    | Trouble::Redirected
                    | Trouble::Status(401 | 403 | 404, None) => true,
                    Trouble::Refused => matches!(kind, Kind::Join),
                    _ => false,
                },
                Fault::RefuseSubscriptions(_) | Fault::SignedIn(_) => true,
                _ => false,
            },
            // Of an end that is not said silence tells, and that takes longer.
            Self::Job(_, job) => !matches!(job, Job::End(Ending::Unsaid)),
            Self::Page(_, act) => !matches!(
                act,
                Act::Online(false) | Act::Sleep { .. } | Act::Throttle { .. } | Act::Vouch(_)
            ),
        }
    }

    /// Whether all pages are at work and seen after it, and the server no more than down.
    const fn is_no_more_than_down(&self) -> bool {
        match self {
            Self::Break(fault) => matches!(
                fault,
                Fault::Drop | Fault::Offline { .. } | Fault::Restart { .. }
            ),
            // Of an end that is not said silence tells, and that takes longer.
            Self::Job(_, job) => !matches!(job, Job::End(Ending::Unsaid)),
            Self::Page(_, act) => matches!(
                act,
                Act::Burst { .. }
                    | Act::Cancel(_)
                    | Act::Connect
                    | Act::Emit { .. }
                    | Act::Listen(_)
                    | Act::Refresh(_)
                    | Act::Subscribe(_)
                    | Act::Unsubscribe(_)
                    | Act::Verify(_)
            ),
        }
    }

    /// Whether it may keep a page from reading the stored log at once, or the log from having all that
    /// is sent.
    const fn spoils_the_log(&self) -> bool {
        match self {
            Self::Break(fault) => matches!(
                fault,
                Fault::Drop
                    | Fault::Every(Kind::Logs | Kind::Status, ..)
                    | Fault::Next(Kind::Logs | Kind::Status, _)
                    | Fault::Offline { .. }
                    | Fault::RefuseSubscriptions(_)
                    | Fault::Restart { .. }
                    | Fault::SignedIn(_)
            ),
            Self::Job(_, job) => matches!(job, Job::Lines { live: false, .. }),
            Self::Page(_, act) => matches!(
                act,
                Act::Download
                    | Act::Hide
                    | Act::Online(_)
                    | Act::Sleep { .. }
                    | Act::Throttle { .. }
            ),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page, act) => {
                let act = format!("{act:?}")
                    .replace("ack: ", "ack: Ack::")
                    .replace("Vouch(", "Vouch(Vouch::");
                write!(f, "Step::Page({page}, Act::{act})")
            }
            Self::Job(research, Job::End(ending)) => {
                write!(f, "Step::Job({research}, Job::End(Ending::{ending:?}))")
            }
            Self::Job(research, job) => write!(f, "Step::Job({research}, Job::{job:?})"),
            Self::Break(Fault::Next(kind, trouble)) => write!(
                f,
                "Step::Break(Fault::Next(Kind::{kind:?}, Trouble::{trouble:?}))"
            ),
            Self::Break(Fault::Every(kind, trouble, ms)) => write!(
                f,
                "Step::Break(Fault::Every(Kind::{kind:?}, Trouble::{trouble:?}, {ms}))"
            ),
            Self::Break(fault) => write!(f, "Step::Break(Fault::{fault:?})"),
        }
    }
}
