use std::path::Path;

use clap::CommandFactory;

use super::*;
use crate::transcript::fenming;

#[test]
fn the_tree_of_commands_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn help_shows_every_command_and_every_exit_code() {
    let run = fenming(Path::new("."), "--help").done();
    for word in ["demo", "keygen", "trust", "policy", "collector", "device", "archive"] {
        assert!(run.out.contains(word), "{}", run.out);
    }
    for exit in Exit::ALL {
        assert!(run.out.contains(&format!("  {}  ", exit.code())), "{}", run.out);
    }
}

#[test]
fn a_wrong_command_line_is_bad_input() {
    for words in ["", "dance", "keygen nobody", "trust check", "archive open"] {
        let run = fenming(Path::new("."), words);
        assert_eq!(run.exit, Exit::Input, "{words}");
        assert!(run.out.is_empty() && !run.err.is_empty());
    }
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = fenming(Path::new("."), &format!("completions {shell}")).done();
        assert!(run.out.contains("fenming") && run.out.contains("keygen"), "{shell}");
    }
}

#[test]
fn exit_codes_are_the_documented_ones() {
    let codes: Vec<u8> = Exit::ALL.map(Exit::code).to_vec();
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn every_command_and_every_exit_code_stands_in_the_documentation() {
    let text = include_str!("../../../docs/cli.md");
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(text.contains(&format!("\n## {name}\n")), "{name} has no section");
        for action in command.get_subcommands() {
            assert!(text.contains(action.get_name()), "{name} {}", action.get_name());
        }
    }
    for exit in Exit::ALL {
        assert!(text.contains(&format!("| {} | `{}` |", exit.code(), exit.name())), "{exit:?}");
    }
}
