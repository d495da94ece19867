use proptest::prelude::*;

use super::*;
use crate::observation::{OsProfile, SharedFile};
use crate::parse::sample::at;
use fenming_wire::record::Media;

const DIRECT: &str = "\
周予安 和 陈小满 在微信上的聊天记录如下，请查收。

—————  2026-02-26  —————


周予安  08:54
[图片: 8b0a17.png.jpg(请在附件中查看)]

陈小满  08:56
等我两分钟啊
马上

周予安  08:56
好

—————  2026-2-27  —————


陈小满  17:00
[文件: 报价单.xlsx(请在附件中查看)]
";

const GROUP_2018: &str = "\
衡山客户一群 微信群上的聊天记录如下，请查收。

—————  2018-10-7  —————

瀛姬喵喵11:00-20:00  17:34
收到
G  (一刀）  18:44
[图片: a.jpg(请在附件中查看)]
";

const GROUP_NEWER: &str = "\
Dear:
微信群\"衡山客户一群\"的聊天记录如下:

—————  2026-02-26  —————


Songtao  08:56

BL 唐誉聪  08:57
[语音]
";

fn share(text: &str, files: &[&str]) -> Share {
    let file = |name: &&str| SharedFile { name: Content::from(*name), media_type: None };
    Share {
        at: at(0),
        user: 0,
        profile: OsProfile::Personal,
        utc_offset_minutes: 480,
        own_name: Some("陈小满".into()),
        referrer: None,
        text: text.into(),
        attachments: files.iter().map(file).collect(),
    }
}

fn packs() -> Packs {
    Packs::embedded().unwrap()
}

fn read_text(text: &str) -> SharedText {
    read(&share(text, &[]), &packs())
}

/// Time, sender and text of every message.
fn short(text: &SharedText) -> Vec<(String, String, String)> {
    let one = |m: &SharedMessage| {
        let from = m.message.from.as_ref().unwrap().expose().to_owned();
        (m.at.to_string(), from, m.message.text.expose().to_owned())
    };
    text.messages.iter().map(one).collect()
}

fn rows(rows: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    rows.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

/// The text as the evidence gives it back.
fn rebuilt(text: &SharedText) -> String {
    let mut whole = text.header.expose().to_owned();
    for SharedMessage { message, .. } in &text.messages {
        let shown = message.raw.rebuild(&Content::default(), message.from.as_ref(), &message.text);
        whole.push_str(shown.text.expose());
    }
    whole + text.tail.expose()
}

#[test]
fn a_direct_chat_is_named_after_the_other_side() {
    let text = read_text(DIRECT);
    let chat = text.chat.as_ref().unwrap();
    assert_eq!((chat.title.expose(), chat.kind), ("周予安", ChatKind::Direct));
    assert_eq!(text.sure, Confidence::High);
    assert_eq!(
        short(&text),
        rows(&[
            ("2026-02-26T00:54:00Z", "周予安", ""),
            ("2026-02-26T00:56:00Z", "陈小满", "等我两分钟啊\n马上"),
            ("2026-02-26T00:56:00Z", "周予安", "好"),
            ("2026-02-27T09:00:00Z", "陈小满", ""),
        ])
    );
    let media: Vec<_> = text.messages.iter().map(|m| m.message.media).collect();
    assert_eq!(media, [Some(Media::Image), None, None, Some(Media::File)]);
    let ways: Vec<_> = text.messages.iter().map(|m| m.message.direction).collect();
    assert_eq!(ways, [Direction::In, Direction::Out, Direction::In, Direction::Out]);
    assert!(text.messages.iter().all(|m| m.message.shared));
    assert_eq!(text.messages[1].message.sure, Confidence::High);
}

#[test]
fn without_ones_own_name_a_direct_chat_is_named_after_both() {
    for own in [None, Some("别人"), Some("")] {
        let mut share = share(DIRECT, &[]);
        share.own_name = own.map(Content::from);
        let text = read(&share, &packs());
        let chat = text.chat.unwrap();
        assert_eq!(chat.title.expose(), "周予安 和 陈小满");
        assert_eq!((chat.kind, text.sure), (ChatKind::Direct, Confidence::Low));
    }
}

#[test]
fn a_name_that_both_sides_could_have_decides_nothing() {
    let pair = "陈小满 和 王工 和 陈小满";
    let text = format!("{pair} 在微信上的聊天记录如下，请查收。\n");
    assert_eq!(read_text(&text).chat.unwrap().title.expose(), pair);
    let text = "陈小满 和 王工 和 李工 在微信上的聊天记录如下，请查收。\n";
    assert_eq!(read_text(text).chat.unwrap().title.expose(), "王工 和 李工");
}

#[test]
fn both_forms_of_a_groups_header_are_read() {
    for text in [GROUP_2018, GROUP_NEWER] {
        let text = read_text(text);
        let chat = text.chat.unwrap();
        assert_eq!((chat.title.expose(), chat.kind), ("衡山客户一群", ChatKind::Group));
        assert_eq!(text.sure, Confidence::High);
    }
}

#[test]
fn names_may_hold_times_spaces_and_brackets() {
    assert_eq!(
        short(&read_text(GROUP_2018)),
        rows(&[
            ("2018-10-07T09:34:00Z", "瀛姬喵喵11:00-20:00", "收到"),
            ("2018-10-07T10:44:00Z", "G  (一刀）", ""),
        ])
    );
}

#[test]
fn a_message_may_be_empty_or_a_placeholder_without_a_file() {
    let text = read_text(GROUP_NEWER);
    assert_eq!(text.messages[0].message.text.expose(), "");
    assert_eq!(text.messages[1].message.media, Some(Media::Voice));
    assert!(text.messages.iter().all(|m| m.file.is_none()));
}

#[test]
fn a_text_without_a_known_header_belongs_to_no_chat() {
    for text in ["", "\n\n", "周予安  08:54\n好", "Chat history with X\n", "在微信上的聊天记录如下"]
    {
        let text = read_text(text);
        assert!(text.chat.is_none());
        assert_eq!(text.sure, Confidence::Low);
    }
}

#[test]
fn a_header_further_down_is_what_somebody_said() {
    let said = "张 微信群上的聊天记录如下，请查收。";
    let text = read_text(&format!("—————  2026-02-26  —————\n周予安  08:54\n{said}\n"));
    assert!(text.chat.is_none());
    assert_eq!(text.messages[0].message.text.expose(), said);
}

#[test]
fn without_a_day_the_time_counts_to_the_day_of_sharing() {
    let text = read_text("甲 微信群上的聊天记录如下，请查收。\n周予安  08:54\n好\n");
    assert_eq!(text.messages[0].at.to_string(), "2026-03-02T00:54:00Z");
    assert_eq!(text.messages[0].message.sure, Confidence::Low);
}

#[test]
fn a_line_that_looks_like_a_head_makes_the_reading_unsure() {
    // Times run back.
    let text = GROUP_2018.replace("收到", "收到\n下午  12:30");
    let text = read_text(&text);
    let sure: Vec<_> = text.messages.iter().map(|m| m.message.sure).collect();
    assert_eq!(sure, [Confidence::Low, Confidence::Low, Confidence::High]);
    // Nobody of that name is in the chat, and it does not stand apart.
    let text = read_text(&DIRECT.replace("等我两分钟啊", "等我两分钟啊\n会议  09:30"));
    let sure: Vec<_> = text.messages.iter().map(|m| m.message.sure).collect();
    assert_eq!(sure[1..4], [Confidence::Low, Confidence::Low, Confidence::Low]);
    assert_eq!(sure[0], Confidence::High);
}

#[test]
fn a_ruler_inside_a_message_is_part_of_it() {
    let said = "看这里\n—————  2026-02-26  —————\n就这些";
    let text = read_text(&DIRECT.replace("等我两分钟啊\n马上", said));
    assert_eq!(text.messages[1].message.text.expose(), said);
}

#[test]
fn days_that_no_calendar_has_are_no_days() {
    for day in ["2026-02-30", "2026-13-01", "1969-01-01", "26-02-2026", "2026-02", "2026-2-3-4"] {
        let text =
            format!("甲 微信群上的聊天记录如下，请查收。\n—————  {day}  —————\n乙  08:54\n好");
        assert_eq!(read_text(&text).messages[0].message.sure, Confidence::Low, "{day}");
    }
}

#[test]
fn times_that_no_clock_shows_are_no_heads() {
    for time in ["24:00", "08:60", "8:5", "008:05", "0８:54", "08：54", "08:54 ", ":54", "-1:30"]
    {
        let text = format!("甲 微信群上的聊天记录如下，请查收。\n\n乙  {time}\n好");
        assert!(read_text(&text).messages.is_empty(), "{time}");
    }
    assert!(read_text("甲 微信群上的聊天记录如下，请查收。\n\n乙 08:54\n好").messages.is_empty());
}

#[test]
fn two_honest_messages_that_are_the_same_are_told_apart() {
    let text = format!("{GROUP_2018}\n瀛姬喵喵11:00-20:00  18:44\n[图片: a.jpg(请在附件中查看)]");
    let text = text.replace("G  (一刀）", "瀛姬喵喵11:00-20:00");
    let same: Vec<_> = read_text(&text).messages.iter().map(|m| m.same_before).collect();
    assert_eq!(same, [0, 0, 1]);
}

/// The place and confidence of every message's file, and the places that are left.
fn places(text: &str, files: &[&str]) -> (Vec<Option<(usize, Confidence)>>, Vec<usize>) {
    let read = read(&share(text, files), &packs());
    let of = |m: &SharedMessage| m.file.as_ref().map(|f| f.place.map(|p| (p, f.sure)));
    let spare = read.spare.iter().filter_map(|file| file.place).collect();
    (read.messages.iter().filter_map(of).collect(), spare)
}

#[test]
fn files_are_found_by_their_names_in_any_order() {
    let (found, spare) = places(DIRECT, &["报价单.xlsx", "8b0a17.png.jpg"]);
    assert_eq!(found, [Some((1, Confidence::High)), Some((0, Confidence::Medium))]);
    assert!(spare.is_empty());
}

#[test]
fn a_file_with_another_name_goes_by_its_order_where_the_numbers_agree() {
    let (found, spare) = places(DIRECT, &["quote.xlsx", "mmexport1.jpg"]);
    assert_eq!(found, [Some((1, Confidence::Medium)), Some((0, Confidence::Medium))]);
    assert!(spare.is_empty());
    let (found, spare) = places(DIRECT, &["quote.xlsx", "one.jpg", "two.jpg"]);
    assert_eq!(found, [None, Some((0, Confidence::Medium))], "which picture it is cannot be told");
    assert_eq!(spare, [1, 2]);
}

#[test]
fn files_of_the_same_name_are_given_out_once_each() {
    let text = GROUP_2018.replace("收到", "[图片: a.jpg(请在附件中查看)]");
    let (found, spare) = places(&text, &["a.jpg", "a.jpg", "a.jpg"]);
    assert_eq!(found.iter().map(|f| f.unwrap().0).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(found[0].unwrap().1, Confidence::Medium);
    assert_eq!(spare, [2]);
}

#[test]
fn the_evidence_gives_the_whole_text_back() {
    for text in [DIRECT, GROUP_2018, GROUP_NEWER] {
        assert_eq!(rebuilt(&read_text(text)), text);
        let windows = text.replace('\n', "\r\n");
        assert_eq!(rebuilt(&read_text(&windows)), windows);
        assert_eq!(read_text(&windows).messages.len(), read_text(text).messages.len());
    }
}

/// A fixture with some lines dropped, doubled, swapped or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let fixture = prop::sample::select(vec![DIRECT, GROUP_2018, GROUP_NEWER]);
    let edit = (0u8..5, any::<prop::sample::Index>(), any::<prop::sample::Index>(), ".{0,20}");
    (fixture, prop::collection::vec(edit, 0..8)).prop_map(|(text, edits)| {
        let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        for (how, one, other, new) in edits {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            match how {
                0 if lines.len() > 1 => drop(lines.remove(one)),
                1 => lines.insert(other, lines[one].clone()),
                2 => lines.swap(one, other),
                3 => lines[one].push_str(&new),
                _ => lines[one] = new,
            }
        }
        lines.join("\n")
    })
}

proptest! {
    #[test]
    fn reading_is_total_and_loses_nothing(text in any::<String>()) {
        prop_assert_eq!(rebuilt(&read_text(&text)), text);
    }

    #[test]
    fn no_mutation_of_a_fixture_loses_anything(text in mutated(), files in 0usize..4) {
        let names = ["a.jpg", "8b0a17.png.jpg", "b.pdf", "c.mp4"];
        let share = share(&text, &names[..files]);
        let read = read(&share, &packs());
        prop_assert_eq!(rebuilt(&read), text);
        let given = read.messages.iter().filter_map(|m| m.file.as_ref()?.place);
        let mut places: Vec<_> =
            given.chain(read.spare.iter().filter_map(|file| file.place)).collect();
        places.sort_unstable();
        prop_assert_eq!(places, (0..files).collect::<Vec<_>>(), "every file once");
    }

    #[test]
    fn pieces_of_the_format_in_any_order_are_read(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "—————  2026-02-26  —————", "甲  08:54", "\n", "\r\n", "  ", "——", "—  —",
            "甲 和 乙 在微信上的聊天记录如下，请查收。", "[图片: ", "(请在附件中查看)]", "00:00", " ",
        ]), 0..40),
        offset in any::<i16>(),
    ) {
        let text = pieces.concat();
        let share = Share { utc_offset_minutes: offset, ..share(&text, &[]) };
        prop_assert_eq!(rebuilt(&read(&share, &packs())), text);
    }
}
