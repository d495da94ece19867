//! What the employee of the recorded day does with their phone: they tag their own chats.

use fenming_core::agent::Agent;
use fenming_core::agent::EmployeeTag;
use fenming_wire::id::ChatId;

use super::summary::Summary;
use crate::error::CliError;

/// Chats that the employee tags personal as soon as they see them listed.
const PERSONAL: [&str; 11] = [
    "妈妈",
    "老陈川菜外卖",
    "小鱼🐟canary-p-903",
    "阿杰🎸canary-p-902",
    "相亲相爱一家人",
    "周末羽毛球🏸canary-p-901",
    "604宿舍夜谈",
    "表姐美玲canary-p-904",
    "行山隊 ⛰️",
    "某某外卖",
    "地鐵出行",
];

/// A chat that the directory calls business and that is a friend: the tag overrides the directory.
const OVERRIDDEN: &str = "许可欣（恒远资本）";

/// Tags what is new in the lists.
pub(super) fn look(agent: &Agent, summary: &mut Summary) -> Result<(), CliError> {
    let recent = agent.recent_chats()?;
    let own = recent.iter().filter(|chat| !chat.personal);
    let own = own.filter(|chat| PERSONAL.contains(&chat.title.expose()));
    let mut personal: Vec<ChatId> = own.map(|chat| chat.id).collect();
    let known = agent.chats(None, CHATS_SHOWN)?.chats;
    personal.extend(known.iter().filter(|chat| chat.tag.is_none()).filter_map(|chat| {
        let title = chat.title.as_ref()?;
        (title.expose() == OVERRIDDEN).then_some(chat.id)
    }));
    for chat in personal {
        let taken = agent.tag(chat, Some(EmployeeTag::Personal))?;
        summary.tagged += 1;
        summary.taken_back += taken.retracted;
    }
    Ok(())
}

/// Chats that are looked at.
const CHATS_SHOWN: u16 = 100;
