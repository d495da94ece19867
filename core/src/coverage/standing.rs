//! What of a whole source can be seen.

use fenming_wire::heartbeat::ConsentState;
use fenming_wire::id::ChatId;
use fenming_wire::record::{Cause, CoverageLine, CoverageState};
use fenming_wire::source::Source;
use fenming_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::chats::Withheld;
use crate::policy::PolicyState;

/// What of one source can be seen. Hand every sign in, in the order of events; write every line
/// that comes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    source: Source,
    listening: Listening,
    consent: Option<Cause>,
    policy_ended: bool,
    paused: bool,
    queue_full: bool,
    /// Notices with hidden names and text since WeChat began to hide them; none while it shows
    /// them. The number stays on the phone, since it counts personal messages as well.
    hidden: Option<u32>,
    /// Whether the employee resumed since the listener was last connected.
    resumed: bool,
    stretch: Option<Stretch>,
    pub(super) withheld: Vec<Withheld>,
}

/// A sign of how much of the source can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The listener was connected, or disconnected.
    Listener(bool),
    /// The process started after it had been killed.
    Restarted {
        /// When it was last known to live.
        last_alive: Timestamp,
    },
    /// Where consent stands under the scope of now.
    Consent(ConsentState),
    /// How the policy stands now.
    Policy(PolicyState),
    /// The employee paused, or resumed.
    Paused(bool),
    /// The queue became full, or has room again.
    QueueFull(bool),
    /// WeChat hid the names and text of a notice.
    PreviewHidden,
    /// WeChat showed a notice with its text. Whose it was does not matter.
    PreviewShown,
    /// The counter of a container of service accounts jumped. Nobody can know whose messages
    /// were never visible, nor how many of them were business, so their number is not said.
    Missed,
    /// The store was damaged and a new epoch began.
    StoreDamaged,
    /// A key was lost.
    KeyLost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Listening {
    Off,
    On,
    /// The process was killed, and the listener has not shown itself since.
    Killed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretch {
    since: i64,
    state: CoverageState,
    cause: Cause,
}

impl Coverage {
    /// Of a source of which nothing was seen yet and to which nobody has consented.
    #[must_use]
    pub const fn new(source: Source) -> Self {
        Self {
            source,
            listening: Listening::Off,
            consent: Some(Cause::NoConsent),
            policy_ended: false,
            paused: false,
            queue_full: false,
            hidden: None,
            resumed: false,
            stretch: None,
            withheld: Vec::new(),
        }
    }

    /// Takes a sign and says what must be written.
    pub fn take(&mut self, at: Timestamp, sign: Sign) -> Vec<CoverageLine> {
        let at = at.millis();
        match sign {
            Sign::Listener(on) => {
                let listening = if on { Listening::On } else { Listening::Off };
                // A sign that repeats itself changes nothing.
                self.resumed &= self.listening == listening;
                self.listening = listening;
            }
            Sign::Restarted { last_alive } => {
                if self.listening == Listening::On {
                    self.listening = Listening::Killed;
                }
                return self.settle(last_alive.millis().min(at));
            }
            Sign::Consent(state) => self.consent = blocking(state),
            Sign::Policy(state) => self.policy_ended = !state.allows_capture(),
            Sign::Paused(paused) => {
                if self.paused != paused {
                    self.resumed = !paused;
                }
                self.paused = paused;
            }
            Sign::QueueFull(full) => self.queue_full = full,
            Sign::PreviewHidden => self.hidden = Some(self.hidden.unwrap_or(0).saturating_add(1)),
            Sign::PreviewShown => self.hidden = None,
            Sign::Missed => {
                let capturing = self.standing().0 != CoverageState::Off;
                return if capturing { self.moment(at, Cause::CountJump) } else { Vec::new() };
            }
            Sign::StoreDamaged => return self.moment(at, Cause::StoreDamaged),
            Sign::KeyLost => return self.moment(at, Cause::KeyLost),
        }
        self.settle(at)
    }

    /// How much can be seen now, and why; for the status. None before the first consent.
    #[must_use]
    pub fn now(&self) -> Option<(CoverageState, Cause)> {
        self.stretch.map(|stretch| (stretch.state, stretch.cause))
    }

    /// Notices with hidden text in the present stretch, for the employee's own screen.
    #[must_use]
    pub fn hidden_notices(&self) -> u32 {
        self.hidden.unwrap_or(0)
    }

    /// Whether anything may be written at all: after a first consent, until it ends.
    pub(super) fn speaks(&self) -> bool {
        self.consent != Some(Cause::NoConsent)
    }

    pub(super) fn line(
        &self,
        chat: Option<ChatId>,
        (t, until): (i64, Option<i64>),
        (state, cause): (CoverageState, Cause),
    ) -> CoverageLine {
        CoverageLine { t, until, src: self.source, chat, state, cause, missed: None }
    }

    /// Ends the stretch and begins the next one, where something changed.
    fn settle(&mut self, at: i64) -> Vec<CoverageLine> {
        let (state, cause) = self.standing();
        let unchanged = self.now() == Some((state, cause));
        if unchanged || (self.stretch.is_none() && !self.speaks()) {
            return Vec::new();
        }
        let mut lines = Vec::new();
        let mut since = at;
        if let Some(before) = self.stretch {
            since = at.max(before.since);
            let span = (before.since, Some(since));
            lines.push(self.line(None, span, (before.state, before.cause)));
        }
        lines.push(self.line(None, (since, None), (state, cause)));
        self.stretch = Some(Stretch { since, state, cause });
        lines
    }

    fn moment(&self, at: i64, cause: Cause) -> Vec<CoverageLine> {
        if self.speaks() {
            vec![self.line(None, (at, Some(at)), (CoverageState::Blind, cause))]
        } else {
            Vec::new()
        }
    }

    /// What the signs amount to: of several causes the one that lies deepest.
    const fn standing(&self) -> (CoverageState, Cause) {
        if let Some(cause) = self.consent {
            return (CoverageState::Off, cause);
        }
        if self.policy_ended {
            return (CoverageState::Off, Cause::PolicyExpired);
        }
        if self.paused {
            return (CoverageState::Off, Cause::Paused);
        }
        if self.queue_full {
            return (CoverageState::Off, Cause::QueueFull);
        }
        match self.listening {
            Listening::Off => (CoverageState::Off, Cause::ListenerOff),
            Listening::Killed => (CoverageState::Blind, Cause::Killed),
            Listening::On if self.hidden.is_some() => (CoverageState::Blind, Cause::PreviewHidden),
            Listening::On if self.resumed => (CoverageState::IncomingOnly, Cause::Resumed),
            Listening::On => (CoverageState::IncomingOnly, Cause::ListenerOn),
        }
    }
}

const fn blocking(state: ConsentState) -> Option<Cause> {
    match state {
        ConsentState::Live => None,
        ConsentState::Outgrown => Some(Cause::ScopeGrew),
        ConsentState::None | ConsentState::Refused | ConsentState::Withdrawn => {
            Some(Cause::NoConsent)
        }
    }
}
