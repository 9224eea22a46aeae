//! Decides who is served at all: this machine, by its own names, and for control no page from elsewhere.
//!
//! Every page that the developer visits can send requests here: to the address itself, or to a name
//! of its own that it lets point here. The first shows in `Origin` and `Sec-Fetch-Site`, the second in
//! `Host`; pages can set none of the three.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::json;

use crate::Request;
use crate::app::Page;

const FOREIGN: &str = "The control interface does not serve pages of another origin, unless \
                       `control_from_anywhere` is set.";

impl Request {
    /// Whether the request names this machine, and nothing else. Whoever serves the network refuses
    /// the others with 421.
    pub fn is_for_this_machine(&self) -> bool {
        let mut hosts = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        let first = hosts.next();
        first.is_some_and(|(_, host)| is_loopback(host)) && hosts.next().is_none()
    }

    /// Whether it was sent by a page that this server did not serve. A test without a browser sends
    /// neither header.
    fn is_of_another_origin(&self) -> bool {
        let own = |origin: &str| {
            let host = origin.strip_prefix("http://");
            host.is_some_and(|host| self.header("host").is_some_and(|own| own == host))
        };
        self.headers.iter().any(|(name, value)| {
            (name.eq_ignore_ascii_case("origin") && !own(value))
                || (name.eq_ignore_ascii_case("sec-fetch-site")
                    && !matches!(value.as_str(), "same-origin" | "none"))
        })
    }
}

/// The answer to a request for control that may not have it.
pub(crate) fn refusal(request: &Request) -> Option<Page> {
    request
        .is_of_another_origin()
        .then(|| Page::json(403, &json!({"error": FOREIGN})))
}

/// Whether a `Host` names this machine, with any port.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            let loopback = address.parse() == Ok(Ipv6Addr::LOCALHOST);
            return loopback && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
        }
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        },
    };
    let loopback = name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| IpAddr::from(address).is_loopback());
    loopback && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
