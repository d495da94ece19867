//! `device changes`: how the organisation's rules changed.

use std::path::Path;

use fenming_core::agent::LoggedChange;
use serde::Serialize;

use super::opening::existing;
use super::shown::{one_line, time, words};
use crate::error::CliError;
use crate::output::{Output, Table};

/// Arguments of `fenming device changes`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Most changes that are listed, the newest first
    #[arg(long, value_name = "N", default_value = "50")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
}

#[derive(Serialize)]
struct Listed {
    changes: Vec<LoggedChange>,
}

pub(super) fn run(dir: &Path, args: &Args, out: &mut Output) -> Result<(), CliError> {
    let listed = Listed { changes: existing(dir)?.changes(args.limit)? };
    out.json(&listed);
    if listed.changes.is_empty() {
        out.line("The rules have not changed since this device enrolled.");
        return Ok(());
    }
    let mut table = Table::new(&["since", "policy", "what", "kind", "rule", "words"]).right(&[1]);
    for LoggedChange { at, policy_version, change } in &listed.changes {
        table.row(vec![
            time(Some(*at)),
            policy_version.to_string(),
            words(&change.change),
            words(&change.kind),
            change.rule.to_string(),
            one_line(change.words.expose()),
        ]);
    }
    out.table(&table);
    Ok(())
}
