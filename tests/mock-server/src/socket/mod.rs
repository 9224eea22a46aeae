//! Decides what the Socket.IO part of the server does with messages: namespaces, acks, test events.

mod packet;

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::config::Config;
use crate::engine::{self, Engine, Message};
use crate::random::Random;
pub(crate) use packet::{Packet, Type};

/// The Socket.IO side of all sessions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sockets {
    clients: BTreeMap<String, Client>,
    pub(crate) events: VecDeque<Event>,
    /// What a fault wants to happen to the CONNECT packets of the request that is being served.
    pub(crate) connect_rule: Option<ConnectRule>,
}

#[derive(Clone, Debug)]
pub(crate) enum ConnectRule {
    Refuse(Value),
    Ignore,
}

#[derive(Clone, Debug, Default)]
struct Client {
    /// Namespace to the id in it.
    namespaces: BTreeMap<String, String>,
    /// A binary packet whose attachments have not all come.
    partial: Option<(Packet, Vec<Vec<u8>>)>,
    /// Without a namespace the session ends then.
    connect_by: Option<u64>,
}

/// What the application has to know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Connected {
        sid: String,
    },
    Received {
        sid: String,
        name: String,
        data: Value,
        ack: Option<u64>,
    },
}

impl Sockets {
    pub(crate) fn opened(&mut self, now: u64, sid: &str, config: &Config) {
        let connect_by = config.connect_timeout_ms.map(|ms| now.saturating_add(ms));
        self.clients.insert(
            sid.to_owned(),
            Client {
                connect_by,
                ..Client::default()
            },
        );
    }

    pub(crate) fn closed(&mut self, sid: &str) {
        self.clients.remove(sid);
    }

    pub(crate) fn restart(&mut self) {
        self.clients.clear();
        self.events.clear();
    }

    pub(crate) fn message(
        &mut self,
        sid: &str,
        message: Message,
        engine: &mut Engine,
        config: &Config,
        dice: &mut Random,
    ) {
        if self.accept(sid, message, engine, config, dice).is_none()
            && !config.quirks.malformed_is_ignored
        {
            engine.close(sid, Some(engine::Packet::Close));
        }
    }

    /// `None` when the message breaks the protocol.
    fn accept(
        &mut self,
        sid: &str,
        message: Message,
        engine: &mut Engine,
        config: &Config,
        dice: &mut Random,
    ) -> Option<()> {
        let client = self.clients.get_mut(sid)?;
        let (packet, attachments) = match (client.partial.take(), message) {
            (Some((packet, mut attachments)), Message::Binary(bytes)) => {
                attachments.push(bytes);
                (packet, attachments)
            }
            (None, Message::Text(text)) => (Packet::decode(&text)?, Vec::new()),
            (Some(_), Message::Text(_)) | (None, Message::Binary(_)) => return None,
        };
        if attachments.len() < packet.attachments {
            client.partial = Some((packet, attachments));
            return Some(());
        }
        match packet.kind {
            Type::Connect => self.connect(sid, &packet, engine, config, dice),
            Type::Disconnect => {
                client.namespaces.remove(&packet.namespace);
            }
            Type::Event | Type::BinaryEvent => {
                self.event(sid, packet, attachments, engine, config)?
            }
            // The server asks for no acknowledgement, so there is none to take.
            Type::Ack | Type::BinaryAck => {}
            Type::ConnectError => return None,
        }
        Some(())
    }

    fn connect(
        &mut self,
        sid: &str,
        packet: &Packet,
        engine: &mut Engine,
        config: &Config,
        dice: &mut Random,
    ) {
        let Some(client) = self.clients.get_mut(sid) else {
            return;
        };
        let namespace = packet.namespace.as_str();
        let mut send = |kind, data| {
            engine.send(sid, message(&Packet::new(kind, namespace, Some(data))));
        };
        match &self.connect_rule {
            Some(ConnectRule::Ignore) => return,
            Some(ConnectRule::Refuse(data)) => return send(Type::ConnectError, data.clone()),
            None => {}
        }
        if !config.namespaces.iter().any(|known| known == namespace) {
            let refusal = match config.quirks.bare_connect_error {
                true => json!("Unable to connect"),
                false => json!({"message": "Invalid namespace"}),
            };
            return send(Type::ConnectError, refusal);
        }
        let id = format!("{:016x}{:04x}", dice.next(), dice.below(0x10000));
        client.namespaces.insert(namespace.to_owned(), id.clone());
        client.connect_by = None;
        send(Type::Connect, json!({"sid": id}));
        if config.test_events {
            let auth = packet.data.clone().unwrap_or_else(|| json!({}));
            send(Type::Event, json!(["auth", auth]));
        }
        if namespace == "/" {
            self.events.push_back(Event::Connected {
                sid: sid.to_owned(),
            });
        }
    }

    /// Events to a namespace that was not asked for are ignored, as everywhere.
    fn event(
        &mut self,
        sid: &str,
        mut packet: Packet,
        attachments: Vec<Vec<u8>>,
        engine: &mut Engine,
        config: &Config,
    ) -> Option<()> {
        if !self.connected(sid, &packet.namespace) {
            return Some(());
        }
        let Some(Value::Array(mut args)) = packet.data.take() else {
            return None;
        };
        let name = args.first()?.as_str()?.to_owned();
        if config.test_events && name == "message" {
            *args.first_mut()? = json!("message-back");
            packet.id = None;
        } else if config.test_events && name == "message-with-ack" && packet.id.is_some() {
            args.remove(0);
            packet.kind = match packet.kind {
                Type::BinaryEvent => Type::BinaryAck,
                Type::Connect
                | Type::Disconnect
                | Type::Event
                | Type::Ack
                | Type::ConnectError
                | Type::BinaryAck => Type::Ack,
            };
        } else {
            if packet.namespace == "/" {
                let data = args.into_iter().nth(1).unwrap_or(Value::Null);
                let (sid, ack) = (sid.to_owned(), packet.id);
                self.events.push_back(Event::Received {
                    sid,
                    name,
                    data,
                    ack,
                });
            }
            return Some(());
        }
        packet.data = Some(Value::Array(args));
        engine.send(sid, message(&packet));
        for bytes in attachments {
            engine.send(sid, engine::Packet::Message(Message::Binary(bytes)));
        }
        Some(())
    }

    /// Emits JSON to these clients, as often as they are named, if they are in the main namespace.
    pub(crate) fn emit(
        &self,
        sids: &[String],
        name: &str,
        data: &str,
        attachments: &[Vec<u8>],
        engine: &mut Engine,
    ) {
        let name = json!(name);
        let text = match attachments.len() {
            0 => format!("2[{name},{data}]"),
            count => format!("5{count}-[{name},{data}]"),
        };
        let packet = engine::Packet::Message(Message::Text(text));
        for sid in sids.iter().filter(|sid| self.connected(sid, "/")) {
            engine.send(sid, packet.clone());
            for bytes in attachments {
                engine.send(sid, engine::Packet::Message(Message::Binary(bytes.clone())));
            }
        }
    }

    pub(crate) fn acknowledge(&self, sid: &str, id: u64, engine: &mut Engine) {
        let mut packet = Packet::new(Type::Ack, "/", Some(json!([])));
        packet.id = Some(id);
        engine.send(sid, message(&packet));
    }

    /// Leaves the namespaces from the server's side. The Engine.IO session goes on.
    pub(crate) fn disconnect(&mut self, sid: &str, engine: &mut Engine) {
        for namespace in self.leave(sid) {
            engine.send(
                sid,
                message(&Packet::new(Type::Disconnect, &namespace, None)),
            );
        }
    }

    /// The same without a word. The namespaces.
    pub(crate) fn leave(&mut self, sid: &str) -> Vec<String> {
        let client = self.clients.get_mut(sid);
        let namespaces = client.map(|client| std::mem::take(&mut client.namespaces));
        namespaces.unwrap_or_default().into_keys().collect()
    }

    pub(crate) fn connected(&self, sid: &str, namespace: &str) -> bool {
        self.clients
            .get(sid)
            .is_some_and(|client| client.namespaces.contains_key(namespace))
    }

    /// The sessions that are connected to the main namespace.
    pub(crate) fn members(&self) -> Vec<String> {
        let member = |(sid, client): (&String, &Client)| {
            client.namespaces.contains_key("/").then(|| sid.clone())
        };
        self.clients.iter().filter_map(member).collect()
    }

    pub(crate) fn handle_timeout(&self, now: u64, engine: &mut Engine) {
        let late = |(sid, client): (&String, &Client)| {
            client
                .connect_by
                .is_some_and(|by| by <= now)
                .then(|| sid.clone())
        };
        for sid in self.clients.iter().filter_map(late).collect::<Vec<_>>() {
            engine.close(&sid, Some(engine::Packet::Close));
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<u64> {
        self.clients
            .values()
            .filter_map(|client| client.connect_by)
            .min()
    }
}

fn message(packet: &Packet) -> engine::Packet {
    engine::Packet::Message(Message::Text(packet.encode()))
}
