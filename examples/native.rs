//! Follows one research without a browser, and prints its lines and its end.
//!
//! ```text
//! cargo run --example native -- http://127.0.0.1:5000 research-12345
//! cargo run --example native -- http://127.0.0.1:5000 research-12345 --websocket
//! ```
//!
//! Ctrl-C says goodbye to the server. The exit code is 0 if the research was completed, 1 if it was not, and 2 if the
//! arguments are wrong. Lines with `#` tell of the connection.

// The browser tests compile all targets for wasm32, where there is no network for this.
#![cfg_attr(target_arch = "wasm32", no_main)]
#![cfg(not(target_arch = "wasm32"))]

mod host;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use host::{Host, Traffic, follow};
use research_socket::config::Config;
use research_socket::research::{ResearchId, Status};
use research_socket::websocket::Transport;
use tokio::sync::mpsc;

const USAGE: &str = "usage: native <url> <research-id> [--websocket]
<url> is the server's origin, such as http://127.0.0.1:5000";

/// What the command line says.
struct Arguments {
    config: Config,
    research: ResearchId,
}

fn main() -> ExitCode {
    match read(std::env::args().skip(1)) {
        Ok(arguments) => run(arguments).unwrap_or_else(|error| {
            eprintln!("native: {error}");
            ExitCode::FAILURE
        }),
        Err(words) => {
            eprintln!("native: {words}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn read(arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let (options, places): (Vec<_>, Vec<_>) = arguments.partition(|word| word.starts_with("--"));
    let [url, id] = &places[..] else {
        return Err("an address and an id are needed".to_owned());
    };
    if url.starts_with("https:") {
        return Err("there is no TLS in this example".to_owned());
    }
    let mut config = Config::new(url.trim_end_matches('/'));
    // Newer servers have it elsewhere.
    config.either_path = true;
    for option in options {
        match option.as_str() {
            "--websocket" => config.transport = Transport::WebSocket,
            _ => return Err(format!("there is no {option}")),
        }
    }
    config.check().map_err(|error| error.to_string())?;
    let research = ResearchId::from_text(id).map_err(|error| error.to_string())?;
    Ok(Arguments { config, research })
}

fn run(arguments: Arguments) -> io::Result<ExitCode> {
    let (stop, mut stopped) = mpsc::unbounded_channel();
    // Whoever has ended already needs no word.
    let handler = move || stop.send(()).unwrap_or_default();
    ctrlc::set_handler(handler).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let end = runtime.block_on(async {
        let seed = u64::from(std::process::id());
        let mut host = Host::new(arguments.config, seed, Arc::new(Traffic::default()))
            .map_err(io::Error::other)?;
        let stop = async {
            stopped.recv().await;
        };
        follow(&mut host, arguments.research, &mut io::stdout(), stop).await
    })?;
    let is_complete = end.is_some_and(|end| end.status == Status::Completed);
    Ok(ExitCode::from(u8::from(!is_complete)))
}
