use fenming_core::consent::{Naming, Permit};
use fenming_wire::id::Digest;
use fenming_wire::source::Source;

fn main() {
    let grant = Digest::of(b"no grant at all");
    let _ = Permit { grant, source: Source::WechatNotification, naming: Naming::Names };
}
