//! What a server that refuses may be asked: no kind of question more often than every 30 s in the end.

use research_socket::config::Config;
use research_socket::failure::{Failure, Retry};
use research_socket::http::{Answer, Request, RequestError, RequestId};
use research_socket::persistence::UNSEEN_WAIT_MS;
use research_socket::research::{Event, Input, ResearchEvent};

use crate::plan::{Kind, RESEARCHES};
use crate::rules::{Verdict, kind_of, require};
use crate::story::{id_of, number_of};

/// The least wait after so many refusals in a row, in milliseconds: doubled from 5 s on, less or more by half.
const WAITS: [u64; 5] = [5_000, 5_000, 10_000, 20_000, 30_000];

/// A subscription that is not refused so soon is granted, in milliseconds.
pub(crate) const TRIAL: u64 = 3_000;

const SUBSCRIBE: &str = "subscribe_to_research";

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Connection,
    Subscription,
    Status,
    Log,
}

const WISHES: [Wish; 4] = [
    Wish::Connection,
    Wish::Subscription,
    Wish::Status,
    Wish::Log,
];

/// What has become of one kind of question.
#[derive(Debug, Default)]
struct Past {
    /// When the last refusal came.
    last: u64,
    /// Refusals since something was granted.
    row: usize,
    /// Whose last answer was a refusal. A connection is nobody's: it has the first place.
    refused: [bool; RESEARCHES as usize],
    /// When each was refused last.
    own: [u64; RESEARCHES as usize],
    /// What has been asked since, and when.
    asked: [Option<u64>; RESEARCHES as usize],
    /// What the page has wanted since.
    wanted: [bool; RESEARCHES as usize],
    /// What was asked for since it was wanted, and has no answer yet.
    unanswered: [bool; RESEARCHES as usize],
}

/// The past of one client.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    pasts: [Past; WISHES.len()],
    /// Whether the page wants what is refused to be asked for again.
    persistent: bool,
    reconnection: bool,
    /// Whether the status is asked for.
    asks: bool,
    falls_back: bool,
    /// The researches that the page follows.
    followed: [bool; RESEARCHES as usize],
    /// Those of which nothing has been sent since it began to.
    unsent: [bool; RESEARCHES as usize],
    /// Whose status somebody new wants to know although it is being asked for: a refusal of what was asked
    /// before says nothing of them.
    again: [bool; RESEARCHES as usize],
    /// Where the last handshake went, and whether the attempt may go on at another place.
    place: String,
    goes_on: bool,
    /// What has come of a packet of the poll that is being answered.
    part: Vec<u8>,
    /// Whether the connection of that poll is over: what stands behind its end is not heard.
    ended: bool,
    /// Whether the log is also asked for before there is a connection, and of which researches it was not yet.
    asks_early: bool,
    early: [bool; RESEARCHES as usize],
    /// The last question of that kind. Whatever it was answered, the log is asked for when there is a connection.
    too_early: Option<RequestId>,
    /// When a session was given up for a new one, if nothing was granted or shown again since.
    renewed: Option<u64>,
}

impl Refusals {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            pasts: Default::default(),
            persistent: config.persistent,
            reconnection: config.reconnection,
            asks: config.fallback.is_some(),
            falls_back: config.fall_back,
            followed: Default::default(),
            unsent: Default::default(),
            again: Default::default(),
            place: String::new(),
            goes_on: false,
            part: Vec::new(),
            ended: false,
            asks_early: config.history && config.early_history,
            early: Default::default(),
            too_early: None,
            renewed: None,
        }
    }

    fn past(&mut self, wish: Wish) -> &mut Past {
        let [connection, subscription, status, log] = &mut self.pasts;
        match wish {
            Wish::Connection => connection,
            Wish::Subscription => subscription,
            Wish::Status => status,
            Wish::Log => log,
        }
    }

    /// What the page itself wants does not wait.
    pub(crate) fn input(&mut self, input: &Input) {
        match input {
            Input::Connect => self.forgive(),
            Input::Visible if !self.persistent => self.forgive(),
            Input::Refresh(id) => self.want(Wish::Status, id),
            Input::Verify(id) => {
                self.want(Wish::Status, id);
                let Some(number) = number_of(id) else {
                    return;
                };
                let asked = self.past(Wish::Status).asked.get(number);
                let is_asked = asked.is_some_and(Option::is_some);
                if let Some(again) = self.again.get_mut(number) {
                    *again = is_asked;
                }
            }
            Input::Subscribe(id) => self.follow(id.as_str(), true),
            Input::Unsubscribe(id) => self.follow(id, false),
            _ => {}
        }
    }

    /// Everything that was refused is tried again, and another session if that is what it takes.
    fn forgive(&mut self) {
        WISHES.into_iter().for_each(|wish| self.want_all(wish));
        self.renewed = None;
    }

    /// The page follows a research, or no longer: what was said before is forgotten.
    fn follow(&mut self, id: &str, follows: bool) {
        let Some(number) = number_of(id) else {
            return;
        };
        let place = self.followed.get_mut(number);
        if place.is_none_or(|followed| std::mem::replace(followed, follows) == follows) {
            return;
        }
        for past in [Wish::Subscription, Wish::Status, Wish::Log].map(|wish| wish as usize) {
            if let Some(past) = self.pasts.get_mut(past) {
                past.refused
                    .iter_mut()
                    .skip(number)
                    .take(1)
                    .for_each(|refused| *refused = false);
            }
        }
        if let Some(unsent) = self.unsent.get_mut(number) {
            *unsent = follows;
        }
        if let Some(early) = self.early.get_mut(number) {
            *early = follows && self.asks_early;
        }
        // A refusal of what it sent before may come first.
        let wanted = self.past(Wish::Subscription).wanted.get_mut(number);
        wanted.into_iter().for_each(|wanted| *wanted = follows);
    }

    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::Connect { .. } => *self.past(Wish::Connection) = Past::default(),
            // With the end the log is complete.
            Event::Research {
                id,
                event: ResearchEvent::End(_),
            } => self.want(Wish::Log, id),
            _ => {}
        }
    }

    /// A research that is heard is no longer refused, if it was asked for since.
    fn heard(&mut self, id: &str) {
        let past = self.past(Wish::Subscription);
        if let Some(number) = number_of(id)
            && let (Some(Some(_)), Some(refused)) =
                (past.asked.get(number), past.refused.get_mut(number))
        {
            *refused = false;
            past.row = 0;
            self.renewed = None;
        }
    }

    /// A session is given up for a new one, over which subscriptions may be granted: what was refused does not wait.
    pub(crate) fn renewed(&mut self, now: u64) -> Verdict {
        self.want_all(Wish::Subscription);
        let asked = self.past(Wish::Subscription).asked;
        let is_granted = asked.iter().flatten().any(|at| now - at >= TRIAL);
        // Where nobody asks for a status nothing else can be known.
        let before = self.renewed.replace(now);
        let is_early = before.is_some_and(|at| now - at < UNSEEN_WAIT_MS);
        let in_vain = self.asks && is_early && !is_granted;
        require(!in_vain, || {
            "a session after another, for nothing".to_owned()
        })
    }

    fn want_all(&mut self, wish: Wish) {
        let past = self.past(wish);
        past.wanted = past.refused;
    }

    fn want(&mut self, wish: Wish, id: &str) {
        let past = self.past(wish);
        if let Some(number) = number_of(id)
            && let (Some(wanted), Some(refused)) =
                (past.wanted.get_mut(number), past.refused.get(number))
        {
            *wanted = *refused;
        }
    }

    /// A request is started: whether it is too early.
    pub(crate) fn start(&mut self, now: u64, request: &Request) -> Verdict {
        if kind_of(request) == Kind::Poll {
            self.part.clear();
            self.ended = false;
        }
        if kind_of(request) == Kind::Handshake {
            self.begin_anew(now);
        }
        if !self.persistent {
            return Ok(());
        }
        match kind_of(request) {
            // The other place is asked when nothing is at the first.
            Kind::Handshake if self.is_other_place(request) => Ok(()),
            Kind::Handshake if self.reconnection => self.ask(now, Wish::Connection, 0),
            Kind::Post => {
                let body = request.body.as_ref().map_or("", |body| body.text.as_str());
                let packets = body
                    .split('\u{1e}')
                    .filter(|packet| packet.contains(SUBSCRIBE));
                for packet in packets {
                    if let Some(research) = named_in(packet) {
                        self.ask(now, Wish::Subscription, research)?;
                    }
                }
                Ok(())
            }
            Kind::Status => self.ask_about(now, Wish::Status, request),
            // The other place is asked when the first has said 404.
            Kind::Logs if is_first_place(request) => {
                let early = research_of(request).and_then(|number| self.early.get_mut(number));
                if early.is_some_and(std::mem::take) {
                    self.too_early = Some(request.id);
                    return Ok(());
                }
                self.ask_about(now, Wish::Log, request)
            }
            Kind::Handshake | Kind::Join | Kind::Logs | Kind::Poll | Kind::Terminate => Ok(()),
        }
    }

    /// Another session is begun: what was wanted over the one before, which was lost with the answer, is still wanted.
    fn begin_anew(&mut self, now: u64) {
        let past = self.past(Wish::Subscription);
        let each = past.wanted.iter_mut().zip(&mut past.unanswered);
        for ((wanted, unanswered), asked) in each.zip(past.asked) {
            let is_lost = std::mem::take(unanswered);
            *wanted |= is_lost && asked.is_some_and(|at| now - at < TRIAL);
        }
    }

    fn is_other_place(&mut self, request: &Request) -> bool {
        let before = std::mem::replace(&mut self.place, request.url.clone());
        self.goes_on &= before != request.url;
        self.goes_on
    }

    fn ask_about(&mut self, now: u64, wish: Wish, request: &Request) -> Verdict {
        research_of(request).map_or(Ok(()), |research| self.ask(now, wish, research))
    }

    fn ask(&mut self, now: u64, wish: Wish, research: usize) -> Verdict {
        let unsent = self.unsent.get_mut(research);
        let is_first = wish == Wish::Subscription && unsent.is_some_and(std::mem::take);
        if is_first && let Some(early) = self.early.get_mut(research) {
            *early = false;
        }
        let past = self.past(wish);
        // What is not refused for so long is granted, and all else that was refused is tried at once.
        let is_granted = |at: &Option<u64>| at.is_some_and(|at| now - at >= TRIAL);
        if wish == Wish::Subscription && past.asked.iter().any(is_granted) {
            past.row = 0;
        }
        let row = past.row.min(WAITS.len());
        let least = row.checked_sub(1).and_then(|row| WAITS.get(row).copied());
        let asked = past.asked.get_mut(research);
        let before = asked.and_then(|asked| asked.replace(now));
        if wish == Wish::Subscription && before.is_some_and(|before| now - before >= TRIAL) {
            // Nothing was said against it.
            self.renewed = None;
            return Ok(());
        }
        let was_refused = past.refused.get(research).is_some_and(|refused| *refused);
        if past.wanted.get_mut(research).is_some_and(std::mem::take) {
            if let Some(unanswered) = past.unanswered.get_mut(research) {
                *unanswered = true;
            }
            // The refusal of what was sent before has been taken for its own, which is then no news.
            if let Some(asked) = past.asked.get_mut(research)
                && is_first
                && was_refused
            {
                *asked = None;
            }
            return Ok(());
        }
        // A subscription may have waited for its POST while another was refused.
        let own = past.own.get(research).copied().unwrap_or_default();
        let waited = match wish {
            Wish::Subscription => now - own,
            _ => now - past.last,
        };
        require(
            !was_refused || least.is_none_or(|least| waited >= least),
            || format!("a storm: {wish:?} asked for {waited} ms after refusal {row} in a row"),
        )
    }

    /// A part of the answer to a poll has reached the client, which hears each packet with its end.
    pub(crate) fn polled(&mut self, now: u64, bytes: &[u8]) {
        self.part.extend(bytes);
        while let Some(end) = self.part.iter().position(|byte| *byte == 0x1e) {
            let packet: Vec<u8> = self.part.drain(..=end).collect();
            self.packet(now, packet.strip_suffix(&[0x1e]).unwrap_or_default());
        }
    }

    fn packet(&mut self, now: u64, packet: &[u8]) {
        let packet = String::from_utf8_lossy(packet);
        self.ended |= is_end(&packet);
        if self.ended {
            return;
        }
        if let Some((_, rest)) = packet.split_once("progress_") {
            self.heard(rest.split('"').next().unwrap_or_default());
        }
        if packet.starts_with("42[\"subscribe_error\"") {
            let research = named_in(&packet);
            let is_followed = |research: &usize| self.followed.get(*research) == Some(&true);
            if let Some(research) = research.filter(is_followed) {
                self.refuse(now, Wish::Subscription, research);
            }
        }
    }

    /// An answer has reached the client, now with its end: `begin` is its first byte, wherever that came.
    pub(crate) fn answered(
        &mut self,
        now: u64,
        request: &Request,
        answer: &Answer,
        begin: Option<u8>,
    ) {
        if self.is_too_early(request.id) {
            return;
        }
        let response = match answer {
            Answer::Response(response) => response,
            // It is shown, and too much.
            Answer::Failed(RequestError::TooLarge) if kind_of(request) == Kind::Logs => {
                if let Some(research) = research_of(request)
                    && let Some(refused) = self.past(Wish::Log).refused.get_mut(research)
                {
                    *refused = false;
                }
                return;
            }
            Answer::Failed(RequestError::Redirected) => {
                let wish = match kind_of(request) {
                    Kind::Status => Wish::Status,
                    Kind::Logs => Wish::Log,
                    _ => return,
                };
                if let Some(research) = research_of(request) {
                    self.refuse(now, wish, research);
                }
                return;
            }
            // One that a navigation ends is not told to the page, and made again if that stays: nothing has refused it.
            Answer::Failed(_) if matches!(kind_of(request), Kind::Handshake | Kind::Join) => {
                self.past(Wish::Connection).refused = Default::default();
                return;
            }
            Answer::Piece(_) | Answer::Failed(_) => return,
        };
        let is_page = begin == Some(b'<');
        let is_good = (200..=299).contains(&response.status);
        let refuses = matches!(response.status, 401 | 403 | 404) || (is_good && is_page);
        let kind = kind_of(request);
        match kind {
            Kind::Poll if is_good => {
                self.polled(now, &response.body);
                let packet = std::mem::take(&mut self.part);
                self.packet(now, &packet);
            }
            Kind::Handshake => self.goes_on = response.status == 404 && !self.goes_on,
            // The status is looked at, whatever was said before.
            Kind::Terminate if is_good => self.want_all(Wish::Status),
            Kind::Status | Kind::Logs => {
                let wish = match kind {
                    Kind::Status => Wish::Status,
                    _ => Wish::Log,
                };
                let goes_on =
                    kind == Kind::Logs && response.status == 404 && is_first_place(request);
                let Some(research) = research_of(request).filter(|_| !goes_on) else {
                    return;
                };
                if refuses {
                    self.refuse(now, wish, research);
                } else if is_good {
                    let past = self.past(wish);
                    if let Some(refused) = past.refused.get_mut(research)
                        && std::mem::take(refused)
                    {
                        past.row = 0;
                        if wish == Wish::Status {
                            // Somebody has signed in: the connection and subscriptions may be granted.
                            self.renewed = None;
                            self.want_all(Wish::Connection);
                            self.want_all(Wish::Subscription);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether this asked for a log before there was a connection.
    pub(crate) fn is_too_early(&self, request: RequestId) -> bool {
        self.too_early == Some(request)
    }

    /// A question is given up without an answer: without polling it is asked since the page wants it, and so is the next one.
    pub(crate) fn aborted(&mut self, request: &Request) {
        if self.is_too_early(request.id)
            && let Some(number) = research_of(request)
            && let Some(early) = self.early.get_mut(number)
        {
            *early = self.unsent.get(number) == Some(&true);
        }
        if !self.asks
            && kind_of(request) == Kind::Status
            && let Some(research) = research_of(request)
        {
            self.want(Wish::Status, id_of(research as u8));
        }
    }

    /// A WebSocket could not be opened, which is all that is known of a 404.
    pub(crate) const fn not_opened(&mut self) {
        self.goes_on = self.falls_back || !self.goes_on;
    }

    /// What the poll of a connection that is over still brings is not heard.
    pub(crate) const fn disconnected(&mut self) {
        self.ended = true;
    }

    /// There is no connection any more, or no new one: what comes next is a retry only after a refusal.
    pub(crate) fn connection_failed(&mut self, now: u64, failure: &Failure) {
        match failure {
            // A page that was left is where it was before when it comes back.
            Failure::PageHidden => {}
            _ if failure.retry() == Retry::Refused => self.refuse(now, Wish::Connection, 0),
            _ => self.past(Wish::Connection).refused = Default::default(),
        }
    }

    fn refuse(&mut self, now: u64, wish: Wish, research: usize) {
        let past = self.past(wish);
        let is_refused = past.refused.get(research) == Some(&true);
        if let Some(unanswered) = past.unanswered.get_mut(research) {
            *unanswered = false;
        }
        let asked = past.asked.get_mut(research).and_then(Option::take);
        if is_refused && asked.is_none() {
            // Of two that answer one question the first counts.
            return;
        }
        // Of several in one answer the first counts.
        if past.last != now || past.row == 0 {
            past.row += 1;
        }
        past.last = now;
        if let Some(own) = past.own.get_mut(research) {
            *own = now;
        }
        if let Some(refused) = past.refused.get_mut(research) {
            *refused = true;
        }
        if let Some(wanted) = past.wanted.get_mut(research)
            && wish != Wish::Subscription
        {
            *wanted = false;
        }
        if wish == Wish::Subscription && asked.is_some_and(|asked| now - asked >= TRIAL) {
            // It came so late that it was taken for granted before.
            self.renewed = None;
        }
        if wish == Wish::Status
            && self.again.get_mut(research).is_some_and(std::mem::take)
            && let Some(wanted) = self.past(wish).wanted.get_mut(research)
        {
            *wanted = true;
        }
    }
}

fn is_end(packet: &str) -> bool {
    matches!(packet, "41" | "1")
}

fn is_first_place(request: &Request) -> bool {
    request.url.ends_with("/logs")
}

/// The research that a question is about.
pub(crate) fn research_of(request: &Request) -> Option<usize> {
    request.url.split('/').find_map(number_of)
}

/// The research that a packet names.
fn named_in(packet: &str) -> Option<usize> {
    let (_, rest) = packet.split_once("\"research_id\":")?;
    let id = rest.trim_matches(['"', '}', ']']);
    let id = id.split(['"', '}', ',']).next()?;
    (0..RESEARCHES).position(|research| id_of(research) == id)
}
