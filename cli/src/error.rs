//! What a command can end with: an exit code, words for people, and what to do next.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use fenming_core::AgentError;
use fenming_wire::WireError;

/// How the program ends. The numbers are documented and do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: a fault of the program's own.
    Fault,
    /// 2: the command line or an input file is wrong.
    Input,
    /// 3: something was verified and is not as it should be.
    Unverified,
    /// 4: refused: not permitted now, or it would overwrite something.
    Refused,
    /// 5: a file or folder cannot be read or written.
    Io,
    /// 6: the endpoint cannot be reached, or does not answer as it should.
    Network,
}

/// The exit codes, as `--help` shows them.
pub const EXIT_TABLE: &str = "\
Exit codes:
  0  done
  1  a fault of the program's own
  2  the command line or an input file is wrong
  3  verified, and not as it should be
  4  refused: not permitted now, or it would overwrite something
  5  a file or folder cannot be read or written
  6  the endpoint cannot be reached, or does not answer as it should";

/// Why a command did not end well. It never holds content.
#[derive(Debug)]
pub struct CliError {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Exit {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Fault,
        Self::Input,
        Self::Unverified,
        Self::Refused,
        Self::Io,
        Self::Network,
    ];

    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Fault => 1,
            Self::Input => 2,
            Self::Unverified => 3,
            Self::Refused => 4,
            Self::Io => 5,
            Self::Network => 6,
        }
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Fault => "fault",
            Self::Input => "input",
            Self::Unverified => "unverified",
            Self::Refused => "refused",
            Self::Io => "io",
            Self::Network => "network",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl CliError {
    /// An error that ends with the given code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None }
    }

    /// The command line or an input file is wrong.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Exit::Input, message)
    }

    /// Something was verified and is not as it should be.
    pub fn unverified(message: impl Into<String>) -> Self {
        Self::new(Exit::Unverified, message)
    }

    /// Not permitted now, or it would overwrite something.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// A file or folder cannot be read or written.
    #[must_use]
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::new(Exit::Io, format!("{}: {}", path.display(), reason(error)))
    }

    /// The endpoint cannot be reached, or does not answer as it should.
    pub fn network(message: impl Into<String>) -> Self {
        Self::new(Exit::Network, message)
    }

    /// A fault of the program's own.
    pub fn fault(message: impl Into<String>) -> Self {
        Self::new(Exit::Fault, message)
    }

    /// An input file that a wire document refuses, with the field that is wrong.
    #[must_use]
    pub fn document(path: &Path, error: &WireError) -> Self {
        Self::input(format!("{}: {error}", path.display()))
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The exit code that it ends with.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// What went wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next, where there is something to say.
    #[must_use]
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}

impl From<AgentError> for CliError {
    fn from(error: AgentError) -> Self {
        let exit = match &error {
            AgentError::NotEnrolled
            | AgentError::ConsentMissing
            | AgentError::KeyUnavailable(_)
            | AgentError::StoreBusy
            | AgentError::Suspended
            | AgentError::TooLate => Exit::Refused,
            AgentError::StoreDamaged
            | AgentError::StoreTooNew { .. }
            | AgentError::StoreFull
            | AgentError::StoreUnavailable(_) => Exit::Io,
            AgentError::ConfigInvalid { .. }
            | AgentError::InputInvalid { .. }
            | AgentError::NotFound(_) => Exit::Input,
            AgentError::DocumentRefused { .. }
            | AgentError::Rollback { .. }
            | AgentError::WrongTenant { .. } => Exit::Unverified,
            AgentError::Forwarding(_) | AgentError::ClockWrong => Exit::Network,
            _ => Exit::Fault,
        };
        Self { exit, message: error.to_string(), hint: next_step(&error).map(str::to_owned) }
    }
}

/// What the employee does about an error of their device.
const fn next_step(error: &AgentError) -> Option<&'static str> {
    let text = match error {
        AgentError::NotEnrolled => "enrol first: fenming device enrol --profile FILE",
        AgentError::ConsentMissing => "read the notice, then agree: fenming device notice",
        AgentError::KeyUnavailable(_) => "check that the device's key files can be read",
        AgentError::StoreDamaged => "run the command again: the damaged store is set aside",
        AgentError::StoreTooNew { .. } => "use the newer program that made the store",
        AgentError::StoreFull => "free some space, then run the command again",
        AgentError::StoreUnavailable(_) => "check who may read and write the device's folder",
        AgentError::StoreBusy => "wait until the other command on this device has ended",
        AgentError::ConfigInvalid { .. } => "ask IT for a corrected profile, then enrol with it",
        AgentError::TooLate => "ask the contact that the notice names: fenming device notice",
        AgentError::NotFound(_) => "list what there is: fenming device chats, records, holds",
        AgentError::DocumentRefused { .. } | AgentError::WrongTenant { .. } => {
            "tell IT; what was in force before stays in force"
        }
        AgentError::Rollback { .. } => "tell IT; the newer one stays in force",
        AgentError::ClockWrong => "check date, time and time zone of this device",
        AgentError::Forwarding(_) => "nothing is lost; try again later, or tell IT the code",
        _ => return None,
    };
    Some(text)
}

/// An I/O error in plain words; the operating system's own text where there are none.
fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "does not exist".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::AlreadyExists => "exists already".to_owned(),
        ErrorKind::StorageFull => "no space left".to_owned(),
        ErrorKind::IsADirectory => "is a folder".to_owned(),
        ErrorKind::NotADirectory => "is no folder".to_owned(),
        _ => error.to_string(),
    }
}
