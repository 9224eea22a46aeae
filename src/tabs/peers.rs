//! What a leader knows of the tabs that use its connection: a little, however many they are and whatever they do.

use super::packets::Upward;
use crate::socket::EmitId;
use crate::time::Timestamp;

/// So many tabs use one connection; another one takes the place of the one that was heard least lately.
pub(super) const MAX_PEERS: usize = 64;

/// So many subscriptions are remembered with who has asked for them: what is forgotten stays subscribed to.
const MAX_WANTED: usize = 4_096;

/// How often tabs are asked whether they are there, in milliseconds.
pub(super) const CALL_MS: u64 = 60_000;

/// Who has not been heard for so long, in milliseconds, is gone, or frozen: it has to begin anew.
const SILENT_MS: u64 = 3 * CALL_MS + CALL_MS / 2;

/// Numbers of the emits of other tabs, above all of the page's own.
const OF_OTHERS: u64 = 1 << 63;

/// One tab.
#[derive(Debug)]
struct Peer {
    tab: u64,
    link: u64,
    /// The newest message that came over the link.
    up: u64,
    /// Messages, and after how many packets of the connection the server has them: the next one to be told of,
    /// and the newest.
    marks: [Option<(u64, u64)>; 2],
    heard: Timestamp,
}

/// An ack that another tab awaits.
#[derive(Debug)]
struct Owed {
    emit: EmitId,
    tab: u64,
    /// Its number there.
    number: u64,
}

/// A subscription of a tab.
#[derive(Debug)]
struct Wanted {
    /// JSON text.
    id: String,
    tab: u64,
}

/// The tabs that use the connection.
#[derive(Debug, Default)]
pub(super) struct Peers {
    tabs: Vec<Peer>,
    /// In the order of their ids.
    owed: Vec<Owed>,
    last_emit: u64,
    /// The newest last.
    wanted: Vec<Wanted>,
    /// When they were last asked whether they are there.
    called: Timestamp,
}

impl Peers {
    pub(super) const fn is_empty(&self) -> bool {
        self.tabs.is_empty()
    }

    /// Another connection: all begin anew.
    pub(super) fn clear(&mut self) {
        self.tabs.clear();
        self.owed.clear();
        self.wanted.clear();
    }

    /// All begin anew over the same connection.
    pub(super) fn forget_links(&mut self) {
        self.tabs.clear();
        self.owed.clear();
    }

    /// Whoever was heard last: it is the least likely to be frozen.
    pub(super) fn liveliest(&self) -> u64 {
        let last = self.tabs.iter().max_by_key(|peer| peer.heard);
        last.map_or(0, |peer| peer.tab)
    }

    /// Takes message `number` of a link. False if the tab has no such link here, or something was lost.
    pub(super) fn take(&mut self, now: Timestamp, tab: u64, link: u64, number: u64) -> bool {
        if number == 0 {
            self.drop_links_of(tab);
            if self.tabs.len() >= MAX_PEERS
                && let Some(silent) = self.tabs.iter().min_by_key(|peer| peer.heard)
            {
                self.drop_links_of(silent.tab);
            }
            self.tabs.push(Peer {
                tab,
                link,
                up: 0,
                marks: [None, None],
                heard: now,
            });
            return true;
        }
        let peer = self.tabs.iter_mut().find(|peer| peer.tab == tab);
        let Some(peer) = peer.filter(|peer| peer.link == link && peer.up + 1 == number) else {
            self.drop_links_of(tab);
            return false;
        };
        (peer.up, peer.heard) = (number, now);
        true
    }

    /// The tab is there. Whether all that it sent over this link is here; 0 is none, which is as it should be.
    pub(super) fn is_there(&mut self, now: Timestamp, tab: u64, link: u64, number: u64) -> bool {
        let peer = self.tabs.iter_mut().find(|peer| peer.tab == tab);
        match peer.filter(|peer| peer.link == link && peer.up == number) {
            Some(peer) => {
                peer.heard = now;
                true
            }
            None => link == 0,
        }
    }

    pub(super) fn drop_links_of(&mut self, tab: u64) {
        self.tabs.retain(|peer| peer.tab != tab);
        self.owed.retain(|owed| owed.tab != tab);
    }

    /// The newest message of this tab has been sent with packet `sent` of the connection.
    pub(super) fn mark(&mut self, tab: u64, sent: u64) {
        if let Some(peer) = self.tabs.iter_mut().find(|peer| peer.tab == tab) {
            let mark = Some((peer.up, sent));
            match &mut peer.marks {
                [first @ None, _] => *first = mark,
                [Some(_), last] => *last = mark,
            }
        }
    }

    /// A tab, its link, and the message up to which the server has taken what it sent, if that is news.
    pub(super) fn taken(&mut self, packets: u64) -> Option<(u64, u64, u64)> {
        for peer in &mut self.tabs {
            let mut news = None;
            while let [Some((up, sent)), next] = peer.marks
                && sent <= packets
            {
                news = Some((peer.tab, peer.link, up));
                peer.marks = [next, None];
            }
            if news.is_some() {
                return news;
            }
        }
        None
    }

    /// The id of an emit that a tab awaits the ack `number` of; `None` if too many are awaited.
    pub(super) fn owe(&mut self, tab: u64, number: u64, most: usize) -> Option<EmitId> {
        if self.owed.len() >= most {
            return None;
        }
        self.last_emit += 1;
        let emit = EmitId(OF_OTHERS | self.last_emit);
        self.owed.push(Owed { emit, tab, number });
        Some(emit)
    }

    /// Whose ack this is: the tab, and its number there. 0: of one that is gone. `None`: the page's own.
    pub(super) fn pay(&mut self, emit: EmitId) -> Option<(u64, u64)> {
        if emit.0 & OF_OTHERS == 0 {
            return None;
        }
        let place = self.owed.binary_search_by(|owed| owed.emit.cmp(&emit));
        let owed = place.ok().map(|place| self.owed.remove(place));
        Some(owed.map_or((0, 0), |owed| (owed.tab, owed.number)))
    }

    /// A tab subscribes to a research, or unsubscribes. Whether the server is to hear of it.
    pub(super) fn want(&mut self, tab: u64, upward: &Upward<'_>) -> bool {
        let (id, wants) = match upward {
            Upward::Subscribe(id) => (*id, true),
            Upward::Unsubscribe(id) => (*id, false),
            Upward::Other => return true,
        };
        self.wanted
            .retain(|wanted| wanted.tab != tab || wanted.id != id);
        if wants {
            if self.wanted.len() >= MAX_WANTED {
                self.wanted.remove(0);
            }
            self.wanted.push(Wanted {
                id: id.to_owned(),
                tab,
            });
        }
        wants || !self.is_wanted(id)
    }

    fn is_wanted(&self, id: &str) -> bool {
        self.wanted.iter().any(|wanted| wanted.id == id)
    }

    /// The tab whose subscription to this research is the newest, and which is refused now.
    pub(super) fn refused(&mut self, id: &str) -> Option<u64> {
        let place = self.wanted.iter().rposition(|wanted| wanted.id == id)?;
        Some(self.wanted.remove(place).tab)
    }

    /// When tabs are asked whether they are there.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let is_needed = !self.tabs.is_empty();
        is_needed.then_some(self.called.after(CALL_MS))
    }

    /// The tabs that are gone without a word, if the others are to be asked now whether they are there.
    pub(super) fn handle_timeout(&mut self, now: Timestamp) -> Option<Vec<u64>> {
        self.poll_timeout().filter(|due| *due <= now)?;
        self.called = now;
        let gone = |peer: &&Peer| now.since(peer.heard) >= SILENT_MS;
        Some(self.tabs.iter().filter(gone).map(|peer| peer.tab).collect())
    }

    /// A tab is gone. What nobody wants any more.
    pub(super) fn part(&mut self, tab: u64) -> Vec<String> {
        self.drop_links_of(tab);
        let mut unwanted = Vec::new();
        while let Some(place) = self.wanted.iter().position(|wanted| wanted.tab == tab) {
            let id = self.wanted.remove(place).id;
            if !self.is_wanted(&id) {
                unwanted.push(id);
            }
        }
        unwanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_hole_in_what_a_tab_sends_ends_its_link() {
        let mut peers = Peers::default();
        assert!(!peers.take(at(0), 7, 1, 1), "nobody knows this link");
        assert!(peers.take(at(0), 7, 1, 0));
        assert!(peers.take(at(0), 7, 1, 1));
        assert!(!peers.take(at(0), 7, 1, 3));
        assert!(!peers.take(at(0), 7, 1, 4), "it has to begin another one");
        assert!(peers.take(at(0), 7, 2, 0));
    }

    #[test]
    fn a_loss_behind_which_nothing_comes_is_noticed_at_the_next_question() {
        let mut peers = Peers::default();
        peers.take(at(0), 7, 1, 0);
        assert!(peers.is_there(at(0), 7, 1, 0));
        assert!(!peers.is_there(at(0), 7, 1, 1));
        assert!(
            peers.is_there(at(0), 8, 0, 0),
            "without a link nothing can be lost"
        );
    }

    #[test]
    fn a_tab_that_never_says_goodbye_keeps_nothing_here_for_ever() {
        let mut peers = Peers::default();
        for tab in 1..=3 * MAX_PEERS as u64 {
            peers.take(at(tab), tab, 1, 0);
            for number in 0..100 {
                peers.owe(tab, number, 50);
                peers.want(tab, &Upward::Subscribe(&number.to_string()));
            }
        }
        assert_eq!(peers.tabs.len(), MAX_PEERS);
        assert!(peers.owed.len() <= 50);
        assert!(peers.wanted.len() <= MAX_WANTED);
        // Whoever was heard last stays.
        assert_eq!(peers.liveliest(), 3 * MAX_PEERS as u64);
        let gone = peers.handle_timeout(at(1_000_000)).unwrap();
        gone.into_iter().for_each(|tab| drop(peers.part(tab)));
        assert!(peers.is_empty() && peers.owed.is_empty());
    }

    #[test]
    fn tabs_that_answer_a_call_stay() {
        let mut peers = Peers::default();
        peers.take(at(0), 7, 1, 0);
        let mut now = at(0);
        for _ in 0..100 {
            now = peers.poll_timeout().unwrap().max(now.after(CALL_MS));
            assert_eq!(peers.handle_timeout(now), Some(Vec::new()));
            assert!(peers.is_there(now, 7, 1, 0));
        }
    }

    #[test]
    fn the_server_hears_of_an_unsubscription_once_nobody_wants_the_research() {
        let mut peers = Peers::default();
        peers.take(at(0), 7, 1, 0);
        assert!(peers.want(1, &Upward::Subscribe("5")));
        assert!(peers.want(7, &Upward::Subscribe("5")));
        assert!(!peers.want(1, &Upward::Unsubscribe("5")));
        assert!(peers.want(7, &Upward::Unsubscribe("5")));
        peers.want(7, &Upward::Subscribe("6"));
        assert_eq!(peers.part(7), ["6"]);
    }

    #[test]
    fn a_refusal_is_for_the_tab_that_has_asked_last() {
        let mut peers = Peers::default();
        peers.want(1, &Upward::Subscribe("5"));
        peers.want(7, &Upward::Subscribe("5"));
        assert_eq!(peers.refused("5"), Some(7));
        assert_eq!(peers.refused("5"), Some(1));
        assert_eq!(peers.refused("5"), None);
    }

    #[test]
    fn an_ack_goes_to_the_tab_that_awaits_it_once() {
        let mut peers = Peers::default();
        let emits: Vec<_> = (0..3).map(|n| peers.owe(7, 40 + n, 9).unwrap()).collect();
        assert_eq!(peers.pay(EmitId(3)), None, "the page's own");
        assert_eq!(peers.pay(emits[1]), Some((7, 41)));
        assert_eq!(peers.pay(emits[1]), Some((0, 0)), "nobody's any more");
        peers.part(7);
        assert_eq!(peers.pay(emits[2]), Some((0, 0)));
    }

    #[test]
    fn what_the_server_has_taken_is_told_up_to_the_newest_message() {
        let mut peers = Peers::default();
        peers.take(at(0), 7, 1, 0);
        peers.mark(7, 3);
        for (number, sent) in [(1, 5), (2, 9), (3, 12)] {
            peers.take(at(0), 7, 1, number);
            peers.mark(7, sent);
        }
        assert_eq!(peers.taken(2), None);
        assert_eq!(peers.taken(4), Some((7, 1, 0)));
        assert_eq!(peers.taken(4), None);
        assert_eq!(peers.taken(12), Some((7, 1, 3)));
    }
}
