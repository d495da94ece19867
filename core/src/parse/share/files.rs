//! Which file belongs to which message: by its name, and where that fails by its place.

use fenming_wire::Content;
use fenming_wire::record::{Confidence, Media};

use super::SharedMessage;
use crate::observation::SharedFile;

/// A file as the text names it, or as it was handed over.
#[derive(Clone)]
pub struct FileSeen {
    /// Its name.
    pub name: Content,
    /// Its place among the share's attachments; none where it was not handed over.
    pub place: Option<usize>,
    /// How sure it is that it belongs here.
    pub sure: Confidence,
}

impl FileSeen {
    pub(super) fn named(name: &str, sure: Confidence) -> Self {
        Self { name: name.into(), place: None, sure }
    }
}

/// Gives every message that speaks of a file the one that it means, and the rest back.
///
/// The same name is sure, and less so where several files or messages have it. What has another
/// name goes by its order, but only where as many files of the kind are left as messages that
/// speak of one.
pub(super) fn assign(messages: &mut [SharedMessage], files: &[SharedFile]) -> Vec<FileSeen> {
    let mut left: Vec<usize> = (0..files.len()).collect();
    let same = |file: usize, name: &Content| {
        files.get(file).is_some_and(|file| file.name.expose().trim() == name.expose().trim())
    };
    for seen in messages.iter_mut().filter_map(|message| message.file.as_mut()) {
        let fitting = left.iter().filter(|file| same(**file, &seen.name)).count();
        if let Some(at) = left.iter().position(|file| same(*file, &seen.name)) {
            seen.place = Some(left.remove(at));
            if fitting > 1 {
                seen.sure = seen.sure.min(Confidence::Medium);
            }
        }
    }
    for kind in [Kind::Image, Kind::Video, Kind::Other] {
        let open = |message: &&mut SharedMessage| {
            Kind::of_message(message.message.media) == kind
                && message.file.as_ref().is_some_and(|seen| seen.place.is_none())
        };
        let places: Vec<usize> = left
            .iter()
            .copied()
            .filter(|place| files.get(*place).is_some_and(|file| Kind::of(file) == kind))
            .collect();
        let waiting = messages.iter_mut().filter(open).count();
        if waiting != places.len() {
            continue;
        }
        for (message, place) in messages.iter_mut().filter(open).zip(&places) {
            if let Some(seen) = &mut message.file {
                (seen.place, seen.sure) = (Some(*place), seen.sure.min(Confidence::Medium));
            }
        }
        left.retain(|place| !places.contains(place));
    }
    let spare = left.into_iter().filter_map(|place| Some((place, files.get(place)?)));
    spare
        .map(|(place, file)| FileSeen {
            name: file.name.clone(),
            place: Some(place),
            sure: Confidence::Low,
        })
        .collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image,
    Video,
    Other,
}

impl Kind {
    const fn of_message(media: Option<Media>) -> Self {
        match media {
            Some(Media::Image) => Self::Image,
            Some(Media::Video) => Self::Video,
            _ => Self::Other,
        }
    }

    /// By the media type, and without one by the ending of the name.
    fn of(file: &SharedFile) -> Self {
        let name = file.name.expose().to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        match file.media_type.as_ref().map(Content::expose) {
            Some(kind) if kind.starts_with("image/") => Self::Image,
            Some(kind) if kind.starts_with("video/") => Self::Video,
            Some(kind) if kind != "application/octet-stream" => Self::Other,
            Some(_) | None if ends(&[".jpg", ".jpeg", ".png", ".gif", ".webp"]) => Self::Image,
            Some(_) | None if ends(&[".mp4", ".mov"]) => Self::Video,
            Some(_) | None => Self::Other,
        }
    }
}
