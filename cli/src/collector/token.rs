//! `collector token`: lets one device of a person enrol.

use std::path::PathBuf;

use fenming_collector::{Clock, SystemClock};
use fenming_wire::id::PersonId;
use fenming_wire::profile::Endpoint;
use fenming_wire::time::{Span, Timestamp};
use zeroize::Zeroize;

use super::{Here, folder, refusal};
use crate::error::CliError;
use crate::files::Access;
use crate::output::Output;
use crate::trust::whole_seconds;

/// Arguments of `fenming collector token`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    here: Here,
    /// The employee's pseudonym: 1 to 64 of a-z 0-9 - _ .
    #[arg(long)]
    person: PersonId,
    /// Hours until an unused token ends, at most 744 (31 days)
    #[arg(long, value_name = "HOURS", default_value_t = 72)]
    #[arg(value_parser = clap::value_parser!(i64).range(1..=744))]
    valid_hours: i64,
    /// Write a whole profile with the token into this new file, instead of printing the token
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Where phones reach the endpoint, where that differs from the configuration
    #[arg(long, value_name = "URL", requires = "profile")]
    endpoint: Option<Endpoint>,
}

pub(super) fn run(args: &Args, out: &mut Output) -> Result<(), CliError> {
    let life = Span::hours(args.valid_hours);
    let expires = whole_seconds(SystemClock.now() + life);
    match &args.profile {
        Some(path) => with_profile(args, path, (life, expires), out),
        None => {
            let token = issue(args, life)?;
            out.json(&serde_json::json!({
                "person": args.person,
                "expires": expires,
                "token": token.expose(),
            }));
            out.facts(&[
                ("token", token.expose().to_owned()),
                ("person", args.person.to_string()),
                ("unused until", expires.to_string()),
            ]);
            out.aside("It works once and cannot be shown again. Give it to that person only.");
            Ok(())
        }
    }
}

fn with_profile(
    args: &Args,
    path: &PathBuf,
    (life, expires): (Span, Timestamp),
    out: &mut Output,
) -> Result<(), CliError> {
    let template = args.here.folder().join(folder::PROFILE);
    let mut profile = folder::read_profile(&template)?;
    if let Some(endpoint) = &args.endpoint {
        profile.insert("endpoint".to_owned(), endpoint.to_string());
    }
    let reachable = profile.get("endpoint").and_then(|text| text.parse::<Endpoint>().ok());
    if reachable.is_none_or(|endpoint| endpoint.port() == 0) {
        let text = format!("{}: `endpoint` has no port that a phone could use", template.display());
        return Err(CliError::input(text).hint("give --endpoint as `collector serve` prints it"));
    }
    // A token whose profile cannot be written would be lost.
    if path.symlink_metadata().is_ok() {
        let text = format!("{}: exists already and stays as it is", path.display());
        return Err(CliError::refused(text).hint("name another file"));
    }
    let token = issue(args, life)?;
    profile.insert("enrolment_token".to_owned(), token.expose().to_owned());
    let written = folder::write_json(path, &profile, Access::Owner);
    profile.values_mut().for_each(Zeroize::zeroize);
    written?;
    out.json(&serde_json::json!({
        "person": args.person,
        "expires": expires,
        "profile": path,
    }));
    out.done(&format!("profile with a one-time token written to {}", path.display()));
    out.facts(&[("person", args.person.to_string()), ("unused until", expires.to_string())]);
    out.aside("It enrols one device. Give it to that person only:");
    out.command(&format!("fenming device enrol --profile {}", path.display()));
    Ok(())
}

fn issue(args: &Args, life: Span) -> Result<fenming_wire::profile::EnrolmentToken, CliError> {
    args.here.console()?.issue_token(&args.person, life).map_err(|error| refusal::store(&error))
}
