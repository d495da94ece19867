//! The one rule of acceptance, as a pure function: a batch starts where the ledger stands.

use fenming_wire::ledger::Position;
use fenming_wire::manifest::Manifest;
use fenming_wire::receipt::Receipt;

/// What becomes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It continues the ledger: keep it.
    Append,
    /// It is the very batch that was receipted before: give the same receipt again.
    Repeat,
    /// It fits nowhere: show what is there.
    Conflict,
}

/// Decides by the highest place of the epoch (absent where it is new) and by the receipt of the
/// batch that begins at the same line.
pub(super) fn decide(
    manifest: &Manifest,
    high: Option<Position>,
    same_start: Option<&Receipt>,
) -> Decision {
    let at = high.unwrap_or_else(|| Position::start(manifest.device, manifest.epoch));
    if manifest.from == at {
        return Decision::Append;
    }
    match same_start {
        Some(receipt) if receipt.fits(manifest) => Decision::Repeat,
        _ => Decision::Conflict,
    }
}
