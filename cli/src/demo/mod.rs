//! The demo: a working day, from observation to receipt.

use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming demo`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// [`CliError`].
pub fn run(_args: Args, _out: &mut Output) -> Result<(), CliError> {
    Err(CliError::fault("this command is not built yet"))
}
