//! `device replay`: observations from a file, as a phone would have handed them in.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use fenming_core::agent::{Agent, Observed, RecentChat};
use fenming_core::observation::{Observation, jsonl};
use fenming_wire::Content;
use fenming_wire::id::ChatId;
use fenming_wire::policy::ChatKind;
use fenming_wire::text::Language;
use fenming_wire::time::Timestamp;
use serde::Serialize;

use super::numbers::Numbers;
use super::opening::existing;
use super::share::Beside;
use super::shown::{Reason, one_line, time, words};
use crate::error::CliError;
use crate::output::{Output, Progress, Table};

/// Arguments of `fenming device replay`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Observations, one JSON object a line
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Observations handed in at a time
    #[arg(long, value_name = "N", default_value = "50")]
    batch: NonZeroU32,
}

#[derive(Serialize)]
struct Replayed<'a> {
    #[serde(flatten)]
    numbers: Numbers,
    undecided_chats: Vec<Undecided<'a>>,
}

/// A chat that nothing has decided on yet.
#[derive(Serialize)]
struct Undecided<'a> {
    chat: ChatId,
    title: &'a Content,
    kind: ChatKind,
    signal: Option<Reason<'a>>,
    last: Timestamp,
}

/// A replay under way.
struct Replay<'a> {
    agent: &'a Agent,
    /// Where the files lie that were shared.
    folder: &'a Path,
    waiting: Vec<Observation>,
    seen: Observed,
    progress: Progress,
}

pub(super) fn run(
    dir: &Path,
    args: &Args,
    language: Language,
    out: &mut Output,
) -> Result<(), CliError> {
    let (file, lines) = open(&args.file)?;
    let agent = existing(dir)?;
    let progress = out.progress("replay", lines);
    let folder = args.file.parent().unwrap_or_else(|| Path::new(""));
    let (waiting, seen) = (Vec::new(), Observed::default());
    let mut replay = Replay { agent: &agent, folder, waiting, seen, progress };
    let outcome = replay.hand_in(jsonl::read(file), args);
    let Replay { seen, progress, .. } = replay;
    progress.finish();
    show(&agent, seen, language, out)?;
    outcome
}

/// Opens the file and counts its lines; what is no regular file can be read only once.
fn open(path: &Path) -> Result<(BufReader<File>, u64), CliError> {
    let failed = |error: std::io::Error| CliError::io(path, &error);
    let file = File::open(path).map_err(failed)?;
    let kind = file.metadata().map_err(failed)?;
    if kind.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    let mut input = BufReader::new(file);
    let mut lines = 0;
    if kind.is_file() {
        lines = count_lines(&mut input).map_err(failed)?;
        input.rewind().map_err(failed)?;
    }
    Ok((input, lines))
}

fn count_lines(input: &mut impl BufRead) -> std::io::Result<u64> {
    let (mut lines, mut last) = (0, b'\n');
    loop {
        let chunk = input.fill_buf()?;
        let length = chunk.len();
        let Some(end) = chunk.last() else {
            // The last line may lack its end.
            return Ok(lines + u64::from(last != b'\n'));
        };
        last = *end;
        let ends = chunk.iter().filter(|byte| **byte == b'\n').count();
        lines += u64::try_from(ends).unwrap_or(u64::MAX);
        input.consume(length);
    }
}

impl Replay<'_> {
    fn hand_in<R: BufRead>(
        &mut self,
        observations: jsonl::Lines<R>,
        args: &Args,
    ) -> Result<(), CliError> {
        let most = usize::try_from(args.batch.get()).unwrap_or(usize::MAX);
        for next in observations {
            match next {
                Ok(observation) => self.waiting.push(observation),
                Err(error) => {
                    self.pass_on()?;
                    return Err(self.stopped(&args.file, &error));
                }
            }
            if self.waiting.len() >= most {
                self.pass_on()?;
            }
        }
        self.pass_on()?;
        self.seen += self.agent.settle()?;
        Ok(())
    }

    fn pass_on(&mut self) -> Result<(), CliError> {
        self.seen += self.agent.observe_with(&self.waiting, &Beside(self.folder))?;
        self.progress.step(u64::try_from(self.waiting.len()).unwrap_or(u64::MAX));
        self.waiting.clear();
        Ok(())
    }

    fn stopped(&self, path: &Path, error: &jsonl::LineError) -> CliError {
        let Observed { observed, captured, .. } = self.seen;
        let text = format!(
            "{}: {error}; the {observed} observations before it were taken in, and {captured} \
             records of them are stored",
            path.display()
        );
        CliError::input(text)
            .hint("correct the line and replay the whole file: what is stored is not stored twice")
    }
}

fn show(
    agent: &Agent,
    seen: Observed,
    language: Language,
    out: &mut Output,
) -> Result<(), CliError> {
    let recent = agent.recent_chats()?;
    let undecided: Vec<&RecentChat> = recent.iter().filter(|chat| !chat.personal).collect();
    let numbers = Numbers::from(seen);
    out.json(&Replayed {
        numbers,
        undecided_chats: undecided
            .iter()
            .map(|chat| Undecided {
                chat: chat.id,
                title: &chat.title,
                kind: chat.kind,
                signal: chat.signal.as_ref().map(|why| Reason::new(why, language)),
                last: chat.last,
            })
            .collect(),
    });
    out.heading("What became of it");
    numbers.show(out);
    if undecided.is_empty() {
        return Ok(());
    }
    out.heading("Undecided chats, nothing of which was sent");
    let mut table = Table::new(&["chat", "title", "kind", "what speaks for business", "last seen"]);
    for chat in undecided {
        let signal = chat.signal.as_ref();
        table.row(vec![
            chat.id.to_string(),
            one_line(chat.title.expose()),
            words(&chat.kind),
            signal
                .map_or_else(|| "–".to_owned(), |why| fenming_core::agent::explain(why, language)),
            time(Some(chat.last)),
        ]);
    }
    out.table(&table);
    out.aside("Say what they are; it holds from the next observation on:");
    out.command("fenming device tag CHAT business|personal");
    Ok(())
}
