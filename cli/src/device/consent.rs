//! `device notice` and `device consent`: what is asked, and the employee's answer.

use std::path::Path;

use clap::Subcommand;
use fenming_core::agent::{Agent, Choices, NoticeShown};
use fenming_wire::id::Digest;
use fenming_wire::text::Language;
use serde::Serialize;

use super::opening::existing;
use super::switch::report;
use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming device consent`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    answer: Answer,
}

#[derive(Subcommand)]
enum Answer {
    /// Agree to the notice; capture begins with the next observation
    Agree(Agreement),
    /// Refuse; nothing of it is sent
    Refuse,
}

#[derive(clap::Args)]
struct Agreement {
    /// Digest of the notice that you have read, as `device notice` prints it
    #[arg(long, value_name = "DIGEST", conflicts_with = "yes")]
    digest: Option<Digest>,
    /// Agree to the notice as it is printed now
    #[arg(long)]
    yes: bool,
    /// Agree to the quarantine as well, where the notice offers one
    #[arg(long)]
    hold: bool,
    /// Agree that records leave mainland China by the route that the notice names
    #[arg(long)]
    export: bool,
}

#[derive(Serialize)]
struct Notice<'a> {
    language: Language,
    digest: Digest,
    offers_hold: bool,
    asks_export: bool,
    may_prompt: bool,
    text: &'a str,
    sections: Vec<Section<'a>>,
}

#[derive(Serialize)]
struct Section<'a> {
    heading: &'a str,
    lines: &'a [String],
}

pub(super) fn notice(dir: &Path, language: Language, out: &mut Output) -> Result<(), CliError> {
    let notice = existing(dir)?.notice(language)?;
    let sections = notice.sections.iter();
    out.json(&Notice {
        language,
        digest: notice.digest,
        offers_hold: notice.offers_hold,
        asks_export: notice.asks_export,
        may_prompt: notice.may_prompt,
        text: &notice.text,
        sections: sections.map(|s| Section { heading: &s.heading, lines: &s.lines }).collect(),
    });
    show(&notice, out);
    out.aside("To agree to exactly this text:");
    let hold = if notice.offers_hold { " [--hold]" } else { "" };
    let export = if notice.asks_export { " [--export]" } else { "" };
    let lang = tag(language);
    out.command(&format!(
        "fenming device consent agree --lang {lang}{hold}{export} --digest {}",
        notice.digest
    ));
    out.aside("To refuse: fenming device consent refuse");
    Ok(())
}

pub(super) fn run(
    dir: &Path,
    language: Language,
    args: Args,
    out: &mut Output,
) -> Result<(), CliError> {
    let agent = existing(dir)?;
    match args.answer {
        Answer::Agree(agreement) => agree(&agent, language, &agreement, out)?,
        Answer::Refuse => {
            agent.refuse()?;
            out.done("You refused. Nothing is captured, and nothing of it was sent.");
        }
    }
    report(&agent, out)
}

fn agree(
    agent: &Agent,
    language: Language,
    agreement: &Agreement,
    out: &mut Output,
) -> Result<(), CliError> {
    let notice = agent.notice(language)?;
    if agreement.hold && !notice.offers_hold {
        let text = "`--hold`: this notice offers no quarantine";
        return Err(CliError::input(text).hint("agree without it"));
    }
    if agreement.export && !notice.asks_export {
        let text = "`--export`: this notice names no route out of mainland China";
        return Err(CliError::input(text).hint("agree without it"));
    }
    let shown = match (agreement.digest, agreement.yes) {
        (Some(digest), _) => digest,
        (None, true) => {
            show(&notice, out);
            notice.digest
        }
        (None, false) => {
            let text = "an agreement names the notice that it is given to";
            return Err(CliError::input(text)
                .hint("read `fenming device notice`, then give its --digest; or use --yes"));
        }
    };
    let choices = Choices { hold: agreement.hold, export: agreement.export };
    agent.agree_to(language, shown, choices)?;
    if notice.asks_export && !agreement.export {
        out.caution("You did not agree that records leave mainland China: nothing is captured.");
    } else {
        out.done("You agreed. Capture begins with the next observation.");
    }
    out.aside(
        "You can pause or withdraw at any time: fenming device pause, fenming device withdraw",
    );
    Ok(())
}

fn show(notice: &NoticeShown, out: &mut Output) {
    for section in &notice.sections {
        out.heading(&section.heading);
        for line in &section.lines {
            out.line(&format!("- {line}"));
        }
    }
    out.heading("SHA-256");
    out.line(&notice.digest.to_string());
}

const fn tag(language: Language) -> &'static str {
    match language {
        Language::Chinese => "zh-Hans",
        Language::English => "en",
    }
}
