//! What carries the events of a client: a connection of its own, or one that tabs share.

use super::connection::Connection;
use super::link::{Event, Status};
use super::outgoing::{Emit, EmitError};
use crate::failure::Failure;
use crate::http::{Answer, AskId, Context, Credentials, RequestId};
use crate::random::Random;
use crate::time::Timestamp;
use crate::websocket::News;

/// What tabs ask the server besides the connection. Those that share one need not all ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Question {
    Status,
    Log,
    /// The status, so that the server stores its log, and to see that it still shows the research: what it says
    /// is not looked at.
    Flush,
}

/// What another tab says of a question about a research.
#[derive(Debug)]
pub(crate) enum Passed {
    /// Whoever has the connection asks it now, which is its message with this number.
    Begun {
        question: Question,
        about: String,
        number: u64,
    },
    /// The answer to the question that was begun last.
    Came(String),
    /// There is no answer to be had from there.
    Denied { question: Question, about: String },
    /// To whoever has the connection: another tab takes any answer to it that was begun with this message or later.
    Wanted {
        question: Question,
        about: String,
        since: u64,
    },
}

/// What a client needs of it. Each does what the method of [`Connection`] with its name does, unless tabs share.
///
/// They are inlined: a client alone is to weigh what it would weigh without them.
pub(crate) trait Carrier {
    /// The connection that this tab has, or would have.
    fn own(&self) -> &Connection;
    fn own_mut(&mut self) -> &mut Connection;

    #[inline(always)]
    fn acknowledge(
        &mut self,
        id: u64,
        args: &str,
        attachments: Vec<Vec<u8>>,
    ) -> Result<(), EmitError> {
        self.own_mut().acknowledge(id, args, attachments)
    }
    /// Says to the other tabs that the server is asked: the number of that message, if they have this connection.
    #[inline(always)]
    fn announce(&mut self, _question: Question, _about: &str) -> Option<u64> {
        None
    }
    #[inline(always)]
    fn close(&mut self, ctx: &mut Context<'_>) {
        self.own_mut().close(ctx);
    }
    #[inline(always)]
    fn connect(&mut self, ctx: &mut Context<'_>) {
        self.own_mut().connect(ctx);
    }
    /// Says to the other tabs that they have to ask for themselves.
    #[inline(always)]
    fn deny(&mut self, _question: Question, _about: &str) {}
    #[inline(always)]
    fn emit(&mut self, now: Timestamp, emit: Emit) -> Result<(), EmitError> {
        self.own_mut().emit(now, emit)
    }
    #[inline(always)]
    fn failure(&self) -> Option<&Failure> {
        self.own().failure()
    }
    #[inline(always)]
    fn flush(&mut self, ctx: &mut Context<'_>) {
        self.own_mut().flush(ctx);
    }
    #[inline(always)]
    fn handle_answer(&mut self, ctx: &mut Context<'_>, id: RequestId, answer: Answer) {
        self.own_mut().handle_answer(ctx, id, answer);
    }
    #[inline(always)]
    fn handle_credentials(
        &mut self,
        ctx: &mut Context<'_>,
        ask: AskId,
        credentials: Result<Credentials, String>,
    ) {
        self.own_mut().handle_credentials(ctx, ask, credentials);
    }
    #[inline(always)]
    fn handle_news(&mut self, ctx: &mut Context<'_>, id: RequestId, news: News) {
        self.own_mut().handle_news(ctx, id, news);
    }
    #[inline(always)]
    fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        self.own_mut().handle_timeout(ctx);
    }
    #[inline(always)]
    fn hide(&mut self, ctx: &mut Context<'_>) {
        self.own_mut().hide(ctx);
    }
    #[inline(always)]
    fn is_asking(&self, ask: AskId) -> bool {
        self.own().is_asking(ask)
    }
    #[inline(always)]
    fn is_connected(&self) -> bool {
        self.own().is_connected()
    }
    /// Whether it is another tab's.
    #[inline(always)]
    fn is_lent(&self) -> bool {
        false
    }
    #[inline(always)]
    fn is_live(&self) -> bool {
        self.own().is_live()
    }
    #[inline(always)]
    fn is_over(&self) -> bool {
        self.own().is_over()
    }
    #[inline(always)]
    fn is_refused(&self) -> bool {
        self.own().is_refused()
    }
    #[inline(always)]
    fn is_seen(&self) -> bool {
        self.own().is_seen()
    }
    #[inline(always)]
    fn is_waiting_for_credentials(&self) -> bool {
        self.own().is_waiting_for_credentials()
    }
    /// The server has refused something to this page, which may be another person's than that whose
    /// connection it uses: it goes on with its own. Whether that is news.
    #[inline(always)]
    fn leave_others(&mut self, _: &mut Context<'_>) -> bool {
        false
    }
    #[inline(always)]
    fn leaving(&mut self, now: Timestamp) {
        self.own_mut().leaving(now);
    }
    #[inline(always)]
    fn lose_touch(&mut self) {
        self.own_mut().lose_touch();
    }
    /// Gives the other tabs the answer to the question that was announced last.
    #[inline(always)]
    fn pass(&mut self, _body: &str) {}
    #[inline(always)]
    fn poll_event(&mut self) -> Option<Event> {
        self.own_mut().poll_event()
    }
    #[inline(always)]
    fn poll_passed(&mut self) -> Option<Passed> {
        None
    }
    #[inline(always)]
    fn poll_timeout(&self) -> Option<Timestamp> {
        self.own().poll_timeout()
    }
    /// Gives up the session of this tab for a new one, whose person is whoever is signed in now. Whether it has one.
    #[inline(always)]
    fn renew(&mut self, ctx: &mut Context<'_>, failure: Failure) -> bool {
        self.own_mut().renew(ctx, failure)
    }
    #[inline(always)]
    fn send_first(&mut self, args: &str) {
        self.own_mut().send_first(args);
    }
    #[inline(always)]
    fn sent(&self) -> u64 {
        self.own().sent()
    }
    #[inline(always)]
    fn set_online(&mut self, ctx: &mut Context<'_>, online: bool) {
        self.own_mut().set_online(ctx, online);
    }
    #[inline(always)]
    fn sign_of_life(&mut self, ctx: &mut Context<'_>) {
        self.own_mut().sign_of_life(ctx);
    }
    #[inline(always)]
    fn status(&self) -> Status {
        self.own().status()
    }
    #[inline(always)]
    fn take_short(&mut self) -> bool {
        self.own_mut().take_short()
    }
    #[inline(always)]
    fn stop(&mut self, now: Timestamp, random: &mut Random, failure: Failure) {
        self.own_mut().stop(now, random, failure);
    }
    #[inline(always)]
    fn taken(&self) -> u64 {
        self.own().taken()
    }
    #[inline(always)]
    fn unsee(&mut self) {
        self.own_mut().unsee();
    }
    /// Asks whoever has the connection for an answer: that which was announced with message `since`, or any that
    /// this tab has not heard of. False if this tab has to ask the server.
    #[inline(always)]
    fn want(&mut self, _question: Question, _about: &str, _since: Option<u64>) -> bool {
        false
    }
    #[inline(always)]
    fn wake(&mut self, ctx: &mut Context<'_>) {
        self.own_mut().wake(ctx);
    }
}

impl Carrier for Connection {
    fn own(&self) -> &Connection {
        self
    }
    fn own_mut(&mut self) -> &mut Connection {
        self
    }
}
