//! Archives on disk, hostile ones among them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::{ArchiveReport, BatchName, Fault, Folder, Part, Place, verify_archive};
use super::identities;
use super::ledger::{Writer, chat, day, message};

struct Disk {
    folder: TempDir,
    writer: Writer,
}

impl Disk {
    fn new() -> Self {
        let (folder, writer) = (tempfile::tempdir().unwrap(), day());
        writer.write_to(folder.path());
        Self { folder, writer }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn device(&self) -> PathBuf {
        self.path().join("batches").join(self.writer.key().device_id().to_string())
    }

    fn state(&self) -> PathBuf {
        self.device().join("state.json")
    }

    fn epoch(&self) -> PathBuf {
        self.device().join(self.writer.epoch.to_string())
    }

    fn verify(&self) -> ArchiveReport {
        let folder = Folder::open(self.path()).unwrap();
        let all = |_: &_| true;
        verify_archive(&folder, &self.writer.root_key(), &identities(&self.writer), &all, &mut ())
    }

    fn codes(&self) -> Vec<Fault> {
        self.verify().all_findings().map(|finding| finding.code).collect()
    }
}

#[test]
fn an_archive_on_disk_is_verified_as_a_whole() {
    let disk = Disk::new();
    let report = disk.verify();
    assert_eq!(report.all_findings().count(), 0);
    assert_eq!((report.batches(), report.lines(), report.faults()), (3, 10, 0));
    assert_eq!(report.tenant.unwrap().as_str(), "lantern");
}

#[test]
fn a_folder_without_batches_is_no_archive() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Folder::open(folder.path()).err().unwrap();
    assert!(refused.message().ends_with("has no folder `batches`"));
    fs::write(folder.path().join("batches"), "").unwrap();
    assert!(Folder::open(folder.path()).is_err());
    assert!(Folder::open(&folder.path().join("none")).is_err());
}

#[test]
fn without_a_trust_document_nothing_is_verified() {
    let disk = Disk::new();
    fs::remove_file(disk.path().join("trust.json")).unwrap();
    let report = disk.verify();
    assert_eq!(report.findings[0].code, Fault::TrustMissing);
    assert!(report.epochs.is_empty());
}

#[test]
fn trust_documents_of_before_are_read_from_their_folder() {
    let disk = Disk::new();
    let history = disk.path().join("trust");
    fs::create_dir(&history).unwrap();
    fs::rename(disk.path().join("trust.json"), history.join("1.json")).unwrap();
    assert_eq!(disk.codes(), []);
    fs::write(history.join("notes.txt"), "x").unwrap();
    assert_eq!(disk.codes(), [Fault::Foreign]);
}

#[test]
fn strange_entries_are_pointed_out_and_left_unread() {
    let disk = Disk::new();
    fs::write(disk.epoch().join("000000000001-000000000005.age.tmp"), "x").unwrap();
    fs::write(disk.epoch().join("1-5.age"), "x").unwrap();
    fs::write(disk.path().join("batches/readme\u{1b}[31m.txt"), "x").unwrap();
    fs::create_dir(disk.device().join("0F0F0F0F0F0F0F0F")).unwrap();
    let report = disk.verify();
    let findings: Vec<_> = report.all_findings().collect();
    assert_eq!(findings.len(), 4, "{findings:?}");
    assert!(findings.iter().all(|finding| finding.code == Fault::Foreign));
    assert!(findings.iter().all(|finding| !finding.detail.contains('\u{1b}')));
    assert_eq!(report.faults(), 0);
}

#[test]
fn links_are_never_followed() {
    let disk = Disk::new();
    let elsewhere = Disk::new();
    let first = BatchName { first: 1, last: 5 };
    let victim = disk.epoch().join(first.file(Part::Sealed));
    fs::rename(&victim, disk.path().join("moved.age")).unwrap();
    symlink(disk.path().join("moved.age"), &victim).unwrap();
    symlink(elsewhere.device(), disk.path().join("batches").join("0".repeat(32))).unwrap();
    let codes = disk.codes();
    assert_eq!(codes, [Fault::Special, Fault::Special]);
    let epoch = disk.device().join("1".repeat(16));
    symlink(elsewhere.epoch(), epoch).unwrap();
    assert_eq!(disk.codes().len(), 3);
}

#[test]
fn a_pipe_in_the_place_of_a_file_does_not_hold_anyone_up() {
    let disk = Disk::new();
    let victim = disk.epoch().join(BatchName { first: 1, last: 5 }.file(Part::Receipt));
    fs::remove_file(&victim).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&victim).status().unwrap().success());
    assert_eq!(disk.codes(), [Fault::Special]);
}

#[test]
fn files_larger_than_their_kind_are_not_read() {
    let disk = Disk::new();
    let victim = disk.epoch().join(BatchName { first: 1, last: 5 }.file(Part::Sealed));
    let file = fs::File::options().write(true).open(victim).unwrap();
    file.set_len(1 << 40).unwrap();
    assert_eq!(disk.codes(), [Fault::Unread]);
}

#[test]
fn a_device_key_that_is_none_is_named_and_the_genesis_asked() {
    let disk = Disk::new();
    fs::write(disk.device().join("device.pub"), "nonsense").unwrap();
    let report = disk.verify();
    let place = Place { device: Some(disk.writer.key().device_id()), ..Place::default() };
    assert_eq!((report.findings[0].code, report.findings[0].place), (Fault::DeviceKey, place));
    assert!(report.epochs[0].is_sound());
    fs::remove_file(disk.device().join("device.pub")).unwrap();
    assert_eq!(disk.codes(), []);
}

#[test]
fn an_earlier_epoch_must_still_be_there_as_far_as_the_endpoint_had_it() {
    let (folder, before) = (tempfile::tempdir().unwrap(), day());
    before.write_to(folder.path());
    let mut later = before.reset(Some(before.state()));
    later.batch(&[chat(1, "海港物流"), message(1, 30, "换了手机")]);
    later.write_to(folder.path());
    let verify = || {
        let opened = Folder::open(folder.path()).unwrap();
        let all = |_: &_| true;
        verify_archive(&opened, &before.root_key(), &identities(&before), &all, &mut ())
    };
    let report = verify();
    assert_eq!((report.epochs.len(), report.faults()), (2, 0), "{:?}", report.findings);

    let epoch = folder
        .path()
        .join("batches")
        .join(before.key().device_id().to_string())
        .join(before.epoch.to_string());
    for part in Part::ALL {
        fs::remove_file(epoch.join(BatchName { first: 9, last: 10 }.file(part))).unwrap();
    }
    let report = verify();
    let codes: Vec<Fault> = report.all_findings().map(|finding| finding.code).collect();
    assert_eq!(codes, [Fault::PriorMissing]);
    assert_eq!(report.findings[0].detail, "up to sequence 10");
    fs::remove_dir_all(epoch).unwrap();
    assert_eq!(verify().findings[0].code, Fault::PriorMissing);
}

#[test]
fn a_ledger_that_ends_before_the_endpoints_signed_word_lacks_its_tail() {
    let disk = Disk::new();
    let at = disk.verify().complete_until;
    assert_eq!(at, disk.writer.archived().peek_unverified().ok().map(|state| state.at));
    for part in Part::ALL {
        fs::remove_file(disk.epoch().join(BatchName { first: 9, last: 10 }.file(part))).unwrap();
    }
    let report = disk.verify();
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    let place = Place { epoch: Some(disk.writer.epoch), ..finding.place };
    assert_eq!((finding.code, finding.place), (Fault::TailMissing, place));
    assert_eq!(finding.detail, "up to sequence 10, it ends at 8");
    fs::remove_dir_all(disk.epoch()).unwrap();
    disk.writer.reset(None).write_to(disk.path());
    fs::write(disk.state(), disk.writer.archived().to_bytes().unwrap()).unwrap();
    assert_eq!(disk.codes(), [Fault::TailMissing], "a whole epoch is missing");
}

#[test]
fn without_a_signed_state_that_is_said_and_one_that_is_not_good_is_refused() {
    let disk = Disk::new();
    // Signed, but as an answer to a phone: it says nothing of the archive.
    fs::write(disk.state(), disk.writer.state().to_bytes().unwrap()).unwrap();
    assert_eq!(disk.codes(), [Fault::StateRefused]);
    let stranger = Writer::new();
    fs::write(disk.state(), stranger.archived().to_bytes().unwrap()).unwrap();
    assert_eq!(disk.codes(), [Fault::StateRefused]);
    fs::write(disk.state(), "{}").unwrap();
    assert_eq!(disk.codes(), [Fault::StateRefused]);
    fs::remove_file(disk.state()).unwrap();
    let report = disk.verify();
    assert_eq!((report.faults(), report.complete_until), (0, None));
    assert_eq!(disk.codes(), [Fault::StateMissing]);
}
