//! Follows one research, and writes what it hears.

use std::io::{self, Write};

use research_socket::research::{End, Event, Input, ResearchEvent, ResearchId, State};

use super::Host;

/// Connects, and writes each line of the research and what becomes of the connection until the research ends, or
/// until `stop` is ready. Then it says goodbye to the server. The end, if it came.
///
/// # Errors
/// Whatever keeps it from writing.
pub async fn follow(
    host: &mut Host,
    research: ResearchId,
    out: &mut impl Write,
    stop: impl Future<Output = ()>,
) -> io::Result<Option<End>> {
    host.give(Input::Subscribe(research));
    host.give(Input::Connect);
    let mut stop = std::pin::pin!(stop);
    let mut is_stopped = false;
    let mut end = None;
    let mut written = Ok(());
    loop {
        let event = tokio::select! {
            event = host.next() => event,
            () = &mut stop, if !is_stopped => {
                is_stopped = true;
                host.give(Input::Close);
                continue;
            }
        };
        let Some(event) = event else { break };
        if let Event::Research {
            event: ResearchEvent::End(news),
            ..
        } = &event
        {
            end = Some(news.clone());
        }
        if let (Some(line), true) = (line_of(&event), written.is_ok()) {
            written = writeln!(out, "{line}");
        }
        // Lines that the server stored, and that were missed, come before the end; its own log may be read behind it.
        let is_done = end.is_some() || written.is_err();
        if is_done && !is_stopped {
            is_stopped = true;
            host.give(Input::Close);
        }
    }
    written.map(|()| end)
}

/// What is written of an event, if anything is.
fn line_of(event: &Event) -> Option<String> {
    match event {
        Event::State(state) => Some(state_in_words(state)),
        Event::Warning(warning) => Some(format!("# warning: {warning:?}")),
        Event::Research { event, .. } => of_research(event),
        Event::Ack { .. }
        | Event::Cancelled { .. }
        | Event::Connect { .. }
        | Event::ConnectError(_)
        | Event::Disconnect(_)
        | Event::EmitFailed { .. }
        | Event::Message { .. }
        | Event::Reconnect(_)
        | Event::ReconnectAttempt(_)
        | Event::ReconnectFailed(_)
        | Event::Renewed { .. }
        | Event::SearchEngineSelected(_) => None,
    }
}

fn of_research(event: &ResearchEvent) -> Option<String> {
    match event {
        ResearchEvent::Log(line) => {
            let time = line.time.as_deref().unwrap_or("-");
            Some(format!("{time} {} {}", line.level.as_str(), line.message))
        }
        ResearchEvent::Failure(failure) => Some(format!("# failure: {failure:?}")),
        ResearchEvent::Gap(gap) => Some(format!(
            "# {} missed lines were recovered, {} are lost",
            gap.recovered,
            gap.missing
                .map_or_else(|| "nobody knows how many".to_owned(), |n| n.to_string())
        )),
        ResearchEvent::Refusal(Some(refusal)) => Some(format!("# refused: {}", refusal.as_str())),
        ResearchEvent::Refusal(None) => Some("# shown again".to_owned()),
        ResearchEvent::End(end) => Some(format!(
            "# {}: {}",
            end.status.as_str(),
            end.message.as_deref().unwrap_or("no words")
        )),
        ResearchEvent::Engine(_)
        | ResearchEvent::HistoryRead
        | ResearchEvent::Status { .. }
        | ResearchEvent::Step(_)
        | ResearchEvent::Task(_)
        | ResearchEvent::Update(_)
        | ResearchEvent::Verified(_) => None,
    }
}

fn state_in_words(state: &State) -> String {
    let mut words = format!("# {}", state.name.as_str());
    if let Some(ms) = state.delay_ms {
        words += &format!(", next attempt in {ms} ms");
    }
    if let Some(reason) = &state.reason {
        words += &format!(": {reason}");
    }
    words
}
