//! The tables of the catalogue: what happens in which state, and which state follows which.

use research_socket::whereabouts::{
    Access, Goodbyes, Held, Link, Place, Question, Run, Schedule, Session, Standing, Tab, Wish,
};

use super::rows::{
    ActRow, AnswerRow, DETAILS, EventRow, FailureRow, FaultRow, HappeningRow, InputRow, JobRow,
    KindRow, OutcomeRow, StateRow, TabsInputRow, ToldRow, TroubleRow, details,
};

/// A research that the page does not follow, and then each [`Standing`].
const STANDINGS: usize = 1 + Standing::ALL.len();

macro_rules! tables {
    ($($(#[$about:meta])* $name:ident: $rows:expr, $row_names:expr; $columns:expr, $column_names:expr;)+) => {
        /// One table. What happens to tabs that share a connection has tables of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Table { $($(#[$about])* $name,)+ }

        impl Table {
            /// Every one, in order.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)+];

            /// How many rows and columns it has.
            pub(crate) const fn shape(self) -> (usize, usize) {
                match self { $(Self::$name => ($rows, $columns),)+ }
            }

            pub(crate) fn rows(self) -> Vec<String> {
                match self { $(Self::$name => $row_names,)+ }
            }

            pub(crate) fn columns(self) -> Vec<String> {
                match self { $(Self::$name => $column_names,)+ }
            }
        }
    };
}

/// A table whose rows are the states of before and whose columns those of after.
macro_rules! square {
    ($words:ident) => {
        $words::ALL.len()
    };
}

tables! {
    /// What a page does, by the state of its connection.
    ActsByLink: ActRow::ALL.len(), names(ActRow::ALL); Link::ALL.len(), names(Link::ALL);
    /// What a page does, by the state of the research that it is about, or of each that the page follows.
    ActsByResearch: ActRow::ALL.len(), names(ActRow::ALL); STANDINGS, standings();
    /// What a research does, by the state of the connection of each page.
    JobsByLink: JobRow::ALL.len(), names(JobRow::ALL); Link::ALL.len(), names(Link::ALL);
    /// What a research does, by its state at each page.
    JobsByResearch: JobRow::ALL.len(), names(JobRow::ALL); STANDINGS, standings();
    /// What breaks, by the state of the connection of each page.
    FaultsByLink: FaultRow::ALL.len(), names(FaultRow::ALL); Link::ALL.len(), names(Link::ALL);
    /// What breaks, by the state of each research that a page follows.
    FaultsByResearch: FaultRow::ALL.len(), names(FaultRow::ALL); Standing::ALL.len(), names(Standing::ALL);
    /// What a request meets, by the state of the connection when it is sent.
    TroublesByLink: TroubleRow::ALL.len(), names(TroubleRow::ALL); Link::ALL.len(), names(Link::ALL);
    /// What a request meets, by the state of each research that its page follows.
    TroublesByResearch: TroubleRow::ALL.len(), names(TroubleRow::ALL); Standing::ALL.len(), names(Standing::ALL);
    /// What a request meets, by what it is for.
    TroublesByRequest: TroubleRow::ALL.len(), names(TroubleRow::ALL); KindRow::ALL.len(), names(KindRow::ALL);
    /// Which odd packet, odd body and status it is.
    DetailsByRequest: DETAILS, details(); KindRow::ALL.len(), names(KindRow::ALL);
    /// What comes back, by the state of the connection that it finds.
    AnswersByLink: (KindRow::ALL.len() + 1) * OutcomeRow::ALL.len(), outcomes(); Link::ALL.len(), names(Link::ALL);
    /// What comes back, by what it answers.
    AnswersByRequest: AnswerRow::ALL.len(), names(AnswerRow::ALL); KindRow::ALL.len() + 1, kinds();
    /// What a client is told, by the state of its connection.
    InputsByLink: InputRow::ALL.len(), names(InputRow::ALL); Link::ALL.len(), names(Link::ALL);
    /// What a page hears.
    Events: EventRow::ALL.len(), names(EventRow::ALL); 1, vec!["told".to_owned()];
    /// Why, by the event that says so.
    Failures: FailureRow::ALL.len(), names(FailureRow::ALL); ToldRow::ALL.len(), names(ToldRow::ALL);
    /// What happens to tabs that share a connection, by the state of each that it happens to.
    HappeningsByTab: HappeningRow::ALL.len(), names(HappeningRow::ALL); square!(Tab), names(Tab::ALL);
    /// What a tab is told by the browser and the other tabs, by its state.
    TabsInputsByTab: TabsInputRow::ALL.len(), names(TabsInputRow::ALL); square!(Tab), names(Tab::ALL);
    /// Which state of a connection follows which, over one input.
    LinkMoves: square!(Link), names(Link::ALL); square!(Link), names(Link::ALL);
    /// Of the state that the page is told.
    StateMoves: square!(StateRow), names(StateRow::ALL); square!(StateRow), names(StateRow::ALL);
    /// Of the session.
    SessionMoves: square!(Session), names(Session::ALL); square!(Session), names(Session::ALL);
    /// Of the last words of sessions.
    GoodbyeMoves: square!(Goodbyes), names(Goodbyes::ALL); square!(Goodbyes), names(Goodbyes::ALL);
    /// Of what is asked besides the connection.
    QuestionMoves: square!(Question), names(Question::ALL); square!(Question), names(Question::ALL);
    /// Of the subscription of a research.
    StandingMoves: STANDINGS, standings(); STANDINGS, standings();
    /// Of when its status is asked for.
    ScheduleMoves: square!(Schedule), names(Schedule::ALL); square!(Schedule), names(Schedule::ALL);
    /// Of whether that is told.
    AccessMoves: square!(Access), names(Access::ALL); square!(Access), names(Access::ALL);
    /// Of when its stored log is asked for.
    WishMoves: square!(Wish), names(Wish::ALL); square!(Wish), names(Wish::ALL);
    /// Of where that is.
    PlaceMoves: square!(Place), names(Place::ALL); square!(Place), names(Place::ALL);
    /// Of the run.
    RunMoves: square!(Run), names(Run::ALL); square!(Run), names(Run::ALL);
    /// Which state of a tab follows which, over one input.
    TabMoves: square!(Tab), names(Tab::ALL); square!(Tab), names(Tab::ALL);
    /// Of what waits for the stored log.
    HeldMoves: square!(Held), names(Held::ALL); square!(Held), names(Held::ALL);
}

impl Table {
    /// What it is called in the catalogue.
    pub(crate) fn name(self) -> String {
        words(&format!("{self:?}"))
    }

    /// Whether it says which state follows which: that none follows itself is no hole.
    pub(crate) const fn is_of_moves(self) -> bool {
        match self {
            Self::LinkMoves
            | Self::StateMoves
            | Self::SessionMoves
            | Self::GoodbyeMoves
            | Self::QuestionMoves
            | Self::StandingMoves
            | Self::ScheduleMoves
            | Self::AccessMoves
            | Self::WishMoves
            | Self::PlaceMoves
            | Self::RunMoves
            | Self::HeldMoves
            | Self::TabMoves => true,
            Self::ActsByLink
            | Self::ActsByResearch
            | Self::JobsByLink
            | Self::JobsByResearch
            | Self::FaultsByLink
            | Self::FaultsByResearch
            | Self::TroublesByLink
            | Self::TroublesByResearch
            | Self::TroublesByRequest
            | Self::DetailsByRequest
            | Self::AnswersByLink
            | Self::AnswersByRequest
            | Self::InputsByLink
            | Self::Events
            | Self::Failures
            | Self::HappeningsByTab
            | Self::TabsInputsByTab => false,
        }
    }

    /// The place of its first cell among those of all tables.
    pub(crate) const fn start(self) -> usize {
        let mut start = 0;
        let mut tables = Self::ALL;
        while let [table, rest @ ..] = tables {
            if *table as usize == self as usize {
                break;
            }
            let (rows, columns) = table.shape();
            start += rows * columns;
            tables = rest;
        }
        start
    }
}

/// How many cells all tables have.
pub(crate) const CELLS: usize = {
    let mut cells = 0;
    let mut tables = Table::ALL;
    while let [table, rest @ ..] = tables {
        let (rows, columns) = table.shape();
        cells += rows * columns;
        tables = rest;
    }
    cells
};

fn names<T: std::fmt::Debug>(all: &[T]) -> Vec<String> {
    all.iter().map(|one| words(&format!("{one:?}"))).collect()
}

fn standings() -> Vec<String> {
    let mut all = vec!["unfollowed".to_owned()];
    all.extend(names(Standing::ALL));
    all
}

/// What a request was for, or that it has been given up meanwhile.
fn kinds() -> Vec<String> {
    let mut kinds = names(KindRow::ALL);
    kinds.push("given-up".to_owned());
    kinds
}

fn outcomes() -> Vec<String> {
    let outcomes = names(OutcomeRow::ALL);
    let outcomes = outcomes.iter();
    let pair = |kind: String| {
        outcomes
            .clone()
            .map(move |outcome| format!("{kind} {outcome}"))
    };
    kinds().into_iter().flat_map(pair).collect()
}

/// `UsedUp` as `used-up`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}
