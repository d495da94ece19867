//! What the employee themselves can do about trouble, in words for them.

use fenming_wire::text::Language;

use crate::words::{Phrase, phrase};

/// What the employee can do about the trouble with this code; none where only IT can help, or
/// where it passes by itself.
#[must_use]
pub fn advice(code: &str, language: Language) -> Option<String> {
    let words = match code {
        "phone_clock" => &PHONE_CLOCK,
        "fake_ip" => &FAKE_IP,
        _ => return None,
    };
    Some(words.say(language, &[]))
}

const PHONE_CLOCK: Phrase = phrase(
    "手机的日期和时间似乎不正确。请在系统设置中打开“自动设置日期和时间”，然后重试。尚未发送的记录不会丢失。",
    "The phone's date and time seem to be wrong. Set them to automatic in the system settings, then try again. No record is lost.",
);
const FAKE_IP: Phrase = phrase(
    "手机上的代理或 VPN 应用替换了服务器地址。请让本应用不经过代理，然后重试。尚未发送的记录不会丢失。",
    "A proxy or VPN app on this phone replaces the server's address. Exempt this app from it, then try again. No record is lost.",
);

#[cfg(test)]
mod tests;
