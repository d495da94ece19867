//! Completions for shells.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::Cli;
use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming completions`.
#[derive(clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the completions.
///
/// # Errors
/// [`CliError`] where standard output cannot be written.
pub fn run(args: Args, out: &mut Output) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "fenming", &mut script);
    out.bytes(&script);
    Ok(())
}
