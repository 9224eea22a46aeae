//! The public test suites of the protocols (`test-suite` in socketio/engine.io-protocol, v4, and in socketio/socket.io-protocol, v5)
//! ask of a server what it answers to a client. Here the same cases ask of the client what it makes of such a server.

use std::panic::catch_unwind;

use research_socket::config::Config;
use research_socket::http::Credentials;
use research_socket::research::Input;
use research_socket::socket::{Acked, Emit};
use research_socket::websocket::{Frame, News, Transport};

use crate::words::Kind;
use crate::world::{World, emit};

const POLLED: &str = "Engine.IO, HTTP long-polling";
const SOCKET: &str = "Engine.IO, WebSocket";
const UPGRADE: &str = "Engine.IO, upgrade";
const CONNECT: &str = "Socket.IO, connect";
const DISCONNECT: &str = "Socket.IO, disconnect";
const MESSAGE: &str = "Socket.IO, message";

/// Where a conversation begins.
#[derive(Clone, Copy, Debug)]
enum Start {
    /// The handshake over long-polling is asked for.
    Polling,
    /// A WebSocket is asked for.
    Socket,
    /// Live over long-polling, and a WebSocket that is to take its place is asked for.
    Upgrade,
    /// The Engine.IO session is open: over long-polling, and over a WebSocket. Namespace and `auth` of the page.
    Open(&'static str, &'static str),
    /// Live: over long-polling, over a WebSocket, and after an upgrade.
    Live,
    /// Not here: the script names the file and its test.
    Elsewhere,
}

/// What carries the packets of a conversation of [`Start::Open`] and [`Start::Live`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Polling,
    Socket,
    Upgraded,
}

struct Case {
    suite: &'static str,
    /// Its name in the suite, or in brackets what the suite says nothing of and the protocol does.
    title: &'static str,
    /// What the server does, and what the client has to do.
    client: &'static str,
    start: Start,
    /// See [`Conversation`].
    script: &'static str,
}

const fn case(
    suite: &'static str,
    title: &'static str,
    client: &'static str,
    start: Start,
    script: &'static str,
) -> Case {
    Case {
        suite,
        title,
        client,
        start,
        script,
    }
}

/// One conversation, a line each step.
///
/// ```text
/// < packet           the server sends it. `[1, 2]` is binary
/// > packet           what the client does, and nothing else. In conversations over each carrier only packets count, else words.rs and
///                    world.rs have the words
/// = words            what the page hears, and nothing else
/// anything else      what else happens: see `Conversation::happen`
/// ```
struct Conversation {
    world: World,
    /// Of those whose packets count, whatever carries them.
    carrier: Option<Carrier>,
    emits: u64,
}

/// Whose tests are named by the table.
const FILES: [(&str, &str); 2] = [
    ("packets.rs", include_str!("packets.rs")),
    ("websocket.rs", include_str!("websocket.rs")),
];

#[test]
fn each_case_of_the_public_protocol_suites_holds_for_a_client() {
    let mut failed = Vec::new();
    for case in CASES {
        let found = catch_unwind(|| match case.start {
            Start::Elsewhere => is_there(case.script),
            _ => converse(case),
        });
        let found = found.unwrap_or_else(|_| Err("panicked, see above".to_owned()));
        if let Err(words) = found {
            let Case {
                suite,
                title,
                client,
                ..
            } = case;
            failed.push(format!("{suite}: {title}: {client}: {words}"));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

fn is_there(place: &str) -> Result<(), String> {
    let is_test = |(file, text): &(&str, &str)| {
        let name = place.strip_prefix(file).map(str::trim_start);
        name.is_some_and(|name| text.contains(&format!("\nfn {name}()")))
    };
    match FILES.iter().any(is_test) {
        true => Ok(()),
        false => Err(format!("no test {place}")),
    }
}

fn converse(case: &Case) -> Result<(), String> {
    let carriers: &[Option<Carrier>] = match case.start {
        Start::Polling | Start::Socket | Start::Upgrade | Start::Elsewhere => &[None],
        Start::Open(..) => &[Some(Carrier::Polling), Some(Carrier::Socket)],
        Start::Live => &[
            Some(Carrier::Polling),
            Some(Carrier::Socket),
            Some(Carrier::Upgraded),
        ],
    };
    for carrier in carriers {
        let mut conversation = Conversation::new(case.start, *carrier);
        let lines = case.script.lines().map(str::trim);
        let mut lines = lines.filter(|line| !line.is_empty()).peekable();
        while let Some(line) = lines.next() {
            conversation.happen(line);
            let (mut did, mut heard) = (Vec::new(), Vec::new());
            while let Some(next) = lines.next_if(|next| next.starts_with(['>', '='])) {
                match next.split_once(' ') {
                    Some((">", words)) => did.push(words.to_owned()),
                    Some((_, words)) => heard.push(words.to_owned()),
                    None => return Err(format!("no words: `{next}`")),
                }
            }
            let seen = (conversation.did(), conversation.world.heard());
            if seen != (did, heard) {
                let place = carrier.map(|carrier| format!(" ({carrier:?})"));
                return Err(format!(
                    "after `{line}`{}: {seen:?}",
                    place.unwrap_or_default()
                ));
            }
        }
        crate::trace::replay(&conversation.world.trace)?;
    }
    Ok(())
}

impl Conversation {
    fn new(start: Start, carrier: Option<Carrier>) -> Self {
        let over_socket = carrier == Some(Carrier::Socket) || matches!(start, Start::Socket);
        let upgrades =
            carrier == Some(Carrier::Upgraded) || !matches!(start, Start::Polling | Start::Live);
        let mut world = World::with(|config: &mut Config| {
            if over_socket {
                config.transport = Transport::WebSocket;
            }
            config.upgrade = upgrades;
            if let Start::Open(namespace, _) = start {
                config.namespace = namespace.to_owned();
            }
        });
        if let Start::Open(_, auth) = start {
            world.credentials = Some(Ok(Credentials {
                auth: Some(auth.to_owned()).filter(|auth| !auth.is_empty()),
                ..Credentials::default()
            }));
        }
        world.connect();
        world.forget();
        let mut conversation = Self {
            world,
            carrier,
            emits: 0,
        };
        match start {
            Start::Polling | Start::Socket | Start::Open(..) | Start::Elsewhere => {
                return conversation;
            }
            Start::Upgrade | Start::Live => conversation.happen("open offering"),
        }
        let world = &mut conversation.world;
        world.accept_all();
        if over_socket {
            world.frames(r#"40{"sid":"n"}"#);
        } else {
            world.receive(r#"40{"sid":"n"}"#);
        }
        for name in ["a", "b"] {
            world.listen(name, true);
        }
        if carrier == Some(Carrier::Upgraded) {
            world.hear_of_socket(News::Opened);
            world.frames("3probe");
            world.receive("6");
        }
        world.forget();
        conversation
    }

    fn happen(&mut self, line: &str) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "<" => match (self.carrier, rest.starts_with('[')) {
                (Some(Carrier::Polling), binary) => {
                    let packet = if binary { base64(rest) } else { rest };
                    self.world.receive(packet);
                }
                (_, true) => {
                    let bytes: Vec<u8> = serde_json::from_str(rest).expect("bytes");
                    self.world.hear_of_socket(News::Frame(Frame::Binary(bytes)));
                }
                (_, false) => self.world.frames(rest),
            },
            // The session that is asked for is opened; a server may offer a WebSocket besides.
            "open" => {
                let open = match rest {
                    "offering" => self.world.next_offer(),
                    _ => self.world.next_handshake(),
                };
                match self.world.is_asked(Kind::Handshake) {
                    true => self.world.answer(Kind::Handshake, 200, &open),
                    false => self.world.frames(&open),
                }
            }
            // Of the WebSocket.
            "opened" => self.world.hear_of_socket(News::Opened),
            "closed" => self.world.socket_closed(rest.parse().expect("a code")),
            // The request is answered, with what is said.
            "handshake" | "poll" | "post" => {
                let kind = match verb {
                    "handshake" => Kind::Handshake,
                    "poll" => Kind::Poll,
                    _ => Kind::Post,
                };
                let (status, body) = rest.split_once(' ').expect("status and body");
                let status = status.parse().expect("a status");
                self.world.answer(kind, status, &body.replace('|', "\x1e"));
            }
            "wait" => self.world.advance(rest.parse().expect("milliseconds")),
            "again" => {
                self.world.wait();
            }
            // The page.
            "emit" | "ask" => {
                self.emits += 1;
                let ack = match verb {
                    "ask" => Acked::WithoutTimeout,
                    _ => Acked::No,
                };
                self.world.input(Input::Emit(Emit {
                    args: rest.to_owned(),
                    attachments: attachments(rest),
                    ..emit(self.emits, "", ack)
                }));
            }
            "ack" => {
                let (id, args) = rest.split_once(' ').expect("number and arguments");
                self.world.input(Input::Acknowledge {
                    id: id.parse().expect("a number"),
                    args: args.to_owned(),
                    attachments: attachments(args),
                });
            }
            "close" => self.world.close(),
            _ => panic!("no such step: {line}"),
        }
    }

    /// What the client did; where the packets count, whatever carries them: those.
    fn did(&mut self) -> Vec<String> {
        let mut did = self.world.did();
        let Some(carrier) = self.carrier else {
            return did;
        };
        if carrier == Carrier::Polling {
            self.world.accept_all();
            did.extend(self.world.did());
        }
        let packets = did.iter().flat_map(|did| {
            let posted = did
                .strip_prefix("post ")
                .and_then(|post| post.split_once(' '));
            match (did.strip_prefix("send "), posted) {
                (Some(sent), _) => vec![sent.to_owned()],
                (_, Some((_, posted))) => posted.split('|').map(bytes).collect(),
                (None, None) => Vec::new(),
            }
        });
        packets.collect()
    }
}

/// The bytes that stand for placeholders here, and what long-polling makes of them.
const BINARY: [(&str, &str); 2] = [("[1, 2, 3]", "bAQID"), ("[4, 5, 6]", "bBAUG")];

fn base64(bytes: &str) -> &'static str {
    let found = BINARY.iter().find(|(known, _)| *known == bytes);
    found.expect("bytes of the table").1
}

fn bytes(packet: &str) -> String {
    let found = BINARY.iter().find(|(_, base64)| *base64 == packet);
    found.map_or(packet, |(bytes, _)| bytes).to_owned()
}

fn attachments(args: &str) -> Vec<Vec<u8>> {
    let count = args.matches("_placeholder").count();
    let bytes = BINARY.iter().take(count);
    bytes
        .map(|(bytes, _)| serde_json::from_str(bytes).expect("bytes"))
        .collect()
}

/// Not here: that a handshake is a GET (the suite's "invalid request method"), and that one poll is in flight at most (its "duplicate
/// poll requests"), which `check_start` of world.rs holds in every test.
#[rustfmt::skip]
const CASES: &[Case] = &[
    // Engine.IO over long-polling.
    case(POLLED, "handshake: successfully opens a session",
        "The session of the first answer is polled; a WebSocket that is offered and not wanted is not opened.",
        Start::Polling, r#"
            open offering
            > poll s1
            > post s1 40
            post 200 ok
            poll 200 40{"sid":"n"}
            > poll s1
            = connect n
        "#),
    case(POLLED, "handshake: fails with an invalid 'EIO' query parameter",
        "The server refuses the version of the protocol: that is told, and a handshake is all that is tried again.",
        Start::Polling, r#"
            handshake 400 {"code":5,"message":"Unsupported protocol version"}
            = connect_error PROTOCOL_VERSION
            again
            > ask
            > handshake
            = reconnect_attempt 1
        "#),
    case(POLLED, "handshake: fails with an invalid 'transport' query parameter",
        "The server does not know long-polling: that is told, and a handshake is all that is tried again.",
        Start::Polling, r#"
            handshake 400 {"code":0,"message":"Transport unknown"}
            = connect_error POLLING_REFUSED
            again
            > ask
            > handshake
            = reconnect_attempt 1
        "#),
    case(POLLED, "message: sends and receives a payload containing several plain text packets",
        "Each packet of an answer is heard, in order.",
        Start::Elsewhere, "packets.rs several_messages_of_one_answer_are_heard_in_order"),
    case(POLLED, "message: sends and receives a payload containing plain text and binary packets",
        "Bytes are base64 here, and complete the event before them.",
        Start::Elsewhere, "packets.rs a_binary_event_is_heard_once_its_bytes_are_there"),
    case(POLLED, "message: closes the session upon invalid packet format",
        "A damaged packet of the server costs itself only.",
        Start::Elsewhere, "packets.rs a_damaged_packet_costs_itself_only"),
    case(POLLED, "heartbeat: sends ping/pong packets",
        "Each ping of a poll is answered by a POST.",
        Start::Polling, r#"
            open
            > poll s1
            > post s1 40
            post 200 ok
            poll 200 40{"sid":"n"}|2
            > poll s1
            > post s1 3
            = connect n
            post 200 ok
            poll 200 2
            > poll s1
            > post s1 3
        "#),
    case(POLLED, "heartbeat: closes the session upon ping timeout",
        "A server that sends no ping is given up after pingInterval + pingTimeout, and its session is not used again.",
        Start::Polling, r#"
            open
            > poll s1
            > post s1 40
            post 200 ok
            poll 200 40{"sid":"n"}
            > poll s1
            = connect n
            wait 24999
            wait 1
            > abort poll s1
            = disconnect TIMEOUT
        "#),
    case(POLLED, "close: forcefully closes the session",
        "The server's close packet ends the session.",
        Start::Elsewhere, "packets.rs the_servers_close_packet_ends_the_session"),

    // Engine.IO over a WebSocket.
    case(SOCKET, "handshake: successfully opens a session",
        "The first message opens the session, and nothing is asked by HTTP.",
        Start::Elsewhere, "websocket.rs a_session_over_a_websocket_needs_no_handshake_by_http"),
    case(SOCKET, "(an upgrade is offered to a session over a WebSocket)",
        "The server offers what the session has already: no second WebSocket is opened, and none sends a probe.",
        Start::Socket, r#"
            opened
            open offering
            > send 40
            < 40{"sid":"n"}
            = connect n
        "#),
    case(SOCKET, "handshake: fails with an invalid 'EIO' query parameter",
        "The server refuses the WebSocket, of which a browser says nothing but 1006: the attempt fails, and a WebSocket is tried again.",
        Start::Socket, r#"
            closed 1006
            = connect_error TRANSPORT
            again
            > ask
            > websocket
            = reconnect_attempt 1
        "#),
    case(SOCKET, "handshake: fails with an invalid 'transport' query parameter",
        "A server that opens the WebSocket and then closes it without a session costs the attempt.",
        Start::Socket, r#"
            opened
            closed 1000
            = connect_error TRANSPORT
            again
            > ask
            > websocket
            = reconnect_attempt 1
        "#),
    case(SOCKET, "(something else than a session is sent first)",
        "The first message is no open packet: the WebSocket is closed, and the attempt has failed.",
        Start::Elsewhere, "websocket.rs what_is_no_engine_io_ends_the_attempt"),
    case(SOCKET, "message: sends and receives a plain text packet",
        "A text message is one packet, in each direction.",
        Start::Elsewhere, "websocket.rs a_page_hears_lines_and_the_end_over_a_websocket"),
    case(SOCKET, "message: sends and receives a binary packet",
        "A binary message is bytes as they are, in each direction.",
        Start::Elsewhere, "websocket.rs attachments_come_and_go_as_binary_messages"),
    case(SOCKET, "message: closes the session upon invalid packet format",
        "A damaged packet of the server costs itself only.",
        Start::Elsewhere, "websocket.rs a_damaged_message_costs_nothing_but_itself"),
    case(SOCKET, "(packets that only a client sends, or that come too late)",
        "The server sends an upgrade, a pong or a second session: each is told, and changes nothing.",
        Start::Socket, r#"
            open
            > send 40
            < 40{"sid":"n"}
            = connect n
            < 5
            = warning damaged-packet -
            < 3
            < 0{"sid":"other","upgrades":[],"pingInterval":1,"pingTimeout":1}
            < 6
            < 2
            > send 3
        "#),
    case(SOCKET, "heartbeat: sends ping/pong packets",
        "Each ping is answered over the WebSocket, with its words, before all that waits.",
        Start::Elsewhere, "websocket.rs a_ping_is_answered_at_once_and_before_all_that_waits"),
    case(SOCKET, "heartbeat: closes the session upon ping timeout",
        "A server that sends no ping is given up after pingInterval + pingTimeout.",
        Start::Elsewhere, "websocket.rs without_a_ping_the_link_is_dead"),
    case(SOCKET, "close: forcefully closes the session",
        "The server's close packet ends the session, and the WebSocket is closed.",
        Start::Elsewhere, "websocket.rs the_close_packet_ends_the_session"),

    // Engine.IO, from long-polling to a WebSocket.
    case(UPGRADE, "successfully upgrades from HTTP long-polling to WebSocket",
        "The probe is answered, a noop ends the poll, and only then `5` is sent, and behind it what waited.",
        Start::Elsewhere, "websocket.rs a_websocket_takes_the_place_of_long_polling_without_a_gap"),
    case(UPGRADE, "ignores HTTP requests with same sid after upgrade",
        "Nothing is asked by HTTP from `5` on: packets, pings and the goodbye go over the WebSocket.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 3probe
            poll 200 6
            > send 5
            < 6
            < 2
            > send 3
            emit ["mine"]
            > send 42["mine"]
            < 2
            > send 3
            wait 24999
            close
            > send 41
            > send 1
            > close
            = disconnect CLOSED
        "#),
    case(UPGRADE, "ignores WebSocket connection with same sid after upgrade",
        "No second WebSocket is opened for a session: when its WebSocket ends, so does the session.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 3probe
            poll 200 6
            > send 5
            < 2
            > send 3
            closed 1006
            = disconnect TRANSPORT
            again
            > ask
            > handshake
            = reconnect_attempt 1
            open offering
            > poll s2
            > post s2 40
            post 200 ok
            poll 200 40{"sid":"n2"}
            > poll s2
            > websocket
            = reconnect 1
            = connect n2
        "#),
    case(UPGRADE, "(no upgrade is offered)",
        "A server that offers no WebSocket is polled.",
        Start::Elsewhere, "websocket.rs a_server_that_offers_no_websocket_is_polled"),
    case(UPGRADE, "(the WebSocket is refused)",
        "It cannot be opened, or ends at any point before `5`: long-polling goes on.",
        Start::Elsewhere, "websocket.rs where_no_websocket_can_take_over_long_polling_goes_on_and_none_is_tried_again"),
    case(UPGRADE, "(a pong without its word)",
        "A pong without `probe` proves nothing: the WebSocket is closed, and long-polling goes on.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 3
            > close
            poll 200 2
            > poll s1
            > post s1 3
        "#),
    case(UPGRADE, "(a pong with other words)",
        "The probe is answered by another pong: the WebSocket is closed, and long-polling goes on.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 3probe2
            > close
            poll 200 2
            > poll s1
            > post s1 3
        "#),
    case(UPGRADE, "(an event instead of the pong)",
        "A message of Socket.IO over a WebSocket that is not proven is not heard: the WebSocket is closed, and long-polling goes on.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 42["a",1]
            > close
            poll 200 42["a",2]
            > poll s1
            = message ["a",2]
        "#),
    case(UPGRADE, "(bytes instead of the pong)",
        "Bytes over a WebSocket that is not proven: the WebSocket is closed, and long-polling goes on.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < [51, 112, 114, 111, 98, 101]
            > close
            poll 200 2
            > poll s1
            > post s1 3
        "#),
    case(UPGRADE, "(a new session instead of the pong)",
        "The server does not know the session and opens another one: the WebSocket is closed, and long-polling goes on.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 0{"sid":"other","upgrades":[],"pingInterval":1,"pingTimeout":1}
            > close
            poll 200 2
            > poll s1
            > post s1 3
        "#),
    case(UPGRADE, "(the poll ends with what the server had to say)",
        "Events of the last poll are heard before those of the WebSocket, and no poll follows.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 3probe
            poll 200 42["a",1]|42["b",2]
            > send 5
            = message ["a",1]
            = message ["b",2]
            < 42["a",3]
            = message ["a",3]
            < 42["b",4]
            = message ["b",4]
        "#),
    case(UPGRADE, "(the noop comes before the pong)",
        "The server ends the poll before its pong arrives: the next poll is asked, and awaited too.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            poll 200 6
            > poll s1
            < 3probe
            poll 200 6
            > send 5
        "#),
    case(UPGRADE, "(what the page sends meanwhile)",
        "Before the pong it goes by POST, behind it over the WebSocket, once and in order.",
        Start::Upgrade, r#"
            emit ["one"]
            > post s1 42["one"]
            opened
            > send 2probe
            emit ["two"]
            < 3probe
            emit ["three"]
            poll 200 6
            post 200 ok
            > send 5
            > send 42["two"]
            > send 42["three"]
            emit ["four"]
            > send 42["four"]
        "#),
    case(UPGRADE, "(a ping during the probe)",
        "A ping of a poll is answered by POST while long-polling has the session.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            poll 200 2
            > poll s1
            > post s1 3
            < 3probe
            post 200 ok
            poll 200 6
            > send 5
        "#),
    case(UPGRADE, "(a ping with the last poll)",
        "It is answered over the WebSocket, behind `5`.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 3probe
            emit ["mine"]
            poll 200 2|6
            > send 5
            > send 3
            > send 42["mine"]
        "#),
    case(UPGRADE, "(attachments across the change)",
        "Bytes that long-polling has not brought yet come over the WebSocket, and complete the event.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 3probe
            poll 200 452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]|bAQID
            > send 5
            < [4, 5, 6]
            = message ["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}] [[1, 2, 3], [4, 5, 6]]
        "#),
    case(UPGRADE, "(an acknowledgement across the change)",
        "What was asked by POST is answered over the WebSocket.",
        Start::Upgrade, r#"
            ask ["question"]
            > post s1 420["question"]
            post 200 ok
            opened
            > send 2probe
            < 3probe
            poll 200 6
            > send 5
            < 430[1]
            = ack 1 [1]
        "#),
    case(UPGRADE, "(a question of the server across the change)",
        "What the page answers behind the pong waits for the WebSocket.",
        Start::Upgrade, r#"
            poll 200 4217["a",1]
            > poll s1
            = message ["a",1] ack 17
            opened
            > send 2probe
            < 3probe
            ack 17 [1]
            poll 200 6
            > send 5
            > send 4317[1]
        "#),
    case(UPGRADE, "(the server closes the session meanwhile)",
        "The close packet of a poll ends the session, and the WebSocket that was to take over.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            < 3probe
            poll 200 1
            > close
            = disconnect TRANSPORT
        "#),
    case(UPGRADE, "(the server has forgotten the session meanwhile)",
        "A poll that is refused ends the session, and the WebSocket that was to take over.",
        Start::Upgrade, r#"
            opened
            > send 2probe
            poll 400 {"code":1,"message":"Session ID unknown"}
            > close
            = disconnect DISCONNECTED
        "#),
    case(UPGRADE, "(no ping after the change)",
        "The silence of a server counts from its last ping, whichever way that came.",
        Start::Upgrade, r#"
            poll 200 2
            > poll s1
            > post s1 3
            post 200 ok
            opened
            > send 2probe
            < 3probe
            poll 200 6
            > send 5
            wait 24999
            wait 1
            > close
            = disconnect TIMEOUT
        "#),

    // Socket.IO.
    case(CONNECT, "allows connection to the main namespace",
        "CONNECT without a payload, and the page is connected with the server's id.",
        Start::Open("/", ""), r#"
            open
            > 40
            < 40{"sid":"n"}
            = connect n
        "#),
    case(CONNECT, "allows connection to the main namespace with a payload",
        "`auth` goes with CONNECT.",
        Start::Open("/", r#"{"token":"123"}"#), r#"
            open
            > 40{"token":"123"}
            < 40{"sid":"n"}
            = connect n
        "#),
    case(CONNECT, "allows connection to a custom namespace",
        "The namespace is named by CONNECT and by every packet after it.",
        Start::Open("/custom", ""), r#"
            open
            > 40/custom,
            < 40/custom,{"sid":"n"}
            = connect n
            emit ["mine",1]
            > 42/custom,["mine",1]
            < 42/custom,17["question"]
            ack 17 [1]
            > 43/custom,17[1]
            close
            > 41/custom,
            > 1
            = disconnect CLOSED
        "#),
    case(CONNECT, "allows connection to a custom namespace with a payload",
        "`auth` goes with CONNECT.",
        Start::Open("/custom", r#"{"token":"abc"}"#), r#"
            open
            > 40/custom,{"token":"abc"}
            < 40/custom,{"sid":"n"}
            = connect n
        "#),
    case(CONNECT, "disallows connection to an unknown namespace",
        "The server refuses the namespace: that is told, and the session is left with a goodbye.",
        Start::Open("/random", ""), r#"
            open
            > 40/random,
            < 44/random,{"message":"Invalid namespace"}
            > 1
            = connect_error UNAUTHORIZED
        "#),
    case(CONNECT, "disallows connection with an invalid handshake",
        "The server closes the session without having granted the namespace: the attempt has failed.",
        Start::Open("/", ""), r#"
            open
            > 40
            < 1
            = connect_error TRANSPORT
        "#),
    case(CONNECT, "(the grant has no id)",
        "A server of the protocol before grants without an id: that is no connection.",
        Start::Open("/", ""), r#"
            open
            > 40
            < 40
            > 1
            = connect_error PROTOCOL_VERSION
        "#),
    case(CONNECT, "(the grant does not come)",
        "A server that does not answer CONNECT is left after `timeout`, with a goodbye.",
        Start::Open("/", ""), r#"
            open
            > 40
            wait 19999
            wait 1
            > 1
            = connect_error TIMEOUT
        "#),
    case(DISCONNECT, "disconnects from the main namespace",
        "The server disconnects the namespace: that is told, and the session is left with a close packet.",
        Start::Live, r#"
            < 41
            > 1
            = disconnect DISCONNECTED
        "#),
    case(DISCONNECT, "connects then disconnects from a custom namespace",
        "Packets of another namespace are told, and change nothing.",
        Start::Live, r#"
            < 41/custom,
            = warning damaged-packet -
            < 42/custom,["a",1]
            = warning damaged-packet -
            < 42["a",2]
            = message ["a",2]
        "#),
    case(DISCONNECT, "(the page disconnects)",
        "DISCONNECT and the close packet are sent, behind what waits.",
        Start::Live, r#"
            close
            > 41
            > 1
            = disconnect CLOSED
        "#),
    case(MESSAGE, "sends a plain-text packet",
        "An event has its arguments as they are, in both directions.",
        Start::Live, r#"
            emit ["message",1,"2",{"3":[true]}]
            > 42["message",1,"2",{"3":[true]}]
            < 42["a",1,"2",{"3":[true]}]
            = message ["a",1,"2",{"3":[true]}]
        "#),
    case(MESSAGE, "sends a packet with binary attachments",
        "Attachments follow their event, in order, in both directions.",
        Start::Live, r#"
            emit ["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
            > 452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
            > [1, 2, 3]
            > [4, 5, 6]
            < 452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
            < [1, 2, 3]
            < [4, 5, 6]
            = message ["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}] [[1, 2, 3], [4, 5, 6]]
        "#),
    case(MESSAGE, "sends a plain-text packet with an ack",
        "The server's question is answered with its number, and the page's question gets the answer with its own.",
        Start::Live, r#"
            < 42456["a",1,"2",{"3":[false]}]
            = message ["a",1,"2",{"3":[false]}] ack 456
            ack 456 [1,"2",{"3":[false]}]
            > 43456[1,"2",{"3":[false]}]
            ask ["one"]
            > 420["one"]
            ask ["two"]
            > 421["two"]
            < 431["second"]
            = ack 2 ["second"]
            < 430[]
            = ack 1 []
        "#),
    case(MESSAGE, "sends a packet with binary attachments and an ack",
        "The same with attachments, whose number stands before that of the ack.",
        Start::Live, r#"
            < 452-789["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
            < [1, 2, 3]
            < [4, 5, 6]
            = message ["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}] ack 789 [[1, 2, 3], [4, 5, 6]]
            ack 789 [{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
            > 462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
            > [1, 2, 3]
            > [4, 5, 6]
            ask ["one",{"_placeholder":true,"num":0}]
            > 451-0["one",{"_placeholder":true,"num":0}]
            > [1, 2, 3]
            < 461-0[{"_placeholder":true,"num":0}]
            < [4, 5, 6]
            = ack 1 [{"_placeholder":true,"num":0}] [[4, 5, 6]]
        "#),
    case(MESSAGE, "closes the connection upon invalid format (unknown packet type)",
        "A damaged packet is told once, and costs itself only.",
        Start::Live, r#"
            < 4abc
            = warning damaged-packet -
            < 42["a",1]
            = message ["a",1]
        "#),
    case(MESSAGE, "closes the connection upon invalid format (invalid payload format)",
        "A damaged packet is told once, and costs itself only.",
        Start::Live, r#"
            < 42{}
            = warning damaged-packet -
            < 42["a",1]
            = message ["a",1]
        "#),
    case(MESSAGE, "closes the connection upon invalid format (invalid ack id)",
        "A damaged packet is told once, and costs itself only.",
        Start::Live, r#"
            < 42abc["a",1,"2",{"3":[false]}]
            = warning damaged-packet -
            < 42["a",1]
            = message ["a",1]
        "#),
    case(MESSAGE, "(an ack that nobody awaits)",
        "It does nothing, and neither does one that comes twice.",
        Start::Live, r#"
            < 437[1]
            ask ["one"]
            > 420["one"]
            < 430[1]
            = ack 1 [1]
            < 430[1]
        "#),
];
