//! A session whose packets a WebSocket carries, from the handshake on, or in place of long-polling: each message
//! is one packet.

use super::{Open, Session, State, queued_len, silence_ms};
use crate::engine::endpoint::WEBSOCKET;
use crate::engine::packet::{Packet, PacketError, excerpt};
use crate::engine::payload::{self, MAX_PACKET_BYTES};
use crate::failure::Failure;
use crate::http::{Command, Context, RequestId};
use crate::queue::Queue;
use crate::time::Timestamp;
use crate::websocket::{Frame, News};

/// So many bytes may wait in a WebSocket before the next packet waits here, where it can still be bounded,
/// and a pong can go before it. As much leaves a slow line within seconds.
pub(crate) const MAX_WAITING_BYTES: u64 = 65_536;

/// What a binary packet begins with on long-polling.
const BINARY: &[u8] = b"b";

/// What a client asks over a WebSocket that is to take over, what a server answers, and what ends it (protocol,
/// "Upgrade").
const PROBE: &str = "2probe";
const PROVEN: &str = "3probe";
const TAKE_OVER: &str = "5";

/// The WebSocket of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Socket {
    pub(super) id: RequestId,
    /// How much was sent and has not left, as far as is known.
    waiting: u64,
    /// It has taken the place of long-polling, and nothing has come over it since.
    is_unheard: bool,
}

/// A WebSocket that is to take the place of long-polling.
///
/// ```text
///          opened: `2probe`     `3probe`      poll and POST have ended: `5`
///   opening ─────────▶ probing ─────▶ paused ─────────────────────▶ [`Socket`]
///      └──────────────────┴─────────────┴─ fails, takes too long: long-polling goes on
/// ```
#[derive(Clone, Copy, Debug)]
pub(super) struct Upgrade {
    pub(super) id: RequestId,
    /// The server has answered over it.
    is_proven: bool,
    /// It has to take over by then.
    pub(super) deadline: Timestamp,
}

impl Upgrade {
    fn send(self, ctx: &mut Context<'_>, text: &str) {
        let (socket, frame) = (self.id, Frame::Text(text.to_owned()));
        ctx.commands.push_back(Command::Send { socket, frame });
    }
}

impl Socket {
    pub(super) const fn new(id: RequestId) -> Self {
        Self {
            id,
            waiting: 0,
            is_unheard: false,
        }
    }

    /// Whether it has taken the place of long-polling for nothing, as far as is known.
    pub(super) const fn is_unheard(&self) -> bool {
        self.is_unheard
    }

    /// Whether what is sent behind so many bytes leaves at once.
    pub(super) const fn has_room(&self, ahead: u64) -> bool {
        self.waiting + ahead < MAX_WAITING_BYTES
    }

    /// Sends what there is room for, or `all` of it. How many packets other than pongs that were.
    pub(super) fn send(
        &mut self,
        ctx: &mut Context<'_>,
        queue: &mut Queue<Packet<'static>>,
        all: bool,
    ) -> u64 {
        let mut sent = 0;
        while (all || self.has_room(0))
            && let Some(packet) = queue.pop_front()
        {
            sent += u64::from(!matches!(packet, Packet::Pong(_)));
            let frame = frame_of(packet);
            self.waiting += frame.size() as u64;
            let socket = self.id;
            ctx.commands.push_back(Command::Send { socket, frame });
        }
        sent
    }
}

/// The form that a packet has on a WebSocket (protocol, "Packet encoding", WebSocket).
fn frame_of(packet: Packet<'static>) -> Frame {
    if let Packet::Binary(bytes) = packet {
        return Frame::Binary(bytes);
    }
    let mut text = String::new();
    packet.encode(&mut text);
    Frame::Text(text)
}

impl Session {
    /// Applies what is heard of this session's WebSocket; of others it does nothing.
    pub(crate) fn handle_news(&mut self, ctx: &mut Context<'_>, id: RequestId, news: News) {
        match &mut self.state {
            State::Opening {
                get,
                over_socket: true,
                ..
            } if *get == id => {}
            State::Open(open) if open.socket.is_some_and(|socket| socket.id == id) => {
                if !matches!(news, News::Closed { .. } | News::Waiting(_)) {
                    // A ping may wait behind what has come.
                    let heartbeat = ctx.now.after(silence_ms(&open.handshake));
                    open.heartbeat = open.heartbeat.max(heartbeat);
                    if let Some(socket) = &mut open.socket {
                        socket.is_unheard = false;
                    }
                }
            }
            State::Open(open) if open.upgrade.is_some_and(|upgrade| upgrade.id == id) => {
                return self.handle_news_of_upgrade(ctx, id, news);
            }
            State::Opening { .. } | State::Open(_) | State::Closed => return,
        }
        match news {
            News::Closed { code, reason } => {
                self.fail(ctx, Failure::of_close(code, reason), Some(id));
            }
            News::Frame(Frame::Binary(bytes)) if bytes.len() > MAX_PACKET_BYTES => {
                self.handle_too_large(BINARY);
            }
            News::Frame(Frame::Binary(bytes)) => {
                if let State::Opening { .. } = self.state {
                    return self.fail(ctx, Failure::NotEngineIo(excerpt(&bytes)), None);
                }
                self.handle_packet(ctx, Ok(Packet::Binary(bytes)));
            }
            News::Frame(Frame::Text(text)) => {
                let packet = payload::read(text.as_bytes());
                if let State::Opening { .. } = self.state {
                    return match packet {
                        Ok(Packet::Open(handshake)) => {
                            self.opened(ctx.now, handshake, Some(Socket::new(id)));
                        }
                        Ok(_) | Err(_) => {
                            let words = excerpt(text.as_bytes());
                            self.fail(ctx, Failure::NotEngineIo(words), None);
                        }
                    };
                }
                self.handle_packet(ctx, packet);
            }
            News::Opened => {}
            News::TooLarge { binary } => {
                self.handle_too_large(if binary { BINARY } else { &[] });
            }
            News::Waiting(bytes) => {
                if let State::Open(open) = &mut self.state
                    && let Some(socket) = &mut open.socket
                {
                    socket.waiting = bytes;
                    if bytes == 0 {
                        open.taken = open.posted;
                    }
                }
            }
        }
        self.flush(ctx);
    }

    /// Opens a WebSocket that is to take the place of long-polling, where the server offers that. Not before the layer
    /// above is live: nothing that it waits for has to wait for this.
    pub(crate) fn upgrade(&mut self, ctx: &mut Context<'_>) {
        if let State::Open(open) = &mut self.state
            && open.socket.is_none()
            && open.handshake.upgrades.iter().any(|name| name == WEBSOCKET)
        {
            open.idle.may_be_held();
            open.upgrade = Some(Upgrade {
                id: self.endpoint.websocket(ctx, Some(&open.handshake.sid)),
                is_proven: false,
                deadline: ctx.now.after(self.timeout_ms),
            });
        }
    }

    /// Something is heard of that WebSocket.
    fn handle_news_of_upgrade(&mut self, ctx: &mut Context<'_>, id: RequestId, news: News) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let Some(upgrade) = &mut open.upgrade else {
            return;
        };
        match news {
            News::Opened => upgrade.send(ctx, PROBE),
            News::Frame(Frame::Text(text)) if text == PROVEN => {
                upgrade.is_proven = true;
                self.flush(ctx);
            }
            News::Waiting(_) => {}
            News::Closed { .. } => self.upgrade_failed(ctx, Some(id)),
            News::Frame(_) | News::TooLarge { .. } => self.upgrade_failed(ctx, None),
        }
    }

    /// Long-polling goes on. `ended`: that WebSocket, if it is over.
    pub(super) fn upgrade_failed(&mut self, ctx: &mut Context<'_>, ended: Option<RequestId>) {
        if let State::Open(open) = &mut self.state {
            open.give_up_upgrade(ctx, ended);
            if open.get.is_none() {
                open.poll(ctx, &self.endpoint);
            }
        }
        self.flush(ctx);
    }

    fn handle_too_large(&mut self, head: &[u8]) {
        self.events.push_back(super::Event::TooLarge {
            head: head.to_vec(),
            words: PacketError::TooLarge.message(),
        });
    }
}

impl Open {
    /// Whether no further poll and no further POST is to start: the WebSocket takes over when those in flight have
    /// ended, so that nothing is lost between them.
    pub(super) fn pauses(&self) -> bool {
        self.upgrade.is_some_and(|upgrade| upgrade.is_proven)
    }

    /// Lets the WebSocket take over, if it is time.
    pub(super) fn change_over(&mut self, ctx: &mut Context<'_>) {
        if self.pauses()
            && self.get.is_none()
            && self.post.is_none()
            && let Some(upgrade) = self.upgrade.take()
        {
            upgrade.send(ctx, TAKE_OVER);
            self.socket = Some(Socket {
                is_unheard: true,
                ..Socket::new(upgrade.id)
            });
        }
    }

    /// Nothing was sent over it that long-polling does not have, and nothing was asked of long-polling that was
    /// not answered: it can go on at any time.
    pub(super) fn give_up_upgrade(&mut self, ctx: &mut Context<'_>, ended: Option<RequestId>) {
        if let Some(upgrade) = self.upgrade.take() {
            self.not_upgraded = true;
            self.idle.begin_anew();
            if ended.is_none() {
                ctx.abort(upgrade.id);
            }
        }
    }

    /// Sends over the WebSocket, if there is one, what it has room for, or `all` of it.
    pub(super) fn send(&mut self, ctx: &mut Context<'_>, all: bool) {
        if let Some(socket) = &mut self.socket {
            self.posted += socket.send(ctx, &mut self.queue, all);
            self.queued_bytes = self.queue.iter().map(queued_len).sum();
        }
    }
}
