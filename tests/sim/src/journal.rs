//! Everything that went into clients and came out of them, to be played again.

use std::fmt::{self, Write as _};

use research_socket::config::Config;
use research_socket::http::Answer;
use research_socket::research::{Client, Input, Output};
use research_socket::time::Timestamp;

/// A record of a run: the inputs to play again, and a hash of all outputs.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// Each client that was made: its seed and when.
    born: Vec<(usize, u64, Timestamp)>,
    /// Which client, when, what.
    pub inputs: Vec<(usize, Timestamp, Input)>,
    hash: Hash,
    /// Of each input, its outputs as they print, if they are wanted.
    story: Option<String>,
}

impl Journal {
    /// A journal that also keeps everything as text.
    pub fn telling() -> Self {
        Self {
            story: Some(String::new()),
            ..Self::default()
        }
    }

    /// Everything that went in and out, as text, if that is kept.
    pub fn story(&self) -> &str {
        self.story.as_deref().unwrap_or_default()
    }

    /// FNV-1a of all outputs as they print.
    pub const fn hash(&self) -> u64 {
        self.hash.0
    }

    pub(crate) fn birth(&mut self, client: usize, seed: u64, now: Timestamp) {
        self.born.push((client, seed, now));
    }

    /// Gives fresh clients the same inputs, without pages, network and server.
    ///
    /// # Errors
    /// What comes out differs, in words.
    pub(crate) fn play(&self, config: &Config) -> Result<(), String> {
        let mut clients = Vec::new();
        for (name, seed, now) in &self.born {
            let client = Client::new(config.clone(), *seed, *now);
            clients.push((*name, client.map_err(|error| format!("{error:?}"))?));
        }
        let mut again = Self::default();
        for (name, now, input) in &self.inputs {
            let client = clients.iter_mut().find(|(other, _)| other == name);
            let Some((_, client)) = client else {
                return Err(format!("client {name} was never made"));
            };
            client.handle_input(*now, input.clone());
            while let Some(output) = client.poll_output() {
                again.output(&output);
            }
        }
        match again.hash() == self.hash() {
            true => Ok(()),
            false => Err("fresh clients do otherwise with the same inputs".to_owned()),
        }
    }

    pub(crate) fn input(&mut self, client: usize, now: Timestamp, input: &Input) {
        self.inputs.push((client, now, input.clone()));
        if let Some(story) = &mut self.story {
            let _ = match input {
                Input::Answer {
                    request,
                    answer: Answer::Response(response),
                } => {
                    let body = String::from_utf8_lossy(&response.body);
                    let body = body.replace('\u{1e}', " | ");
                    let status = response.status;
                    writeln!(
                        story,
                        "{client} {} {request:?} {status} {body}",
                        now.as_millis()
                    )
                }
                _ => writeln!(story, "{client} {} {input:?}", now.as_millis()),
            };
        }
    }

    pub(crate) fn output(&mut self, output: &Output) {
        if let Some(story) = &mut self.story {
            let _ = writeln!(story, "    {output:?}");
        }
        // Hashing cannot fail.
        let _ = writeln!(self.hash, "{output:?}");
    }
}

#[derive(Clone, Debug)]
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}
