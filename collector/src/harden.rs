//! What the process does to keep its memory to itself.

#[cfg(all(test, target_os = "linux"))]
mod tests;

/// Switches core dumps off and, on Linux, forbids other processes of the same user to attach.
///
/// The endpoint holds no plaintext, but it does hold the receipt key. Call it once, before the
/// configuration is read.
///
/// # Errors
/// The system's refusal. The caller should not go on then.
#[cfg(unix)]
pub fn harden_process() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}

/// Does nothing: this system has no such switches.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn harden_process() -> std::io::Result<()> {
    Ok(())
}
