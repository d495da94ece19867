//! The device: an employee's agent on a desktop.
//!
//! It is the agent that a phone runs, over the same calls and with the same store; only its keys
//! stand in files. The employee sees their own content on their own screen, so results may hold
//! titles and texts; errors never do.

mod changes;
mod chats;
mod consent;
mod enrol;
mod forward;
mod holds;
mod numbers;
mod opening;
pub mod ports;
mod records;
mod replay;
pub(crate) mod share;
pub(crate) mod shown;
mod status;
mod switch;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use fenming_wire::text::Language;

pub use opening::{open, open_by};

use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming device`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    here: Here,
    #[command(subcommand)]
    command: Command,
}

/// Where the device is, and in which words it speaks of rules and rights.
#[derive(clap::Args)]
struct Here {
    /// The device's folder
    #[arg(long, global = true, value_name = "DIR", default_value = "./fenming-device")]
    #[arg(help_heading = "Device")]
    dir: PathBuf,
    /// Language of the notice and of explanations
    #[arg(long, global = true, value_name = "LANG", default_value = "en")]
    #[arg(help_heading = "Device")]
    lang: Lang,
}

/// A language by its tag.
#[derive(Clone, Copy, ValueEnum)]
enum Lang {
    #[value(name = "zh-Hans")]
    Chinese,
    #[value(name = "en")]
    English,
}

#[derive(Subcommand)]
enum Command {
    /// Take IT's profile, see who asks, and enrol
    Enrol(enrol::Args),
    /// Read the consent notice
    Notice,
    /// Agree to the notice, or refuse
    Consent(consent::Args),
    /// Hand in observations from a file
    Replay(replay::Args),
    /// Share chat text and files, as from WeChat
    Share(share::Args),
    /// See how the agent is doing
    Status,
    /// List the chats that the store knows
    Chats,
    /// Say of a chat whether it is business or personal
    Tag(chats::TagArgs),
    /// Note what the counterpart of a chat knows and wants
    Counterpart(chats::CounterpartArgs),
    /// List what was captured, why, and where it is on its way
    Records(records::Args),
    /// Take a record back within its review window
    Retract(records::RetractArgs),
    /// List what waits for your decision
    Holds,
    /// Destroy one item that waits for your decision
    Discard(holds::DiscardArgs),
    /// List changes of the organisation's rules
    Changes(changes::Args),
    /// Pause capture
    Pause,
    /// Resume capture
    Resume,
    /// Withdraw your consent, at once and offline
    Withdraw,
    /// Send what is due
    Forward(forward::Args),
    /// Fetch trust document and policy
    Refresh,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`].
pub fn run(args: Args, out: &mut Output) -> Result<(), CliError> {
    let Args { here, command } = args;
    let language = here.lang.into();
    match command {
        Command::Enrol(args) => enrol::run(&here.dir, &args, out),
        Command::Notice => consent::notice(&here.dir, language, out),
        Command::Consent(args) => consent::run(&here.dir, language, args, out),
        Command::Replay(args) => replay::run(&here.dir, &args, language, out),
        Command::Share(args) => share::run(&here.dir, &args, out),
        Command::Status => status::run(&here.dir, out),
        Command::Chats => chats::run(&here.dir, language, out),
        Command::Tag(args) => chats::tag(&here.dir, &args, out),
        Command::Counterpart(args) => chats::counterpart(&here.dir, &args, out),
        Command::Records(args) => records::run(&here.dir, &args, language, out),
        Command::Retract(args) => records::retract(&here.dir, &args, out),
        Command::Holds => holds::run(&here.dir, language, out),
        Command::Discard(args) => holds::discard(&here.dir, &args, out),
        Command::Changes(args) => changes::run(&here.dir, &args, out),
        Command::Pause => switch::pause(&here.dir, true, out),
        Command::Resume => switch::pause(&here.dir, false, out),
        Command::Withdraw => switch::withdraw(&here.dir, out),
        Command::Forward(args) => forward::run(&here.dir, &args, out),
        Command::Refresh => forward::refresh(&here.dir, out),
    }
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Chinese => Self::Chinese,
            Lang::English => Self::English,
        }
    }
}
