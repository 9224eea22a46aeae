//! Events of the server that want an ack: each tab that shares a connection hears them, and one ack reaches the server.

use mock_server::{Command as Control, Emit, Request as ServerRequest};
use research_socket::json::Raw;
use research_socket::research::Input;

use super::tab::Tab;
use super::world::{Due, World};
use crate::rules::{Verdict, require};

/// What the server asks.
pub(super) const QUESTION: &str = "question";

/// So late at most a page acknowledges it, in milliseconds.
const LATE: u64 = 2_000;

/// One question, in the order of their numbers.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The session.
    sid: String,
    /// Its id there: each session has a row of its own.
    id: u64,
    answers: u32,
}

/// What a page says to one, when its time has come.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// The number with which the page has heard it.
    id: u64,
    question: usize,
}

/// The number of a question, of the arguments of its event.
fn number_in(args: &str) -> Option<usize> {
    let mut elements = Raw::parse(args).ok()?.elements();
    let name = elements.next()?.string()?;
    let number = elements.next()?.as_str();
    (name == QUESTION).then(|| number.parse().ok()).flatten()
}

impl World<'_> {
    /// Asks in each session.
    pub(super) fn ask(&mut self) {
        for sid in self.server.members() {
            let id = self.asked_in(&sid).count() as u64;
            let packet = format!("42{id}[\"{QUESTION}\",{}]", self.questions.len());
            let emit = Emit {
                packets: vec![packet],
                sid: Some(sid.clone()),
                ..Emit::default()
            };
            self.server.control(self.now, Control::Emit(emit));
            self.questions.push(Asked {
                sid,
                id,
                answers: 0,
            });
        }
        self.send_answers();
    }

    fn asked_in(&self, sid: &str) -> impl Iterator<Item = &Asked> {
        self.questions.iter().filter(move |asked| asked.sid == sid)
    }

    /// A page has heard a question. Of all tabs that do, another one is the first each time.
    pub(super) fn hear_question(&mut self, index: usize, id: u64, args: &str) {
        let Some(tab) = self.tabs.get(index) else {
            return;
        };
        let Some(question) = number_in(args) else {
            return;
        };
        let late = (question as u64 * 7 + u64::from(tab.place) * 701) % LATE;
        let reply = Reply { id, question };
        self.at(self.now + late, Due::Reply(index, reply));
    }

    /// It acknowledges what it has heard, whatever has become of the session meanwhile.
    pub(super) fn reply(&mut self, index: usize, reply: Reply) -> Verdict {
        if !self.tabs.get(index).is_some_and(Tab::runs) {
            return Ok(());
        }
        let acknowledge = Input::Acknowledge {
            id: reply.id,
            args: format!("[{}]", reply.question),
            attachments: Vec::new(),
        };
        self.feed(index, acknowledge)
    }

    /// Notes the acks in what reaches the server.
    pub(super) fn note_answers(&mut self, request: &ServerRequest) -> Verdict {
        if self.questions.is_empty() || request.method != "POST" {
            return Ok(());
        }
        let body = String::from_utf8_lossy(&request.body);
        for packet in body.split('\u{1e}') {
            let Some((id, question)) = ack_in(packet) else {
                continue;
            };
            let asked = self.questions.get_mut(question);
            let asked = asked.ok_or_else(|| format!("an ack of what nobody asked: {packet}"))?;
            asked.answers += 1;
            let (answers, is_there) = (asked.answers, request.path.ends_with(&asked.sid));
            require(is_there && asked.id == id, || {
                format!("an ack in another session: {packet}, {asked:?}")
            })?;
            require(answers == 1, || {
                format!("{answers} acks for one event: {packet}")
            })?;
        }
        Ok(())
    }

    /// Of what was asked since then, that of each session of a tab that runs is acknowledged. A server has others too, of tabs that are
    /// frozen.
    pub(super) fn are_answered(&self, since: usize) -> Verdict {
        let asked = self.questions.get(since..).unwrap_or_default();
        let answered = asked.iter().filter(|asked| asked.answers == 1).count();
        let expected = self.connections();
        require(answered == expected, || {
            format!("acknowledged over {answered} of {expected} connections: {asked:?}")
        })
    }
}

/// The id of an ack, and the question that it is for.
fn ack_in(packet: &str) -> Option<(u64, usize)> {
    let (id, args) = packet.strip_prefix("43")?.split_once('[')?;
    let question = args.strip_suffix(']')?;
    Some((id.parse().ok()?, question.parse().ok()?))
}
