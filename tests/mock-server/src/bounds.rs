//! Decides which numbers may be asked for: none that overflows, fills the memory, or that HTTP lacks.

use crate::app::Start;
use crate::config::Config;
use crate::control::{AddFaults, Burst, Command, StartResearch};
use crate::fault::{Action, Fault};

/// The longest time, in milliseconds: 30 days.
pub(crate) const MAX_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// The latest wall clock, in milliseconds since 1970: the end of the year 9999.
pub(crate) const MAX_WALL_CLOCK_MS: u64 = 253_402_300_799_999;
/// The most lines, and the most updates, of one burst; also of a stored log.
pub(crate) const MAX_LINES: u64 = 100_000;
/// The longest line, in bytes.
pub(crate) const MAX_LINE: u64 = 1_000_000;
/// The most bytes of text in one burst.
pub(crate) const MAX_BURST: u64 = 64 * 1024 * 1024;
/// The largest number to count lines or requests from.
pub(crate) const MAX_NUMBER: u64 = 1_000_000_000;
/// The most iterations of a scripted research.
pub(crate) const MAX_ITERATIONS: u64 = 1_000;
/// The most faults at a time.
pub(crate) const MAX_FAULTS: u64 = 1_000;
/// The most packets that a fault fills an answer up to.
pub(crate) const MAX_PACKETS: usize = 100_000;
/// The most bytes that a fault multiplies the packets of an answer to.
pub(crate) const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024 * 1024;
/// The most requests that the log remembers.
pub(crate) const MAX_LOG: u64 = 1_000_000;
/// The most attachments of a packet.
pub(crate) const MAX_ATTACHMENTS: usize = 1_000;
/// The statuses of an answer. Those below are no last word.
pub(crate) const STATUSES: [u64; 2] = [200, 599];

impl Command {
    /// Says in words what is wrong with the numbers of a command.
    pub(crate) fn check(&self, faults: usize) -> Result<(), String> {
        match self {
            Self::Faults(add) => check_faults(add, faults),
            Self::Burst(burst) => check_burst(burst),
            Self::Research(StartResearch {
                iterations,
                step_ms,
                ..
            }) => check_script(*iterations, *step_ms),
            Self::Restart(restart) => within("down_ms", restart.down_ms, 0, MAX_MS),
            Self::Offline(offline) => optional("ms", offline.ms, MAX_MS),
            // Settings are checked when they are merged. The others have no number.
            Self::Config(_)
            | Self::Emit(_)
            | Self::End(_)
            | Self::Online(_)
            | Self::DropOpen(_)
            | Self::Disconnect(_)
            | Self::DisconnectUnsaid(_)
            | Self::Close(_)
            | Self::SignOut(_)
            | Self::Stats(_)
            | Self::Reset(_) => Ok(()),
        }
    }
}

impl Start {
    pub(crate) fn check(&self) -> Result<(), String> {
        check_script(self.iterations, self.step_ms)
    }
}

impl Config {
    /// Says in words what is wrong with the numbers of the settings.
    pub(crate) fn check(&self) -> Result<(), String> {
        within("ping_interval_ms", self.ping_interval_ms, 1, MAX_MS)?;
        within("ping_timeout_ms", self.ping_timeout_ms, 1, MAX_MS)?;
        within("max_payload", self.max_payload, 0, MAX_BODY as u64)?;
        optional("connect_timeout_ms", self.connect_timeout_ms, MAX_MS)?;
        within("wall_clock_ms", self.wall_clock_ms, 0, MAX_WALL_CLOCK_MS)?;
        within("request_log", self.request_log, 0, MAX_LOG)?;
        let app = &self.app;
        optional("max_running", app.max_running, MAX_NUMBER)?;
        within("step_ms", app.step_ms, 0, MAX_MS)?;
        within("store_delay_ms", app.store_delay_ms, 0, MAX_MS)?;
        optional("log_queue", app.log_queue, MAX_LINES)?;
        within("stored_lines", app.stored_lines, 0, MAX_LINES)
    }
}

fn check_script(iterations: Option<u32>, step_ms: Option<u64>) -> Result<(), String> {
    optional("iterations", iterations, MAX_ITERATIONS)?;
    optional("step_ms", step_ms, MAX_MS)
}

fn check_burst(burst: &Burst) -> Result<(), String> {
    within("lines", burst.lines, 0, MAX_LINES)?;
    within("updates", burst.updates, 0, MAX_LINES)?;
    within("first", burst.first, 0, MAX_NUMBER)?;
    within("length", burst.length, 0, MAX_LINE)?;
    let line = burst.length.max(burst.prefix.len()) + burst.level.len();
    // Neither factor is larger than the body of a request.
    let bytes = u64::from(burst.lines).saturating_mul(line as u64);
    within("bytes of all lines together", bytes, 0, MAX_BURST)
}

fn check_faults(add: &AddFaults, there: usize) -> Result<(), String> {
    let kept = if add.replace { 0 } else { there };
    within("number of faults", add.faults.len() + kept, 0, MAX_FAULTS)?;
    add.faults.iter().try_for_each(Fault::check)
}

impl Fault {
    fn check(&self) -> Result<(), String> {
        within("nth", self.nth, 1, MAX_NUMBER)?;
        optional("count", self.count, MAX_NUMBER)?;
        within("percent", self.percent, 0, 100)?;
        self.action.check()
    }
}

impl Action {
    fn check(&self) -> Result<(), String> {
        match self {
            Self::Status {
                code,
                retry_after,
                content_type,
                ..
            } => {
                let [least, most] = STATUSES;
                within("code", *code, least, most)?;
                optional("retry_after", *retry_after, MAX_NUMBER)?;
                content_type.as_deref().map_or(Ok(()), header)
            }
            Self::WrongContent { content_type, .. } => header(content_type),
            Self::Delay { ms } | Self::Hold { ms } | Self::Offline { ms, .. } => {
                within("ms", *ms, 0, MAX_MS)
            }
            Self::Restart { down_ms } => within("down_ms", *down_ms, 0, MAX_MS),
            Self::HangInBody { after } | Self::Cut { after } => {
                within("after", *after, 0, MAX_BODY as u64)
            }
            Self::PadTo { packets } => within("packets", *packets, 0, MAX_PACKETS as u64),
            Self::Refuse
            | Self::HangInHead
            | Self::LoginPage
            | Self::WrongWorker
            | Self::DropPackets
            | Self::LoseAnswer
            | Self::Inject { .. }
            | Self::Duplicate
            | Self::Reorder
            | Self::NoPings
            | Self::ConnectError { .. }
            | Self::NoConnectAnswer
            | Self::Disconnect
            | Self::ClosePacket => Ok(()),
        }
    }
}

/// A number of any width.
trait Number: Copy {
    fn wide(self) -> u64;
}

impl Number for u8 {
    fn wide(self) -> u64 {
        self.into()
    }
}

impl Number for u16 {
    fn wide(self) -> u64 {
        self.into()
    }
}

impl Number for u32 {
    fn wide(self) -> u64 {
        self.into()
    }
}

impl Number for u64 {
    fn wide(self) -> u64 {
        self
    }
}

impl Number for usize {
    fn wide(self) -> u64 {
        self as u64
    }
}

fn within(name: &str, value: impl Number, least: u64, most: u64) -> Result<(), String> {
    let value = value.wide();
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(format!(
            "{name} is {value}, and has to be from {least} to {most}"
        )),
    }
}

fn optional(name: &str, value: Option<impl Number>, most: u64) -> Result<(), String> {
    value.map_or(Ok(()), |value| within(name, value, 0, most))
}

/// What can stand in a header.
fn header(content_type: &str) -> Result<(), String> {
    match content_type.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        true => Ok(()),
        false => Err("content_type has to be printable ASCII".to_owned()),
    }
}
