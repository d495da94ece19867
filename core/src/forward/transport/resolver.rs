//! The port that looks names up.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

/// Looks names up. Every address that it yields is checked before it is used.
pub trait Resolver: Send + Sync + 'static {
    /// The addresses of a host name, in order of preference.
    ///
    /// # Errors
    /// Whatever the system says; where there is no such name as well.
    fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}
