use fenming_core::record::{Fact, Record};
use fenming_core::tag::Business;
use fenming_wire::id::ChatId;

fn store(business: &Business, chat: ChatId, fact: Fact) -> Record {
    Record::new(business, (), chat, fact)
}

fn main() {}
