//! What a label means, in the employee's language.

use fenming_wire::screening::{Label, LabelKind};
use fenming_wire::text::Language;

use crate::words::{Phrase, phrase};

const ORDER: Phrase = phrase(
    "看来含有交易指令（词表：{rule}）。交易指令应通过有录音或留痕的指定渠道下达或确认。",
    "Seems to hold an instruction to trade (lexicon: {rule}). Instructions belong on the designated, recorded channel.",
);
const SENSITIVE: Phrase = phrase(
    "看来含有敏感个人信息（词表：{rule}），例如证件号码、健康或金融账户信息。请只在确有必要时发送。",
    "Seems to hold sensitive personal information (lexicon: {rule}), such as identity numbers, health or financial accounts. Send it only where it is needed.",
);
const UNACCEPTABLE: Phrase = phrase(
    "看来含有业务沟通中不应出现的内容（词表：{rule}）。",
    "Seems to hold what has no place in business communication (lexicon: {rule}).",
);
const IMPORTANT: Phrase = phrase(
    "疑似含有重要数据（词表：{rule}）。已仅对法律顾问密封，不会发送、不会删除，等待其处理。",
    "May hold important data (lexicon: {rule}). It was sealed to counsel only; it is neither sent nor deleted until counsel decides.",
);
const SECRET: Phrase = phrase(
    "疑似涉及国家秘密（词表：{rule}）。已仅对法律顾问密封，不会发送、不会删除，等待其处理。请勿转发。",
    "May touch a state secret (lexicon: {rule}). It was sealed to counsel only; it is neither sent nor deleted until counsel decides. Do not pass it on.",
);

/// Says in one sentence or two why a message has a label. It repeats nothing of the message.
#[must_use]
pub fn explain_label(label: &Label, language: Language) -> String {
    let phrase = match label.kind {
        LabelKind::OrderInstruction => &ORDER,
        LabelKind::SensitivePersonal => &SENSITIVE,
        LabelKind::Unacceptable => &UNACCEPTABLE,
        LabelKind::ImportantData => &IMPORTANT,
        LabelKind::StateSecret => &SECRET,
    };
    phrase.say(language, &[("rule", label.rule.as_str())])
}

#[cfg(test)]
mod tests;
