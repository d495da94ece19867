//! The notice's phrases, in the order in which they stand.

use crate::words::{Phrase, phrase};

pub(super) const TITLE: Phrase = phrase(
    "{organisation}：业务微信记录留存告知与同意书",
    "{organisation}: notice and consent for keeping business WeChat records",
);
pub(super) const INTRODUCTION: Phrase = phrase(
    "请完整阅读。是否同意由您决定；不同意不影响您使用手机和微信。",
    "Please read all of it. The decision is yours; refusing changes nothing about your phone or WeChat.",
);

pub(super) const WHO: Phrase = phrase("一、谁处理您的信息", "1. Who processes your information");
pub(super) const PROCESSOR: Phrase = phrase(
    "个人信息处理者：{organisation}（配置标识：{tenant}）。",
    "The processor is {organisation} (configuration: {tenant}).",
);
pub(super) const CONTACT: Phrase = phrase("联系方式：{contact}", "Contact: {contact}");
pub(super) const ROOT_KEY: Phrase = phrase(
    "保管人根密钥指纹：{fingerprint}。请与单位公布的指纹核对。",
    "Fingerprint of the custodian's root key: {fingerprint}. Compare it with the one that the organisation has made known.",
);

pub(super) const WHY: Phrase = phrase("二、处理目的与法律依据", "2. Why: purposes and legal basis");
pub(super) const PURPOSE: Phrase =
    phrase("{text}（依据：{basis}；代码：{code}）", "{text} (Basis: {basis}; code: {code})");
pub(super) const BASIS_CONSENT: Phrase = phrase("您的同意", "your consent");
pub(super) const BASIS_DUTY: Phrase = phrase(
    "单位的法定义务，并取得您对使用个人手机的同意",
    "a legal duty of the organisation, with your consent for your own phone",
);

pub(super) const HOW: Phrase = phrase("三、来源与处理方式", "3. How: sources and method");
pub(super) const SOURCE: Phrase = phrase("来源（{code}）：{words}", "Source ({code}): {words}");
pub(super) const WECHAT_NOTIFICATION: Phrase = phrase(
    "微信在通知栏显示的标题和文字。本应用凭您在系统设置中授予的“通知使用权”读取，您可随时收回。",
    "title and text of the notifications that WeChat shows. The app reads them through the notification access that you grant in the system settings and can take back at any time.",
);
pub(super) const WECHAT_SHARE: Phrase = phrase(
    "您在微信中选中聊天记录（多选 → 邮件）并亲自分享给本应用的文字和附件。不分享就不会读取；个人聊天的文字不保存，附件不会被打开。",
    "text and attachments of chats that you select in WeChat (multi-select, Email) and share with the app yourself. Nothing is read that you do not share; of a personal chat no text is kept and no attachment is opened.",
);
pub(super) const METHOD: Phrase = phrase(
    "业务与个人的区分在本机内存中完成。只有业务聊天的记录会在本机加密保存，再加密发送。不对您作任何评分或自动化决策。",
    "Business and personal are told apart in this phone's memory. Only records of business chats are stored on the phone, encrypted, and then sent, encrypted. Nothing scores you or decides about you automatically.",
);
pub(super) const SCREENED: Phrase = phrase(
    "本应用只使用系统公开的接口：不越狱或获取最高权限，不改动微信，不使用辅助功能，也不暗中运行。",
    "The app uses documented routes of the system only: no root, no changed WeChat, no accessibility service, and it does not run in hiding.",
);

pub(super) const WHICH: Phrase = phrase("四、哪些聊天算业务", "4. Which chats count as business");
pub(super) const BY_WORK_PROFILE: Phrase = phrase(
    "工作资料中的微信：其中的聊天一律算业务，不能改标为个人。",
    "WeChat in the work profile: all its chats count as business and cannot be tagged personal.",
);
pub(super) const BY_CLONE_PROFILE: Phrase = phrase(
    "应用分身中的微信：其中的聊天一律算业务，不能改标为个人。",
    "WeChat as a cloned app: all its chats count as business and cannot be tagged personal.",
);
pub(super) const BY_EMPLOYEE: Phrase = phrase(
    "您本人标为业务的聊天。您本人标为个人的聊天不算业务。",
    "Chats that you tag as business. Chats that you tag as personal do not count.",
);
pub(super) const BY_DIRECTORY: Phrase = phrase(
    "名称列在单位业务联系人名录中的聊天（现有 {count} 项）。名录的增减不再征求同意，但会写入您可查看的变更记录。您把这样的聊天标为个人时，单位会收到一条不含内容和名称的记录，只写明被改标的名录编号。",
    "Chats whose name stands in the organisation's directory of business contacts (now {count} entries). Names that come and go do not ask for consent again, but stand in a change log that you can read. If you tag such a chat personal, the organisation gets a record without content or name that only states which entry of the directory was overruled.",
);
pub(super) const GROUP_PREFIX: Phrase = phrase(
    "名称以“{text}”开头的群（规则：{rule}）。",
    "Groups whose name begins with “{text}” (rule: {rule}).",
);
pub(super) const GROUP_SUFFIX: Phrase = phrase(
    "名称以“{text}”结尾的群（规则：{rule}）。",
    "Groups whose name ends with “{text}” (rule: {rule}).",
);
pub(super) const GROUP_CONTAINS: Phrase = phrase(
    "名称含有“{text}”的群（规则：{rule}）。",
    "Groups whose name holds “{text}” (rule: {rule}).",
);
pub(super) const BY_WORDS: Phrase = phrase(
    "消息中的业务用语只会提示您去标记，从不作决定。",
    "Business words in a message only suggest that you tag the chat; they never decide.",
);

pub(super) const WHAT: Phrase = phrase("五、处理的信息种类", "5. What: types of information");
pub(super) const MESSAGES: Phrase = phrase(
    "业务聊天的消息：聊天名称、发送者显示名称、文字、时间、方向。图片、语音、文件等只记录“有一张图片”这类提示，不取内容。",
    "Messages of business chats: the chat's name, the sender's displayed name, text, time, direction. Of images, voice, files and the like only the hint that there was one, never the thing itself.",
);
pub(super) const RECALLS: Phrase = phrase(
    "撤回提示：记录某条消息被撤回；已留存的原消息不删除。",
    "Recall notices: that a message was recalled; an original that was kept is not deleted.",
);
pub(super) const CALLS: Phrase = phrase(
    "业务聊天的语音和视频通话：时间、方向、结果、估计时长。从不录音，也不获取通话内容。",
    "Voice and video calls of business chats: time, direction, outcome, estimated length. Calls are never recorded and their content is never available.",
);
pub(super) const SENSITIVE: Phrase = phrase(
    "业务消息的文字可能包含敏感个人信息（例如金融账户）。本应用不识别也不利用这类信息；它们只作为业务消息文字的一部分留存。",
    "The text of business messages may hold sensitive personal information (such as financial accounts). The app neither looks for it nor uses it; it is kept only as part of what a business message says.",
);
pub(super) const SENSITIVE_LABELLED: Phrase = phrase(
    "业务消息在本机上与单位的词表（{count}份，编号：{lexicons}）比对，可能被标注为交易指令、敏感个人信息（例如证件号码、健康、金融账户）、不当内容、疑似重要数据或疑似国家秘密。标注随加密记录送交，您可以看到；标注不对您作任何自动化决定。疑似重要数据和国家秘密仅对法律顾问密封，既不发送也不删除；本单位的技术人员只知道是否有此类待处理事项。",
    "Business messages are compared on this phone with the organisation's word lists ({count}: {lexicons}) and may be labelled as an instruction to trade, as sensitive personal information (such as identity numbers, health, financial accounts), as unacceptable content, or as a suspicion of important data or of a state secret. Labels travel inside the encrypted record, and you see them; they decide nothing about you. A suspicion is sealed to counsel only and neither sent nor deleted; the organisation's IT learns only whether there is any.",
);
pub(super) const NAMES_PSEUDONYMOUS: Phrase = phrase(
    "对方的名称：对方被告知之前，以每个聊天各自的代号代替；对方反对的，该聊天不留存。",
    "Names of counterparts: replaced by a pseudonym of the chat's own until they have been told; where they object, the chat is not kept.",
);
pub(super) const NAMES_KEPT: Phrase = phrase(
    "对方的名称：按显示的样子留存，对方被告知之前也是如此；对方反对的，该聊天不留存。",
    "Names of counterparts: kept as shown, also before they have been told; where they object, the chat is not kept.",
);
pub(super) const NAMES_AWAITED: Phrase = phrase(
    "对方被告知之前，不留存该聊天；对方反对的，也不留存。",
    "Until counterparts have been told, their chats are not kept; nor where they object.",
);
pub(super) const ABOUT_THE_AGENT: Phrase = phrase(
    "关于本应用自身：您的同意与撤回、您的代号、本设备的公钥，以及哪些时段看不到消息。单位 IT 只看得到运行状况：同意与采集的状态、待发条数、最近一次发送、软件和系统版本、占用空间。",
    "About the app itself: your consent and its withdrawal, your pseudonym, this device's public key, and the stretches of time in which nothing could be seen. The organisation's IT sees only how the app is doing: the state of consent and capture, how many records wait, the last sending, versions of app and system, space used.",
);

pub(super) const NEVER: Phrase = phrase("六、绝不读取", "6. What is never read");
pub(super) const NEVER_PERSONAL: Phrase = phrase(
    "个人聊天的内容和名称不保存、不记日志、不发送：在内存中丢弃，只在本机计数。",
    "Content and names of personal chats are not stored, logged or sent: they are dropped in memory and only counted, on this phone.",
);
pub(super) const NEVER_ELSE: Phrase = phrase(
    "不读取微信的数据库、屏幕、键盘输入、通讯录、照片和文件、位置、麦克风、通话声音，也不读取其他应用的通知内容。",
    "Not WeChat's database, the screen, the keyboard, the address book, photos and files, location, microphone or call audio, nor the notifications of other apps.",
);

pub(super) const UNDECIDED: Phrase = phrase("七、未决定的聊天", "7. Undecided chats");
pub(super) const UNDECIDED_DROPPED: Phrase = phrase(
    "未决定的聊天按个人聊天处理：在内存中丢弃。",
    "Undecided chats are treated like personal ones: dropped in memory.",
);
pub(super) const UNDECIDED_HELD: Phrase = phrase(
    "经您另行同意：未决定但带有业务用语的消息，可在本机加密暂存最多 {hours} 小时，只有您能看到，从不发送；您未决定的，到期连同密钥一并销毁。不另行同意的，直接丢弃。",
    "If you agree to it separately: undecided messages with business words may wait on this phone, encrypted, for at most {hours} hours. Only you can see them and they are never sent; what you have not decided by then is destroyed with its key. If you do not agree to it, they are dropped at once.",
);

pub(super) const TO_WHOM: Phrase = phrase("八、接收方", "8. To whom");
pub(super) const RECIPIENT: Phrase = phrase(
    "能打开记录的接收方：{name}（密钥指纹：{fingerprint}）。",
    "Can open the records: {name} (key fingerprint: {fingerprint}).",
);
pub(super) const COUNSEL: Phrase = phrase(
    "法律顾问密钥：{name}（密钥指纹：{fingerprint}）。疑似国家秘密或重要数据的记录只对此密钥封存，不发送、不删除，由法律顾问决定如何处理。",
    "Counsel's key: {name} (key fingerprint: {fingerprint}). Records that may hold state secrets or important data are sealed to this key only; they are neither sent nor deleted until counsel decides.",
);
pub(super) const NO_ONE_ELSE: Phrase = phrase(
    "接收服务器及其运维人员只持有密文，不能阅读。增加任何接收方都须重新征得您的同意。",
    "The receiving server and those who run it hold ciphertext only and cannot read it. Any further recipient needs your consent anew.",
);

pub(super) const WHERE: Phrase = phrase("九、发送与存放地点", "9. Where it goes");
pub(super) const ENDPOINT: Phrase = phrase("发送到：{endpoint}", "Sent to: {endpoint}");
pub(super) const RANGES: Phrase = phrase(
    "只连接以下网络地址，单位声明其位于中国大陆：{ranges}",
    "Connects only to these network addresses, which the organisation declares to be in mainland China: {ranges}",
);
pub(super) const NO_EXPORT: Phrase =
    phrase("记录不离开中国大陆。", "Records do not leave mainland China.");
pub(super) const EXPORT: Phrase = phrase(
    "经您单独同意，记录将离开中国大陆。出境路径：{route}；依据：{basis}；地址：{ranges}；有效期至：{until}。您不单独同意的，记录不经此路径发送，也不为此采集。",
    "If you agree to it separately: records leave mainland China. Route: {route}; basis: {basis}; addresses: {ranges}; valid until: {until}. If you do not agree to it, nothing is sent by this route and nothing is captured for it.",
);

pub(super) const HOW_LONG: Phrase = phrase("十、保存期限", "10. How long it is kept");
pub(super) const CLASS: Phrase = phrase("类别 {class}：{days} 天。", "Class {class}: {days} days.");
pub(super) const DEFAULT_CLASS: Phrase = phrase(
    "类别 {class}：{days} 天（没有另行规定的记录属于此类）。",
    "Class {class}: {days} days (of records for which nothing else is laid down).",
);
pub(super) const AFTERWARDS: Phrase = phrase(
    "期满后删除；法律要求继续保存的，停止保存和保护以外的一切处理。",
    "Deleted afterwards; where the law asks that it be kept longer, everything but storing and protecting it stops.",
);

pub(super) const REVIEW: Phrase = phrase("十一、复核", "11. Your review");
pub(super) const REVIEW_WINDOW: Phrase = phrase(
    "每条记录在封存前至少等待 {minutes} 分钟，期间您可以取回，取回的记录不会发送，只计数。",
    "Every record waits at least {minutes} minutes before it is sealed. In that time you can take it back; it is then not sent, only counted.",
);
pub(super) const NO_REVIEW_WINDOW: Phrase = phrase(
    "没有复核等待时间：记录在下一次发送前随时可能封存，此前您可以取回。",
    "There is no waiting time for review: a record may be sealed at any time before the next sending; until then you can take it back.",
);
pub(super) const SEEN_BY_YOU: Phrase = phrase(
    "您随时可以在本应用中看到留存了什么、为何算业务、何时发出、由谁签收，也可以改标或暂停。",
    "In the app you can always see what was kept, why it counts as business, when it left and who received it; you can correct a tag or pause.",
);

pub(super) const STOP: Phrase = phrase("十二、拒绝与撤回", "12. Refusing and withdrawing");
pub(super) const WITHDRAW: Phrase = phrase(
    "您可随时在本应用中撤回同意。撤回无须联网，立即生效。撤回前已进行的处理仍然有效，已发送的记录按第十项保存。",
    "You can withdraw in the app at any time, without a network and at once. What was done before stays lawful, and records already sent are kept as section 10 says.",
);
pub(super) const UNSENT_FORWARDED: Phrase = phrase(
    "撤回时尚未发送的记录：仍会发送，并注明系撤回前留存。",
    "Records not yet sent when you withdraw: they are still sent, marked as kept before the withdrawal.",
);
pub(super) const UNSENT_DESTROYED: Phrase = phrase(
    "撤回时尚未发送的记录：予以销毁，单位只得知条数。只对法律顾问密钥封存的除外。",
    "Records not yet sent when you withdraw: they are destroyed, and the organisation only learns how many. What is sealed to counsel's key is exempt.",
);
pub(super) const NO_NAGGING: Phrase = phrase(
    "拒绝或撤回后，至少 {days} 天内不再询问；您可以随时自己打开本页。",
    "After a refusal or withdrawal you are not asked again for at least {days} days; you can open this page yourself at any time.",
);
pub(super) const GROWTH: Phrase = phrase(
    "目的、来源、接收方、发送地址、最长保存期限、业务规则种类、暂存或对方名称的处理一旦扩大，留存即停止，直到您重新同意。",
    "If purposes, sources, recipients, endpoint, longest retention, kinds of business rules, quarantine or the treatment of counterparts grow, nothing is kept until you agree anew.",
);

pub(super) const RIGHTS: Phrase = phrase("十三、您的权利", "13. Your rights");
pub(super) const RIGHTS_LIST: Phrase = phrase(
    "您有权知情和决定、限制或拒绝处理、查阅、复制、转移、更正、补充、删除，并要求解释（个人信息保护法第四十四至四十八条），也可向主管部门投诉。",
    "You have the right to know and to decide, to restrict or refuse, to access, copy, transfer, correct, complete and delete, and to be given an explanation (PIPL 44 to 48), and to complain to the authorities.",
);
pub(super) const RIGHTS_HOW: Phrase = phrase("如何行使：{rights}", "How to use them: {rights}");

pub(super) const BLIND: Phrase = phrase("十四、本应用看不到什么", "14. What the app cannot see");
pub(super) const BLIND_NOTIFICATIONS: Phrase = phrase(
    "微信通知只显示收到的消息：看不到您发出的消息、正打开的聊天、设为免打扰的聊天，以及电脑端登录并设手机静音时的消息；过长的文字会被截断；系统或微信隐藏文字时只知道有消息。",
    "WeChat's notifications show incoming messages only: not what you send, not the chat that is open, not muted chats, not while a computer is logged in with the phone muted. Long text is cut. Where the system or WeChat hides the text, only the fact of a message is known.",
);
pub(super) const BLIND_RECORDED: Phrase = phrase(
    "因此记录并不完整。业务来源看不到的时段会如实写入记录；个人聊天不写。",
    "The records are therefore incomplete. Stretches in which business could not be seen are stated in the records; nothing is stated of personal chats.",
);

pub(super) const BASED_ON: Phrase =
    phrase("十五、本告知书的依据", "15. What this notice is based on");
pub(super) const VERSIONS: Phrase = phrase(
    "信任文件第 {trust} 版，政策第 {policy} 版。政策有效期至 {until}，其后最多延用 {hours} 小时，再后停止留存。",
    "Trust document version {trust}, policy version {policy}. The policy is valid until {until} and is used for at most {hours} hours after that; then nothing more is kept.",
);
