use super::*;

fn content(text: &str) -> Content {
    Content::from(text)
}

#[test]
fn nothing_seen_is_plain_and_any_part_is_not() {
    assert!(Raw::default().is_plain());
    let part = || Some(content(""));
    for raw in [
        Raw { count: part(), ..Raw::default() },
        Raw { placeholder: part(), ..Raw::default() },
        Raw { before: part(), ..Raw::default() },
        Raw { time: part(), ..Raw::default() },
        Raw { layout: Some(Layout::Bare), ..Raw::default() },
        Raw { title: part(), ..Raw::default() },
        Raw { text: part(), ..Raw::default() },
        Raw { ticker: part(), ..Raw::default() },
    ] {
        assert!(!raw.is_plain());
    }
}

#[test]
fn a_group_message_is_put_together_again() {
    let raw = Raw {
        count: Some(content("[2条]")),
        placeholder: Some(content("[文件] ")),
        layout: Some(Layout::Named),
        ..Raw::default()
    };
    let shown =
        raw.rebuild(&content("衡山客户一群"), Some(&content("周予安")), &content("报价.xlsx"));
    assert_eq!(shown.title.expose(), "衡山客户一群");
    assert_eq!(shown.text.expose(), "[2条]周予安: [文件] 报价.xlsx");
    assert_eq!(shown.ticker.unwrap().expose(), "周予安: [文件] 报价.xlsx");
}

#[test]
fn a_shared_message_is_put_together_again() {
    let raw = Raw {
        time: Some(content("  08:54\n")),
        placeholder: Some(content("[图片: a.jpg(请在附件中查看)]")),
        layout: Some(Layout::Shared),
        ..Raw::default()
    };
    let shown = raw.rebuild(&content("周予安"), Some(&content("周予安")), &content(""));
    assert_eq!(shown.text.expose(), "\n周予安  08:54\n[图片: a.jpg(请在附件中查看)]");
    assert!(shown.ticker.is_none());
    let first = Raw { before: Some(content("\n\n")), ..raw };
    let shown = first.rebuild(&content("周予安"), Some(&content("周予安")), &content(""));
    assert!(shown.text.expose().starts_with("\n\n周予安"));
}

#[test]
fn strings_that_were_kept_whole_win() {
    let raw = Raw {
        title: Some(content("a")),
        text: Some(content("b")),
        ticker: Some(content("c")),
        layout: Some(Layout::Bare),
        ..Raw::default()
    };
    let shown = raw.rebuild(&content("x"), None, &content("y"));
    let all = [&shown.title, &shown.text, shown.ticker.as_ref().unwrap()].map(Content::expose);
    assert_eq!(all, ["a", "b", "c"]);
}
