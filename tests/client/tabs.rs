//! Tabs that share a connection, as one of them sees it whose page wants to share no more.

use research_socket::config::Config;
use research_socket::http::{Command, Credentials};
use research_socket::research::{Client, Input, Output};
use research_socket::tabs::{self, Role, Shared, group_of};
use research_socket::time::Timestamp;
use research_socket::websocket::{BROKEN_OFF, Frame, News, Opening, Transport};
use research_socket::whereabouts::Tab as Whereabouts;

const GROUP: &str = "research-socket 0.1.0";

/// One tab, and what the test hears of it.
struct Tab {
    client: Client<Shared>,
    /// The requests that it has begun.
    requests: usize,
    /// The WebSockets that it has begun to open.
    sockets: Vec<Opening>,
    wants: Vec<tabs::Output>,
    now: u64,
}

impl Tab {
    fn new(seed: u64) -> Self {
        Self::with(seed, |_| {})
    }

    fn with(seed: u64, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new("http://host");
        change(&mut config);
        let client = Client::shared(
            config,
            Some(group_of(GROUP)),
            seed,
            Timestamp::from_millis(0),
        )
        .unwrap();
        Self {
            client,
            requests: 0,
            sockets: Vec::new(),
            wants: Vec::new(),
            now: 0,
        }
    }

    fn at(&mut self) -> Timestamp {
        self.now += 1;
        Timestamp::from_millis(self.now)
    }

    fn input(&mut self, input: Input) {
        let at = self.at();
        self.client.handle_input(at, input);
        self.drain();
    }

    fn tabs(&mut self, input: tabs::Input) {
        let at = self.at();
        self.client.handle_tabs(at, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Command(Command::Start(_)) => self.requests += 1,
                Output::Command(Command::Ask(ask)) => {
                    let credentials = Ok(Credentials::default());
                    let at = Timestamp::from_millis(self.now);
                    self.client
                        .handle_input(at, Input::Credentials { ask, credentials });
                }
                Output::Command(Command::Open(opening)) => self.sockets.push(opening),
                Output::Command(_) | Output::Event(_) => {}
            }
        }
        self.wants
            .extend(std::iter::from_fn(|| self.client.poll_tabs()));
    }

    /// Lets the time pass until it stands there.
    fn until(&mut self, stands: Whereabouts) {
        while self.client.tab() != stands {
            let due = self.client.poll_timeout().expect("a deadline");
            self.now = self.now.max(due.as_millis());
            self.input(Input::Timeout);
        }
    }

    /// Something comes of the WebSocket that it opened last.
    fn news(&mut self, news: News) {
        let socket = self.sockets.last().unwrap().id;
        self.input(Input::Socket { socket, news });
    }

    fn frame(&mut self, text: &str) {
        self.news(News::Frame(Frame::Text(text.to_owned())));
    }

    /// The WebSocket cannot be opened. Where the next one goes.
    fn not_there(&mut self) -> &str {
        let (code, reason) = (BROKEN_OFF, String::new());
        self.news(News::Closed { code, reason });
        &self.sockets.last().unwrap().url
    }

    /// What it wants of the browser, but for what it says.
    fn wants(&mut self) -> Vec<tabs::Output> {
        let mut wants = std::mem::take(&mut self.wants);
        wants.retain(|output| !matches!(output, tabs::Output::Tell(_)));
        wants
    }
}

#[test]
fn a_page_that_wants_to_share_no_more_while_it_waits_connects_by_itself_at_once() {
    let mut tab = Tab::new(1);
    tab.input(Input::Connect);
    assert_eq!(tab.wants(), [tabs::Output::Open, tabs::Output::AskLock]);
    assert_eq!((tab.client.role(), tab.requests), (Role::Follower, 0));
    tab.tabs(tabs::Input::Leave);
    assert_eq!((tab.client.role(), tab.requests), (Role::Alone, 1));
    assert_eq!(tab.wants(), [tabs::Output::DropLock, tabs::Output::Close]);
}

#[test]
fn a_page_that_wants_to_share_no_more_while_it_is_wary_of_its_leader_connects_by_itself_at_once() {
    let mut tab = Tab::new(1);
    tab.input(Input::Connect);
    tab.until(Whereabouts::Wary);
    tab.wants();
    assert_eq!(tab.requests, 0);
    tab.tabs(tabs::Input::Leave);
    assert_eq!((tab.client.role(), tab.requests), (Role::Alone, 1));
    assert_eq!(tab.wants(), [tabs::Output::DropLock, tabs::Output::Close]);
}

#[test]
fn a_page_that_wants_to_share_no_more_before_it_connects_never_does() {
    let mut tab = Tab::new(1);
    tab.tabs(tabs::Input::Leave);
    assert_eq!((tab.client.role(), tab.requests), (Role::Alone, 0));
    tab.input(Input::Connect);
    assert_eq!((tab.client.role(), tab.requests), (Role::Alone, 1));
    assert_eq!(tab.wants(), []);
}

#[test]
fn a_page_that_wants_to_share_no_more_while_it_is_away_connects_by_itself_when_it_is_back() {
    let mut tab = Tab::new(1);
    tab.input(Input::Connect);
    tab.input(Input::Hidden);
    tab.wants();
    tab.tabs(tabs::Input::Leave);
    assert_eq!((tab.client.role(), tab.requests), (Role::Alone, 0));
    tab.input(Input::Visible);
    assert_eq!((tab.client.role(), tab.requests), (Role::Alone, 1));
    assert_eq!(tab.wants(), []);
}

#[test]
fn a_page_that_wants_to_share_no_more_keeps_the_connection_that_others_used() {
    let mut tab = Tab::new(1);
    tab.input(Input::Connect);
    tab.tabs(tabs::Input::LockGranted);
    assert_eq!((tab.client.role(), tab.requests), (Role::Leader, 1));
    tab.wants();
    tab.tabs(tabs::Input::Leave);
    assert_eq!((tab.client.role(), tab.requests), (Role::Alone, 1));
    assert_eq!(tab.wants(), [tabs::Output::DropLock, tabs::Output::Close]);
}

#[test]
fn a_tab_that_has_used_anothers_connection_finds_the_server_at_the_other_path_over_a_websocket_too()
{
    let [mut leader, mut other] = [1, 2].map(|seed| {
        Tab::with(seed, |config| {
            config.transport = Transport::WebSocket;
            config.either_path = true;
        })
    });
    leader.input(Input::Connect);
    other.input(Input::Connect);
    leader.tabs(tabs::Input::LockGranted);
    assert_eq!(leader.not_there(), "ws://host/ws/socket.io/");
    leader.news(News::Opened);
    leader.frame(r#"0{"sid":"s","upgrades":[],"pingTimeout":20000,"pingInterval":25000,"maxPayload":1000000}"#);
    leader.frame(r#"40{"sid":"n"}"#);
    for want in std::mem::take(&mut leader.wants) {
        if let tabs::Output::Tell(text) = want {
            other.tabs(tabs::Input::Message(text));
        }
    }
    assert!(other.client.is_connected());
    assert_eq!(
        (other.client.role(), other.sockets.len()),
        (Role::Follower, 0)
    );
    // The leader has crashed.
    other.tabs(tabs::Input::LockGranted);
    assert_eq!(other.sockets.len(), 1);
    assert_eq!(other.not_there(), "ws://host/ws/socket.io/");
}
