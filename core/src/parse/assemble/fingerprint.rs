//! What tells an event from every other, made from the observation alone.

use fenming_wire::Content;
use fenming_wire::source::Source;

use crate::observation::{Notification, NotificationChange};
use crate::parse::shape;

/// The fields that a re-post of the same notification keeps; the text, counter included, comes
/// last so that nothing in it can pass for another field.
pub(super) fn fingerprint(kind: &str, seen: &Notification) -> Content {
    let change = match seen.change {
        NotificationChange::Posted => "posted",
        NotificationChange::Removed { .. } => "removed",
    };
    let text = seen.text.as_ref().map_or("", |text| shape::cut(text.expose()).0);
    Content::new(format!(
        "{kind}|{}|{}|{}|{}|{change}|{text}",
        Source::WechatNotification,
        seen.user,
        seen.id,
        seen.when.millis(),
    ))
}
