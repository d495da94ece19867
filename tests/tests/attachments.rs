//! Shared chat text and its files, over the whole way: business arrives with every file, personal
//! files are never opened, and an upload that breaks off anywhere goes on where it stood.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use fenming_core::agent::Observed;
use fenming_core::observation::{Observation, OsProfile, Share, SharedFile, SharedFiles};
use fenming_tests::stage::{Stage, files_below, message, next_version, policy};
use fenming_wire::Content;
use fenming_wire::api::ATTACHMENTS_PATH;
use fenming_wire::id::Digest;
use fenming_wire::limits::MAX_CHUNK_BYTES;
use fenming_wire::policy::Policy;
use fenming_wire::record::{Body, Cause, CoverageState, Line};
use fenming_wire::seal::open_stream;
use fenming_wire::source::Source;

const CLIENT: &str = "林嘉怡（恒远资本）";
const FRIEND: &str = "阿蕾";
const AT: &str = "2026-03-02T02:00:00Z";

/// Files by name, and which of them were opened.
#[derive(Default)]
struct Folder {
    files: BTreeMap<String, Vec<u8>>,
    opened: RefCell<Vec<String>>,
}

impl Folder {
    fn with(files: &[(&str, Vec<u8>)]) -> Self {
        let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.clone()));
        Self { files: files.collect(), ..Self::default() }
    }
}

impl SharedFiles for Folder {
    fn open(&self, _place: usize, file: &SharedFile) -> io::Result<Box<dyn Read + '_>> {
        let name = file.name.expose();
        self.opened.borrow_mut().push(name.to_owned());
        let bytes = self.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(bytes)))
    }
}

fn sharing() -> Policy {
    let mut policy = policy();
    policy.sources.insert(Source::WechatShare);
    policy
}

fn share(with: &str, files: &[&str]) -> Observation {
    let image = |name: &&str| format!("{with}  09:40\n[图片: {name}(请在附件中查看)]\n\n");
    let images: String = files.iter().map(image).collect();
    let text = format!(
        "{with} 和 陈小满 在微信上的聊天记录如下，请查收。\n\n—————  2026-03-02  —————\n\n\n\
         {with}  09:31\n报价单我看过了\n\n陈小满  09:32\n好的\n\n陈小满  09:32\n好的\n\n{images}"
    );
    let file = |name: &&str| SharedFile { name: Content::from(*name), media_type: None };
    Observation::WechatShare(Share {
        at: AT.parse().unwrap(),
        user: 0,
        profile: OsProfile::Personal,
        utc_offset_minutes: 480,
        own_name: Some("陈小满".into()),
        referrer: Some("com.tencent.mm".into()),
        text: text.into(),
        attachments: files.iter().map(file).collect(),
    })
}

fn hand_in(stage: &Stage, share: &Observation, files: &Folder) -> Observed {
    stage.advance_to(share.at());
    stage.agent().observe_with(std::slice::from_ref(share), files).unwrap()
}

/// Bytes that cannot be compressed.
fn noise(length: usize) -> Vec<u8> {
    let blocks = (0u32..).flat_map(|n| *Digest::of(&n.to_be_bytes()).as_bytes());
    blocks.take(length).collect()
}

/// Every file of the archive, opened, by the name that its record gives it.
fn archived(stage: &Stage) -> BTreeMap<String, Vec<u8>> {
    let opened = stage.open_archive();
    opened.assert_sound();
    let mut files = BTreeMap::new();
    for (_, line) in &opened.lines {
        for (attachment, sealed) in line.body.kept().zip(&line.files) {
            let name = format!("{}.age", sealed.unwrap());
            let all = below(&stage.collector_folder());
            let path = all.iter().find(|path| path.ends_with(&name)).unwrap();
            let (mut bytes, key) = (Vec::new(), stage.custodian.archive.expose_secret());
            let mut sealed = std::fs::File::open(path).unwrap();
            let found = open_stream(&mut sealed, &mut bytes, &[key.parse().unwrap()]).unwrap();
            let kept = attachment.kept.unwrap();
            assert_eq!((kept.size, kept.sha256), (found.size, found.sha256));
            files.insert(attachment.name.expose().to_owned(), bytes);
        }
    }
    files
}

fn lines(stage: &Stage) -> Vec<Line> {
    stage.open_archive().lines.into_iter().map(|(_, line)| line).collect()
}

fn below(folder: &Path) -> Vec<PathBuf> {
    if !folder.is_dir() {
        return Vec::new();
    }
    files_below(folder).into_iter().map(|(path, _)| path).collect()
}

/// What the phone keeps of attachments, at rest and sealed.
fn left(stage: &Stage) -> usize {
    let kept = |name: &str| name.ends_with(".bin") || name.ends_with(".age");
    let files = below(&stage.device_folder());
    files.iter().filter(|path| kept(&path.to_string_lossy())).count()
}

#[test]
fn shared_text_arrives_with_its_files_and_leaves_the_phone() {
    let stage = Stage::agreed(sharing(), false);
    let files = Folder::with(&[("a.jpg", noise(200_000)), ("b.jpg", b"small".to_vec())]);
    let seen = hand_in(&stage, &share(CLIENT, &["a.jpg", "b.jpg"]), &files);
    assert_eq!((seen.captured, seen.refused), (5, 0), "two honest messages both survive");
    assert_eq!(left(&stage), 2);
    stage.drain();
    assert_eq!(archived(&stage), files.files);
    assert_eq!(left(&stage), 0);
    let again = hand_in(&stage, &share(CLIENT, &["a.jpg", "b.jpg"]), &files);
    assert_eq!((again.captured, again.repeated), (0, 5));
    assert_eq!(files.opened.borrow().len(), 2, "what is there is not read again");
}

#[test]
fn a_file_of_a_personal_or_undecided_chat_is_never_opened() {
    let mut policy = sharing();
    policy.os_profiles.work_is_business = true;
    let stage = Stage::agreed(policy, false);
    let files = Folder::with(&[("k4n4ry.jpg", b"k4n4ry".repeat(1_000))]);
    let seen = hand_in(&stage, &share(FRIEND, &["k4n4ry.jpg"]), &files);
    assert_eq!((seen.captured, seen.undecided), (0, 4));
    assert!(files.opened.borrow().is_empty());
    stage.drain();
    for path in below(&stage.device_folder()) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"k4n4ry"), "{}", path.display());
    }
}

#[test]
fn without_consent_to_the_source_no_file_is_opened() {
    let stage = Stage::agreed(policy(), false);
    let files = Folder::with(&[("a.jpg", b"a".to_vec())]);
    let seen = hand_in(&stage, &share(CLIENT, &["a.jpg"]), &files);
    assert_eq!((seen.captured, seen.refused), (0, 4));
    assert!(files.opened.borrow().is_empty());
}

#[test]
fn a_source_that_is_added_suspends_until_it_is_agreed_to() {
    let mut stage = Stage::agreed(policy(), false);
    stage.custodian.policy.sources.insert(Source::WechatShare);
    next_version(&mut stage.custodian.policy.version);
    stage.publish();
    stage.agent().refresh().unwrap();
    let files = Folder::with(&[("a.jpg", b"a".to_vec())]);
    assert_eq!(hand_in(&stage, &share(CLIENT, &["a.jpg"]), &files).captured, 0);
    stage.agree(false);
    assert_eq!(hand_in(&stage, &share(CLIENT, &["a.jpg"]), &files).captured, 4);
}

#[test]
fn a_shared_message_names_the_notification_that_showed_it() {
    let stage = Stage::agreed(sharing(), false);
    stage.see(&[message("2026-03-02T01:31:20Z", 7, CLIENT, "报价单我看过了")]);
    hand_in(&stage, &share(CLIENT, &[]), &Folder::default());
    stage.drain();
    let lines = lines(&stage);
    let said = |line: &&Line| match &line.body {
        Body::Message(message) => message.text.expose() == "报价单我看过了",
        _ => false,
    };
    let both: Vec<_> = lines.iter().filter(said).collect();
    assert_eq!(both.len(), 2, "both stay as evidence");
    assert_eq!((both[0].of.len(), &both[1].of), (0, &vec![both[0].seq]));
    let covered = |line: &&Line| match &line.body {
        Body::Coverage(line) => {
            (line.state, line.cause) == (CoverageState::Observed, Cause::Shared)
        }
        _ => false,
    };
    assert_eq!(lines.iter().filter(covered).count(), 2, "the chat of the notification as well");
}

#[test]
fn an_upload_goes_on_after_every_chunk_whoever_is_restarted() {
    let mut stage = Stage::agreed(sharing(), false);
    let bytes = noise(4 * MAX_CHUNK_BYTES + 1_000);
    let files = Folder::with(&[("a.jpg", bytes.clone())]);
    hand_in(&stage, &share(CLIENT, &["a.jpg"]), &files);
    let mut broken = 0;
    while stage.agent().status().unwrap().numbers.backlog() > 0 {
        if let Some(due) = stage.agent().next_wake().unwrap() {
            stage.advance_to(due);
        }
        // One chunk gets through, the next one does not.
        stage.network.break_chunks_after(1);
        stage.run().unwrap();
        broken += 1;
        assert!(broken < 40, "it comes to an end");
        stage.close_agent();
        stage.stop_collector();
        stage.start_collector();
        stage.open_agent();
    }
    assert!(broken > 4);
    let chunks = |path: &str| path.starts_with(ATTACHMENTS_PATH) && path.matches('/').count() > 3;
    let sent = stage.network.sent();
    let sent = sent.iter().filter(|(path, _)| chunks(path)).map(|(_, body)| body.len());
    // Every chunk came through once; each of those that were lost was sent once more.
    assert!(sent.sum::<usize>() < 3 * bytes.len());
    assert_eq!(archived(&stage), files.files);
}

#[test]
fn a_sealed_file_that_is_lost_is_sealed_again() {
    let mut stage = Stage::agreed(sharing(), false);
    let files = Folder::with(&[("a.jpg", noise(3 * MAX_CHUNK_BYTES))]);
    hand_in(&stage, &share(CLIENT, &["a.jpg"]), &files);
    while below(&stage.device_folder().join("spool")).is_empty() {
        stage.advance_to(stage.agent().next_wake().unwrap().unwrap());
        stage.network.break_chunks_after(1);
        stage.run().unwrap();
    }
    stage.close_agent();
    for path in below(&stage.device_folder().join("spool")) {
        std::fs::remove_file(path).unwrap();
    }
    stage.open_agent();
    stage.network.break_chunks_after(usize::MAX);
    stage.drain();
    assert_eq!(archived(&stage), files.files);
}

#[test]
fn a_file_that_is_lost_at_rest_is_named_as_lost_and_its_message_arrives() {
    let stage = Stage::agreed(sharing(), false);
    let files = Folder::with(&[("a.jpg", b"a".to_vec())]);
    hand_in(&stage, &share(CLIENT, &["a.jpg"]), &files);
    for path in below(&stage.device_folder().join("attachments")) {
        std::fs::remove_file(path).unwrap();
    }
    stage.drain();
    stage.open_archive().assert_sound();
    let lost = lines(&stage).into_iter().filter(|line| line.files == [None]).count();
    assert_eq!(lost, 1);
}

#[test]
fn a_share_that_does_not_fit_is_refused_as_a_whole() {
    let stage = Stage::agreed(sharing(), false);
    let Observation::WechatShare(mut long) = share(CLIENT, &[]) else { panic!() };
    long.text = Content::new("字".repeat(200_000));
    let refused = stage.agent().observe(&[Observation::WechatShare(long)]);
    assert!(refused.is_err());
    assert_eq!(stage.agent().status().unwrap().numbers.backlog(), 2, "consent and coverage");
}
