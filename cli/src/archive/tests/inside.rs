//! With the custodian's key, against a device that does wrong.

use fenming_wire::balance::{Balance, Books};
use fenming_wire::envelope::Envelope;
use fenming_wire::id::{Digest, Epoch};
use fenming_wire::key::Ed25519Signer;
use fenming_wire::ledger::Position;
use fenming_wire::receipt::CollectorState;
use fenming_wire::record::{
    BalanceLine, Body, Cause, CoverageLine, CoverageState, Genesis, OverrideLine, Signed,
};
use fenming_wire::source::Source;
use fenming_wire::time::Timestamp;

use super::super::{Counts, Fault, verify_epoch};
use super::ledger::{MORNING, Writer, Wrong, chat, chat_id, day, line, message, read, recall};
use super::{faults, identities, only, verify};

/// A day whose second batch is wrong in some way.
fn with(wrong: &Wrong<'_>) -> Writer {
    let mut writer = Writer::new();
    writer.batch(&[chat(1, "海港物流"), message(1, 1, "你好")]);
    writer.wrong_batch(&[message(1, 2, "在吗")], wrong);
    writer
}

fn balance(change: &dyn Fn(&mut Balance)) -> Writer {
    with(&Wrong { balance: Some(change), ..Wrong::default() })
}

fn first(change: &dyn Fn(&mut Genesis)) -> Writer {
    let mut writer = Writer::new();
    let wrong = Wrong { genesis: Some(change), ..Wrong::default() };
    writer.wrong_batch(&[chat(1, "海港物流"), message(1, 1, "你好")], &wrong);
    writer
}

#[test]
fn a_sound_archive_has_no_findings_and_its_books_agree() {
    let writer = day();
    let report = verify(&writer);
    assert_eq!(report.findings, []);
    assert_eq!((report.batches, report.opened), (3, 3));
    assert_eq!(report.books, Some(writer.books));
    assert_eq!(report.person.as_ref().unwrap().as_str(), "p-017");
    let counts = Counts { chats: 1, messages: 4, recalls: 1, grants: 1, ..Counts::default() };
    assert_eq!(report.counts, counts);
}

#[test]
fn the_genesis_gives_the_devices_key_where_nothing_else_does() {
    let writer = day();
    let (trusted, identities) = (writer.trusted(), identities(&writer));
    let mut ledger = writer.ledger(&trusted, &identities);
    ledger.key = None;
    assert_eq!(verify_epoch(&ledger, writer.stored(), &mut ()).findings, []);
}

#[test]
fn the_wrong_private_key_opens_nothing_and_says_so() {
    let writer = day();
    let (trusted, strangers) = (writer.trusted(), identities(&Writer::new()));
    let ledger = writer.ledger(&trusted, &strangers);
    let report = verify_epoch(&ledger, writer.stored(), &mut ());
    let unopenable = |seq| (Some(seq), Fault::Unopenable);
    assert_eq!(faults(&report), [unopenable(1), unopenable(6), unopenable(9)]);
    assert_eq!(report.opened, 0);
}

#[test]
fn lines_that_do_not_lead_to_the_signed_head_are_found() {
    // The device signs the batch as it is, but the head of other lines.
    let edit = |plain: &mut Vec<u8>| {
        let at = plain.windows(6).position(|w| w == "在吗".as_bytes()).unwrap();
        plain[at..at + 6].copy_from_slice("走了".as_bytes());
    };
    let writer = with(&Wrong { plain: Some(&edit), ..Wrong::default() });
    assert_eq!(faults(&verify(&writer)), [(Some(5), Fault::Chain)]);
}

#[test]
fn too_many_or_too_few_lines_are_found() {
    let add = |plain: &mut Vec<u8>| plain.extend_from_slice(b"{}\n");
    let writer = with(&Wrong { plain: Some(&add), ..Wrong::default() });
    let found = faults(&verify(&writer));
    assert!(found.contains(&(Some(5), Fault::LineCount)), "{found:?}");
    assert!(found.contains(&(Some(5), Fault::Chain)), "{found:?}");
    let none = |plain: &mut Vec<u8>| plain.clear();
    let writer = with(&Wrong { plain: Some(&none), ..Wrong::default() });
    let found = faults(&verify(&writer));
    assert!(found.contains(&(Some(5), Fault::LineCount)), "{found:?}");
}

#[test]
fn a_line_that_is_no_record_is_named_without_its_content() {
    let spoil = |lines: &mut Vec<Vec<u8>>| {
        lines[1] = br#"{"seq":6,"kind":"message","t":"a secret word"}"#.to_vec();
    };
    let writer = with(&Wrong { lines: Some(&spoil), ..Wrong::default() });
    let report = verify(&writer);
    let finding = only(&report, Fault::Line);
    assert_eq!(finding.place.seq, Some(6));
    assert!(!finding.to_string().contains("secret"), "{finding}");
}

#[test]
fn an_unknown_kind_of_line_is_not_passed_over() {
    let spoil = |lines: &mut Vec<Vec<u8>>| lines[1] = br#"{"seq":6,"kind":"memo"}"#.to_vec();
    let writer = with(&Wrong { lines: Some(&spoil), ..Wrong::default() });
    assert!(faults(&verify(&writer)).contains(&(Some(6), Fault::Line)));
}

#[test]
fn a_line_with_another_sequence_is_found() {
    let renumber = |lines: &mut Vec<Vec<u8>>| lines[1] = line(7, &message(1, 2, "在吗").1);
    let writer = with(&Wrong { lines: Some(&renumber), ..Wrong::default() });
    assert_eq!(faults(&verify(&writer)), [(Some(6), Fault::LineSequence)]);
}

#[test]
fn books_that_claim_another_number_are_found() {
    for (change, what) in [(1, "4 said, 3 found"), (-1, "2 said, 3 found")] {
        let lie = |balance: &mut Balance| {
            balance.books.captured = balance.books.captured.saturating_add_signed(change);
            balance.books.forwarded = balance.books.forwarded.saturating_add_signed(change);
        };
        let mut writer = Writer::new();
        writer.batch(&[chat(1, "海港物流"), message(1, 1, "一"), message(1, 2, "二")]);
        let wrong = Wrong { balance: Some(&lie), ..Wrong::default() };
        writer.wrong_batch(&[message(1, 3, "三")], &wrong);
        let report = verify(&writer);
        assert!(only(&report, Fault::Books).detail.ends_with(what), "{:?}", report.findings);
    }
}

#[test]
fn a_balance_that_the_device_did_not_sign_is_found() {
    let (mut writer, mut stranger) = (day(), Writer::new());
    stranger.batch(&[chat(1, "海港物流")]);
    let forge = |lines: &mut Vec<Vec<u8>>| {
        let salt = Digest::of(b"salt");
        let balance = Balance {
            tenant: "lantern".parse().unwrap(),
            device: stranger.key().device_id(),
            epoch: stranger.epoch,
            seq: 11,
            sealed: Timestamp::from_millis(MORNING),
            books: Books::default(),
            parked: Vec::new(),
        };
        let books = stranger.sign(&balance);
        lines[0] = line(11, &Body::Balance(Box::new(BalanceLine { salt, books })));
    };
    let wrong = Wrong { lines: Some(&forge), ..Wrong::default() };
    writer.wrong_batch(&[message(1, 11, "在吗")], &wrong);
    let found = faults(&verify(&writer));
    assert!(found.contains(&(Some(11), Fault::Balance)), "{found:?}");
}

#[test]
fn numbers_that_only_grow_may_not_shrink() {
    let mut writer = Writer::new();
    writer.books.captured = 3;
    writer.books.retracted = 2;
    writer.books.queued = 1;
    writer.batch(&[chat(1, "海港物流"), message(1, 1, "你好")]);
    writer.books.captured -= 2;
    writer.books.retracted = 0;
    writer.batch(&[message(1, 2, "在吗")]);
    let report = verify(&writer);
    let details: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.code == Fault::Books)
        .map(|finding| finding.detail.as_str())
        .collect();
    assert_eq!(details, ["captured: 4, then 3", "retracted: 2, then 0"]);
}

#[test]
fn a_balance_of_another_place_is_found() {
    let seq = balance(&|balance| balance.seq += 1);
    assert_eq!(only(&verify(&seq), Fault::Balance).detail, "belongs to another seq");
    let epoch = balance(&|balance| balance.epoch = Epoch::from_bytes([1; 8]));
    assert_eq!(only(&verify(&epoch), Fault::Balance).detail, "belongs to another epoch");
}

#[test]
fn a_missing_or_second_balance_is_found() {
    let swap = |lines: &mut Vec<Vec<u8>>| {
        let (a, b) = (read(&lines[0]), read(&lines[1]));
        *lines = vec![line(5, &b.body), line(6, &a.body)];
    };
    let writer = with(&Wrong { lines: Some(&swap), ..Wrong::default() });
    let found = faults(&verify(&writer));
    assert!(found.contains(&(Some(5), Fault::Balance)), "{found:?}");
    assert!(found.contains(&(Some(6), Fault::Balance)), "{found:?}");
}

#[test]
fn an_epoch_begins_with_its_genesis_and_has_one_only() {
    let mut writer = day();
    let genesis = |lines: &mut Vec<Vec<u8>>| {
        let again = Genesis {
            t: MORNING,
            device: day().key().device_id(),
            epoch: Epoch::from_bytes([7; 8]),
            device_key: day().key(),
            trust: Digest::of(b"trust"),
            grant: day().grant(),
            prior: None,
            agent: "0.1.0".to_owned(),
        };
        lines[1] = line(12, &Body::Genesis(Box::new(again)));
    };
    writer.wrong_batch(
        &[message(1, 11, "在吗")],
        &Wrong { lines: Some(&genesis), ..Wrong::default() },
    );
    assert!(faults(&verify(&writer)).contains(&(Some(12), Fault::Genesis)));
    let mut writer = Writer::new();
    let without = |lines: &mut Vec<Vec<u8>>| {
        lines.remove(0);
        for (n, text) in lines.iter_mut().enumerate() {
            *text = line(u64::try_from(n).unwrap() + 1, &read(text).body);
        }
    };
    writer
        .wrong_batch(&[chat(1, "海港物流")], &Wrong { lines: Some(&without), ..Wrong::default() });
    assert!(faults(&verify(&writer)).contains(&(Some(1), Fault::Genesis)));
}

#[test]
fn a_genesis_of_another_device_epoch_or_key_is_found() {
    let other = Writer::new();
    let device = first(&|genesis| genesis.device = other.key().device_id());
    assert_eq!(only(&verify(&device), Fault::Genesis).detail, "belongs to another device");
    let epoch = first(&|genesis| genesis.epoch = Epoch::from_bytes([1; 8]));
    assert_eq!(only(&verify(&epoch), Fault::Genesis).detail, "belongs to another epoch");
    let key = first(&|genesis| genesis.device_key = other.key());
    assert_eq!(only(&verify(&key), Fault::Genesis).detail, "belongs to another device key");
}

#[test]
fn a_genesis_on_a_trust_document_that_is_not_there_is_found() {
    let writer = first(&|genesis| genesis.trust = Digest::of(b"another"));
    assert_eq!(faults(&verify(&writer)), [(Some(1), Fault::TrustUnknown)]);
}

#[test]
fn a_consent_that_the_device_did_not_sign_is_found() {
    let other = Writer::new();
    let writer = first(&|genesis| genesis.grant = other.grant());
    assert_eq!(faults(&verify(&writer))[0], (Some(1), Fault::Grant));
}

#[test]
fn a_withdrawal_must_end_a_consent_of_this_epoch() {
    let mut writer = day();
    let withdrawal = writer.withdrawal(20);
    writer.batch(&[(&[], Body::ConsentWithdrawal(withdrawal))]);
    assert_eq!(verify(&writer).findings, []);
    let mut stray = writer.withdrawal(21).envelope.peek_unverified().unwrap();
    stray.grant = Digest::of(b"never given");
    let stray = Signed { t: stray.withdrawn.millis(), envelope: writer.sign(&stray) };
    writer.batch(&[(&[], Body::ConsentWithdrawal(stray))]);
    let report = verify(&writer);
    let finding = only(&report, Fault::Withdrawal);
    assert_eq!(finding.detail, "ends a consent that was not given here");
}

#[test]
fn a_withdrawal_with_another_time_than_its_line_is_found() {
    let mut writer = day();
    let mut withdrawal = writer.withdrawal(20);
    withdrawal.t += 1;
    writer.batch(&[(&[], Body::ConsentWithdrawal(withdrawal))]);
    assert_eq!(
        only(&verify(&writer), Fault::Withdrawal).detail,
        "names another time than its line"
    );
}

#[test]
fn records_after_a_withdrawal_are_pointed_out_for_people_to_judge() {
    let mut writer = day();
    let withdrawal = writer.withdrawal(20);
    writer.batch(&[
        message(1, 19, "之前"),
        (&[], Body::ConsentWithdrawal(withdrawal)),
        message(1, 25, "之后"),
    ]);
    let report = verify(&writer);
    assert!(report.is_sound());
    assert_eq!(only(&report, Fault::OutsideConsent).detail, "1 records");
}

#[test]
fn a_recall_points_at_an_earlier_message_of_its_chat() {
    for (chat_number, of, sound) in [
        (1, &[4u64] as &[u64], true),
        (1, &[], true),
        (2, &[4], false),
        (1, &[3], false),
        (1, &[9], false),
    ] {
        let mut writer = Writer::new();
        writer.batch(&[chat(1, "海港物流"), message(1, 1, "你好")]);
        let (_, body) = recall(chat_number, &[]);
        writer.batch(&[(of, body)]);
        assert_eq!(verify(&writer).is_sound(), sound, "chat {chat_number} of {of:?}");
    }
}

#[test]
fn after_a_gap_the_books_are_followed_again() {
    let mut writer = day();
    writer.batch(&[message(1, 20, "还有一件事")]);
    let mut files = writer.stored();
    files.remove(1);
    let report = super::verify_files(&writer, files);
    assert_eq!(faults(&report), [(Some(6), Fault::Gap)]);
}

#[test]
fn blind_spots_and_overrides_are_listed() {
    let mut writer = Writer::new();
    let coverage = |state, cause, until, missed| {
        let line = CoverageLine {
            t: MORNING,
            until,
            src: Source::WechatNotification,
            chat: Some(chat_id(1)),
            state,
            cause,
            missed,
        };
        (&[] as &[u64], Body::Coverage(line))
    };
    writer.batch(&[
        coverage(CoverageState::IncomingOnly, Cause::ListenerOn, None, None),
        coverage(CoverageState::Blind, Cause::CountJump, None, Some(3)),
        coverage(CoverageState::Off, Cause::ListenerOff, Some(MORNING + 60_000), None),
        (&[], Body::Override(OverrideLine { t: MORNING, rule: "sales".parse().unwrap() })),
    ]);
    let report = verify(&writer);
    assert_eq!(report.findings, []);
    assert_eq!((report.counts.coverage, report.counts.overrides), (3, 1));
    let causes: Vec<(Cause, Option<u32>)> =
        report.blind.iter().map(|blind| (blind.cause, blind.missed)).collect();
    assert_eq!(causes, [(Cause::CountJump, Some(3)), (Cause::ListenerOff, None)]);
}

#[test]
fn the_endpoints_word_on_earlier_epochs_is_checked() {
    let before = day();
    let mut forged: CollectorState = before.state().peek_unverified().unwrap();
    forged.epochs[0].high = Position { seq: 99, head: Digest::of(b"x") };
    let stranger = Ed25519Signer::generate().unwrap().0;
    let mut after = before.reset(Some(Envelope::sign(&forged, &stranger).unwrap()));
    after.batch(&[chat(1, "海港物流")]);
    let (trusted, identities) = (before.trusted(), identities(&before));
    let ledger = after.ledger(&trusted, &identities);
    let report = verify_epoch(&ledger, after.stored(), &mut ());
    assert!(faults(&report).contains(&(Some(1), Fault::Prior)));
}

#[test]
fn a_bomb_is_not_unpacked() {
    let mut writer = Writer::new();
    let name = writer.batch(&[chat(1, "海港物流")]);
    let bomb = bomb(&writer);
    let (from, to) = (Position::start(writer.key().device_id(), writer.epoch), writer.at);
    let manifest = fenming_wire::manifest::Manifest {
        tenant: "lantern".parse().unwrap(),
        device: writer.key().device_id(),
        epoch: writer.epoch,
        from,
        to,
        ciphertext: Digest::of(&bomb),
        size: u64::try_from(bomb.len()).unwrap(),
        class: "seven-years".parse().unwrap(),
        recipients: vec![writer.custodian.recipient().key_id()],
        attachments: Vec::new(),
    };
    let signed = writer.sign(&manifest).to_bytes().unwrap();
    writer.files.insert(name, [bomb, signed, Vec::new()]);
    let report = verify(&writer);
    assert!(only(&report, Fault::Unopenable).detail.starts_with("decompresses to more than"));
}

/// A small sealed file that unpacks to 65 MiB: the seal takes what is already packed, so two
/// packed halves stand behind each other.
fn bomb(writer: &Writer) -> Vec<u8> {
    use std::io::Write;
    let half = zstd::bulk::compress(&vec![b'0'; 33 * 1024 * 1024], 9).unwrap();
    let key: age::x25519::Recipient = writer.custodian.recipient().to_string().parse().unwrap();
    let keys = [&key as &dyn age::Recipient];
    let encryptor = age::Encryptor::with_recipients(keys.into_iter()).unwrap();
    let mut sealed = Vec::new();
    let mut to = encryptor.wrap_output(&mut sealed).unwrap();
    to.write_all(&half).unwrap();
    to.write_all(&half).unwrap();
    to.finish().unwrap();
    sealed
}
