//! One file per command.

mod bundle;
mod demo;
mod enrol;
mod import;
mod import_table;
mod init;
mod serve;
mod simulate;
pub mod status;
mod verify;

use std::process::ExitCode;

pub use enrol::join;

use crate::cli::{Command, Import};
use crate::exit::Failure;

/// Carries out a command.
pub fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Demo(options) => demo::run(options),
        Command::Init(options) => init::run(options),
        Command::Enrol(options) => enrol::run(options),
        Command::Serve(options) => serve::run(options),
        Command::Import(Import::Deliveries(options)) => import::run(options),
        Command::Import(Import::Items(options)) => import_table::items(&options),
        Command::Import(Import::Stock(options)) => import_table::stock(&options),
        Command::Simulate(options) => simulate::run(options),
        Command::Bench(options) => crate::bench::run(options),
        Command::Status(options) => status::run(options),
        Command::Verify(options) => verify::run(&options),
        Command::Bundle(command) => bundle::run(command),
    }
}
