//! Which subscriptions the server has, as far as a page can know: those that left with a POST which was answered well, or over a
//! WebSocket. No other counts as accepted.

use research_socket::http::{Answer, Command, Request, RequestId};
use research_socket::research::{Client, Input};
use research_socket::websocket::Frame;
use research_socket::whereabouts::{Link, Standing};

use crate::plan::{Kind, RESEARCHES};
use crate::rules::{Verdict, kind_of, require};
use crate::story::number_of;

/// Of one page, in its newest session.
#[derive(Debug, Default)]
pub(crate) struct Receipts {
    /// What left with POSTs that have no answer yet.
    posted: Vec<(RequestId, usize)>,
    taken: [bool; RESEARCHES as usize],
}

impl Receipts {
    /// An input, before the client takes it.
    pub(crate) fn input(&mut self, input: &Input) {
        let Input::Answer { request, answer } = input else {
            return;
        };
        let is_good = matches!(answer, Answer::Response(response) if response.status == 200);
        for (_, research) in self.posted.extract_if(.., |(post, _)| post == request) {
            if let Some(taken) = self.taken.get_mut(research) {
                *taken |= is_good;
            }
        }
    }

    pub(crate) fn command(&mut self, command: &Command) {
        match command {
            Command::Open(_) => *self = Self::default(),
            Command::Send {
                frame: Frame::Text(text),
                ..
            } => {
                for research in subscriptions_in(text) {
                    if let Some(taken) = self.taken.get_mut(research) {
                        *taken = true;
                    }
                }
            }
            Command::Start(request) => self.start(request),
            Command::Abort(_) | Command::Ask(_) | Command::Beacon(_) | Command::Send { .. } => {}
        }
    }

    fn start(&mut self, request: &Request) {
        match (kind_of(request), &request.body) {
            (Kind::Handshake, _) => *self = Self::default(),
            (Kind::Join | Kind::Post, Some(body)) => {
                let found = subscriptions_in(&body.text).map(|research| (request.id, research));
                self.posted.extend(found);
            }
            _ => {}
        }
    }

    /// What must hold after each input. Until the next connection is live, a subscription stands as it did over the last one.
    pub(crate) fn check(&self, client: &Client) -> Verdict {
        if client.whereabouts().link != Link::Live {
            return Ok(());
        }
        for (id, research) in client.researches() {
            let is_taken = number_of(id).and_then(|number| self.taken.get(number));
            let is_early = research.standing == Standing::Accepted && is_taken == Some(&false);
            require(!is_early, || {
                format!("the subscription to {id} is accepted before the server has it")
            })?;
        }
        Ok(())
    }
}

/// The researches to which these packets subscribe.
fn subscriptions_in(packets: &str) -> impl Iterator<Item = usize> {
    let all = packets.split('\x1e');
    let subscriptions = all.filter(|packet| packet.starts_with("42[\"subscribe_to_research\""));
    subscriptions.filter_map(|packet| {
        let id = packet.rsplit_once(':')?.1.trim_end_matches("}]");
        number_of(id.trim_matches('"'))
    })
}
