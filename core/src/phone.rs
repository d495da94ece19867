//! What the shell last said of the phone. Held in memory; a shell says it again when it starts.

use crate::forward::schedule::Network;
use crate::observation::PlatformFact;

/// What the shell last said of the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phone {
    /// The network.
    pub network: Network,
    /// Whether the phone is charging.
    pub charging: bool,
    /// Whether the notification listener is connected; none until the shell has said so.
    pub listener: Option<bool>,
}

impl Default for Phone {
    /// Until the shell says more: a network that may cost something, and no charger.
    fn default() -> Self {
        Self { network: Network::Metered, charging: false, listener: None }
    }
}

impl Phone {
    pub(crate) fn learn(&mut self, fact: &PlatformFact) {
        match fact {
            PlatformFact::Listener { on, .. } => self.listener = Some(*on),
            PlatformFact::Restarted { .. } => self.listener = None,
            PlatformFact::Network { online: false, .. } => self.network = Network::Offline,
            PlatformFact::Network { metered: true, .. } => self.network = Network::Metered,
            PlatformFact::Network { .. } => self.network = Network::Unmetered,
            PlatformFact::Power { charging, .. } => self.charging = *charging,
        }
    }
}
