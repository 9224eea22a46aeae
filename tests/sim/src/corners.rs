//! Plans that begin with something that chance alone hardly ever draws: two rare states at once, or something
//! within the milliseconds that a state lasts.

use research_socket::socket::MOMENT_MS;

use crate::draw::possible;
use crate::entropy::Dice;
use crate::plan::{
    Ack, Act, DRAWN_PACKETS, Ending, Fault, Job, Kind, ODD_BODIES, ODD_PACKETS, PAGES, Plan,
    RESEARCHES, Release, STATUSES, Setup, Step, Trouble, Vouch,
};

/// The way of these plans is no longer, in milliseconds: what lasts for seconds is to be met.
const MAX_LATENCY: u32 = 80;
const MAX_JITTER: u32 = 300;

/// Where what is sent last may come first, and by seconds.
const WIDE_JITTER: u32 = 1_500;

/// The answer to a POST that is refused, or fails.
const ENDS: [Trouble; 7] = [
    Trouble::Status(401, None),
    Trouble::Status(403, None),
    Trouble::Status(404, None),
    Trouble::Redirected,
    Trouble::Status(500, None),
    Trouble::Lost,
    Trouble::Html,
];

/// What a plan begins with.
#[derive(Debug)]
struct Scene {
    dice: Dice,
    /// Milliseconds since the start.
    at: u64,
    /// How long anything is on its way at most, in milliseconds.
    way: u64,
    steps: Vec<(u64, Step)>,
}

impl Plan {
    /// Lets one of these things happen before all else that was drawn.
    pub(crate) fn visit_corner(&mut self) {
        let last = self.steps.last().map_or(0, |(at, _)| *at);
        self.setup = Setup {
            latency: self.setup.latency.min(MAX_LATENCY),
            jitter: self.setup.jitter.min(MAX_JITTER),
            reconnection: true,
            persistent: true,
            fallback: self.setup.fallback.or(Setup::default().fallback),
            ..self.setup.clone()
        };
        let mut scene = Scene {
            dice: Dice::new(self.seed ^ (last << 16)),
            at: 0,
            way: 0,
            steps: Vec::new(),
        };
        let draw = scene.dice.below(10);
        scene.set(&mut self.setup, draw);
        scene.way = u64::from(self.setup.latency + self.setup.jitter);
        match draw {
            0 | 1 => scene.be_on_trial(),
            2 => scene.be_going(),
            3 => scene.part_as_it_goes(),
            4 => scene.cancel_much(),
            5 => scene.cancel_offline(),
            6 => scene.throw_offline(),
            7 => scene.ask_before_connecting(&mut self.setup),
            8 => scene.end_early(&mut self.setup),
            _ => scene.be_granted_too_late(),
        }
        scene.wait(1);
        let later = scene.at;
        let rest = self.steps.split_off(2);
        self.steps.extend(scene.steps);
        self.steps
            .extend(rest.into_iter().map(|(at, step)| (at + later, step)));
    }
}

impl Scene {
    /// The circumstances of one.
    fn set(&mut self, setup: &mut Setup, draw: u64) {
        match draw {
            // Older servers refuse no subscription.
            0 | 1 => setup.release = Release::Newest,
            // Its requests end as a navigation begins, and what fails is asked again before that is over.
            2 => {
                setup.navigation = setup.navigation.or(Some(60));
                setup.fallback = Some((500, 1));
                setup.history = true;
            }
            3 => {
                setup.navigation = setup.navigation.or(Some(60));
                (setup.latency, setup.jitter) = (MAX_LATENCY, 0);
            }
            8 => {
                setup.jitter = self.pick(&[MAX_JITTER, WIDE_JITTER], MAX_JITTER);
                setup.ping_interval = 300;
                (setup.ping_timeout, setup.timeout) = (60_000, 20_000);
            }
            9 => {
                setup.release = Release::Newest;
                setup.persistent = false;
                setup.jitter = WIDE_JITTER;
                (setup.ping_timeout, setup.timeout) = (60_000, 20_000);
            }
            _ => {}
        }
    }

    const fn wait(&mut self, ms: u64) {
        self.at += ms;
    }

    /// Waits for less.
    fn linger(&mut self, ms: u64) {
        self.at += self.dice.below(ms);
    }

    fn step(&mut self, step: Step) {
        self.steps.push((self.at, step));
    }

    fn act(&mut self, act: Act) {
        self.step(Step::Page(0, act));
    }

    fn fault(&mut self, fault: Fault) {
        self.step(Step::Break(fault));
    }

    fn pick<T: Copy>(&mut self, all: &[T], otherwise: T) -> T {
        let place = self.dice.below(all.len() as u64) as usize;
        all.get(place).copied().unwrap_or(otherwise)
    }

    fn flip(&mut self) -> bool {
        self.dice.below(2) == 1
    }

    /// By when the first connection is live.
    const fn connect(&mut self) {
        self.wait(8 * self.way + 50);
    }

    /// The server has refused a subscription, and has it now on trial.
    fn be_on_trial(&mut self) {
        self.connect();
        let refuses = 4 * self.way + 50;
        self.fault(Fault::RefuseSubscriptions(refuses as u32));
        self.act(Act::Unsubscribe(0));
        self.act(Act::Subscribe(0));
        self.wait(refuses + 1);
        self.act(Act::Connect);
        self.wait(2 * self.way + 1);
        for _ in 0..3 {
            match self.dice.below(3) {
                0 => self.ask_in_trouble(),
                1 => {
                    let fault = self.any_fault();
                    self.fault(fault);
                }
                _ => {
                    let act = self.any_act();
                    self.act(act);
                }
            }
            self.linger(60);
        }
        let act = self.any_act();
        self.act(act);
        let job = self.any_job();
        self.step(Step::Job(0, job));
    }

    /// A request about a research, or an event, of which something goes wrong.
    fn ask_in_trouble(&mut self) {
        let research = self.dice.below(u64::from(RESEARCHES)) as u8;
        let (kind, act) = match self.dice.below(3) {
            0 => (Kind::Status, Act::Refresh(research)),
            1 => (Kind::Terminate, Act::Cancel(1 + research % 2)),
            _ => (Kind::Post, emit(Ack::No, false)),
        };
        let trouble = self.any_trouble(kind);
        self.fault(Fault::Next(kind, trouble));
        self.act(act);
    }

    /// A navigation has begun which is none: what is asked meanwhile, and what the page does in the millisecond in
    /// which that is clear.
    fn be_going(&mut self) {
        self.connect();
        self.act(Act::Refresh(0));
        for kind in [Kind::Status, Kind::Logs] {
            let trouble = self.any_trouble(kind);
            self.fault(Fault::Every(kind, trouble, MOMENT_MS as u32));
        }
        if self.flip() {
            // The next session is refused before the page has heard that the last one is over.
            let (kind, trouble) = match self.dice.below(3) {
                0 => (Kind::Handshake, Trouble::Nonsense(11)),
                1 => (Kind::Handshake, Trouble::Nonsense(10)),
                _ => (Kind::Poll, Trouble::Inject(DRAWN_PACKETS as u8)),
            };
            self.fault(Fault::Next(kind, trouble));
        }
        self.act(Act::Download);
        self.wait(MOMENT_MS);
        let act = self.any_act();
        self.act(act);
    }

    /// A navigation begins while the last session still says goodbye, and the next one is opened.
    fn part_as_it_goes(&mut self) {
        self.connect();
        self.fault(Fault::Disconnect);
        self.wait(self.way - 10);
        self.act(emit(Ack::No, false));
        self.wait(15);
        self.act(Act::Connect);
        self.wait(10);
        if self.flip() {
            let trouble = self.pick(&ENDS, Trouble::Lost);
            self.fault(Fault::Next(Kind::Post, trouble));
        }
        self.wait(1);
        self.act(Act::Download);
        self.wait(MOMENT_MS);
    }

    /// Everything goes wrong with the requests to end researches.
    fn cancel_much(&mut self) {
        self.linger(8 * self.way + 50);
        for _ in 0..6 {
            self.cancel_in_trouble();
            self.linger(3 * self.way + 5);
        }
    }

    fn cancel_in_trouble(&mut self) {
        let trouble = self.any_trouble(Kind::Terminate);
        self.fault(Fault::Next(Kind::Terminate, trouble));
        let research = self.dice.below(u64::from(RESEARCHES)) as u8;
        self.act(Act::Cancel(research));
    }

    /// Requests to end researches of a page whose browser says that there is no network.
    fn cancel_offline(&mut self) {
        self.connect();
        self.fault(Fault::Drop);
        self.wait(2 * self.way + 1);
        self.linger(300);
        self.act(Act::Online(false));
        for _ in 0..3 {
            self.cancel_in_trouble();
            self.linger(4 * self.way + 5);
        }
        let act = self.any_act();
        self.act(act);
        self.linger(10_000);
        self.act(Act::Online(true));
    }

    /// What the page is asked for its credentials for, it throws when the network has gone.
    fn throw_offline(&mut self) {
        self.connect();
        self.fault(Fault::Every(
            Kind::Status,
            Trouble::Status(401, None),
            20_000,
        ));
        self.act(Act::Refresh(0));
        self.wait(4 * self.way + 5);
        self.fault(Fault::Drop);
        self.wait(2 * self.way + 1);
        self.linger(300);
        self.act(Act::Vouch(Vouch::Throws));
        self.act(Act::Refresh(0));
        self.act(Act::Online(false));
        self.linger(10_000);
        self.act(Act::Online(true));
    }

    /// A page that asks about a research, and connects later.
    fn ask_before_connecting(&mut self, setup: &mut Setup) {
        let page = PAGES - 1;
        setup.races |= self.flip();
        let code = self.pick(&[401, 500, 503, 404], 401);
        let acts = [
            Step::Page(page, Act::Subscribe(0)),
            Step::Break(Fault::Next(Kind::Status, Trouble::Status(code, None))),
            Step::Page(page, Act::Refresh(0)),
        ];
        acts.into_iter().for_each(|step| self.step(step));
        if setup.races {
            // Nobody wants the answer any more when it comes.
            self.step(Step::Page(page, Act::Unsubscribe(0)));
        }
        self.wait(2 * self.way + 1);
        self.step(Step::Page(page, Act::Vouch(Vouch::Throws)));
        self.step(Step::Page(page, Act::Refresh(0)));
        let act = self.any_act();
        self.step(Step::Page(page, act));
        self.wait(2 * self.way + 1);
        self.step(Step::Page(page, Act::Connect));
    }

    /// A session is over before the POST is answered that asks for the namespace.
    fn end_early(&mut self, setup: &mut Setup) {
        let undrawn = ODD_PACKETS.len() - DRAWN_PACKETS;
        // The last one that is drawn is a refusal.
        let which = DRAWN_PACKETS - 1 + self.dice.below(undrawn as u64 + 1) as usize;
        self.fault(Fault::Next(Kind::Poll, Trouble::Inject(which as u8)));
        let end = self.pick(&ENDS, Trouble::Lost);
        let other = if setup.jitter == WIDE_JITTER {
            Kind::Join
        } else {
            // The poll that waits for the goodbye.
            Kind::Poll
        };
        if setup.jitter == WIDE_JITTER || self.flip() {
            self.fault(Fault::Next(other, end));
        }
        match self.dice.below(4) {
            0 => self.act(Act::Online(false)),
            1 => setup.attempts = Some(0),
            2 => setup.persistent = false,
            _ => {
                self.act(Act::Vouch(Vouch::Late(WIDE_JITTER / 2)));
                for _ in 0..6 {
                    self.linger(2 * u64::from(WIDE_JITTER) / 3);
                    self.act(Act::Connect);
                }
            }
        }
        self.wait(2 * self.way);
        self.act(Act::Online(true));
    }

    /// The server ends each connection as it grants it.
    fn be_granted_too_late(&mut self) {
        self.connect();
        self.fault(Fault::RefuseSubscriptions(60_000));
        self.act(Act::Unsubscribe(0));
        self.act(Act::Subscribe(0));
        self.wait(3 * self.way);
        self.fault(Fault::Drop);
        for _ in 0..20 {
            self.linger(600);
            self.fault(Fault::Disconnect);
        }
    }

    fn any_act(&mut self) -> Act {
        let research = self.dice.below(u64::from(RESEARCHES)) as u8;
        let (ack, volatile, cut, timer_first) = (
            self.pick(&[Ack::No, Ack::Ever, Ack::Within(900)], Ack::No),
            self.flip(),
            self.flip(),
            self.flip(),
        );
        let ms = 1 + self.dice.below(3_000) as u32;
        let acts = [
            Act::Burst {
                count: 3,
                ack,
                volatile,
                bytes: 100,
            },
            Act::Cancel(research),
            Act::Close,
            Act::Connect,
            Act::Download,
            emit(ack, volatile),
            emit(ack, volatile),
            emit(ack, volatile),
            Act::Hide,
            Act::Online(false),
            Act::Online(true),
            Act::Listen(false),
            Act::Listen(true),
            Act::Refresh(research),
            Act::Show,
            Act::Sleep {
                ms,
                cut,
                timer_first,
            },
            Act::Sleep {
                ms,
                cut,
                timer_first,
            },
            Act::Subscribe(research),
            Act::Throttle { ms, grain: 1_000 },
            Act::Unsubscribe(research),
            Act::Unsee,
            Act::Verify(research),
            Act::Vouch(Vouch::Late(ms)),
            Act::Vouch(Vouch::Never),
            Act::Vouch(Vouch::Throws),
        ];
        self.pick(&acts, Act::Connect)
    }

    fn any_job(&mut self) -> Job {
        let (live, stored) = (self.flip(), self.flip());
        let jobs = [
            Job::End(Ending::Completed),
            Job::End(Ending::Failed),
            Job::End(Ending::Suspended),
            Job::End(Ending::Unsaid),
            Job::Lines {
                count: 2,
                text: 0,
                live,
                stored,
            },
            Job::Lines {
                count: 2,
                text: 0,
                live,
                stored,
            },
            Job::Milestone,
            Job::Progress {
                percent: 50,
                status: live,
            },
        ];
        self.pick(&jobs, Job::Milestone)
    }

    fn any_fault(&mut self) -> Fault {
        let ms = 1 + self.dice.below(3_000) as u32;
        let (hang, signed_in) = (self.flip(), self.flip());
        let faults = [
            Fault::Close,
            Fault::Disconnect,
            Fault::Drop,
            Fault::Offline { ms, hang },
            Fault::RefuseSubscriptions(ms),
            Fault::Restart { down: 0 },
            Fault::Restart { down: ms },
            Fault::Silence,
            Fault::SignedIn(signed_in),
            Fault::WrongWorker(ms),
        ];
        self.pick(&faults, Fault::Drop)
    }

    fn any_trouble(&mut self, kind: Kind) -> Trouble {
        let ms = 1 + self.dice.below(5_000) as u32;
        let packet = self.dice.below(DRAWN_PACKETS as u64) as u8;
        let body = self.dice.below(ODD_BODIES.len() as u64) as u8;
        let code = self.pick(&STATUSES, 500);
        let troubles = [
            Trouble::AnswerHangs,
            Trouble::AnswerLost,
            Trouble::Cut,
            Trouble::Doubled,
            Trouble::Hangs,
            Trouble::Html,
            Trouble::Inject(packet),
            Trouble::Inject(packet),
            Trouble::Late(ms),
            Trouble::Lost,
            Trouble::NoConnect,
            Trouble::Nonsense(body),
            Trouble::Nonsense(body),
            Trouble::Redirected,
            Trouble::Refused,
            Trouble::Reordered,
            Trouble::Resent,
            Trouble::Slow(ms),
            Trouble::Status(code, None),
            Trouble::Status(503, Some(1)),
            Trouble::Twice,
        ];
        possible(kind, self.pick(&troubles, Trouble::Lost))
    }
}

const fn emit(ack: Ack, volatile: bool) -> Act {
    Act::Emit {
        ack,
        volatile,
        bytes: 0,
    }
}
