use fenming_wire::Content;

fn main() {
    let text = Content::new("a word of someone's");
    let _ = format!("{text}");
}
