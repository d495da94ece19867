use proptest::prelude::*;

use super::*;

fn globals(json: bool, quiet: bool, color: Colour) -> Globals {
    Globals { json, quiet, color }
}

#[test]
fn under_json_people_are_told_nothing_on_standard_output() {
    let (mut out, captured) = Output::captured();
    out.configure(&globals(true, false, Colour::Always));
    out.heading("Heading");
    out.line("line");
    out.done("done");
    out.facts(&[("name", "value".to_owned())]);
    out.json(&serde_json::json!({ "a": 1 }));
    assert_eq!(captured.out(), "{\"a\":1}\n");
}

#[test]
fn quiet_keeps_results_and_leaves_talk_out() {
    let (mut out, captured) = Output::captured();
    out.configure(&globals(false, true, Colour::Auto));
    out.note("note");
    out.done("done");
    out.aside("next:");
    out.command("fenming demo");
    out.line("result");
    out.progress("work", 3).finish();
    assert_eq!((captured.out().as_str(), captured.err().as_str()), ("result\n", ""));
}

#[test]
fn one_thing_is_not_called_by_the_name_of_many() {
    let batches = |n| counted(n, "batch", "batches");
    assert_eq!([batches(0), batches(1), batches(2)], ["0 batches", "1 batch", "2 batches"]);
}

#[test]
fn colour_is_used_only_where_it_is_wanted() {
    let (mut out, captured) = Output::captured();
    out.done("plain");
    out.configure(&globals(false, false, Colour::Always));
    out.done("green");
    assert_eq!(captured.out(), "✓ plain\n\u{1b}[32m✓\u{1b}[0m green\n");
}

#[test]
fn columns_of_chinese_and_english_stand_below_each_other() {
    let (mut out, captured) = Output::captured();
    let mut table = Table::new(&["chat", "n"]).right(&[1]);
    table.row(vec!["海港物流".to_owned(), "7".to_owned()]);
    table.row(vec!["Harbour".to_owned(), "12".to_owned()]);
    out.table(&table);
    let text = captured.out();
    let rows = text.lines().filter(|line| !line.contains('─'));
    let widths: Vec<usize> = rows.map(width).collect();
    assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
}

#[test]
fn what_strangers_wrote_cannot_steer_the_terminal() {
    let (mut out, captured) = Output::captured();
    let hostile = "a\u{1b}[2Jb\u{9b}31m\u{202e}c\rd";
    let mut table = Table::new(&["title"]);
    table.row(vec![format!("{hostile}\nnext line")]);
    out.table(&table);
    out.line(hostile);
    out.facts(&[("title", hostile.to_owned())]);
    let text = captured.out();
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r']), "{text:?}");
    assert_eq!(text.lines().count(), 5, "{text}");
}

#[test]
fn an_error_says_what_to_do_and_is_json_where_json_is_wanted() {
    let error = CliError::refused("it exists already").hint("move it away");
    let (out, captured) = Output::captured();
    out.failed(&error);
    assert_eq!(captured.err(), "error: it exists already\n  → move it away\n");
    let (_, captured) = {
        let (mut json, captured) = Output::captured();
        json.configure(&globals(true, false, Colour::Auto));
        json.failed(&error);
        (out, captured)
    };
    let value: serde_json::Value = serde_json::from_str(&captured.err()).unwrap();
    assert_eq!(value["error"]["code"], "refused");
    assert_eq!(value["error"]["exit"], 4);
}

struct Gone(io::ErrorKind);

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

#[test]
fn a_reader_who_went_away_is_no_error_and_a_full_disk_is_one() {
    for (kind, fine) in [(io::ErrorKind::BrokenPipe, true), (io::ErrorKind::StorageFull, false)] {
        let mut out = Output::plain(Box::new(Gone(kind)), Box::new(io::sink()));
        out.line("result");
        assert_eq!(out.close().is_ok(), fine);
    }
}

#[test]
fn progress_without_a_terminal_is_a_plain_line_at_start_and_end() {
    let (out, captured) = Output::captured();
    let mut progress = out.progress("verify", 2);
    progress.step(1);
    progress.message("half");
    progress.step(1);
    progress.finish();
    assert_eq!(captured.err(), "verify … (2)\nverify: 2/2\n");
}

proptest! {
    #[test]
    fn json_stays_the_same_document_whatever_its_texts_hold(text in ".*") {
        let (mut out, captured) = Output::captured();
        out.configure(&globals(true, false, Colour::Auto));
        out.json(&text);
        let printed = captured.out();
        let read: String = serde_json::from_str(&printed).unwrap();
        prop_assert_eq!(read, text);
        prop_assert!(!printed.trim_end_matches('\n').chars().any(char::is_control));
    }

    #[test]
    fn tables_take_any_text(cells in prop::collection::vec(".*", 2), columns in 1..200u16) {
        let mut table = Table::new(&["one", "two"]);
        table.row(cells);
        let text = table.render(Some(columns));
        prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    }
}
