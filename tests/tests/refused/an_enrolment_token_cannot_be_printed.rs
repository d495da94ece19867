use fenming_wire::profile::EnrolmentToken;

fn print(token: &EnrolmentToken) -> String {
    format!("{token:?}")
}

fn main() {}
