//! Tabs that share a connection, as one of them sees it whose page wants to share no more.

use research_socket::config::Config;
use research_socket::http::{Command, Credentials};
use research_socket::research::{Client, Input, Output};
use research_socket::tabs::{self, Role, Shared, group_of};
use research_socket::time::Timestamp;

const GROUP: &str = "research-socket 0.1.0";

/// One tab, and what the test hears of it.
struct Tab {
    client: Client<Shared>,
    /// The requests that it has begun.
    requests: usize,
    wants: Vec<tabs::Output>,
    now: u64,
}

impl Tab {
    fn new(seed: u64) -> Self {
        let config = Config::new("http://host");
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
                Output::Command(_) | Output::Event(_) => {}
            }
        }
        self.wants
            .extend(std::iter::from_fn(|| self.client.poll_tabs()));
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
