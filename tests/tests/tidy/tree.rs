//! The files of this repository, as the rules see them.

use std::path::Path;

/// A text file: its path from the top with `/`, and what it says.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Folders that hold what was made or fetched, not written.
const SKIPPED: [&str; 9] = [
    ".git",
    ".gradle",
    ".idea",
    "DerivedData",
    "artifacts",
    "build",
    "corpus",
    "node_modules",
    "target",
];

/// Every text file of the repository.
pub(crate) fn files() -> Vec<File> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let mut folders = vec![top.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_symlink() || SKIPPED.contains(&name.as_str()) {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.push(File { path: relative(&path, top), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 50, "the tree was not found");
    found
}

fn relative(path: &Path, top: &Path) -> String {
    path.strip_prefix(top).unwrap().to_string_lossy().replace('\\', "/")
}

impl File {
    /// Whether the path ends with one of these, the dot included.
    pub(crate) fn ends_with(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    /// Whether it stands below one of these folders.
    pub(crate) fn is_below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// Whether it is Rust that is compiled into a product, not a test.
    pub(crate) fn is_product(&self) -> bool {
        let tests = ["/tests.rs", "_tests.rs", "/sample.rs", "core/src/testing.rs"];
        let beside = ["/tests/", "/examples/"].into_iter().any(|part| self.path.contains(part));
        let apart = beside || self.path.starts_with("tests/");
        self.ends_with(&[".rs"]) && !apart && !self.ends_with(&tests)
    }

    /// Its lines of code with their numbers, comments left out.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(n, line)| (n + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Where one of the words stands in the code, as `path:line: word`.
    pub(crate) fn places<'a>(&'a self, words: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        self.code().flat_map(move |(n, line)| {
            let found = words.iter().filter(move |word| line.contains(**word));
            found.map(move |word| format!("{}:{n}: {word}", self.path))
        })
    }
}

/// Fails with all places at which a rule is broken.
pub(crate) fn none(broken: impl IntoIterator<Item = String>, rule: &str) {
    let broken: Vec<String> = broken.into_iter().collect();
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
