//! How many lines a batch may have after an endpoint refused a larger one. Pure.
//!
//! A refusal halves. Full batches that are delivered raise the limit again, slowly, so that an
//! endpoint whose limit was raised is found out, and one whose limit stays refuses few batches.

/// The limit that refusals have taught, and how far it is from being raised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchSize {
    /// Most lines; none where nothing was refused, or all of it was unlearnt.
    pub most: Option<usize>,
    /// Full batches that were delivered since the limit last changed.
    pub full: u32,
}

/// Full batches after which the limit is raised by a quarter. From the half of what an endpoint
/// takes it is four raises to one refusal, so about one batch in thirty is sent in vain.
pub const FULL_BATCHES_TO_GROW: u32 = 8;

impl BatchSize {
    /// After a batch of so many lines was refused as too large.
    #[must_use]
    pub fn refused(self, lines: usize) -> Self {
        let half = (lines / 2).max(1);
        Self { most: Some(self.most.map_or(half, |most| most.min(half))), full: 0 }
    }

    /// After a batch of so many lines was delivered. One that was not full says nothing of the
    /// limit. At `ceiling`, what a batch may have anyway, the limit is forgotten.
    #[must_use]
    pub fn delivered(self, lines: usize, ceiling: usize) -> Self {
        let Some(most) = self.most.filter(|most| lines >= *most) else {
            return self;
        };
        let full = self.full.saturating_add(1);
        if full < FULL_BATCHES_TO_GROW {
            return Self { full, ..self };
        }
        let grown = most.saturating_add((most / 4).max(1));
        Self { most: Some(grown).filter(|grown| *grown < ceiling), full: 0 }
    }
}

#[cfg(test)]
mod tests;
