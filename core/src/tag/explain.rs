//! Why a chat is what it is, in words for the employee.

use fenming_wire::record::{Step, Why};
use fenming_wire::text::Language;

use crate::words::{Phrase, phrase};

/// Says in one sentence which step decided or suggested, and which rule.
#[must_use]
pub fn explain(why: &Why, language: Language) -> String {
    let words = match why.step {
        Step::OsProfile => &OS_PROFILE,
        Step::Employee => &EMPLOYEE,
        Step::Directory => &DIRECTORY,
        Step::GroupRule => &GROUP_RULE,
        Step::TextRule => &TEXT_RULE,
        Step::None => &NONE,
    };
    let sentence = words.say(language, &[]);
    match &why.rule {
        Some(rule) => sentence + &RULE.say(language, &[("rule", rule.as_str())]),
        None => sentence,
    }
}

const OS_PROFILE: Phrase = phrase(
    "微信运行在工作资料或应用分身中，按单位政策属于业务。",
    "WeChat runs in the work profile or in a cloned app, which the policy counts as business.",
);
const EMPLOYEE: Phrase = phrase("由您本人标记。", "You tagged it yourself.");
const DIRECTORY: Phrase = phrase(
    "名称列在单位的业务联系人名录中。",
    "Its name stands in the organisation's directory of business contacts.",
);
const GROUP_RULE: Phrase = phrase(
    "群名称符合单位政策中的群名规则。",
    "The group's name fits a rule of the organisation's policy.",
);
const TEXT_RULE: Phrase = phrase(
    "出现了业务用语。这只是提示，由您决定。",
    "Business words were seen. This only suggests; you decide.",
);
const NONE: Phrase = phrase("没有规则适用。", "No rule applies.");
const RULE: Phrase = phrase("（规则：{rule}）", " (Rule: {rule})");

#[cfg(test)]
mod tests;
