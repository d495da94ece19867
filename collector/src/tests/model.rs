//! The rule of acceptance against a model: random uploads, repeats, gaps, wrong heads and forks.

use std::collections::BTreeMap;
use std::sync::Arc;

use fenming_wire::api::ProblemKind;
use fenming_wire::id::{Digest, Epoch};
use fenming_wire::ledger::Position;
use fenming_wire::signature::{self, Request};
use fenming_wire::time::Span;
use proptest::prelude::*;

use super::fixture::{Batch, Phone, Tenant, epoch, files, person};
use crate::service::{Checked, Head, Service};
use crate::store::{EnrolRefused, Registered};

/// What a device might do, rightly or wrongly.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Goes on where the ledger stands.
    Next { epoch: u8, lines: u64 },
    /// Sends an accepted batch again, byte for byte.
    Again { epoch: u8, which: usize },
    /// Skips lines.
    Gap { epoch: u8, skipped: u64 },
    /// Goes on from a head that nobody has.
    WrongHead { epoch: u8 },
    /// Sends other lines where some were accepted.
    Fork { epoch: u8, which: usize, lines: u64 },
    /// Continues one epoch with the other's place.
    Crossed { epoch: u8 },
    /// The endpoint stops and starts.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let epoch = 0u8..3;
    prop_oneof![
        5 => (epoch.clone(), 1u64..4).prop_map(|(epoch, lines)| Step::Next { epoch, lines }),
        2 => (epoch.clone(), any::<usize>())
            .prop_map(|(epoch, which)| Step::Again { epoch, which }),
        1 => (epoch.clone(), 1u64..4).prop_map(|(epoch, skipped)| Step::Gap { epoch, skipped }),
        1 => epoch.clone().prop_map(|epoch| Step::WrongHead { epoch }),
        2 => (epoch.clone(), any::<usize>(), 1u64..4)
            .prop_map(|(epoch, which, lines)| Step::Fork { epoch, which, lines }),
        1 => epoch.prop_map(|epoch| Step::Crossed { epoch }),
        1 => Just(Step::Restart),
    ]
}

/// What must have been accepted, with its receipt.
#[derive(Default)]
struct Model {
    accepted: BTreeMap<Epoch, Vec<(Batch, Vec<u8>)>>,
}

impl Model {
    fn of(&self, epoch: Epoch) -> &[(Batch, Vec<u8>)] {
        self.accepted.get(&epoch).map_or(&[], Vec::as_slice)
    }

    fn high(&self, phone: &Phone, epoch: Epoch) -> Position {
        let last = self.of(epoch).last();
        last.map_or_else(|| Position::start(phone.device(), epoch), |(b, _)| b.manifest.to)
    }

    fn pick(&self, epoch: Epoch, which: usize) -> Option<&Batch> {
        let accepted = self.of(epoch);
        accepted.get(which.checked_rem(accepted.len())?).map(|(batch, _)| batch)
    }
}

struct Bench {
    tenant: Tenant,
    phone: Phone,
    service: Service,
    nonces: u64,
}

impl Bench {
    fn new() -> Self {
        let (tenant, phone) = (Tenant::new(), Phone::new());
        let service = open(&tenant);
        let now = tenant.clock().now();
        let token = Digest::of(b"token");
        service.store().add_token(token, &person(), now + Span::days(1)).unwrap();
        let nonce = "an-enrolment-0001";
        let request = Registered { token, key: phone.key(), nonce, created: now, now };
        let enrolled: Result<_, EnrolRefused> = service.store().enrol(&request);
        assert_eq!(enrolled.unwrap(), person());
        Self { tenant, phone, service, nonces: 0 }
    }

    fn restart(self) -> Self {
        let Self { tenant, phone, service, nonces } = self;
        drop(service);
        let service = open(&tenant);
        Self { tenant, phone, service, nonces }
    }

    /// Sends a batch as the routes would: the receipt's bytes, or the kind of the problem.
    fn upload(&mut self, batch: &Batch) -> Result<Vec<u8>, ProblemKind> {
        self.nonces += 1;
        let body = batch.frame(&self.phone);
        let path = "/v1/batches";
        let request = Request { method: "POST", authority: "archive.example", path, body: &body };
        let now = self.tenant.clock().now();
        let nonce = format!("nonce-{:016}", self.nonces);
        let headers =
            signature::sign(request, self.phone.device(), now, &nonce, &self.phone).unwrap();
        let head = Head { method: "POST", path: path.to_owned(), headers: Some(headers) };
        let admitted = self.service.admit(&head).map_err(|refusal| refusal.kind())?;
        let answer = self.service.batch(admitted, &body);
        answer.map(|answer| answer.body).map_err(|refusal| refusal.kind())
    }

    fn batch(&self, epoch: Epoch, from: Position, lines: u64) -> Batch {
        Batch::new(&self.tenant, &self.phone, epoch, from, lines)
    }
}

fn open(tenant: &Tenant) -> Service {
    let config = tenant.config();
    let checked = Checked::new(&config).unwrap();
    let authority = "archive.example".to_owned();
    Service::open(&config, checked, authority, tenant.clock()).unwrap().0
}

/// Does one step and holds the answer against the model.
fn take(bench: &mut Bench, model: &mut Model, step: Step) -> Result<(), TestCaseError> {
    let conflict = |bench: &mut Bench, batch: &Batch| {
        prop_assert_eq!(bench.upload(batch), Err(ProblemKind::LedgerConflict));
        Ok(())
    };
    match step {
        Step::Next { epoch: n, lines } => {
            let batch = bench.batch(epoch(n), model.high(&bench.phone, epoch(n)), lines);
            let receipt = bench.upload(&batch);
            let bytes = receipt.map_err(|kind| TestCaseError::fail(format!("{kind:?}")))?;
            prop_assert!(bench.tenant.receipt(&bytes).fits(&batch.manifest));
            model.accepted.entry(epoch(n)).or_default().push((batch, bytes));
        }
        Step::Again { epoch: n, which } => {
            let accepted = model.of(epoch(n));
            if let Some(which) = which.checked_rem(accepted.len()) {
                let (batch, receipt) = &accepted[which];
                prop_assert_eq!(bench.upload(batch), Ok(receipt.clone()));
            }
        }
        Step::Gap { epoch: n, skipped } => {
            let high = model.high(&bench.phone, epoch(n));
            let from = bench.batch(epoch(n), high, skipped).manifest.to;
            let batch = bench.batch(epoch(n), from, 1);
            conflict(bench, &batch)?;
        }
        Step::WrongHead { epoch: n } => {
            let high = model.high(&bench.phone, epoch(n));
            let from = Position { head: Digest::of(b"nobody"), ..high };
            let batch = bench.batch(epoch(n), from, 1);
            conflict(bench, &batch)?;
        }
        Step::Fork { epoch: n, which, lines } => {
            if let Some(batch) = model.pick(epoch(n), which) {
                let fork = bench.batch(epoch(n), batch.manifest.from, lines);
                conflict(bench, &fork)?;
            }
        }
        Step::Crossed { epoch: n } => {
            let from = model.high(&bench.phone, epoch((n + 1) % 3));
            let batch = bench.batch(epoch(n), from, 1);
            conflict(bench, &batch)?;
        }
        Step::Restart => {}
    }
    Ok(())
}

/// The ledger, the folder and the model say the same.
fn compare(bench: &Bench, model: &Model) -> Result<(), TestCaseError> {
    let rows = bench.service.store().batches(bench.phone.device()).unwrap();
    let stored: Vec<_> = rows.iter().map(|row| (row.epoch, row.ciphertext)).collect();
    let all = model.accepted.iter().flat_map(|(epoch, batches)| {
        batches.iter().map(|(batch, _)| (*epoch, batch.manifest.ciphertext))
    });
    prop_assert_eq!(stored, all.collect::<Vec<_>>());
    let folder = bench.tenant.data().join("batches");
    let mut kept = if folder.exists() { files(&folder) } else { Vec::new() };
    kept.retain(|path| path.extension().is_some_and(|ending| ending == "age"));
    let incoming = bench.tenant.data().join("incoming");
    prop_assert!(!incoming.exists() || files(&incoming).is_empty());
    let mut digests: Vec<_> =
        kept.iter().map(|path| Digest::of(&std::fs::read(path).unwrap())).collect();
    let mut expected: Vec<_> = rows.iter().map(|row| row.ciphertext).collect();
    digests.sort_unstable();
    expected.sort_unstable();
    prop_assert_eq!(digests, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_only_ever_grows_by_one_matching_batch(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let (mut bench, mut model) = (Bench::new(), Model::default());
        for step in steps {
            if matches!(step, Step::Restart) {
                bench = bench.restart();
            }
            take(&mut bench, &mut model, step)?;
        }
        compare(&bench, &model)?;
        let shared = Arc::clone(bench.service.store());
        for (epoch, batches) in &model.accepted {
            let view = shared.view(bench.phone.device(), Some(*epoch)).unwrap();
            let high = view.epochs.iter().find(|state| state.epoch == *epoch).map(|s| s.high);
            prop_assert_eq!(high, batches.last().map(|(batch, _)| batch.manifest.to));
            let receipts: Vec<_> = batches.iter().rev().map(|(_, r)| r.clone()).collect();
            prop_assert_eq!(&view.receipts, &receipts[..receipts.len().min(32)]);
        }
    }
}
