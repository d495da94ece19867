//! `fenming collector`: sets an endpoint up, runs it, and shows IT what it has.
//!
//! The endpoint cannot read what it stores, so nothing here shows content. Devices and people
//! stand under their pseudonyms.

mod console;
mod folder;
mod init;
mod refusal;
mod serve;
mod token;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use fenming_collector::{Config, Console, SystemClock};

use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming collector`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make an endpoint's folder: private CA, certificate, configuration, profile for phones
    Init(init::Args),
    /// Run the endpoint until SIGINT or SIGTERM; SIGHUP reads trust document and policy anew
    Serve(serve::Args),
    /// Make a one-time token with which one device of a person may enrol
    Token(token::Args),
    /// List the devices and how they are doing
    Devices(console::DevicesArgs),
    /// List the batches that were receipted
    Batches(console::BatchesArgs),
    /// Refuse a device from now on; what it sent stays
    Block(console::DeviceArgs),
    /// Let a blocked device in again
    Unblock(console::DeviceArgs),
}

/// Which endpoint is meant.
#[derive(clap::Args)]
struct Here {
    /// The endpoint's configuration, as `collector init` writes it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`].
#[allow(clippy::needless_pass_by_value, reason = "every command is called like this")]
pub fn run(args: Args, out: &mut Output) -> Result<(), CliError> {
    match args.action {
        Action::Init(args) => init::run(&args, out),
        Action::Serve(args) => serve::run(&args, out),
        Action::Token(args) => token::run(&args, out),
        Action::Devices(args) => console::devices(&args, out),
        Action::Batches(args) => console::batches(&args, out),
        Action::Block(args) => console::block(&args, out),
        Action::Unblock(args) => console::unblock(&args, out),
    }
}

impl Here {
    fn load(&self) -> Result<Config, CliError> {
        Config::from_file(&self.config).map_err(|error| refusal::config(&self.config, &error))
    }

    /// The operator's view, whether the endpoint runs now or not.
    fn console(&self) -> Result<Console, CliError> {
        let data = self.load()?.data;
        Console::open(&data, Arc::new(SystemClock)).map_err(|error| refusal::store(&error))
    }

    fn folder(&self) -> &Path {
        self.config.parent().unwrap_or_else(|| Path::new("."))
    }
}

#[cfg(test)]
mod tests;
