//! Random sequences of operations against a model that is too simple to be wrong.
//!
//! After every step the store must agree with the model: books, backlog, ledger, quarantine, and
//! the state of every record. At the end everything is drained, and the custodian must have every
//! record that was not taken back, parked or destroyed, each exactly once.

use std::collections::BTreeMap;

use fenming_wire::ledger::Position;
use fenming_wire::time::{Span, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::clock::Clock;
use crate::record::Fact;

#[derive(Clone, Debug)]
enum Step {
    /// Captures this text; the same text again is a duplicate.
    Append(u8),
    Declare,
    /// Lets so many minutes pass.
    Wait(u8),
    Retract(usize),
    /// Seals up to so many lines.
    Seal(usize),
    /// Settles one of the open batches.
    Settle(usize),
    Unseal(usize),
    Park(usize, usize),
    Hold(u8),
    Promote(usize),
    Discard(usize),
    Expire,
    DestroyUnsent,
    Reopen,
    Suspend,
    /// A transaction that fails in the middle.
    Fail,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0u8..40).prop_map(Step::Append),
        2 => Just(Step::Declare),
        4 => (1u8..40).prop_map(Step::Wait),
        2 => any::<usize>().prop_map(Step::Retract),
        5 => (1usize..6).prop_map(Step::Seal),
        4 => any::<usize>().prop_map(Step::Settle),
        1 => any::<usize>().prop_map(Step::Unseal),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(batch, line)| Step::Park(batch, line)),
        3 => (0u8..8).prop_map(Step::Hold),
        2 => any::<usize>().prop_map(Step::Promote),
        1 => any::<usize>().prop_map(Step::Discard),
        1 => Just(Step::Expire),
        1 => Just(Step::DestroyUnsent),
        2 => Just(Step::Reopen),
        1 => Just(Step::Suspend),
        1 => Just(Step::Fail),
    ];
    prop::collection::vec(step, 1..60)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Queue,
    Batch,
    Delivered,
    Retracted,
    Parked,
    Destroyed,
}

struct Line {
    id: RecordId,
    text: Option<u8>,
    class: &'static str,
    since: i64,
    at: At,
}

struct Sealed {
    id: BatchId,
    from: Position,
    lines: Vec<usize>,
    delivered: bool,
}

struct Item {
    id: HoldId,
    text: u8,
    since: i64,
}

struct World {
    phone: Phone,
    office: Office,
    vault: Vault,
    lines: Vec<Line>,
    batches: Vec<Sealed>,
    items: Vec<Item>,
    position: Position,
    held: u64,
    expired: u64,
}

/// Texts from here on are held ones that were promoted.
const PROMOTED: u8 = 100;

impl World {
    fn new() -> Self {
        let (phone, office) = (Phone::new(), Office::new());
        let vault = phone.enrolled();
        let position = vault.position().unwrap();
        Self {
            phone,
            office,
            vault,
            lines: Vec::new(),
            batches: Vec::new(),
            items: Vec::new(),
            position,
            held: 0,
            expired: 0,
        }
    }

    fn now(&self) -> i64 {
        self.phone.clock.now().millis()
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Append(text) => self.append(*text),
            Step::Declare => {
                let id = self.vault.declare(&coverage(1)).unwrap();
                self.push(id, None, "general");
            }
            Step::Wait(minutes) => self.phone.clock.advance(Span::minutes(i64::from(*minutes))),
            Step::Retract(n) => self.retract(*n),
            Step::Seal(most) => self.seal(*most),
            Step::Settle(n) => self.settle(*n),
            Step::Unseal(n) => self.unseal(*n),
            Step::Park(batch, line) => self.park(*batch, *line),
            Step::Hold(text) => self.hold(*text),
            Step::Promote(n) => self.promote(*n),
            Step::Discard(n) => self.discard(*n),
            Step::Expire => self.expire(),
            Step::DestroyUnsent => self.destroy_unsent(),
            Step::Reopen => self.reopen(),
            Step::Suspend => {
                self.vault.suspend().unwrap();
                assert_eq!(self.vault.resume().unwrap(), Found::Existing);
            }
            Step::Fail => {
                let record = self.office.message(chat(1), "不会留下");
                let failed = self.vault.change(9, |session| {
                    records::append(session, &record, 9)?;
                    Err::<(), _>(AgentError::Internal("a fault in the middle"))
                });
                assert!(failed.is_err());
            }
        }
    }

    fn push(&mut self, id: RecordId, text: Option<u8>, class: &'static str) {
        let since = self.now();
        self.lines.push(Line { id, text, class, since, at: At::Queue });
    }

    fn append(&mut self, text: u8) {
        let words = text.to_string();
        let (record, class) = if text.is_multiple_of(2) {
            (self.office.order(chat(text % 3), &words), "orders")
        } else {
            (self.office.message(chat(text % 3), &words), "general")
        };
        let known = self.lines.iter().any(|line| line.text == Some(text));
        match self.vault.append(&record).unwrap() {
            Appended::New(id) => {
                assert!(!known);
                self.push(id, Some(text), class);
            }
            Appended::Duplicate => assert!(known),
            Appended::QueueFull | Appended::ToCounsel => panic!("not full, and not screened"),
        }
    }

    fn retract(&mut self, n: usize) {
        if self.lines.is_empty() {
            return;
        }
        let n = n % self.lines.len();
        let in_review = self.now() - self.lines[n].since < REVIEW.as_millis();
        let line = &mut self.lines[n];
        let may = line.at == At::Queue && line.text.is_some() && in_review;
        let done = self.vault.retract(line.id, REVIEW);
        assert_eq!(done.is_ok(), may);
        if may {
            line.at = At::Retracted;
        }
    }

    /// The lines that are due, as the design says it.
    fn due(&self, most: usize) -> Vec<usize> {
        let now = self.now();
        let is_due = |line: &Line| {
            line.at == At::Queue && (line.text.is_none() || now - line.since >= REVIEW.as_millis())
        };
        let first = self.lines.iter().find(|line| is_due(line)).map(|line| line.class);
        let due = self.lines.iter().enumerate();
        due.filter(|(_, line)| is_due(line) && Some(line.class) == first)
            .map(|(n, _)| n)
            .take(most)
            .collect()
    }

    fn seal(&mut self, most: usize) {
        let due = self.due(most);
        let sealed = seal(&mut self.vault, most);
        assert_eq!(sealed.is_some(), !due.is_empty());
        let Some((id, pending)) = sealed else { return };
        let ids: Vec<RecordId> = pending.lines.iter().map(|line| line.id).collect();
        assert_eq!(ids, due.iter().map(|n| self.lines[*n].id).collect::<Vec<_>>());
        assert_eq!(pending.from, self.position);
        self.position = end(&pending);
        for n in &due {
            self.lines[*n].at = At::Batch;
        }
        self.batches.push(Sealed { id, from: pending.from, lines: due, delivered: false });
    }

    fn open(&self) -> Vec<usize> {
        (0..self.batches.len()).filter(|n| !self.batches[*n].delivered).collect()
    }

    fn settle(&mut self, n: usize) {
        let open = self.open();
        if open.is_empty() {
            return;
        }
        let n = n % open.len();
        let batch = self.vault.open_batches().unwrap().remove(n);
        let sealed = &mut self.batches[open[n]];
        assert_eq!(batch.id, sealed.id);
        let (envelope, receipt) = receipt(&batch, noon());
        assert_eq!(self.vault.settle(&envelope, &receipt).unwrap(), Settled::Delivered(batch.id));
        assert_eq!(self.vault.settle(&envelope, &receipt).unwrap(), Settled::Already(batch.id));
        sealed.delivered = true;
        for line in &sealed.lines {
            self.lines[*line].at = At::Delivered;
        }
    }

    /// Takes the batch and all later ones back in the model, where that is allowed.
    fn take_back(&mut self, n: usize) -> bool {
        if self.batches[n..].iter().any(|batch| batch.delivered) {
            return false;
        }
        self.position = self.batches[n].from;
        for batch in self.batches.split_off(n) {
            for line in batch.lines {
                self.lines[line].at = At::Queue;
            }
        }
        true
    }

    fn unseal(&mut self, n: usize) {
        let open = self.open();
        if open.is_empty() {
            return;
        }
        let n = open[n % open.len()];
        let done = self.vault.unseal(self.batches[n].id);
        assert_eq!(done.is_ok(), self.take_back(n));
    }

    fn park(&mut self, n: usize, line: usize) {
        let open = self.open();
        if open.is_empty() {
            return;
        }
        let n = open[n % open.len()];
        let batch = &self.batches[n];
        let (id, place) = (batch.id, line % batch.lines.len());
        let line = batch.lines[place];
        let ahead = if batch.from.seq == 0 { 3 } else { 2 };
        let seq = batch.from.seq + ahead + u64::try_from(place).unwrap();
        let done = self.vault.park(id, seq);
        let may = self.lines[line].text.is_some();
        if may && self.take_back(n) {
            self.lines[line].at = At::Parked;
            done.unwrap();
        } else {
            assert!(done.is_err());
        }
    }

    fn held_fact(&self, text: u8) -> Fact {
        Fact { at: self.phone.clock.now(), ..message(chat(9), None, &text.to_string()) }
    }

    fn hold(&mut self, text: u8) {
        let known = self.items.iter().any(|item| item.text == text)
            || self.lines.iter().any(|line| line.text == Some(PROMOTED + text));
        let held = self.office.held(chat(9), self.held_fact(text));
        match self.vault.hold(&held).unwrap() {
            HoldOutcome::New(id) => {
                assert!(!known);
                self.items.push(Item { id, text, since: self.now() });
                self.held += 1;
            }
            HoldOutcome::Duplicate => assert!(known),
            HoldOutcome::Dropped => panic!("neither old nor full"),
        }
    }

    fn is_over(&self, item: &Item) -> bool {
        self.now() - item.since >= Span::hours(24).as_millis()
    }

    fn promote(&mut self, n: usize) {
        if self.items.is_empty() {
            return;
        }
        let n = n % self.items.len();
        let item = &self.items[n];
        let fact = self.held_fact(item.text).after_hold();
        let record = self.office.record((chat(9), "林间咖啡"), fact);
        let done = self.vault.promote(item.id, &record);
        if self.is_over(item) {
            assert!(done.is_err());
            return;
        }
        let Appended::New(id) = done.unwrap() else { panic!("not stored") };
        let text = PROMOTED + item.text;
        self.items.remove(n);
        self.push(id, Some(text), "general");
    }

    fn discard(&mut self, n: usize) {
        if !self.items.is_empty() {
            let item = self.items.remove(n % self.items.len());
            self.vault.discard(item.id).unwrap();
            self.expired += 1;
        }
    }

    fn expire(&mut self) {
        self.phone.clock.advance(Span::hours(7));
        let (now, day) = (self.now(), Span::hours(24).as_millis());
        let before = self.items.len();
        self.items.retain(|item| now - item.since < day);
        let over = u64::try_from(before - self.items.len()).unwrap();
        assert_eq!(self.vault.expire_holds().unwrap(), over);
        self.expired += over;
    }

    fn destroy_unsent(&mut self) {
        let mut destroyed = 0;
        for line in &mut self.lines {
            if line.at == At::Queue && line.text.is_some() {
                line.at = At::Destroyed;
                destroyed += 1;
            }
        }
        assert_eq!(self.vault.destroy_unsent().unwrap(), destroyed);
    }

    fn reopen(&mut self) {
        // The old store is closed before the new one is opened.
        self.vault.live = None;
        let (vault, found) = self.phone.open();
        assert_eq!(found, Found::Existing);
        self.vault = vault;
    }

    fn count(&self, which: &[At], counted: bool) -> u64 {
        let lines = self.lines.iter();
        let found = lines.filter(|l| which.contains(&l.at) && (!counted || l.text.is_some()));
        u64::try_from(found.count()).unwrap()
    }

    fn check(&self) {
        let numbers = self.vault.numbers().unwrap();
        let books = numbers.books;
        assert!(books.add_up());
        let expected = fenming_wire::balance::Books {
            captured: u64::try_from(self.lines.iter().filter(|l| l.text.is_some()).count())
                .unwrap(),
            forwarded: self.count(&[At::Batch, At::Delivered], true),
            queued: self.count(&[At::Queue], true),
            retracted: self.count(&[At::Retracted], true),
            parked: self.count(&[At::Parked], true),
            destroyed: self.count(&[At::Destroyed], true),
            counsel: 0,
            held: self.held,
            expired: self.expired,
        };
        assert_eq!(books, expected);
        assert_eq!(numbers.queued, self.count(&[At::Queue], false));
        assert_eq!(numbers.in_flight, self.count(&[At::Batch], false));
        assert_eq!(numbers.held, u64::try_from(self.items.len()).unwrap());
        assert_eq!(numbers.sealed, Some(self.position));
        let gap = self.batches.iter().find(|batch| !batch.delivered).map(|batch| batch.from);
        assert_eq!(numbers.receipted, Some(gap.unwrap_or(self.position)));
        self.check_records();
    }

    fn check_records(&self) {
        let query = RecordQuery { limit: 500, review: REVIEW, ..RecordQuery::default() };
        let page = self.vault.records(&query).unwrap();
        let states: BTreeMap<_, _> = page.records.iter().map(|r| (r.id, r.state)).collect();
        assert_eq!(states.len(), page.records.len());
        for line in &self.lines {
            let in_review = self.now() - line.since < REVIEW.as_millis();
            let expected = match line.at {
                At::Queue if line.text.is_some() && in_review => Some(RecordState::InReview),
                At::Queue => Some(RecordState::Queued),
                At::Batch => Some(RecordState::Sealed),
                At::Delivered => Some(RecordState::Delivered),
                At::Parked => Some(RecordState::Parked),
                At::Retracted | At::Destroyed => None,
            };
            assert_eq!(states.get(&line.id), expected.as_ref());
        }
    }

    /// Seals and delivers all there is; every record that should arrive did so once.
    fn drain(&mut self) {
        self.phone.clock.advance(REVIEW);
        while !self.due(1).is_empty() {
            self.seal(50);
        }
        while !self.open().is_empty() {
            self.settle(0);
        }
        self.check();
        let mut arrived: Vec<RecordId> = Vec::new();
        let mut next =
            Position::start(self.vault.device().unwrap().unwrap(), self.vault.epoch().unwrap());
        for batch in &self.batches {
            assert_eq!(batch.from.seq, next.seq);
            let ahead = if next.seq == 0 { 2 } else { 1 };
            next.seq += ahead + u64::try_from(batch.lines.len()).unwrap();
            arrived.extend(batch.lines.iter().map(|n| self.lines[*n].id));
        }
        assert_eq!(next.seq, self.position.seq);
        arrived.sort_unstable();
        let lines = self.lines.iter().filter(|line| line.at == At::Delivered);
        assert_eq!(arrived, lines.map(|line| line.id).collect::<Vec<_>>());
        assert_eq!(self.count(&[At::Queue, At::Batch], false), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_books_balance_and_no_record_is_lost_or_doubled(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            world.check();
        }
        world.drain();
    }
}

#[test]
fn the_wall_clock_may_jump_as_it_likes_while_records_wait() {
    let mut world = World::new();
    for (text, wall) in [(1, 0), (3, i64::MAX), (5, 1), (7, 4_102_444_800_000)] {
        world.append(text);
        world.phone.clock.set_wall(Timestamp::from_millis(wall));
        assert_eq!(world.vault.books().unwrap().captured, world.count(&[At::Queue], true));
    }
    world.vault.expire_holds().unwrap();
    world.vault.forget_delivered(Span::days(1)).unwrap();
    world.reopen();
    world.phone.wait();
    let (_, pending) = seal(&mut world.vault, 9).unwrap();
    assert_eq!(pending.lines.len(), 4);
}
