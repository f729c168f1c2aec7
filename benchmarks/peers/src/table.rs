//! The figures as the rows of one table in Markdown.

use std::time::Duration;

use crate::job::{DAY_DOCUMENTS, DAY_EDITS_EACH};
use crate::stages::{Life, Measured, Stage, Traffic};

/// One life of each system on the same terms: Tributary's and samod's, as in every pair here.
pub type Lives = [Life; 2];

/// All that was measured with one number of documents.
pub struct Comparison {
    /// How many documents there were.
    pub documents: usize,
    /// What the first stage was allowed to take.
    pub patience: Duration,
    /// On the loopback; medians count.
    pub near: Vec<Lives>,
    /// Over a long link, with its round trip; nothing where that was not asked.
    pub far: Option<(Duration, Lives)>,
    /// Over a link so long that everything else hardly counts, with its round trip; nothing where that was not asked.
    pub counted: Option<(Duration, Lives)>,
}

/// The heading of the rows.
pub const HEADING: &str = "\
| stage | measured | Tributary | samod | samod / Tributary |
|---|---|---:|---:|---:|";

const STAGES: [Stage; 4] = [Stage::First, Stage::Quiet, Stage::Day, Stage::Live];

/// One figure of one system.
#[derive(Clone, Copy, Debug)]
enum Figure {
    /// Not measured.
    Missing,
    /// What was measured.
    Is(f64),
    /// It was given up here.
    MoreThan(f64),
}

impl Comparison {
    /// The rows of all stages; what was measured of neither system has none.
    pub fn rows(&self) -> Vec<String> {
        STAGES.into_iter().flat_map(|stage| self.stage_rows(stage)).collect()
    }

    fn stage_rows(&self, stage: Stage) -> Vec<String> {
        let mut rows = vec![
            ("bytes".to_owned(), self.traffic(stage, |traffic| traffic.bytes), 0),
            ("messages".to_owned(), self.traffic(stage, |traffic| traffic.messages), 0),
            ("ms on loopback".to_owned(), self.near_time(stage), 1),
        ];
        if let Some((round_trip, lives)) = &self.far {
            rows.push((
                format!("ms over a link of {} ms", round_trip.as_millis()),
                time(lives, stage, 1e-3),
                0,
            ));
        }
        if let Some((round_trip, lives)) = &self.counted {
            rows.push(("round trips".to_owned(), time(lives, stage, round_trip.as_secs_f64()), 1));
        }
        let mut name = name(stage, self.documents);
        rows.into_iter()
            .filter(|(_, figures, _)| figures.iter().any(|it| !matches!(it, Figure::Missing)))
            .map(|(what, figures, digits)| line(&std::mem::take(&mut name), &what, figures, digits))
            .collect()
    }

    fn traffic(&self, stage: Stage, what: impl Fn(Traffic) -> u64) -> [Figure; 2] {
        self.medians(|life| of(life, stage).map(|measured| what(measured.traffic) as f64))
    }

    /// Milliseconds on the loopback.
    fn near_time(&self, stage: Stage) -> [Figure; 2] {
        let mut times =
            self.medians(|life| of(life, stage).map(|measured| measured.time.as_secs_f64() * 1e3));
        for (system, time) in times.iter_mut().enumerate() {
            if stage == Stage::First && self.near.iter().any(|lives| lives[system].measured.is_empty()) {
                *time = Figure::MoreThan(self.patience.as_secs_f64() * 1e3);
            }
        }
        times
    }

    fn medians(&self, what: impl Fn(&Life) -> Option<f64>) -> [Figure; 2] {
        [0, 1].map(|system| median(self.near.iter().filter_map(|lives| what(&lives[system]))))
    }
}

fn name(stage: Stage, documents: usize) -> String {
    let documents = thousands(documents as f64, 0);
    let edits = DAY_DOCUMENTS * DAY_EDITS_EACH;
    match stage {
        Stage::First => format!("first synchronisation of {documents} documents"),
        Stage::Quiet => format!("{documents} documents, nothing changed, a new connection"),
        Stage::Day => format!("{documents} documents, {edits} edits of {DAY_DOCUMENTS}, a new connection"),
        Stage::Live => format!("{documents} documents, one edit while connected"),
    }
}

fn line(name: &str, what: &str, [tributary, samod]: [Figure; 2], digits: usize) -> String {
    let ratio = match (tributary, samod) {
        (Figure::Is(tributary), Figure::Is(samod)) => Figure::Is(samod / tributary),
        (Figure::Is(tributary), Figure::MoreThan(samod)) => Figure::MoreThan(samod / tributary),
        _ => Figure::Missing,
    };
    let ratio_digits = match ratio {
        Figure::Is(ratio) if ratio < 10.0 => 2,
        Figure::Is(ratio) if ratio < 100.0 => 1,
        _ => 0,
    };
    let (tributary, samod, ratio) = (cell(tributary, digits), cell(samod, digits), cell(ratio, ratio_digits));
    format!("| {name} | {what} | {tributary} | {samod} | {ratio} |")
}

fn cell(figure: Figure, digits: usize) -> String {
    match figure {
        Figure::Missing => "—".to_owned(),
        Figure::Is(value) => thousands(value, digits),
        Figure::MoreThan(value) => format!("> {}", thousands(value, digits)),
    }
}

/// What a stage took, in units of this many seconds.
fn time(lives: &Lives, stage: Stage, unit: f64) -> [Figure; 2] {
    let figure = |measured: &Measured| Figure::Is(measured.time.as_secs_f64() / unit);
    lives.each_ref().map(|life| of(life, stage).map_or(Figure::Missing, figure))
}

fn of(life: &Life, stage: Stage) -> Option<&Measured> {
    life.measured.iter().find(|measured| measured.stage == stage)
}

fn median(figures: impl Iterator<Item = f64>) -> Figure {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).map_or(Figure::Missing, |figure| Figure::Is(*figure))
}

/// A figure with so many decimals and its thousands apart.
fn thousands(figure: f64, digits: usize) -> String {
    let text = format!("{figure:.digits$}");
    let whole = text.find('.').unwrap_or(text.len());
    let mut apart = String::new();
    for (place, character) in text.chars().enumerate() {
        if place > 0 && place < whole && (whole - place).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(character);
    }
    apart
}
