//! `collector serve`: the endpoint, until a signal ends it.

use std::io;
use std::sync::Arc;

use fenming_collector::{Collector, Running, SystemClock, harden_process};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Here, refusal};
use crate::error::CliError;
use crate::output::Output;

/// Arguments of `fenming collector serve`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    here: Here,
}

/// The signals that the endpoint listens to. They are caught before it starts, so that none is
/// missed.
struct Signals {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

/// What a signal asks for.
enum Asked {
    Stop,
    Reload,
}

pub(super) fn run(args: &Args, out: &mut Output) -> Result<(), CliError> {
    let system = |error: io::Error| CliError::fault(format!("the system refuses: {error}"));
    // Before a key is in memory.
    harden_process().map_err(system)?;
    log_to_standard_error(out.is_quiet());
    let mut signals = Signals::catch().map_err(system)?;
    let path = &args.here.config;
    let running = Collector::start(args.here.load()?, Arc::new(SystemClock))
        .map_err(|error| refusal::start(path, &error))?;
    out.json(&serde_json::json!({
        "endpoint": running.endpoint(),
        "listens": running.address(),
    }));
    out.done(&format!("the endpoint serves {}", running.endpoint()));
    out.facts(&[("listens on", running.address().to_string())]);
    out.note("Ctrl-C or SIGTERM stops it; SIGHUP reads trust document and policy anew.");
    loop {
        match signals.next() {
            Asked::Stop => break,
            Asked::Reload => reload(&args.here, &running, out),
        }
    }
    out.note("stopping: open requests may finish");
    running.stop();
    out.note("stopped");
    Ok(())
}

/// Serves the documents that stand in the folder now, or goes on with those of before.
fn reload(here: &Here, running: &Running, out: &Output) {
    let published = here.load().and_then(|config| {
        let refused = |error| refusal::start(&here.config, &error);
        running.publish(config.documents).map_err(refused)
    });
    match published {
        Ok(()) => out.note("trust document and policy were read anew"),
        Err(error) => out.note(&format!("what was served before is served on: {error}")),
    }
}

impl Signals {
    fn catch() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let hangup = signal(SignalKind::hangup())?;
        drop(entered);
        Ok(Self { runtime, interrupt, terminate, hangup })
    }

    fn next(&mut self) -> Asked {
        let Self { runtime, interrupt, terminate, hangup } = self;
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => Asked::Stop,
                _ = terminate.recv() => Asked::Stop,
                _ = hangup.recv() => Asked::Reload,
            }
        })
    }
}

/// The endpoint's log holds codes and counters only; see its logging policy.
fn log_to_standard_error(quiet: bool) {
    let level = if quiet {
        tracing_subscriber::filter::LevelFilter::ERROR
    } else {
        tracing_subscriber::filter::LevelFilter::INFO
    };
    // A log that is set already stays.
    let _ = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).try_init();
}
