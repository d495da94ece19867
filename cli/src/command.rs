//! The tree of commands, and the dispatcher.

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::error::{CliError, EXIT_TABLE, Exit};
use crate::output::Output;
use crate::{archive, collector, completions, demo, device, keygen, policy, trust};

/// Business chats kept apart from personal ones: archived with consent, readable by the custodian
/// alone.
#[derive(Parser)]
#[command(name = "fenming", version, after_help = EXIT_TABLE)]
#[command(max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Args)]
pub(crate) struct Globals {
    /// Print data as JSON: one document, or one a line
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print results and errors only
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// When to use colour; `auto` follows the terminal and NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(help_heading = "Output")]
    pub(crate) color: Colour,
}

/// When to use colour.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Command {
    /// Watch a working day being separated, sealed, forwarded and opened
    Demo(demo::Args),
    /// Make the keys of custodian, counsel, policy and receipts
    Keygen(keygen::Args),
    /// Write, sign, check and show the trust document
    Trust(trust::Args),
    /// Write, sign, check and show the policy
    Policy(policy::Args),
    /// Run the endpoint and look at what it has
    Collector(collector::Args),
    /// Be a device: enrol, consent, replay, forward
    Device(device::Args),
    /// Open and verify what arrived
    Archive(archive::Args),
    /// Print the completions of a shell
    Completions(completions::Args),
}

/// Runs the program on its arguments, the first of which is its own name.
pub fn run<I, T>(args: I, out: &mut Output) -> Exit
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(refusal) => return out.usage(&refusal),
    };
    out.configure(&cli.globals);
    match dispatch(cli.command, out).and_then(|()| out.close()) {
        Ok(()) => Exit::Done,
        Err(error) => {
            out.failed(&error);
            error.exit()
        }
    }
}

fn dispatch(command: Command, out: &mut Output) -> Result<(), CliError> {
    match command {
        Command::Demo(args) => demo::run(args, out),
        Command::Keygen(args) => keygen::run(args, out),
        Command::Trust(args) => trust::run(args, out),
        Command::Policy(args) => policy::run(args, out),
        Command::Collector(args) => collector::run(args, out),
        Command::Device(args) => device::run(args, out),
        Command::Archive(args) => archive::run(args, out),
        Command::Completions(args) => completions::run(args, out),
    }
}

#[cfg(test)]
mod tests;
