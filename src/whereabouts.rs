//! Where a client stands, as words without data: for whoever counts which states are reached.
//!
//! The state machines themselves are drawn where they are: [`Link`] in `socket::link`, [`Session`] in
//! `engine::session`, that of a research in `research::client`. A new state there has to be given a word here.

/// Enums that know all of their variants.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident,)+ })+) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
        }
    )+ };
}

words! {
    /// The connection: see the drawing in `socket::link`.
    Link {
        /// Nothing was wanted yet.
        Idle,
        /// The page's credentials are awaited.
        Asking,
        /// The handshake is under way.
        Opening,
        /// The namespace was asked for.
        Joining,
        /// Events flow.
        Live,
        /// The page may be going.
        Going,
        /// An attempt is planned.
        Waiting,
        /// The page has gone, perhaps into the back/forward cache.
        Hidden,
        /// The browser says that there is no network.
        Offline,
        /// The server has refused, and is asked again.
        Refused,
        /// No attempt comes unless somebody acts.
        Stopped,
        /// The attempts are used up.
        UsedUp,
        /// For good.
        Closed,
    }

    /// The Engine.IO session of the connection.
    Session {
        /// There is none.
        Absent,
        /// Its handshake is under way.
        Opening,
        /// A poll is in flight, and nothing is being sent.
        Polling,
        /// A POST is in flight too.
        Posting,
        /// A WebSocket carries it.
        Socket,
        /// Over, which nobody should see: its end is dealt with at once.
        Over,
    }

    /// The last words of sessions that are over.
    Goodbyes {
        /// None.
        Silent,
        /// Those of one.
        One,
        /// Those of several at once.
        Several,
    }

    /// What is asked for over HTTP besides the connection.
    Question {
        /// Nothing.
        Quiet,
        /// The status of a research.
        Status,
        /// Its stored log.
        Log,
        /// The status, so that the server stores its log or says that it does not show the research.
        Flush,
    }

    /// How far the subscription of a research has come.
    Standing {
        /// There has been no connection yet.
        Unsent,
        /// It is on its way.
        Sent,
        /// The server has it, and has refused it before.
        OnTrial,
        /// The server has it.
        Accepted,
        /// The server has refused it.
        Refused,
        /// The research is over, whatever the subscription was.
        Ended,
    }

    /// When the status of a research is asked for.
    Schedule {
        /// Not before something happens.
        Never,
        /// One more time.
        Once,
        /// Again and again, since there is no connection.
        Repeatedly,
    }

    /// Whether the server tells it.
    Access {
        /// As far as anybody knows.
        Granted,
        /// Not when it was asked last.
        Denied,
        /// It may again.
        Doubtful,
    }

    /// When the stored log of a research is asked for.
    Wish {
        /// Not before something happens.
        Nothing,
        /// Once the server has the subscription.
        Accepted,
        /// At a time that is known.
        Planned,
        /// It is being asked for, as it was wished.
        Asked,
    }

    /// Where the stored log is.
    Place {
        /// At the first address.
        Logs,
        /// At the other one.
        Other,
        /// At neither.
        Nowhere,
        /// The server does not show it.
        Refused,
        /// The page does not want it.
        Unwanted,
    }

    /// How far the run has come.
    Run {
        /// Nobody has said anything.
        Unknown,
        /// It waits to be taken up.
        Queued,
        /// It runs.
        Running,
        /// It is over.
        Over,
    }

    /// What waits for the stored log before the page hears it.
    Held {
        /// Nothing: what comes is told at once.
        Nothing,
        /// Lines, and no end.
        Lines,
        /// The end.
        End,
    }

    /// A tab among those that share a connection: see the drawing in `tabs::election`.
    Tab {
        /// It shares with nobody.
        Alone,
        /// It takes no part: not yet, or its page has gone.
        Away,
        /// It waits for others that would lead.
        Candidate,
        /// It follows a leader that was heard.
        Calm,
        /// It has asked who leads.
        Asked,
        /// It has heard nothing, and lets others be quicker.
        Wary,
        /// It finds out whether it could lead.
        Proving,
        /// It leads.
        Leader,
    }
}

/// Where a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// Its connection.
    pub link: Link,
    /// The session of that.
    pub session: Session,
    /// Sessions before it that are still being closed.
    pub goodbyes: Goodbyes,
    /// What else it asks the server.
    pub question: Question,
}

/// Where one research of a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResearchWhereabouts {
    /// Its subscription.
    pub standing: Standing,
    /// When its status is asked for.
    pub schedule: Schedule,
    /// Whether that is told.
    pub access: Access,
    /// When its stored log is asked for.
    pub wish: Wish,
    /// Where that is.
    pub place: Place,
    /// Its run.
    pub run: Run,
    /// What waits for its log.
    pub held: Held,
}
