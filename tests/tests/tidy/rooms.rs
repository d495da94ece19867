//! Who may know whom.

use crate::tree::{File, files, none};

/// The rooms of the core in the order in which data passes; a later one may know an earlier one,
/// never the reverse.
const ROOMS: [&str; 20] = [
    "limits",
    "clock",
    "ports",
    "error",
    "words",
    "logging",
    "observation",
    "event",
    "parse",
    "policy",
    "consent",
    "tag",
    "coverage",
    "screen",
    "record",
    "vault",
    "forward",
    "phone",
    "status",
    "agent",
];

fn core() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| file.is_below(&["core/src/"]) && file.is_product())
}

/// The room of a file: `core/src/ROOM.rs` or `core/src/ROOM/…`.
fn room(path: &str) -> &str {
    path.trim_start_matches("core/src/").split(['/', '.']).next().unwrap()
}

/// The names that follow `crate::` in a file, as `(line, name)`, groups in braces taken apart.
fn known(file: &File) -> Vec<(usize, String)> {
    let mut code = String::new();
    for line in file.text.lines() {
        let comment = line.trim_start().starts_with("//");
        code.push_str(if comment { "" } else { line });
        code.push('\n');
    }
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let outside = code.get(..at).unwrap();
        if outside.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let line = outside.lines().count().max(1);
        let rest = code.get(at + "crate::".len()..).unwrap();
        for name in first_names(rest) {
            found.push((line, name));
        }
    }
    found
}

fn first_names(rest: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(word(group.get(start..at).unwrap()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(word(group.get(start..at).unwrap()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.into_iter().filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_room_stands_in_the_order() {
    let place = |name: &str| ROOMS.iter().position(|room| *room == name);
    let rooms = core().filter(|file| file.path != "core/src/lib.rs");
    let broken = rooms.filter(|file| place(room(&file.path)).is_none()).map(|file| file.path);
    none(broken, "give the room its place in the order");
}

#[test]
fn no_room_knows_a_later_one() {
    let place = |name: &str| ROOMS.iter().position(|room| *room == name);
    let broken = core().flat_map(|file| {
        let own = room(&file.path).to_owned();
        let later =
            known(&file).into_iter().filter(|(_, other)| match (place(&own), place(other)) {
                (Some(own), Some(other)) => other > own,
                _ => false,
            });
        later
            .map(|(n, other)| format!("{}:{n}: {own} knows {other}", file.path))
            .collect::<Vec<_>>()
    });
    none(broken, "a later room may know an earlier one, never the reverse");
}

#[test]
fn names_after_crate_are_found_however_they_are_written() {
    let text = "use crate::{a, b::{c, d}, e::F};\nuse crate::g::h;\n// crate::no\nlet x = crate::i::j();\nuse fenming_crate::k;\n";
    let file = File { path: "core/src/x.rs".to_owned(), text: text.to_owned() };
    let names: Vec<String> = known(&file).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["a", "b", "e", "g", "i"]);
}

#[test]
fn only_the_vault_names_the_database_and_the_cipher() {
    let outside = core().filter(|file| !file.is_below(&["core/src/vault"]));
    let wire = files().into_iter().filter(|file| file.is_below(&["core/wire/src/"]));
    let words = ["rusqlite", "ring::aead", "aead::"];
    let broken = outside.chain(wire).flat_map(|file| file.places(&words).collect::<Vec<_>>());
    none(broken, "the vault has the only door to what is stored");
}

#[test]
fn only_the_transport_names_the_http_client() {
    let outside = files().into_iter().filter(|file| {
        let ours = file.is_below(&["cli/src/", "collector/src/", "core/src/", "core/wire/src/"]);
        ours && file.is_product() && !file.is_below(&["core/src/forward/transport"])
    });
    let broken = outside.flat_map(|file| file.places(&["reqwest"]).collect::<Vec<_>>());
    none(broken, "one door to the network");
}

#[test]
fn the_endpoint_knows_only_the_documents() {
    let collector = files().into_iter().filter(|file| file.is_below(&["collector/"]));
    let broken = collector
        .filter(|file| file.ends_with(&[".rs", ".toml"]))
        .flat_map(|file| file.places(&["fenming_core", "fenming-core"]).collect::<Vec<_>>());
    none(broken, "the endpoint needs nothing of the agent");
}

#[test]
fn the_cli_does_not_reach_into_the_agent() {
    let inside = ["vault", "forward", "screen", "record", "tag"];
    let inside = inside.map(|room| format!("fenming_core::{room}"));
    let words: Vec<&str> = inside.iter().map(String::as_str).collect();
    let cli = files().into_iter().filter(|file| file.is_below(&["cli/src/"]));
    let broken = cli.flat_map(|file| file.places(&words).collect::<Vec<_>>());
    none(broken, "the program uses the agent as a shell does");
}
