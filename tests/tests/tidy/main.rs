//! The house rules that no compiler and no linter checks. Each failure names file and line.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rooms;
mod tree;

use tree::{File, files, none};

/// Longest file of code in lines, so that one reading takes it in.
const MAX_LINES: usize = 500;

/// What is written by hand and read by people.
const CODE: [&str; 8] = [".c", ".h", ".kt", ".kts", ".rs", ".sh", ".sql", ".swift"];

/// Where the agent's own code stands; promise 8 holds here.
const AGENT: [&str; 5] = ["android/", "bindings/", "cli/", "core/", "ios/"];

/// Routes that are not documented: accessibility services, root, hooks, patched clients, other
/// apps' databases, the screen, the log.
const BANNED_ROUTES: [&str; 32] = [
    "AccessibilityService",
    "BIND_ACCESSIBILITY",
    "accessibilityservice",
    "CAPTURE_AUDIO_OUTPUT",
    "DexClassLoader",
    "EnMicroMsg",
    "LSPosed",
    "MSHookFunction",
    "Magisk",
    "MediaProjection",
    "NSInvocation",
    "QUERY_ALL_PACKAGES",
    "READ_LOGS",
    "READ_PRIVILEGED",
    "RootTools",
    "Superuser",
    "SYSTEM_ALERT_WINDOW",
    "Xposed",
    "\"su\"",
    "\"su ",
    "captureBackupItems",
    "class_replaceMethod",
    "com.topjohnwu",
    "fishhook",
    "frida",
    "libsu",
    "method_exchangeImplementations",
    "pm grant",
    "ptrace",
    "sqlcipher",
    "process_vm_readv",
    "xhook",
];

#[test]
fn nothing_uses_an_undocumented_route() {
    let agent = files().into_iter().filter(|file| file.is_below(&AGENT));
    let endings = [".gradle", ".kt", ".kts", ".plist", ".rs", ".swift", ".toml", ".xml"];
    let broken = agent
        .filter(|file| file.ends_with(&endings))
        .flat_map(|file| file.places(&BANNED_ROUTES).collect::<Vec<_>>());
    none(broken, "only documented routes (promise 8)");
}

#[test]
fn no_file_of_code_is_longer_than_500_lines() {
    let long = |file: &File| {
        let lines = file.text.lines().count();
        (lines > MAX_LINES).then(|| format!("{}: {lines} lines", file.path))
    };
    let code = |file: &File| file.ends_with(&CODE) || file.is_below(&[".ci/"]);
    none(files().iter().filter(|f| code(f)).filter_map(long), "split these files");
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let empty = ["common", "helper", "helpers", "manager", "misc", "util", "utils"];
    let says_nothing = |file: &File| {
        let mut parts = file.path.split(['/', '.']);
        parts.any(|part| empty.contains(&part.to_lowercase().as_str()))
    };
    let broken = files().into_iter().filter(says_nothing).map(|file| file.path);
    none(broken, "name these by what they do");
}

#[test]
fn tests_stand_in_sibling_files() {
    let broken = files()
        .into_iter()
        .filter(File::is_product)
        .flat_map(|file| file.places(&["mod tests {", "mod test {"]).collect::<Vec<_>>());
    none(broken, "move the tests to `tests.rs`");
}

#[test]
fn only_the_cli_prints() {
    let prints = ["println!", "print!(", "eprint!(", "clippy::print_std"];
    let broken = files()
        .into_iter()
        .filter(|file| file.is_product() && !file.is_below(&["cli/src/output"]))
        .flat_map(|file| file.places(&prints).collect::<Vec<_>>());
    none(broken, "what people see goes through cli/src/output");
}

#[test]
fn nothing_is_left_to_do() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), "todo!", "unimplemented!", "dbg!"];
    let marked = |file: File| {
        let lines = file.text.lines().enumerate();
        let lines = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        lines.map(|(n, _)| format!("{}:{}", file.path, n + 1)).collect::<Vec<_>>()
    };
    let code =
        files().into_iter().filter(|f| f.ends_with(&CODE) && !f.is_below(&["tests/tests/tidy"]));
    none(code.flat_map(marked), "finish these");
}

#[test]
fn nothing_names_a_registry_or_a_place_on_one_machine() {
    let words = [
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("npmjs", ".org"),
        concat!("npmjs", ".com"),
        concat!("proxy", ".golang.org"),
        concat!("repo1.", "maven.org"),
        concat!("deb.", "debian.org"),
        concat!("/work", "/main"),
        concat!("/work", "/wt"),
        concat!("/work", "/shared"),
        concat!("/root", "/"),
        concat!("/home", "/"),
    ];
    let broken = files().into_iter().filter(|file| !file.ends_with(&[".lock"])).flat_map(|file| {
        let lines = file.text.lines().enumerate();
        let found = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        found.map(|(n, _)| format!("{}:{}", file.path, n + 1)).collect::<Vec<_>>()
    });
    none(broken, "this repository is the same everywhere");
}
