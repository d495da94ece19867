//! `device share`: chat text and files, as a phone's share sheet hands them over.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fenming_core::clock::Clock as _;
use fenming_core::limits::MAX_SHARE_TEXT_BYTES;
use fenming_core::observation::{Observation, OsProfile, Share, SharedFile, SharedFiles};
use fenming_wire::Content;

use super::numbers::Numbers;
use super::opening::existing;
use super::ports::SystemClock;
use crate::error::CliError;
use crate::files;
use crate::output::Output;

/// Arguments of `fenming device share`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The text that WeChat's multi-select → Email makes
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A file that came with it; may be given more than once
    #[arg(long = "attach", value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Your own name in WeChat: it tells whose chat a direct chat is
    #[arg(long, value_name = "NAME")]
    own_name: Option<String>,
    /// Minutes by which the times in the text are ahead of UTC
    #[arg(long, value_name = "MINUTES", default_value = "480", allow_hyphen_values = true)]
    utc_offset: i16,
}

pub(super) fn run(dir: &Path, args: &Args, out: &mut Output) -> Result<(), CliError> {
    let text = files::read(&args.file, MAX_SHARE_TEXT_BYTES)?;
    let text = String::from_utf8(text)
        .map_err(|_| CliError::input(format!("{}: is not UTF-8", args.file.display())))?;
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        SharedFile { name: Content::new(name), media_type: None }
    };
    let share = Share {
        at: SystemClock.now(),
        user: 0,
        profile: OsProfile::Personal,
        utc_offset_minutes: args.utc_offset,
        own_name: args.own_name.clone().map(Content::new),
        referrer: None,
        text: Content::new(text),
        attachments: args.attach.iter().map(named).collect(),
    };
    let agent = existing(dir)?;
    let files = Named(&args.attach);
    let seen = agent.observe_with(&[Observation::WechatShare(share)], &files)?;
    let numbers = Numbers::from(seen);
    out.json(&numbers);
    out.heading("What became of it");
    numbers.show(out);
    if seen.undecided > 0 {
        out.aside("Nothing says that this chat is business, so nothing was kept. A direct chat is");
        out.aside("known by the other side's name only where --own-name tells which is yours.");
    }
    Ok(())
}

/// Files that were named one by one, in their order.
struct Named<'a>(&'a [PathBuf]);

impl SharedFiles for Named<'_> {
    fn open(&self, place: usize, _file: &SharedFile) -> io::Result<Box<dyn Read + '_>> {
        let path = self.0.get(place).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(File::open(path)?))
    }
}

/// Files that lie in one folder under their own names.
pub(crate) struct Beside<'a>(pub(crate) &'a Path);

impl SharedFiles for Beside<'_> {
    fn open(&self, _place: usize, file: &SharedFile) -> io::Result<Box<dyn Read + '_>> {
        let name = Path::new(file.name.expose());
        // A name leads to a file of this folder and nowhere else.
        if name.file_name().is_none_or(|own| own != name.as_os_str()) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Box::new(File::open(self.0.join(name))?))
    }
}
