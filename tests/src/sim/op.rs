//! Operations, and the history that a seed makes of them.

use crate::power::disk::Dice;
use crate::world::Mishap;

/// One thing that happens. Phones go by their number, from 0 to 2; what makes no sense at the time
/// does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The phone enrols, or enrols again.
    Enrol(usize),
    /// The employee reads the notice and agrees.
    Agree(usize),
    /// The employee withdraws.
    Withdraw(usize),
    /// The employee pauses capture, or ends the pause.
    Pause(usize, bool),
    /// A message is seen.
    Message(usize, Chat),
    /// The last message is seen again, as a listener that was reconnected does.
    Again(usize),
    /// A preview is hidden.
    Hidden(usize),
    /// The phone wakes up.
    Wake(usize),
    /// The employee asks the agent to send now.
    Send(usize),
    /// The phone asks for new documents.
    Refresh(usize),
    /// Minutes pass for everybody.
    Pass(u16),
    /// Days pass for everybody.
    Days(u16),
    /// The phone's wall clock is wrong by so many days from now on; 0 sets it right.
    Clock(usize, i16),
    /// The phone is switched off and on.
    Reboot(usize),
    /// The process is killed and starts again.
    Restart(usize),
    /// The agent is suspended and resumed.
    Suspend(usize),
    /// The phone's keys are locked, or unlocked.
    Lock(usize, bool),
    /// The phone loses its wrapping keys.
    LoseKeys(usize),
    /// Something becomes of the phone's next request but so many.
    Meet(usize, u8, Mishap),
    /// The phone's network is cut, or mended.
    Cut(usize, bool),
    /// The endpoint stops.
    Stop,
    /// The endpoint starts.
    Start,
    /// The custodian publishes a policy that says the same.
    Publish,
    /// The custodian publishes a policy with a purpose more, which needs a new consent.
    Widen,
    /// The custodian publishes other hours.
    Hours(bool),
    /// The employee takes the latest message back that still can be.
    Retract(usize),
    /// The employee tags a chat: personal, business, or no more.
    Tag(usize, Chat, Option<bool>),
    /// The employee destroys what is held.
    Discard(usize),
}

/// The chats of everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chat {
    /// Of the directory.
    Client,
    /// A group by its name, in which every phone may be.
    Group,
    /// Nothing speaks for business.
    Private,
    /// Not of the directory, but its texts speak for business.
    Unlisted,
}

impl Op {
    /// The phone that it concerns alone.
    #[must_use]
    pub const fn phone(&self) -> Option<usize> {
        match *self {
            Self::Enrol(phone)
            | Self::Agree(phone)
            | Self::Withdraw(phone)
            | Self::Pause(phone, _)
            | Self::Message(phone, _)
            | Self::Again(phone)
            | Self::Hidden(phone)
            | Self::Wake(phone)
            | Self::Send(phone)
            | Self::Refresh(phone)
            | Self::Clock(phone, _)
            | Self::Reboot(phone)
            | Self::Restart(phone)
            | Self::Suspend(phone)
            | Self::Lock(phone, _)
            | Self::LoseKeys(phone)
            | Self::Meet(phone, ..)
            | Self::Cut(phone, _)
            | Self::Retract(phone)
            | Self::Tag(phone, ..)
            | Self::Discard(phone) => Some(phone),
            Self::Pass(_) | Self::Days(_) => None,
            Self::Stop | Self::Start | Self::Publish | Self::Widen | Self::Hours(_) => None,
        }
    }
}

/// Operations of a history.
const LENGTH: usize = 60;

/// Phones of a world.
pub(super) const PHONES: usize = 3;

impl Chat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Client, Self::Group, Self::Private, Self::Unlisted];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Client => "林嘉怡（恒远资本）",
            Self::Group => "【客户】北岸项目",
            Self::Private => "外婆",
            Self::Unlisted => "周海",
        }
    }
}

/// The history of a seed. Most begin with one or two phones that are ready.
#[must_use]
pub fn plan(seed: u64) -> Vec<Op> {
    let mut dice = Dice::new(seed);
    let phones = 1 + dice.below(PHONES);
    let mut plan = Vec::new();
    for phone in 0..phones {
        if dice.chance(90) {
            plan.extend([Op::Enrol(phone), Op::Agree(phone)]);
        }
    }
    while plan.len() < LENGTH {
        let phone = dice.below(phones);
        plan.push(op(&mut dice, phone));
    }
    plan
}

fn op(dice: &mut Dice, phone: usize) -> Op {
    let chat = |dice: &mut Dice| Chat::ALL.get(dice.below(4)).copied().unwrap_or(Chat::Client);
    match dice.below(100) {
        0..30 => Op::Message(phone, chat(dice)),
        30..34 => Op::Again(phone),
        34..35 => Op::Hidden(phone),
        35..43 => Op::Pass([1, 5, 15, 31, 60, 300][dice.below(6)]),
        43..52 => Op::Send(phone),
        52..58 => Op::Wake(phone),
        58..66 => mishap(dice, phone),
        66..68 => Op::Cut(phone, dice.chance(40)),
        68..69 => Op::Stop,
        69..71 => Op::Start,
        71..74 => Op::Restart(phone),
        74..76 => Op::Suspend(phone),
        76..78 => Op::Reboot(phone),
        78..81 => Op::Clock(phone, [0, 0, -1, -30, 1, 365][dice.below(6)]),
        81..83 => Op::Lock(phone, dice.chance(40)),
        83..84 if dice.chance(30) => Op::LoseKeys(phone),
        83..85 => Op::Enrol(phone),
        85..88 => Op::Agree(phone),
        88..89 => Op::Withdraw(phone),
        89..91 => Op::Pause(phone, dice.chance(30)),
        91..92 => Op::Widen,
        92..93 => Op::Hours(dice.chance(50)),
        93..94 => Op::Publish,
        94..95 => Op::Refresh(phone),
        95..96 => Op::Days(1 + u16::try_from(dice.below(4)).unwrap_or(0)),
        96..97 => Op::Retract(phone),
        97..99 => Op::Tag(phone, chat(dice), [Some(true), Some(false), None][dice.below(3)]),
        _ => Op::Discard(phone),
    }
}

fn mishap(dice: &mut Dice, phone: usize) -> Op {
    let all = [
        Mishap::Lost,
        Mishap::AnswerLost,
        Mishap::AnswerLost,
        Mishap::Twice,
        Mishap::Late,
        Mishap::Status([500, 503, 429, 413, 403, 404, 200][dice.below(7)]),
    ];
    let after = u8::try_from(dice.below(3)).unwrap_or(0);
    Op::Meet(phone, after, all[dice.below(all.len())])
}
