//! A virtual day: 24 hours, a million log lines of 125 researches, 500 reconnections. Every line has
//! to be heard once, and the client's memory at the end has to be what it was after an hour. Then another day, of twelve tabs
//! that share a connection, and what they take up together.

#![allow(
    clippy::print_stdout,
    reason = "results of a command line tool belong on stdout"
)]

mod day;
mod memory;

use std::process::ExitCode;

use sim::hunt::Stopwatch;
use sim::tabs::{self, Meter};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

fn main() -> ExitCode {
    let began = Stopwatch::start();
    let mut day = day::Day::new();
    let result = day.pass();
    println!("{}", day.words());
    println!("it took {:.1} s", began.elapsed().as_secs_f64());
    drop(day);
    let tabs = tabs::day(Meter {
        mark: memory::mark,
        bytes: memory::client_bytes,
    });
    println!("it took {:.1} s", began.elapsed().as_secs_f64());
    match result.and(tabs) {
        Ok(words) => {
            println!("{words}");
            ExitCode::SUCCESS
        }
        Err(words) => {
            println!("error: {words}");
            ExitCode::FAILURE
        }
    }
}
