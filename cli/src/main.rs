//! The program `fenming`.

use std::process::ExitCode;

use fenming::output::Output;

fn main() -> ExitCode {
    fenming::run(std::env::args_os(), &mut Output::terminal()).into()
}
