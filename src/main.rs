//! The `tributary` program: what its words mean, and the wiring of the rooms. No logic lives here.
//!
//! `cli` is the command line, `exit` what its exit codes mean, `installation` a data directory, `running` a node,
//! `interface` its web interface, `command/*` one file per command, `bench/*` one file per benchmark.

#[macro_use]
mod output;

mod bench;
mod cli;
mod command;
mod exit;
mod installation;
mod interface;
mod running;
mod stewardship;
mod web_client;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::read();
    cli::init_logging(cli.verbose, cli.log_json);
    match command::run(cli.command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
