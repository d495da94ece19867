//! The demo: a recorded working day, from observation to receipt, and the proof of what came out.

mod cast;
mod clock;
mod day;
mod employee;
mod proof;
mod random;
mod stage;
mod summary;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use fenming_core::observation::{Observation, jsonl};

use self::stage::Stage;
use self::summary::Summary;
use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming demo`.
#[derive(clap::Args)]
pub struct Args {
    /// Leave keys, documents, the phone's store and the endpoint's folder in this new folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Replay these observations (JSON Lines) instead of the recorded day
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// How much faster than life the day passes; 0 does not wait at all
    #[arg(long, value_name = "FACTOR", default_value_t = DEFAULT_SPEED)]
    speed: u32,
    /// Seed of the phone's random numbers, for a run that can be repeated
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Language of the consent notice
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value = "en")]
    lang: Tongue,
}

/// A language of the consent notice.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Tongue {
    /// Simplified Chinese
    #[value(name = "zh-Hans")]
    Chinese,
    /// English
    En,
}

/// The recorded day, invented.
const WORKING_DAY: &[u8] = include_bytes!("../../data/working-day.jsonl");

/// Twelve hours pass in ten seconds.
const DEFAULT_SPEED: u32 = 4_320;

/// Most observations of an input file: months of one phone, still small in memory.
const MAX_OBSERVATIONS: usize = 200_000;

/// Runs the command.
///
/// # Errors
/// [`CliError`]; a file that cannot be read is refused before anything is made.
#[allow(clippy::needless_pass_by_value, reason = "every command is called like this")]
pub fn run(args: Args, out: &mut Output) -> Result<(), CliError> {
    let observations = match &args.input {
        Some(path) => from_file(path)?,
        None => collect("the recorded day", WORKING_DAY)?,
    };
    let first = observations.first().map(Observation::at).unwrap_or_default();
    let stage = Stage::set(&args, first, out)?;
    stage.enrol(args.lang.into(), out)?;
    let mut summary = Summary::default();
    day::replay(&stage, &observations, args.speed, &mut summary, out)?;
    stage.close(&mut summary)?;
    let report = proof::verify(&stage, out)?;
    summary.add_report(&report);
    summary.print(out);
    proof::show_stock_commands(&stage, out);
    stage.farewell(out);
    if report.faults() == 0 && summary.is_balanced() {
        Ok(())
    } else {
        Err(CliError::unverified("the archive is not as it should be"))
    }
}

fn from_file(path: &Path) -> Result<Vec<Observation>, CliError> {
    let file = File::open(path).map_err(|error| CliError::io(path, &error))?;
    let observations = collect(&path.display().to_string(), BufReader::new(file))?;
    if observations.is_empty() {
        let error = CliError::input(format!("{}: holds no observation", path.display()));
        return Err(error.hint("one JSON object a line; see cli/data/README.md for the shapes"));
    }
    Ok(observations)
}

fn collect(name: &str, input: impl BufRead) -> Result<Vec<Observation>, CliError> {
    let mut observations = Vec::new();
    for line in jsonl::read(input) {
        let next = line.map_err(|error| CliError::input(format!("{name}: {error}")))?;
        if observations.len() >= MAX_OBSERVATIONS {
            return Err(CliError::input(format!("{name}: has more than {MAX_OBSERVATIONS} lines")));
        }
        observations.push(next);
    }
    Ok(observations)
}

impl From<Tongue> for fenming_wire::text::Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Chinese => Self::Chinese,
            Tongue::En => Self::English,
        }
    }
}
