//! The endpoint stores what it cannot read, and logs nothing of it.

use std::io;
use std::sync::{Arc, Mutex};

use fenming_wire::ledger::Position;
use fenming_wire::seal;
use fenming_wire::time::Span;
use tracing_subscriber::fmt::MakeWriter;

use super::fixture::{Batch, Phone, TITLE, Tenant, epoch, holds, person};

const CANARY: &str = "金丝雀 canary 七点半在老地方";

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn nothing_readable_is_in_its_files_or_in_its_log() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_max_level(tracing::Level::TRACE);
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), Phone::new());
    let token = running.console().issue_token(&person(), Span::hours(1)).unwrap();
    assert_eq!(client.enrol(&phone, &token).status, 200);
    let line = format!("{{\"text\":\"{CANARY}\",\"title\":\"{TITLE}\"}}\n");
    let sealed = seal::seal(line.repeat(40).as_bytes(), &tenant.recipients()).unwrap();
    let start = Position::start(phone.device(), epoch(1));
    let batch = Batch::of(&tenant, &phone, (epoch(1), start, 40), sealed);
    assert_eq!(client.upload(&phone, &batch).status, 200);
    // What a confused agent might send where it does not belong.
    assert_eq!(client.heartbeat(&phone, line.clone().into_bytes()).status, 400);
    assert_eq!(client.post(&phone, "/v1/batches", line.clone().into_bytes()).status, 400);
    assert_eq!(client.post(&phone, "/v1/enrolments", line.into_bytes()).status, 400);
    assert_eq!(client.plain("GET", "/v1/canary-path", None, Vec::new()).status, 404);
    running.stop();

    for needle in [CANARY, "canary", TITLE, token.expose()] {
        assert!(!holds(&tenant.data(), needle.as_bytes()), "{needle}");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for needle in [CANARY, "canary", TITLE, token.expose()] {
        assert!(!log.contains(needle), "{needle}");
    }
    // The test's own client logs addresses too; the endpoint must not.
    let ours = log.lines().filter(|line| line.contains("fenming_collector"));
    assert!(ours.clone().count() > 5 && ours.clone().all(|line| !line.contains("127.0.0.1")));
    assert!(log.contains("route=batches") && log.contains(&phone.device().to_string()));
}
