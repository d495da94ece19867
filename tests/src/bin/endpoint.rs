//! Serves an endpoint as `fenming collector serve` does, but without forbidding core dumps, so that
//! a test can look into its memory. `endpoint CONFIG` runs until it is killed.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use fenming_collector::{Collector, Config, SystemClock};

fn main() -> Result<(), Box<dyn Error>> {
    let config = std::env::args_os().nth(1).ok_or("which configuration?")?;
    let running = Collector::start(Config::from_file(Path::new(&config))?, Arc::new(SystemClock))?;
    let said = serde_json::json!({ "listens": running.address() });
    writeln!(std::io::stdout(), "{said}")?;
    loop {
        std::thread::park();
    }
}
