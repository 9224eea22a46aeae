//! Drawing a plan from bytes: which kinds of thing happen at all, how often, and when.

use crate::entropy::Entropy;
use crate::plan::{
    Ack, Act, DRAWN_BODIES, DRAWN_PACKETS, Ending, Fault, Job, Kind, ODD_BODIES, OddBody, PAGES,
    Plan, RESEARCHES, Release, STATUSES, Seems, Setup, Step, Trouble, Vouch,
};

/// No plan is longer, so that each run of it ends soon, also with a fuzzer's megabytes.
const MAX_STEPS: usize = 60;

/// No fault phase is longer, in milliseconds, apart from the hours of the last sleep.
const MAX_PHASE: u64 = 600_000;

/// How often each kind of thing happens. Each schedule turns half of them off and gives the others
/// wildly different weights: equal rates hide faults, since everything breaks before anything
/// rare can follow something rare.
struct Swarm {
    kinds: [u32; DRAWERS.len()],
    troubles: [u32; TROUBLES],
}

type Drawer = fn(&mut Entropy<'_>, &Swarm) -> Option<Step>;

/// What a schedule is made of. The first ones are never turned off: without them nothing is seen.
const DRAWERS: [Drawer; 20] = [
    lines,
    subscribe,
    progress,
    next,
    every,
    end,
    milestone,
    unsubscribe,
    emit,
    ask,
    connect,
    close,
    visibility,
    online,
    sleep,
    throttle,
    vouch,
    server,
    offline,
    sign_in,
];

/// How many of [`DRAWERS`] are always on.
const ALWAYS: usize = 3;

/// In one of so many schedules the stored log can always be read, whatever else happens: more is required
/// of a page then.
const SPARING: u64 = 16;
const SPARING_TURN: u64 = 1;

/// In as many pages send events in bursts, more than may wait.
const CROWDED: u64 = 7;
/// In one of so many schedules the server writes numbers that JSON does not have.
const ODD_NUMBERS: u64 = 8;
/// In one of so many schedules the browser ends requests as soon as a navigation begins.
const ENDING: u64 = 8;
/// In one of so many pages name no path where the server is at the usual one, and in one where it is at that of newer
/// servers.
const PATHS: u64 = 11;
const USUAL: u64 = 5;
const NEWER: u64 = 9;
/// In one of so many a session that began while subscriptions are refused is refused them for ever.
const KEEPING: u64 = 3;

/// In one of so many the server refuses things for a while, besides whatever else happens; in one of so many
/// that is all that goes wrong, and more is required of a page.
const REFUSING: u64 = 16;
const ONLY_REFUSED: u64 = 10;
const REFUSED_TOO: u64 = 12;
/// In one of 16 nothing goes wrong, and lines come by the hundred, which the server stores only when asked.
const FLOODING: u64 = 15;
/// In two of 16 the server is no more than down for a while, and is so when everything is mended.
const DOWN: [u64; 2] = [0, 11];

/// In two of 13 there are things that others do not have, and in one of the two pages have credentials.
const WIDTH: u64 = 13;
const WIDER: [u64; 2] = [5, PERSONAL];
const PERSONAL: u64 = 8;

/// In two of 19 an answer that breaks off looks whole: in one it seems to have no body, in the other it has some of its
/// packets.
const OFF: u64 = 19;
const EMPTY: u64 = 3;
const WHOLE: u64 = 12;

/// One in 17 begins with something rare, but for those that keep a promise which that would break.
const CORNERS: u64 = 17;
const CORNER: u64 = 10;

const TROUBLES: usize = 17;

const WEIGHTS: [u32; 8] = [1, 1, 2, 3, 5, 8, 15, 30];

impl Plan {
    /// The plan that these bytes draw. It ends where they do.
    pub fn draw(entropy: &mut Entropy<'_>) -> Self {
        let mut plan = Self {
            seed: 0,
            setup: Setup::default(),
            steps: vec![
                (0, Step::Page(0, Act::Subscribe(0))),
                (0, Step::Page(0, Act::Connect)),
            ],
        };
        // Without bytes the rest stays as it is.
        let _ = plan.fill(entropy);
        if plan.seed % ENDING == 4 {
            plan.end_requests_early();
        }
        if plan.seed % SPARING == SPARING_TURN {
            plan.spare_the_log();
        }
        if plan.seed % SPARING == CROWDED {
            plan.crowd();
        }
        plan.setup.nan = plan.seed / SPARING % ODD_NUMBERS == 5;
        if plan.seed % REFUSING == ONLY_REFUSED {
            plan.keep_refusals();
        }
        if plan.seed % SPARING == FLOODING {
            plan.flood();
        }
        if DOWN.contains(&(plan.seed % SPARING)) {
            plan.keep_outages();
        }
        // Nor of those from before there was anything that is not drawn.
        if WIDER.contains(&(plan.seed % WIDTH)) {
            plan.widen();
        }
        plan.setup.personal = plan.seed % WIDTH == PERSONAL;
        // Of those that were kept when there were no pieces it is none.
        plan.setup.pieces = matches!(plan.seed % 7, 4 | 5);
        // Nor of those from before an answer that breaks off could look whole.
        plan.setup.seems = match plan.seed % OFF {
            EMPTY => Seems::Empty,
            WHOLE => Seems::Whole,
            _ => Seems::Broken,
        };
        if plan.setup.seems != Seems::Broken {
            plan.break_polls_off();
        }
        // Nor of those from before pages could leave the path out.
        plan.setup.either_path = matches!(plan.seed % PATHS, USUAL | NEWER);
        plan.setup.moved = plan.seed % PATHS == NEWER;
        // Nor of those from before sessions could be nobody's.
        plan.setup.keeps_persons = plan.seed % KEEPING == 1;
        // Nor of those from before anything rare was sought.
        let promises = [SPARING_TURN, ONLY_REFUSED, FLOODING, DOWN[0], DOWN[1]];
        if plan.seed % CORNERS == CORNER && !promises.contains(&(plan.seed % 16)) {
            plan.visit_corner();
        }
        plan
    }

    /// What would happen once to a request of the connection happens to a poll: its answer breaks off.
    fn break_polls_off(&mut self) {
        for (_, step) in &mut self.steps {
            if let Step::Break(Fault::Next(kind, trouble)) = step
                && matches!(kind, Kind::Handshake | Kind::Join | Kind::Poll | Kind::Post)
            {
                (*kind, *trouble) = (Kind::Poll, Trouble::Cut);
            }
        }
    }

    fn fill(&mut self, entropy: &mut Entropy<'_>) -> Option<()> {
        self.seed = u64::from(entropy.below(0x1_0000)?);
        self.setup = Setup::draw(entropy)?;
        let swarm = Swarm::draw(entropy)?;
        let refuses = [ONLY_REFUSED, REFUSED_TOO].contains(&(self.seed % REFUSING));
        if refuses {
            self.setup.persistent = !entropy.chance(1, 8)?;
        }
        let mut at = 0_u64;
        while self.steps.len() < MAX_STEPS && at < MAX_PHASE {
            at += delay(entropy)?;
            if refuses && entropy.chance(2, 5)? {
                self.steps.push((at, refusal(entropy)?));
                continue;
            }
            let drawer = DRAWERS.get(entropy.weighed(&swarm.kinds)?)?;
            self.steps.push((at, drawer(entropy, &swarm)?));
        }
        Some(())
    }
}

impl Setup {
    fn draw(entropy: &mut Entropy<'_>) -> Option<Self> {
        let default = Self::default();
        // Half of the schedules keep to what is usual.
        if !entropy.chance(1, 2)? {
            let release = entropy.pick(&[Release::V13, Release::V15, Release::Newest])?;
            return Some(Self { release, ..default });
        }
        let mut setup = Self {
            release: entropy.pick(&[Release::V13, Release::V15, Release::Newest])?,
            ping_interval: entropy.pick(&[5_000, 300, 2_000, 25_000])?,
            ping_timeout: entropy.pick(&[20_000, 1_000, 5_000, 60_000])?,
            max_payload: entropy.pick(&[1_000_000, 250, 2_000])?,
            latency: entropy.pick(&[10, 0, 1, 80, 700])?,
            jitter: entropy.pick(&[0, 20, 300, 3_000])?,
            store_lag: entropy.pick(&[0, 100, 700, 2_000])?,
            stores_when_asked: false,
            clock_ahead: entropy.pick(&[0, 3_600_000, -3_600_000, 400, 86_400_000])?,
            races: entropy.chance(1, 2)?,
            navigation: None,
            pieces: false,
            seems: default.seems,
            personal: false,
            either_path: default.either_path,
            moved: default.moved,
            keeps_persons: default.keeps_persons,
            guarded: entropy.chance(1, 4)?,
            nan: false,
            websocket: false,
            falls_back: false,
            upgrades: false,
            no_websockets: false,
            swallows: false,
            is_told: false,
            drains_slowly: false,
            reconnection: !entropy.chance(1, 8)?,
            persistent: default.persistent,
            attempts: entropy.pick(&[Some(5), Some(0), Some(1), Some(30), None])?,
            timeout: entropy.pick(&[20_000, 500, 5_000])?,
            fallback: entropy.pick(&[Some((3_000, 3)), Some((500, 1)), Some((20_000, 2)), None])?,
            dedup_entries: 10_000,
            history: !entropy.chance(1, 8)?,
            stall_after: entropy.pick(&[Some(60_000), Some(1_000), Some(10_000), None])?,
            emit_buffer: default.emit_buffer,
        };
        // Whoever waits less than a request takes never connects.
        let way = u64::from(setup.latency + setup.jitter);
        setup.timeout = setup.timeout.max(5 * way);
        setup.ping_timeout = setup.ping_timeout.max(5 * way);
        Some(setup)
    }
}

impl Swarm {
    fn draw(entropy: &mut Entropy<'_>) -> Option<Self> {
        let mut swarm = Self {
            kinds: [0; DRAWERS.len()],
            troubles: [0; TROUBLES],
        };
        for (index, weight) in swarm.kinds.iter_mut().enumerate() {
            *weight = weigh(entropy, index < ALWAYS)?;
        }
        for weight in &mut swarm.troubles {
            *weight = weigh(entropy, false)?;
        }
        Some(swarm)
    }
}

/// Half of the values of one byte turn the kind off.
fn weigh(entropy: &mut Entropy<'_>, always: bool) -> Option<u32> {
    let drawn = entropy.below(16)? as usize;
    let on = drawn.checked_sub(8).or(always.then_some(drawn));
    Some(
        on.and_then(|index| WEIGHTS.get(index))
            .copied()
            .unwrap_or(0),
    )
}

/// The time between two steps: mostly none or little, sometimes minutes.
fn delay(entropy: &mut Entropy<'_>) -> Option<u64> {
    let scale = entropy.pick(&[0_u32, 0, 0, 10, 30, 200, 1_000, 3_000, 6_000, 25_000])?;
    Some(u64::from(span(entropy, scale)?))
}

/// A number from `most / 256` to `most`.
fn span(entropy: &mut Entropy<'_>, most: u32) -> Option<u32> {
    if most == 0 {
        return Some(0);
    }
    let drawn = u64::from(entropy.below(256)?) + 1;
    Some((drawn * u64::from(most) / 256) as u32)
}

fn page(entropy: &mut Entropy<'_>, act: Act) -> Option<Step> {
    let page = u8::from(entropy.chance(1, 6)?).min(PAGES - 1);
    Some(Step::Page(page, act))
}

/// Mostly the first one: what happens to one research is worth more than a little of all.
fn research(entropy: &mut Entropy<'_>) -> Option<u8> {
    Some(entropy.pick(&[0, 0, 0, 1, 2])?.min(RESEARCHES - 1))
}

fn subscribe(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let act = Act::Subscribe(research(entropy)?);
    page(entropy, act)
}

fn unsubscribe(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let act = Act::Unsubscribe(research(entropy)?);
    page(entropy, act)
}

fn ask(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let research = research(entropy)?;
    let act = entropy.pick(&[Act::Refresh(research), Act::Cancel(research)])?;
    page(entropy, act)
}

fn connect(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    page(entropy, Act::Connect)
}

fn close(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    page(entropy, Act::Close)
}

fn visibility(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let act = entropy.pick(&[Act::Show, Act::Hide])?;
    page(entropy, act)
}

fn online(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let act = Act::Online(entropy.chance(1, 2)?);
    page(entropy, act)
}

fn sleep(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let most = entropy.pick(&[300, 4_000, 30_000, 300_000, 20_000_000])?;
    let act = Act::Sleep {
        ms: span(entropy, most)?,
        cut: entropy.chance(1, 2)?,
        timer_first: entropy.chance(1, 2)?,
    };
    page(entropy, act)
}

fn throttle(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let act = Act::Throttle {
        ms: span(entropy, 300_000)?,
        grain: entropy.pick(&[1_000, 60_000])?,
    };
    page(entropy, act)
}

fn vouch(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let late = Vouch::Late(span(entropy, 30_000)?);
    let act = Act::Vouch(entropy.pick(&[late, Vouch::Never, Vouch::Throws])?);
    page(entropy, act)
}

fn emit(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let within = Ack::Within(span(entropy, 20_000)?);
    let act = Act::Emit {
        ack: entropy.pick(&[Ack::No, within, Ack::Ever])?,
        volatile: entropy.chance(1, 4)?,
        bytes: entropy.pick(&[0, 0, 0, 100, 300, 3_000])?,
    };
    page(entropy, act)
}

fn lines(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let job = Job::Lines {
        count: entropy.pick(&[1, 1, 1, 2, 3, 5, 20])?,
        text: entropy.pick(&[0, 0, 1, 2])?,
        live: !entropy.chance(1, 6)?,
        stored: !entropy.chance(1, 6)?,
    };
    Some(Step::Job(research(entropy)?, job))
}

fn milestone(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    Some(Step::Job(research(entropy)?, Job::Milestone))
}

fn progress(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let job = Job::Progress {
        percent: entropy.below(101)? as u8,
        status: entropy.chance(1, 2)?,
    };
    Some(Step::Job(research(entropy)?, job))
}

fn end(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let ending = entropy.pick(&[
        Ending::Completed,
        Ending::Failed,
        Ending::Suspended,
        Ending::Unsaid,
    ])?;
    Some(Step::Job(research(entropy)?, Job::End(ending)))
}

fn kind(entropy: &mut Entropy<'_>) -> Option<Kind> {
    entropy.pick(&[
        Kind::Poll,
        Kind::Poll,
        Kind::Post,
        Kind::Handshake,
        Kind::Join,
        Kind::Status,
        Kind::Logs,
        Kind::Terminate,
    ])
}

fn next(entropy: &mut Entropy<'_>, swarm: &Swarm) -> Option<Step> {
    let kind = kind(entropy)?;
    let trouble = possible(kind, trouble(entropy, swarm)?);
    Some(Step::Break(Fault::Next(kind, trouble)))
}

fn every(entropy: &mut Entropy<'_>, swarm: &Swarm) -> Option<Step> {
    let kind = kind(entropy)?;
    let trouble = possible(kind, trouble(entropy, swarm)?);
    Some(Step::Break(Fault::Every(
        kind,
        trouble,
        span(entropy, 60_000)?,
    )))
}

/// A POST that is answered `ok` and has not arrived is beyond what a client can notice.
pub(crate) fn possible(kind: Kind, trouble: Trouble) -> Trouble {
    let is_receipt = |body: u8| {
        ODD_BODIES
            .get(usize::from(body))
            .is_some_and(|body| *body == OddBody::Bytes(b"ok"))
    };
    match (kind, trouble) {
        (Kind::Post | Kind::Join, Trouble::Nonsense(body)) if is_receipt(body) => Trouble::Lost,
        (_, trouble) => trouble,
    }
}

fn trouble(entropy: &mut Entropy<'_>, swarm: &Swarm) -> Option<Trouble> {
    let index = match swarm.troubles.iter().any(|weight| *weight > 0) {
        true => entropy.weighed(&swarm.troubles)?,
        false => entropy.below(TROUBLES as u32)? as usize,
    };
    Some(match index {
        0 => Trouble::Slow(span(entropy, 30_000)?),
        1 => Trouble::Late(span(entropy, 30_000)?),
        2 => Trouble::Lost,
        3 => Trouble::AnswerLost,
        4 => Trouble::Cut,
        5 => Trouble::Hangs,
        6 => Trouble::AnswerHangs,
        7 => status(entropy)?,
        8 => Trouble::Html,
        9 => Trouble::Nonsense(entropy.below(DRAWN_BODIES as u32)? as u8),
        10 => Trouble::Inject(entropy.below(DRAWN_PACKETS as u32)? as u8),
        11 => Trouble::Doubled,
        12 => Trouble::Reordered,
        13 => Trouble::Resent,
        14 => Trouble::Twice,
        15 => Trouble::Refused,
        _ => Trouble::NoConnect,
    })
}

fn status(entropy: &mut Entropy<'_>) -> Option<Trouble> {
    let code = entropy.pick(&STATUSES)?;
    let wait = matches!(code, 429 | 503) && entropy.chance(1, 2)?;
    let seconds = match wait {
        true => Some(entropy.pick(&[1, 0, 7, 40, 65_000])?),
        false => None,
    };
    Some(Trouble::Status(code, seconds))
}

fn server(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let down = span(entropy, 40_000)?;
    Some(Step::Break(entropy.pick(&[
        Fault::Drop,
        Fault::Restart { down: 0 },
        Fault::Restart { down },
        Fault::Disconnect,
        Fault::Close,
        Fault::Silence,
        Fault::WrongWorker(down),
    ])?))
}

fn offline(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    let fault = Fault::Offline {
        ms: span(entropy, 90_000)?,
        hang: entropy.chance(1, 2)?,
    };
    Some(Step::Break(fault))
}

/// Something that the server refuses for a while, or a page that nobody looks at meanwhile.
fn refusal(entropy: &mut Entropy<'_>) -> Option<Step> {
    let most = entropy.pick(&[4_000, 30_000, 120_000, 500_000])?;
    let ms = span(entropy, most)?;
    let kinds = [
        Kind::Handshake,
        Kind::Poll,
        Kind::Post,
        Kind::Status,
        Kind::Logs,
        Kind::Terminate,
    ];
    let kind = entropy.pick(&kinds)?;
    let troubles = [
        Trouble::Status(401, None),
        Trouble::Status(403, None),
        Trouble::Status(404, None),
        Trouble::Html,
    ];
    let trouble = entropy.pick(&troubles)?;
    let all = Fault::Every(kind, trouble, ms);
    let choice = entropy.weighed(&[8, 2, 3, 2, 3, 3, 1])?;
    Some(match choice {
        0 => Step::Break(all),
        1 => Step::Break(Fault::Every(Kind::Join, Trouble::Refused, ms)),
        2 => Step::Break(Fault::RefuseSubscriptions(ms)),
        3 => Step::Break(Fault::SignedIn(entropy.chance(1, 2)?)),
        4 => page(entropy, Act::Unsee)?,
        5 => page(entropy, Act::Show)?,
        _ => page(entropy, Act::Online(true))?,
    })
}

fn sign_in(entropy: &mut Entropy<'_>, _: &Swarm) -> Option<Step> {
    Some(Step::Break(Fault::SignedIn(entropy.chance(1, 2)?)))
}
