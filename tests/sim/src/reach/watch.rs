//! Looking on while a schedule runs.

use research_socket::http::Answer;
use research_socket::research::{Client, Event, Input, StateName};
use research_socket::tabs::Input as TabsInput;
use research_socket::whereabouts::{
    Goodbyes, Link, Question, ResearchWhereabouts, Session, Tab, Whereabouts,
};

use super::rows::{
    ActRow, AnswerRow, EventRow, FaultRow, HappeningRow, InputRow, JobRow, KindRow, OutcomeRow,
    StateRow, TabsInputRow, TroubleRow, detail_of, failure_of,
};
use super::{Reached, Table};
use crate::page::Page;
use crate::plan::{Act, Fault, Job, Kind, RESEARCHES, Trouble};
use crate::story::number_of;
use crate::tabs::Happening;

/// Where a client and its researches stood after its last input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    client: Whereabouts,
    name: StateName,
    researches: [Option<ResearchWhereabouts>; RESEARCHES as usize],
}

impl Default for Stand {
    /// That of a new client.
    fn default() -> Self {
        Self {
            client: Whereabouts {
                link: Link::Idle,
                session: Session::Absent,
                goodbyes: Goodbyes::Silent,
                question: Question::Quiet,
            },
            name: StateName::Connecting,
            researches: [None; RESEARCHES as usize],
        }
    }
}

impl Stand {
    fn of(client: &Client) -> Self {
        let mut researches = [None; RESEARCHES as usize];
        for (id, research) in client.researches() {
            if let Some(place) = number_of(id).and_then(|number| researches.get_mut(number)) {
                *place = Some(research);
            }
        }
        Self {
            client: client.whereabouts(),
            name: client.state().name,
            researches,
        }
    }

    /// The column of the connection.
    const fn link(&self) -> usize {
        self.client.link as usize
    }

    /// Those of the standings of all researches that are followed.
    fn standings(&self) -> impl Iterator<Item = usize> {
        let followed = self.researches.iter().flatten();
        followed.map(|research| research.standing as usize)
    }

    /// That of one research, where the first says that it is not followed.
    fn standing_of(&self, research: u8) -> usize {
        column(
            self.researches
                .get(usize::from(research))
                .copied()
                .flatten(),
        )
    }
}

fn column(research: Option<ResearchWhereabouts>) -> usize {
    research.map_or(0, |research| 1 + research.standing as usize)
}

impl Reached {
    pub(crate) fn act(&mut self, stand: &Stand, act: Act) {
        let (row, research) = ActRow::of(act);
        let row = row as usize;
        self.note(Table::ActsByLink, row, stand.link());
        match research {
            Some(research) => {
                let column = stand.standing_of(research);
                self.note(Table::ActsByResearch, row, column);
            }
            None => {
                for standing in stand.standings() {
                    self.note(Table::ActsByResearch, row, 1 + standing);
                }
            }
        }
    }

    pub(crate) fn job<'p>(
        &mut self,
        pages: impl Iterator<Item = &'p Page>,
        research: u8,
        job: Job,
    ) {
        let row = JobRow::of(job) as usize;
        for page in pages {
            self.note(Table::JobsByLink, row, page.stand.link());
            let column = page.stand.standing_of(research);
            self.note(Table::JobsByResearch, row, column);
        }
    }

    pub(crate) fn fault<'p>(&mut self, pages: impl Iterator<Item = &'p Page>, fault: Fault) {
        let row = FaultRow::of(fault) as usize;
        for page in pages {
            self.note(Table::FaultsByLink, row, page.stand.link());
            for standing in page.stand.standings() {
                self.note(Table::FaultsByResearch, row, standing);
            }
        }
    }

    pub(crate) fn trouble(&mut self, page: &Page, kind: Kind, trouble: Trouble) {
        let row = TroubleRow::of(trouble) as usize;
        let kind = KindRow::of(kind) as usize;
        self.note(Table::TroublesByLink, row, page.stand.link());
        self.note(Table::TroublesByRequest, row, kind);
        for standing in page.stand.standings() {
            self.note(Table::TroublesByResearch, row, standing);
        }
        if let Some(row) = detail_of(trouble) {
            self.note(Table::DetailsByRequest, row, kind);
        }
    }

    /// `kind`: of the request; `None` if it had been given up.
    pub(crate) fn answer(&mut self, stand: &Stand, kind: Option<Kind>, answer: &Answer) {
        let kind = kind.map_or(KindRow::ALL.len(), |kind| KindRow::of(kind) as usize);
        let answer = AnswerRow::of(answer);
        let row = kind * OutcomeRow::ALL.len() + OutcomeRow::of(answer) as usize;
        self.note(Table::AnswersByLink, row, stand.link());
        self.note(Table::AnswersByRequest, answer as usize, kind);
    }

    pub(crate) fn input(&mut self, stand: &Stand, input: &Input) {
        self.note(
            Table::InputsByLink,
            InputRow::of(input) as usize,
            stand.link(),
        );
    }

    pub(crate) fn event(&mut self, event: &Event) {
        self.note(Table::Events, EventRow::of(event) as usize, 0);
        if let Some((failure, told)) = failure_of(event) {
            self.note(Table::Failures, failure as usize, told as usize);
        }
    }

    /// After an input: which states follow which.
    pub(crate) fn moves(&mut self, stand: &mut Stand, client: &Client) {
        let after = Stand::of(client);
        if *stand == after {
            return;
        }
        let before = std::mem::replace(stand, after);
        let name = |stand: &Stand| StateRow::of(stand.name) as usize;
        let (from, to) = (before.client, after.client);
        for (table, from, to) in [
            (Table::LinkMoves, from.link as usize, to.link as usize),
            (Table::StateMoves, name(&before), name(&after)),
            (
                Table::SessionMoves,
                from.session as usize,
                to.session as usize,
            ),
            (
                Table::GoodbyeMoves,
                from.goodbyes as usize,
                to.goodbyes as usize,
            ),
            (
                Table::QuestionMoves,
                from.question as usize,
                to.question as usize,
            ),
        ] {
            self.note_move(table, from, to);
        }
        for (from, to) in before.researches.iter().zip(&after.researches) {
            self.note_move(Table::StandingMoves, column(*from), column(*to));
            if let (Some(from), Some(to)) = (from, to) {
                self.research(from, to);
            }
        }
    }

    fn research(&mut self, from: &ResearchWhereabouts, to: &ResearchWhereabouts) {
        for (table, from, to) in [
            (
                Table::ScheduleMoves,
                from.schedule as usize,
                to.schedule as usize,
            ),
            (Table::AccessMoves, from.access as usize, to.access as usize),
            (Table::WishMoves, from.wish as usize, to.wish as usize),
            (Table::PlaceMoves, from.place as usize, to.place as usize),
            (Table::RunMoves, from.run as usize, to.run as usize),
            (Table::HeldMoves, from.held as usize, to.held as usize),
        ] {
            self.note_move(table, from, to);
        }
    }

    fn note_move(&mut self, table: Table, from: usize, to: usize) {
        if from != to {
            self.note(table, from, to);
        }
    }

    /// Something happens to a tab.
    pub(crate) fn happening(&mut self, tab: Tab, happening: Happening) {
        let row = HappeningRow::of(happening) as usize;
        self.note(Table::HappeningsByTab, row, tab as usize);
    }

    pub(crate) fn tabs_input(&mut self, tab: Tab, input: &TabsInput) {
        let row = TabsInputRow::of(input) as usize;
        self.note(Table::TabsInputsByTab, row, tab as usize);
    }

    /// After an input.
    pub(crate) fn tab_moves(&mut self, from: Tab, to: Tab) {
        self.note_move(Table::TabMoves, from as usize, to as usize);
    }
}
