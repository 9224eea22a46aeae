//! Where the client and each of its researches stand, for whoever counts what is reached.

use super::Client;
use super::subscription::{self, Subscription};
use crate::tabs::Shared;
use crate::whereabouts::{
    Access, Held, ResearchWhereabouts, Run, Schedule, Standing, Tab, Whereabouts,
};

impl Client {
    /// Where the client stands. Nothing depends on it.
    pub fn whereabouts(&self) -> Whereabouts {
        let (link, session) = self.connection.whereabouts();
        Whereabouts {
            link,
            session,
            goodbyes: self.connection.goodbyes_said(),
            question: self.checks.whereabouts(),
        }
    }

    /// Where each research stands that the page follows, by its id.
    pub fn researches(&self) -> impl Iterator<Item = (&str, ResearchWhereabouts)> {
        let subscriptions = self.subscriptions.iter();
        subscriptions.map(|(id, subscription)| (id.as_str(), subscription.whereabouts()))
    }
}

impl Client<Shared> {
    /// Where the tab stands among those that share a connection. Nothing depends on it.
    pub const fn tab(&self) -> Tab {
        self.connection.whereabouts()
    }
}

impl Subscription {
    fn whereabouts(&self) -> ResearchWhereabouts {
        let (wish, place) = self.history.whereabouts();
        ResearchWhereabouts {
            standing: match self.standing {
                _ if self.job.end().is_some() => Standing::Ended,
                subscription::Standing::Unsent => Standing::Unsent,
                subscription::Standing::Sent(_) => Standing::Sent,
                subscription::Standing::OnTrial(_) => Standing::OnTrial,
                subscription::Standing::Accepted => Standing::Accepted,
                subscription::Standing::Refused => Standing::Refused,
            },
            schedule: match self.schedule {
                subscription::Schedule::Never => Schedule::Never,
                subscription::Schedule::Once(_) => Schedule::Once,
                subscription::Schedule::Repeatedly(_) => Schedule::Repeatedly,
            },
            access: match self.access {
                subscription::Access::Granted => Access::Granted,
                subscription::Access::Denied => Access::Denied,
                subscription::Access::Doubtful => Access::Doubtful,
            },
            wish,
            place,
            run: match self.job.status() {
                None => Run::Unknown,
                Some(status) if status.is_terminal() => Run::Over,
                Some(status) if status.is_waiting() => Run::Queued,
                Some(_) => Run::Running,
            },
            held: if self.job.holds_end() {
                Held::End
            } else if self.job.holds_lines() {
                Held::Lines
            } else {
                Held::Nothing
            },
        }
    }
}
