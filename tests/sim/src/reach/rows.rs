//! What can happen, as the rows of the catalogue: each kind of step, trouble, answer, input and event has
//! one. The matches have no `_`, so that a new kind has to be given a row.

use research_socket::failure::{Failure, Phase};
use research_socket::http::{Answer, RequestError};
use research_socket::research::{Event, Input, ResearchEvent, StateName};
use research_socket::socket::EmitError;

use research_socket::tabs::Input as TabsInput;

use crate::plan::{
    Ack, Act, Ending, Fault, Job, Kind, ODD_BODIES, ODD_PACKETS, STATUSES, Trouble, Vouch,
};
use crate::tabs::Happening;

/// Enums that know all of their variants.
macro_rules! rows {
    ($($(#[$about:meta])* $name:ident { $($variant:ident,)+ })+) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($variant,)+ }

        impl $name {
            /// Every one, in order.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)+];
        }
    )+ };
}

rows! {
    /// Of [`Act`].
    ActRow {
        Burst, Cancel, Close, Connect, Download, Emit, EmitForAck, EmitForAckInTime, EmitVolatile,
        EmitVolatileForAck, EmitVolatileForAckInTime, Hide, Listen, Unlisten, SayOnline, SayOffline, Refresh, Show, Sleep,
        SleepTimerFirst, SleepCut, SleepCutTimerFirst, Subscribe, Throttle, Unsubscribe, Unsee, Verify, VouchLate,
        VouchNever, VouchThrows,
    }
    /// Of [`Job`].
    JobRow {
        EndCompleted, EndFailed, EndSuspended, EndUnsaid, Lines, LinesNotLive, LinesNotStored, LinesLost,
        Milestone, Progress, ProgressWithStatus,
    }
    /// Of [`Fault`].
    FaultRow {
        Close, Disconnect, Drop, Every, Next, Offline, OfflineHanging, RefuseSubscriptions, Restart,
        RestartAndAway, Silence, SignIn, SignOut, WrongWorker,
    }
    /// Of [`Trouble`].
    TroubleRow {
        AnswerHangs, AnswerLost, Cut, Doubled, Hangs, Html, Inject, Late, Lost, NoConnect, Nonsense, Redirected, Refused,
        Reordered, Resent, Slow, Status, StatusAndWait, Twice,
    }
    /// Of [`Kind`].
    KindRow {
        Handshake, Poll, Post, Join, Status, Logs, Terminate,
    }
    /// Of [`Answer`].
    AnswerRow {
        Piece, Good, Unauthorized, Forbidden, NotFound, Throttled, Rejected, Failing, BrokenOff, Lost,
        Redirected, TooLarge,
    }
    /// What an answer comes to.
    OutcomeRow {
        Piece, Good, Refused, Failed,
    }
    /// Of [`Input`].
    InputRow {
        Acknowledge, Answer, Cancel, Close, Connect, Credentials, CredentialsThrew, Emit, Hidden, Leaving,
        Listen, Unlisten, NoWebSocket, Online, Offline, Recall, Refresh, Remember, Socket, Subscribe, Timeout, Unseen,
        Unsubscribe, Verify, Visible,
    }
    /// Of [`Event`].
    EventRow {
        Ack, CancelTaken, CancelFailed, Connect, ConnectError, Disconnect, EmitAckDropped, EmitBufferFull,
        EmitClosed, EmitDisconnected, EmitInvalid, EmitNotConnected, EmitTooLarge, EmitTimeout, Message,
        MessageForAck, Reconnect, ReconnectAttempt, ReconnectFailed, Renewed, Log, Engine, Status, Task, Step,
        Update, Failure, Gap, GapOfUnknown, HistoryRead, End, VerifiedShown, VerifiedNotShown, RefusalTold,
        RefusalTakenBack, SearchEngineSelected, State, Warning,
    }
    /// Of [`Happening`].
    HappeningRow {
        ChannelFails, Close, Crash, Cut, Emit, EmitForAck, End, Follow, Freeze, FreezeTimersFirst, Hide, Lines, Offline,
        Open, Restart, Seen, Unseen, Show, SignOut, Steal, Unfollow,
    }
    /// Of [`TabsInput`].
    TabsInputRow {
        ChannelFailed, Leave, LockGranted, LockLost, LockRefused, LockUnopposed, Message,
    }
    /// Of [`Failure`].
    FailureRow {
        Asleep, BadRequest, Closed, ConnectError, Credentials, CutBody, Internal, LoginPage, Network,
        NotEngineIo, NotFound, NotTerminated, OldServer, OriginRefused, Outlived, PageHidden, PollingRefused, Protocol,
        Redirected, Refused, ServerClosed, ServerDisconnected, SessionUnknown, SocketClosed, Status,
        StickySessions, Throttled, TimeoutOfConnect, TimeoutOfCredentials, TimeoutOfHandshake, TimeoutOfHeartbeat,
        TimeoutOfPost, TooLarge, Unauthorized, Unheard, VersionRefused,
    }
    /// The events that say why.
    ToldRow {
        ConnectError, Disconnect, ReconnectFailed, Cancelled,
    }
    /// Of [`StateName`].
    StateRow {
        Closed, Connected, Connecting, Fallback, Offline, Reconnecting, Stopped,
    }
}

impl HappeningRow {
    pub(crate) const fn of(happening: Happening) -> Self {
        match happening {
            Happening::ChannelFails(_) => Self::ChannelFails,
            Happening::Close(_) => Self::Close,
            Happening::Crash(_) => Self::Crash,
            Happening::Cut(..) => Self::Cut,
            Happening::Emit(_, false) => Self::Emit,
            Happening::Emit(_, true) => Self::EmitForAck,
            Happening::End(_) => Self::End,
            Happening::Follow(..) => Self::Follow,
            Happening::Freeze(_, _, false) => Self::Freeze,
            Happening::Freeze(_, _, true) => Self::FreezeTimersFirst,
            Happening::Hide(_) => Self::Hide,
            Happening::Lines(..) => Self::Lines,
            Happening::Offline(_) => Self::Offline,
            Happening::Open(_) => Self::Open,
            Happening::Restart(_) => Self::Restart,
            Happening::See(_, true) => Self::Seen,
            Happening::See(_, false) => Self::Unseen,
            Happening::Show(_) => Self::Show,
            Happening::SignOut(_) => Self::SignOut,
            Happening::Steal => Self::Steal,
            Happening::Unfollow(..) => Self::Unfollow,
        }
    }

    /// The place of the tab that it happens to; `None` if it happens to all.
    pub(crate) const fn place(happening: Happening) -> Option<u8> {
        match happening {
            Happening::ChannelFails(place)
            | Happening::Close(place)
            | Happening::Crash(place)
            | Happening::Cut(place, _)
            | Happening::Emit(place, _)
            | Happening::Follow(place, _)
            | Happening::Freeze(place, ..)
            | Happening::Hide(place)
            | Happening::See(place, _)
            | Happening::Show(place)
            | Happening::Unfollow(place, _) => Some(place),
            Happening::End(_)
            | Happening::Lines(..)
            | Happening::Offline(_)
            | Happening::Open(_)
            | Happening::Restart(_)
            | Happening::SignOut(_)
            | Happening::Steal => None,
        }
    }
}

impl TabsInputRow {
    pub(crate) const fn of(input: &TabsInput) -> Self {
        match input {
            TabsInput::ChannelFailed => Self::ChannelFailed,
            TabsInput::Leave => Self::Leave,
            TabsInput::LockGranted => Self::LockGranted,
            TabsInput::LockLost => Self::LockLost,
            TabsInput::LockRefused => Self::LockRefused,
            TabsInput::LockUnopposed => Self::LockUnopposed,
            TabsInput::Message(_) => Self::Message,
        }
    }
}

impl ActRow {
    /// The row of an act, and the research that it is about.
    pub(crate) const fn of(act: Act) -> (Self, Option<u8>) {
        match act {
            Act::Burst { .. } => (Self::Burst, None),
            Act::Cancel(research) => (Self::Cancel, Some(research)),
            Act::Close => (Self::Close, None),
            Act::Connect => (Self::Connect, None),
            Act::Download => (Self::Download, None),
            Act::Emit { ack, volatile, .. } => {
                let row = match (ack, volatile) {
                    (Ack::No, false) => Self::Emit,
                    (Ack::No, true) => Self::EmitVolatile,
                    (Ack::Ever, false) => Self::EmitForAck,
                    (Ack::Ever, true) => Self::EmitVolatileForAck,
                    (Ack::Within(_), false) => Self::EmitForAckInTime,
                    (Ack::Within(_), true) => Self::EmitVolatileForAckInTime,
                };
                (row, None)
            }
            Act::Hide => (Self::Hide, None),
            Act::Listen(true) => (Self::Listen, None),
            Act::Listen(false) => (Self::Unlisten, None),
            Act::Online(true) => (Self::SayOnline, None),
            Act::Online(false) => (Self::SayOffline, None),
            Act::Refresh(research) => (Self::Refresh, Some(research)),
            Act::Show => (Self::Show, None),
            Act::Sleep {
                cut, timer_first, ..
            } => {
                let row = match (cut, timer_first) {
                    (false, false) => Self::Sleep,
                    (false, true) => Self::SleepTimerFirst,
                    (true, false) => Self::SleepCut,
                    (true, true) => Self::SleepCutTimerFirst,
                };
                (row, None)
            }
            Act::Subscribe(research) => (Self::Subscribe, Some(research)),
            Act::Throttle { .. } => (Self::Throttle, None),
            Act::Unsubscribe(research) => (Self::Unsubscribe, Some(research)),
            Act::Unsee => (Self::Unsee, None),
            Act::Verify(research) => (Self::Verify, Some(research)),
            Act::Vouch(Vouch::Late(_)) => (Self::VouchLate, None),
            Act::Vouch(Vouch::Never) => (Self::VouchNever, None),
            Act::Vouch(Vouch::Throws) => (Self::VouchThrows, None),
        }
    }
}

impl JobRow {
    pub(crate) const fn of(job: Job) -> Self {
        match job {
            Job::End(Ending::Completed) => Self::EndCompleted,
            Job::End(Ending::Failed) => Self::EndFailed,
            Job::End(Ending::Suspended) => Self::EndSuspended,
            Job::End(Ending::Unsaid) => Self::EndUnsaid,
            Job::Lines { live, stored, .. } => match (live, stored) {
                (true, true) => Self::Lines,
                (false, true) => Self::LinesNotLive,
                (true, false) => Self::LinesNotStored,
                (false, false) => Self::LinesLost,
            },
            Job::Milestone => Self::Milestone,
            Job::Progress { status: false, .. } => Self::Progress,
            Job::Progress { status: true, .. } => Self::ProgressWithStatus,
        }
    }
}

impl FaultRow {
    pub(crate) const fn of(fault: Fault) -> Self {
        match fault {
            Fault::Close => Self::Close,
            Fault::Disconnect => Self::Disconnect,
            Fault::Drop => Self::Drop,
            Fault::Every(..) => Self::Every,
            Fault::Next(..) => Self::Next,
            Fault::Offline { hang: false, .. } => Self::Offline,
            Fault::Offline { hang: true, .. } => Self::OfflineHanging,
            Fault::RefuseSubscriptions(_) => Self::RefuseSubscriptions,
            Fault::Restart { down: 0 } => Self::Restart,
            Fault::Restart { .. } => Self::RestartAndAway,
            Fault::Silence => Self::Silence,
            Fault::SignedIn(true) => Self::SignIn,
            Fault::SignedIn(false) => Self::SignOut,
            Fault::WrongWorker(_) => Self::WrongWorker,
        }
    }
}

impl TroubleRow {
    pub(crate) const fn of(trouble: Trouble) -> Self {
        match trouble {
            Trouble::AnswerHangs => Self::AnswerHangs,
            Trouble::AnswerLost => Self::AnswerLost,
            Trouble::Cut => Self::Cut,
            Trouble::Doubled => Self::Doubled,
            Trouble::Hangs => Self::Hangs,
            Trouble::Html => Self::Html,
            Trouble::Inject(_) => Self::Inject,
            Trouble::Late(_) => Self::Late,
            Trouble::Lost => Self::Lost,
            Trouble::NoConnect => Self::NoConnect,
            Trouble::Nonsense(_) => Self::Nonsense,
            Trouble::Redirected => Self::Redirected,
            Trouble::Refused => Self::Refused,
            Trouble::Reordered => Self::Reordered,
            Trouble::Resent => Self::Resent,
            Trouble::Slow(_) => Self::Slow,
            Trouble::Status(_, None) => Self::Status,
            Trouble::Status(_, Some(_)) => Self::StatusAndWait,
            Trouble::Twice => Self::Twice,
        }
    }
}

/// How many troubles there are that carry an odd packet, an odd body or a status.
pub(crate) const DETAILS: usize = ODD_PACKETS.len() + ODD_BODIES.len() + STATUSES.len();

/// The place of a trouble among those.
pub(crate) fn detail_of(trouble: Trouble) -> Option<usize> {
    match trouble {
        Trouble::Inject(packet) => Some(usize::from(packet)).filter(|n| *n < ODD_PACKETS.len()),
        Trouble::Nonsense(body) => Some(usize::from(body))
            .filter(|n| *n < ODD_BODIES.len())
            .map(|n| ODD_PACKETS.len() + n),
        Trouble::Status(code, _) => STATUSES
            .iter()
            .position(|other| *other == code)
            .map(|n| ODD_PACKETS.len() + ODD_BODIES.len() + n),
        Trouble::AnswerHangs
        | Trouble::AnswerLost
        | Trouble::Cut
        | Trouble::Doubled
        | Trouble::Hangs
        | Trouble::Html
        | Trouble::Late(_)
        | Trouble::Lost
        | Trouble::NoConnect
        | Trouble::Redirected
        | Trouble::Refused
        | Trouble::Reordered
        | Trouble::Resent
        | Trouble::Slow(_)
        | Trouble::Twice => None,
    }
}

/// Their names, in order.
pub(crate) fn details() -> Vec<String> {
    let packets = (0..ODD_PACKETS.len()).map(|n| format!("packet {n}"));
    let bodies = (0..ODD_BODIES.len()).map(|n| format!("body {n}"));
    let statuses = STATUSES.iter().map(|code| format!("status {code}"));
    packets.chain(bodies).chain(statuses).collect()
}

impl KindRow {
    pub(crate) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Handshake => Self::Handshake,
            Kind::Poll => Self::Poll,
            Kind::Post => Self::Post,
            Kind::Join => Self::Join,
            Kind::Status => Self::Status,
            Kind::Logs => Self::Logs,
            Kind::Terminate => Self::Terminate,
        }
    }
}

impl AnswerRow {
    pub(crate) const fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Piece(_) => Self::Piece,
            Answer::Response(response) => match response.status {
                200..=299 => Self::Good,
                401 => Self::Unauthorized,
                403 => Self::Forbidden,
                404 => Self::NotFound,
                429 | 503 => Self::Throttled,
                400..=499 => Self::Rejected,
                _ => Self::Failing,
            },
            Answer::Failed(RequestError::Body(_)) => Self::BrokenOff,
            Answer::Failed(RequestError::Network(_)) => Self::Lost,
            Answer::Failed(RequestError::Redirected) => Self::Redirected,
            Answer::Failed(RequestError::TooLarge) => Self::TooLarge,
        }
    }
}

impl OutcomeRow {
    pub(crate) const fn of(answer: AnswerRow) -> Self {
        match answer {
            AnswerRow::Piece => Self::Piece,
            AnswerRow::Good => Self::Good,
            AnswerRow::Unauthorized
            | AnswerRow::Forbidden
            | AnswerRow::NotFound
            | AnswerRow::Redirected => Self::Refused,
            AnswerRow::Throttled
            | AnswerRow::Rejected
            | AnswerRow::Failing
            | AnswerRow::BrokenOff
            | AnswerRow::Lost
            | AnswerRow::TooLarge => Self::Failed,
        }
    }
}

impl InputRow {
    pub(crate) const fn of(input: &Input) -> Self {
        match input {
            Input::Acknowledge { .. } => Self::Acknowledge,
            Input::Answer { .. } => Self::Answer,
            Input::Cancel { .. } => Self::Cancel,
            Input::Close => Self::Close,
            Input::Connect => Self::Connect,
            Input::Credentials {
                credentials: Ok(_), ..
            } => Self::Credentials,
            Input::Credentials {
                credentials: Err(_),
                ..
            } => Self::CredentialsThrew,
            Input::Emit(_) => Self::Emit,
            Input::Hidden => Self::Hidden,
            Input::Leaving => Self::Leaving,
            Input::Listen {
                listening: true, ..
            } => Self::Listen,
            Input::Listen {
                listening: false, ..
            } => Self::Unlisten,
            Input::NoWebSocket => Self::NoWebSocket,
            Input::Online(true) => Self::Online,
            Input::Online(false) => Self::Offline,
            Input::Recall { .. } => Self::Recall,
            Input::Refresh(_) => Self::Refresh,
            Input::Remember { .. } => Self::Remember,
            Input::Socket { .. } => Self::Socket,
            Input::Subscribe(_) => Self::Subscribe,
            Input::Timeout => Self::Timeout,
            Input::Unseen => Self::Unseen,
            Input::Unsubscribe(_) => Self::Unsubscribe,
            Input::Verify(_) => Self::Verify,
            Input::Visible => Self::Visible,
        }
    }
}

impl EventRow {
    pub(crate) fn of(event: &Event) -> Self {
        match event {
            Event::Ack { .. } => Self::Ack,
            Event::Cancelled { result: Ok(()), .. } => Self::CancelTaken,
            Event::Cancelled { result: Err(_), .. } => Self::CancelFailed,
            Event::Connect { .. } => Self::Connect,
            Event::ConnectError(_) => Self::ConnectError,
            Event::Disconnect(_) => Self::Disconnect,
            Event::EmitFailed { error, .. } => match error {
                EmitError::AckDropped => Self::EmitAckDropped,
                EmitError::BufferFull => Self::EmitBufferFull,
                EmitError::Closed => Self::EmitClosed,
                EmitError::Disconnected => Self::EmitDisconnected,
                EmitError::Invalid(_) => Self::EmitInvalid,
                EmitError::NotConnected => Self::EmitNotConnected,
                EmitError::TooLarge { .. } => Self::EmitTooLarge,
                EmitError::Timeout => Self::EmitTimeout,
            },
            Event::Message { ack: None, .. } => Self::Message,
            Event::Message { ack: Some(_), .. } => Self::MessageForAck,
            Event::Reconnect(_) => Self::Reconnect,
            Event::ReconnectAttempt(_) => Self::ReconnectAttempt,
            Event::ReconnectFailed(_) => Self::ReconnectFailed,
            Event::Renewed { .. } => Self::Renewed,
            Event::Research { event, .. } => match event {
                ResearchEvent::Log(_) => Self::Log,
                ResearchEvent::Engine(_) => Self::Engine,
                ResearchEvent::Status { .. } => Self::Status,
                ResearchEvent::Task(_) => Self::Task,
                ResearchEvent::Step(_) => Self::Step,
                ResearchEvent::Update(_) => Self::Update,
                ResearchEvent::Failure(_) => Self::Failure,
                ResearchEvent::Gap(gap) if gap.missing.is_none() => Self::GapOfUnknown,
                ResearchEvent::Gap(_) => Self::Gap,
                ResearchEvent::HistoryRead => Self::HistoryRead,
                ResearchEvent::End(_) => Self::End,
                ResearchEvent::Verified(true) => Self::VerifiedShown,
                ResearchEvent::Verified(false) => Self::VerifiedNotShown,
                ResearchEvent::Refusal(Some(_)) => Self::RefusalTold,
                ResearchEvent::Refusal(None) => Self::RefusalTakenBack,
            },
            Event::SearchEngineSelected(_) => Self::SearchEngineSelected,
            Event::State(_) => Self::State,
            Event::Warning(_) => Self::Warning,
        }
    }
}

/// Why, if an event says so, and which event.
pub(crate) fn failure_of(event: &Event) -> Option<(FailureRow, ToldRow)> {
    let (failure, told) = match event {
        Event::ConnectError(failure) => (failure, ToldRow::ConnectError),
        Event::Disconnect(failure) => (failure, ToldRow::Disconnect),
        Event::ReconnectFailed(failure) => (failure, ToldRow::ReconnectFailed),
        Event::Cancelled {
            result: Err(failure),
            ..
        } => (failure, ToldRow::Cancelled),
        _ => return None,
    };
    Some((FailureRow::of(failure), told))
}

impl FailureRow {
    const fn of(failure: &Failure) -> Self {
        match failure {
            Failure::Asleep => Self::Asleep,
            Failure::BadRequest(_) => Self::BadRequest,
            Failure::Closed => Self::Closed,
            Failure::ConnectError(_) => Self::ConnectError,
            Failure::Credentials(_) => Self::Credentials,
            Failure::CutBody(_) => Self::CutBody,
            Failure::Internal(_) => Self::Internal,
            Failure::LoginPage => Self::LoginPage,
            Failure::Network(_) => Self::Network,
            Failure::NotEngineIo(_) => Self::NotEngineIo,
            Failure::NotFound => Self::NotFound,
            Failure::NotTerminated(_) => Self::NotTerminated,
            Failure::OldServer => Self::OldServer,
            Failure::OriginRefused => Self::OriginRefused,
            Failure::Outlived => Self::Outlived,
            Failure::PageHidden => Self::PageHidden,
            Failure::PollingRefused => Self::PollingRefused,
            Failure::Protocol(_) => Self::Protocol,
            Failure::Redirected => Self::Redirected,
            Failure::Refused(_) => Self::Refused,
            Failure::ServerClosed => Self::ServerClosed,
            Failure::ServerDisconnected => Self::ServerDisconnected,
            Failure::SessionUnknown => Self::SessionUnknown,
            Failure::SocketClosed(..) => Self::SocketClosed,
            Failure::Status(_) => Self::Status,
            Failure::StickySessions => Self::StickySessions,
            Failure::Throttled { .. } => Self::Throttled,
            Failure::Timeout(Phase::Connect) => Self::TimeoutOfConnect,
            Failure::Timeout(Phase::Credentials) => Self::TimeoutOfCredentials,
            Failure::Timeout(Phase::Handshake) => Self::TimeoutOfHandshake,
            Failure::Timeout(Phase::Heartbeat) => Self::TimeoutOfHeartbeat,
            Failure::Timeout(Phase::Post) => Self::TimeoutOfPost,
            Failure::TooLarge(_) => Self::TooLarge,
            Failure::Unauthorized(_) => Self::Unauthorized,
            Failure::Unheard => Self::Unheard,
            Failure::VersionRefused => Self::VersionRefused,
        }
    }
}

impl StateRow {
    pub(crate) const fn of(name: StateName) -> Self {
        match name {
            StateName::Closed => Self::Closed,
            StateName::Connected => Self::Connected,
            StateName::Connecting => Self::Connecting,
            StateName::Fallback => Self::Fallback,
            StateName::Offline => Self::Offline,
            StateName::Reconnecting => Self::Reconnecting,
            StateName::Stopped => Self::Stopped,
        }
    }
}
