use fenming_wire::record::MessageLine;

fn print(line: &MessageLine) -> String {
    format!("{line:?}")
}

fn main() {}
