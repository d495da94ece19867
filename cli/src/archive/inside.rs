//! What can be checked of a batch once it is open: lines, chain, genesis, books, consents.

use std::collections::BTreeMap;

use fenming_wire::balance::Books;
use fenming_wire::id::{ChatId, DeviceId, Digest};
use fenming_wire::key::DeviceKey;
use fenming_wire::limits::MAX_BATCH_LINES;
use fenming_wire::manifest::Manifest;
use fenming_wire::record::{BalanceLine, Body, CoverageLine, CoverageState, Line};
use fenming_wire::seal::{self, Identity};
use fenming_wire::time::Timestamp;

use super::consents::Consents;
use super::finding::{Fault, Findings};
use super::outside::Owner;
use super::report::{Blind, EpochReport};
use super::trusted::Trusted;

/// What the lines of one batch are compared with.
pub(super) struct Context<'a> {
    pub(super) owner: &'a Owner,
    pub(super) trusted: &'a Trusted,
    pub(super) manifest: &'a Manifest,
}

/// What is carried from batch to batch.
pub(super) struct Inside {
    /// Counted lines so far; unknown after something is missing.
    counted: Option<u64>,
    books: Option<Books>,
    /// Every line that was read; the chat where it is a message. Recalls point here.
    read: BTreeMap<u64, Option<ChatId>>,
    consents: Consents,
}

/// What one batch shows of itself.
#[derive(Default)]
struct Seen {
    salt: Option<Digest>,
    books: Option<Books>,
    counted: u64,
}

impl Default for Inside {
    fn default() -> Self {
        Self { counted: Some(0), books: None, read: BTreeMap::new(), consents: Consents::default() }
    }
}

impl Inside {
    /// Something is missing: the count starts again with the next balance.
    pub(super) fn lose_count(&mut self) {
        self.counted = None;
    }

    /// Checks the lines of a batch and returns them with their readings.
    pub(super) fn batch<'p>(
        &mut self,
        context: &Context<'_>,
        plain: &'p [u8],
        findings: &mut Findings,
        report: &mut EpochReport,
    ) -> Vec<(&'p [u8], Option<Line>)> {
        let from = context.manifest.from;
        let raw = split(plain);
        let expected = context.manifest.to.seq.saturating_sub(from.seq);
        if raw.len() > MAX_BATCH_LINES || u64::try_from(raw.len()) != Ok(expected) {
            let first = from.seq.saturating_add(1);
            findings.at(first, Fault::LineCount, format!("{} for {expected}", raw.len()));
        }
        let mut seen = Seen::default();
        let mut lines = Vec::with_capacity(raw.len().min(MAX_BATCH_LINES));
        let numbered = (from.seq.saturating_add(1)..).zip(raw.into_iter().take(MAX_BATCH_LINES));
        for (seq, bytes) in numbered {
            let line = read(seq, bytes, findings);
            if let Some(line) = &line {
                self.line(context, (seq, line), &mut seen, findings);
                count(line, report);
            }
            lines.push((bytes, line));
        }
        self.close(context, &seen, &lines, findings);
        self.consents.cover(context.manifest, findings);
        report.books = seen.books.or(report.books);
        report.person = self.consents.person().cloned();
        report.prior = self.consents.prior().to_vec();
        lines
    }

    fn line(
        &mut self,
        context: &Context<'_>,
        (seq, line): (u64, &Line),
        seen: &mut Seen,
        findings: &mut Findings,
    ) {
        seen.counted = seen.counted.saturating_add(u64::from(line.body.is_counted()));
        // The epoch begins with its genesis; the balance stands first in every batch, behind the
        // genesis in the first one.
        let from = context.manifest.from.seq;
        let balance_at = from.saturating_add(if from == 0 { 2 } else { 1 });
        if (seq == 1) != matches!(line.body, Body::Genesis(_)) {
            findings.at(seq, Fault::Genesis, "is not the first line");
        }
        if (seq == balance_at) != matches!(line.body, Body::Balance(_)) {
            findings.at(seq, Fault::Balance, "is not where it belongs");
        }
        let chat = match &line.body {
            Body::Message(message) => Some(message.chat),
            _ => None,
        };
        self.read.insert(seq, chat);
        match &line.body {
            Body::Genesis(genesis) => self.consents.genesis(context, (seq, genesis), findings),
            Body::Balance(balance) => self.balance(context, (seq, balance), seen, findings),
            Body::ConsentGrant(signed) => self.consents.grant(context, (seq, signed), findings),
            Body::ConsentWithdrawal(signed) => {
                self.consents.withdrawal(context, (seq, signed), findings);
            }
            // What was shared was captured when it was shared, which is when its consent counts.
            Body::Message(message) if message.shared => {}
            Body::Share(share) => self.consents.captured(Timestamp::from_millis(share.t)),
            Body::Message(message) => {
                self.consents.captured(Timestamp::from_millis(message.t));
            }
            Body::Recall(recall) => {
                self.consents.captured(Timestamp::from_millis(recall.t));
                for of in line.of.iter().filter(|of| !self.may_be_recalled(**of, seq, recall.chat))
                {
                    findings.at(seq, Fault::Recall, of.to_string());
                }
            }
            Body::Call(call) => self.consents.captured(Timestamp::from_millis(call.t)),
            Body::Chat(_) | Body::Coverage(_) | Body::Override(_) => {}
            _ => findings.at(seq, Fault::Line, "a kind that this version does not know"),
        }
    }

    /// Whether a sequence is an earlier message of the chat. Where the line is missing, or could
    /// not be read, that is a finding of its own.
    fn may_be_recalled(&self, of: u64, seq: u64, chat: ChatId) -> bool {
        (1..seq).contains(&of) && self.read.get(&of).is_none_or(|found| *found == Some(chat))
    }

    fn balance(
        &self,
        context: &Context<'_>,
        (seq, line): (u64, &BalanceLine),
        seen: &mut Seen,
        findings: &mut Findings,
    ) {
        seen.salt.get_or_insert(line.salt);
        let Context { owner, trusted, .. } = *context;
        let balance = match line.books.verify(owner.key.as_slice()) {
            Ok(balance) => balance,
            Err(error) => {
                findings.at(seq, Fault::Balance, error.to_string());
                return;
            }
        };
        let here = [
            (balance.tenant == *trusted.tenant(), "tenant"),
            (balance.device == owner.device, "device"),
            (balance.epoch == owner.epoch, "epoch"),
            (balance.seq == seq, "seq"),
        ];
        for (_, what) in here.into_iter().filter(|(right, _)| !right) {
            findings.at(seq, Fault::Balance, format!("belongs to another {what}"));
        }
        let books = balance.books;
        if let Some(before) = self.books {
            for (what, old, new) in growing(&before, &books) {
                if new < old {
                    findings.at(seq, Fault::Books, format!("{what}: {old}, then {new}"));
                }
            }
        }
        seen.books.get_or_insert(books);
    }

    /// Follows the chain and compares the books, once the whole batch was read.
    fn close(
        &mut self,
        context: &Context<'_>,
        seen: &Seen,
        lines: &[(&[u8], Option<Line>)],
        findings: &mut Findings,
    ) {
        let Manifest { from, to, .. } = *context.manifest;
        let first = from.seq.saturating_add(1);
        match seen.salt {
            Some(salt) => {
                let raw = lines.iter().map(|(bytes, _)| *bytes);
                if from.follow(&salt, raw, to).is_err() {
                    findings.at(first, Fault::Chain, "");
                }
            }
            None => findings.at(first, Fault::Chain, "the balance with its salt is missing"),
        }
        let counted = self.counted.map(|before| before.saturating_add(seen.counted));
        if let (Some(books), Some(found)) = (seen.books, counted)
            && books.forwarded != found
        {
            let detail = format!("forwarded: {} said, {found} found", books.forwarded);
            findings.at(first, Fault::Books, detail);
        }
        self.counted = seen.books.map(|books| books.forwarded);
        self.books = seen.books.or(self.books);
    }

    /// Reports what only the whole epoch shows.
    pub(super) fn finish(&self, findings: &mut Findings) {
        self.consents.finish(findings);
    }
}

/// The device's key out of the genesis, which proves itself: the device is named after its key.
pub(super) fn find_key(
    sealed: &[u8],
    identities: &[Identity],
    device: DeviceId,
) -> Option<DeviceKey> {
    if identities.is_empty() {
        return None;
    }
    let plain = seal::open(sealed, identities).ok()?;
    let first = *split(&plain).first()?;
    match Line::from_json(first).ok()?.body {
        Body::Genesis(genesis) if genesis.device_key.device_id() == device => {
            Some(genesis.device_key)
        }
        _ => None,
    }
}

/// Lines without their newlines; the last one has one as well.
fn split(plain: &[u8]) -> Vec<&[u8]> {
    let body = plain.strip_suffix(b"\n").unwrap_or(plain);
    // One more than allowed, so that too many show, and no more of a hostile batch.
    body.split(|b| *b == b'\n').take(MAX_BATCH_LINES.saturating_add(1)).collect()
}

fn read(seq: u64, bytes: &[u8], findings: &mut Findings) -> Option<Line> {
    let line = match Line::from_json(bytes) {
        Ok(line) => line,
        Err(error) => {
            findings.at(seq, Fault::Line, error.to_string());
            return None;
        }
    };
    if line.seq != seq {
        findings.at(seq, Fault::LineSequence, line.seq.to_string());
    }
    Some(line)
}

/// The numbers that only grow: what was once captured, taken back or destroyed stays so.
fn growing(old: &Books, new: &Books) -> [(&'static str, u64, u64); 6] {
    [
        ("captured", old.captured, new.captured),
        ("forwarded", old.forwarded, new.forwarded),
        ("retracted", old.retracted, new.retracted),
        ("destroyed", old.destroyed, new.destroyed),
        ("held", old.held, new.held),
        ("expired", old.expired, new.expired),
    ]
}

fn count(line: &Line, report: &mut EpochReport) {
    let counts = &mut report.counts;
    let number = match &line.body {
        Body::Chat(_) => &mut counts.chats,
        Body::Message(_) => &mut counts.messages,
        Body::Recall(_) => &mut counts.recalls,
        Body::Call(_) => &mut counts.calls,
        Body::Override(_) => &mut counts.overrides,
        Body::Genesis(_) | Body::ConsentGrant(_) => &mut counts.grants,
        Body::ConsentWithdrawal(_) => &mut counts.withdrawals,
        Body::Coverage(coverage) => {
            report.blind.extend(blind(line.seq, coverage));
            &mut counts.coverage
        }
        _ => return,
    };
    *number = number.saturating_add(1);
}

/// A coverage line that says that something could not be seen.
fn blind(seq: u64, line: &CoverageLine) -> Option<Blind> {
    match line.state {
        CoverageState::Observed | CoverageState::IncomingOnly => None,
        CoverageState::Blind | CoverageState::Off => Some(Blind {
            seq,
            from: Timestamp::from_millis(line.t),
            until: line.until.map(Timestamp::from_millis),
            source: line.src,
            chat: line.chat,
            state: line.state,
            cause: line.cause,
            missed: line.missed,
        }),
    }
}
