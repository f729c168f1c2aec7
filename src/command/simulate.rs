//! `tributary simulate`: a run of the simulator, and its report.

use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;
use simulator::{Options, Report};

use crate::cli::Simulate;
use crate::exit::{Exit, Failure};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output<'a> {
    held: bool,
    wall_seconds: f64,
    #[serde(flatten)]
    report: &'a Report,
}

/// Runs and reports; a violated invariant is exit code 4.
pub fn run(options: Simulate) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let report = simulator::simulate(&Options {
        seed: options.seed,
        sites: options.sites,
        days: options.days,
        ..Options::default()
    });
    let wall_seconds = began.elapsed().as_secs_f64();
    match options.json {
        true => {
            let output = Output { held: report.held(), wall_seconds, report: &report };
            say!("{}", serde_json::to_string(&output).map_err(|error| Failure::failed("report", error))?);
        }
        false => {
            say!("{}", report.human());
            let site_years = f64::from(options.sites) * f64::from(options.days) / 365.25;
            say!("It took {wall_seconds:.1} s, {:.2} site-years a minute.", site_years / wall_seconds * 60.0);
        }
    }
    Ok(if report.held() { ExitCode::SUCCESS } else { ExitCode::from(Exit::NotInOrder as u8) })
}
