//! Whether a ledger ends where the endpoint last signed that it does. Without that, nothing in the
//! files themselves tells that the newest batches are missing.

use std::collections::BTreeSet;

use fenming_wire::envelope::Envelope;
use fenming_wire::id::DeviceId;
use fenming_wire::receipt::{ARCHIVED_STATE, CollectorState};
use fenming_wire::time::Timestamp;

use super::finding::{Fault, Finding, Place};
use super::folder::Folder;
use super::outside::Unread;
use super::report::EpochReport;
use super::trusted::Trusted;

/// Compares the ends of ledgers with the signed states. `all` says whether every epoch was looked
/// at, so that one which is not here is missing. Returns since when nothing is known to be
/// missing at any end: the oldest state's time, where every device has one.
pub(super) fn check(
    folder: &Folder,
    trusted: &Trusted,
    (epochs, all): (&[EpochReport], bool),
    findings: &mut Vec<Finding>,
) -> Option<Timestamp> {
    let devices: BTreeSet<DeviceId> = epochs.iter().map(|epoch| epoch.device).collect();
    let mut oldest = None;
    let mut known = true;
    for (device, stored) in folder.states(&devices) {
        match state(device, stored, trusted) {
            Ok(state) => {
                oldest = oldest.into_iter().chain([state.at]).min();
                findings.extend(missing(&state, epochs, all));
            }
            Err(finding) => {
                known = false;
                findings.push(finding);
            }
        }
    }
    oldest.filter(|_| known)
}

fn state(
    device: DeviceId,
    stored: Result<Vec<u8>, Unread>,
    trusted: &Trusted,
) -> Result<CollectorState, Finding> {
    let finding = |code, detail: String| {
        Finding::new(Place { device: Some(device), ..Place::default() }, code, detail)
    };
    let bytes = stored.map_err(|why| match why {
        Unread::Missing => finding(Fault::StateMissing, String::new()),
        Unread::TooLarge => finding(Fault::StateRefused, "larger than it may be".to_owned()),
        Unread::Special => finding(Fault::Special, "state.json".to_owned()),
        Unread::Failed(kind) => finding(Fault::Unread, format!("state.json: {kind}")),
    })?;
    let state = Envelope::<CollectorState>::from_bytes(&bytes)
        .and_then(|envelope| envelope.verify(&trusted.receipt_keys()))
        .map_err(|error| finding(Fault::StateRefused, error.to_string()))?;
    let here = [
        (state.tenant == *trusted.tenant(), "names another tenant"),
        (state.device == device, "names another device"),
        (state.nonce == ARCHIVED_STATE, "answers a request"),
    ];
    match here.into_iter().find(|(right, _)| !right) {
        Some((_, what)) => Err(finding(Fault::StateRefused, what.to_owned())),
        None => Ok(state),
    }
}

fn missing(state: &CollectorState, epochs: &[EpochReport], all: bool) -> Vec<Finding> {
    let mut missing = Vec::new();
    for known in state.epochs.iter().filter(|known| known.high.seq > 0) {
        let here = epochs.iter().find(|e| (e.device, e.epoch) == (state.device, known.epoch));
        let whole = here.map_or(!all, |epoch| epoch.has(known.high.seq, &known.high.head));
        if !whole {
            let place = Place { device: Some(state.device), epoch: Some(known.epoch), seq: None };
            let ends = here.map_or(0, |epoch| epoch.end.seq);
            let detail = format!("up to sequence {}, it ends at {ends}", known.high.seq);
            missing.push(Finding::new(place, Fault::TailMissing, detail));
        }
    }
    missing
}
