//! What IT sees and does: devices, batches, blocking.

use fenming_collector::{BatchEntry, DeviceEntry};
use fenming_wire::heartbeat::Heartbeat;
use fenming_wire::id::DeviceId;
use fenming_wire::time::Span;
use serde::Serialize;
use serde_json::json;

use super::{Here, refusal};
use crate::error::CliError;
use crate::output::{Output, Table};
use crate::trust::whole_seconds;

/// Arguments of `fenming collector devices`.
#[derive(clap::Args)]
pub(super) struct DevicesArgs {
    #[command(flatten)]
    here: Here,
}

/// Arguments of `fenming collector batches`.
#[derive(clap::Args)]
pub(super) struct BatchesArgs {
    #[command(flatten)]
    here: Here,
    /// Only those of this device
    device: Option<DeviceId>,
}

/// Arguments of `fenming collector block` and `unblock`.
#[derive(clap::Args)]
pub(super) struct DeviceArgs {
    #[command(flatten)]
    here: Here,
    /// The device, as `collector devices` lists it
    device: DeviceId,
}

pub(super) fn devices(args: &DevicesArgs, out: &mut Output) -> Result<(), CliError> {
    let devices = args.here.console()?.devices().map_err(|error| refusal::store(&error))?;
    if devices.is_empty() {
        out.line("No device has enrolled yet.");
        out.aside("Make a token for the first one:");
        out.command(&format!(
            "fenming collector token --config {} --person PERSON --profile device.json",
            args.here.config.display()
        ));
        return Ok(());
    }
    let headings = [
        "device",
        "person",
        "state",
        "last heard",
        "backlog",
        "oldest",
        "last error",
        "batches",
        "bytes",
    ];
    let mut table = Table::new(&headings).right(&[4, 5, 7, 8]);
    for entry in &devices {
        out.json(&device(entry));
        table.row(device_row(entry));
    }
    out.table(&table);
    Ok(())
}

pub(super) fn batches(args: &BatchesArgs, out: &mut Output) -> Result<(), CliError> {
    let console = args.here.console()?;
    let store = |error| refusal::store(&error);
    let devices = match args.device {
        Some(device) => {
            vec![console.device(device).map_err(store)?.ok_or_else(|| unknown(device))?]
        }
        None => console.devices().map_err(store)?,
    };
    let headings = ["device", "epoch", "first", "last", "class", "bytes", "received"];
    let mut table = Table::new(&headings).right(&[2, 3, 5]);
    for entry in devices {
        for batch in console.batches(entry.device).map_err(store)? {
            out.json(&batch_facts(entry.device, &batch));
            table.row(batch_row(entry.device, &batch));
        }
    }
    if table.is_empty() {
        out.line("No batch has arrived yet.");
        out.aside(
            "Phones send on the policy's schedule. Whether they report, and which error they have:",
        );
        out.command(&format!("fenming collector devices --config {}", args.here.config.display()));
    } else {
        out.table(&table);
    }
    Ok(())
}

pub(super) fn block(args: &DeviceArgs, out: &mut Output) -> Result<(), CliError> {
    if !args.here.console()?.block(args.device).map_err(|error| refusal::store(&error))? {
        return Err(unknown(args.device));
    }
    out.json(&json!({ "device": args.device, "blocked": true }));
    out.done(&format!("{} is refused from now on; what it sent stays", args.device));
    Ok(())
}

pub(super) fn unblock(args: &DeviceArgs, out: &mut Output) -> Result<(), CliError> {
    if !args.here.console()?.unblock(args.device).map_err(|error| refusal::store(&error))? {
        return Err(unknown(args.device));
    }
    out.json(&json!({ "device": args.device, "blocked": false }));
    out.done(&format!("{} may send again", args.device));
    Ok(())
}

fn unknown(device: DeviceId) -> CliError {
    CliError::input(format!("no device is enrolled under {device}"))
        .hint("`fenming collector devices` lists them")
}

fn device(entry: &DeviceEntry) -> serde_json::Value {
    json!({
        "device": entry.device,
        "person": entry.person,
        "enrolled": entry.enrolled,
        "blocked": entry.blocked,
        "heard": entry.heartbeat.as_ref().map(|heard| heard.received),
        "heartbeat": entry.heartbeat.as_ref().map(|heard| &heard.heartbeat),
        "epochs": entry.epochs,
        "batches": entry.batches,
        "bytes": entry.bytes,
    })
}

fn device_row(entry: &DeviceEntry) -> Vec<String> {
    let none = || "–".to_owned();
    let heartbeat = entry.heartbeat.as_ref().map(|heard| &heard.heartbeat);
    let said =
        |read: &dyn Fn(&Heartbeat) -> Option<String>| heartbeat.and_then(read).unwrap_or_else(none);
    let state = match entry.blocked {
        Some(_) => "blocked".to_owned(),
        None => said(&|beat| Some(word(&beat.state))),
    };
    let heard = entry.heartbeat.as_ref().map(|heard| whole_seconds(heard.received).to_string());
    vec![
        entry.device.to_string(),
        entry.person.to_string(),
        state,
        heard.unwrap_or_else(|| "never".to_owned()),
        said(&|beat| Some(beat.backlog.to_string())),
        said(&|beat| beat.oldest.map(age)),
        said(&|beat| beat.last_error.clone()),
        entry.batches.to_string(),
        entry.bytes.to_string(),
    ]
}

fn batch_facts(device: DeviceId, batch: &BatchEntry) -> serde_json::Value {
    json!({
        "device": device,
        "epoch": batch.epoch,
        "first": batch.first,
        "last": batch.last,
        "class": batch.class,
        "ciphertext": batch.ciphertext,
        "bytes": batch.size,
        "received": batch.received,
    })
}

fn batch_row(device: DeviceId, batch: &BatchEntry) -> Vec<String> {
    vec![
        device.to_string(),
        batch.epoch.to_string(),
        batch.first.to_string(),
        batch.last.to_string(),
        batch.class.to_string(),
        batch.size.to_string(),
        whole_seconds(batch.received).to_string(),
    ]
}

/// The word that stands for a value in documents, with spaces.
fn word<T: Serialize>(value: &T) -> String {
    let word = serde_json::to_value(value).ok();
    word.as_ref().and_then(|word| word.as_str()).unwrap_or("–").replace('_', " ")
}

/// A length of time in its largest whole unit.
fn age(span: Span) -> String {
    let minutes = span.as_millis() / 60_000;
    match minutes {
        0..=119 => format!("{minutes} min"),
        120..=2879 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}
