//! Properties of any input: ids, cursors, content and the send rate.

use crate::engine;
use crate::support::{User, World};
use jobline_chat::{ConversationId, MessageId, Settings, UserId};
use jobline_wire::{Code, ListConversations, ListMessages, SyncQuery};
use proptest::prelude::*;
use std::sync::OnceLock;
use tokio::runtime::Runtime;

/// User ids, many of them with the two characters that are escaped.
fn user_id() -> impl Strategy<Value = UserId> {
    prop_oneof!["[A-Za-z0-9._|@:+=~-]{1,20}", "[_~01a]{1,6}", "[_~]{1,128}"]
        .prop_map(|text| UserId::new(&text).expect("the strategies keep to the rules"))
}

fn pair() -> impl Strategy<Value = (UserId, UserId)> {
    (user_id(), user_id()).prop_filter("two users", |(one, other)| one != other)
}

fn sorted((one, other): &(UserId, UserId)) -> [&UserId; 2] {
    if one < other { [one, other] } else { [other, one] }
}

fn id((one, other): &(UserId, UserId)) -> ConversationId {
    ConversationId::of(one, other).expect("two users")
}

/// `text` with one character replaced, removed or added anywhere.
fn edited(text: &str, place: prop::sample::Index, with: char, kind: u8) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    match kind {
        0 => chars.insert(place.index(chars.len() + 1), with),
        1 => drop(chars.remove(place.index(chars.len()))),
        _ => {
            let place = place.index(chars.len());
            chars[place] = with;
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_pairs_share_a_conversation_id_only_if_they_are_the_same_pair(one in pair(), other in pair()) {
        prop_assert_eq!(id(&one) == id(&other), sorted(&one) == sorted(&other));
        prop_assert_eq!(id(&one).as_str() == id(&other).as_str(), sorted(&one) == sorted(&other));
    }

    #[test]
    fn a_conversation_id_is_parsed_as_it_was_made(pair in pair()) {
        let id = id(&pair);
        let [one, other] = sorted(&pair);
        let read = ConversationId::new(id.as_str());
        prop_assert_eq!(read.as_ref(), Some(&id));
        prop_assert_eq!(id.pair(), Some(&[one.clone(), other.clone()]));
        prop_assert_eq!((id.side(one), id.side(other)), (Some((0, other)), Some((1, one))));
        let swapped = ConversationId::of(other, one);
        prop_assert_eq!(swapped, Some(id.clone()), "in either order");
        if !format!("{one}{other}").contains(['_', '~']) {
            let plain = format!("conv_{one}_{other}");
            prop_assert_eq!(id.as_str(), plain.as_str());
        }
    }

    #[test]
    fn a_conversation_id_can_be_written_in_one_way_only(
        pair in pair(),
        place: prop::sample::Index,
        with in prop_oneof!["[_~01aA#/ é]".prop_map(|one| one.chars().next().unwrap()), any::<char>()],
        kind in 0..3_u8,
    ) {
        let text = edited(id(&pair).as_str(), place, with, kind);
        if let Some(read) = ConversationId::new(&text) {
            prop_assert_eq!(read.as_str(), text.as_str());
            let Some([one, other]) = read.pair() else { return Ok(()) };
            prop_assert!(one < other);
            let written = ConversationId::of(one, other);
            prop_assert_eq!(written, Some(read.clone()));
        }
    }

    #[test]
    fn any_other_text_is_not_an_id(text in any::<String>()) {
        prop_assert!(ConversationId::new(&text).is_none());
        prop_assert!(MessageId::new(&text).is_none());
    }

    #[test]
    fn a_message_id_is_parsed_as_it_was_made(at in 0..99_999_999_999_999_u64, nanoid in "[A-Za-z0-9_-]{21}") {
        let id = MessageId::make(at, &nanoid);
        let read = MessageId::new(id.as_str());
        prop_assert_eq!(read.as_ref(), Some(&id));
        prop_assert_eq!(id.at_ms(), at);
        let padded = format!("message_0{at}_{nanoid}");
        prop_assert!(MessageId::new(&padded).is_none(), "a number can be written in one way only");
    }
}

/// A world in which each user has a cursor of each kind.
struct Cursors {
    runtime: Runtime,
    world: World,
    /// Anna's cursors: of `list` with Ben, of `sync`, of `getConversations`.
    cursors: [String; 3],
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn cursors() -> &'static Cursors {
    static CURSORS: OnceLock<Cursors> = OnceLock::new();
    CURSORS.get_or_init(|| {
        let runtime = runtime();
        let (world, cursors) = runtime.block_on(async {
            let world = World::new().await;
            let (anna, ben) = world.pair().await;
            world.job(2, &["anna", "carl"], jobline_wire::JobStatus::Open).await;
            anna.send(&ben, "1").await.expect("a world that is well");
            anna.send(&world.user("carl"), "1").await.expect("a world that is well");
            let list = anna.list(&ben).await.expect("a world that is well").cursor;
            let cursors = [
                list,
                anna.sync(None).await.expect("a world that is well").cursor,
                anna.conversations().await.expect("a world that is well").cursor,
            ];
            (world, cursors)
        });
        Cursors { runtime, world, cursors }
    })
}

/// The answer to `user` for list number `which` with `since`.
async fn ask(world: &World, user: &User<'_>, which: usize, since: String) -> Result<(), Code> {
    let since = Some(since);
    let answer = match which {
        0 | 3 => {
            let conversation_id = if which == 0 { "conv_anna_ben" } else { "conv_anna_carl" }.to_owned();
            let input = ListMessages { conversation_id, since, ..ListMessages::default() };
            world.chat.list(&user.id, input).await.map(drop)
        }
        1 => world.chat.sync(&user.id, SyncQuery { since, limit: None, wait: None }).await.map(drop),
        _ => world.chat.conversations(&user.id, ListConversations { since, limit: None }).await.map(drop),
    };
    answer.map_err(|error| error.code)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_altered_cursor_is_refused(
        which in 0..3_usize,
        place: prop::sample::Index,
        with in prop_oneof!["[A-Za-z0-9_=-]".prop_map(|one| one.chars().next().unwrap()), any::<char>()],
        kind in 0..3_u8,
    ) {
        let Cursors { runtime, world, cursors } = cursors();
        let altered = edited(&cursors[which], place, with, kind);
        prop_assume!(altered != cursors[which]);
        let answer = runtime.block_on(ask(world, &world.user("anna"), which, altered));
        prop_assert_eq!(answer, Err(Code::InvalidCursor));
    }
}

#[test]
fn a_cursor_is_valid_for_one_user_and_one_list_only() {
    let Cursors { runtime, world, cursors } = cursors();
    for (given_for, cursor) in cursors.iter().enumerate() {
        for (user, asked) in [("anna", 0), ("anna", 1), ("anna", 2), ("anna", 3), ("ben", 0), ("ben", 1), ("ben", 2)] {
            let answer = runtime.block_on(ask(world, &world.user(user), asked, cursor.clone()));
            let good = user == "anna" && asked == given_for;
            assert_eq!(answer, if good { Ok(()) } else { Err(Code::InvalidCursor) }, "{user} {asked} {given_for}");
        }
    }
}

/// The rules of the contract, written independently of the domain.
/// `Default_Ignorable_Code_Point` of Unicode 16, annotation marks, and the empty Braille pattern.
fn shows_nothing(one: char) -> bool {
    let ranges = [
        (0xad, 0xad),
        (0x34f, 0x34f),
        (0x61c, 0x61c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x200b, 0x200f),
        (0x202a, 0x202e),
        (0x2060, 0x206f),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xfe00, 0xfe0f),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff0, 0xfffb),
        (0x1bca0, 0x1bca3),
        (0x1d173, 0x1d17a),
        (0xe0000, 0xe0fff),
    ];
    ranges.iter().any(|(from, to)| (*from..=*to).contains(&u32::from(one)))
}

fn refusal_of(content: &str) -> Option<Code> {
    let control = content.chars().any(|one| one.is_control() && !['\t', '\n'].contains(&one));
    match content.chars().count() {
        _ if control => Some(Code::InvalidRequest),
        2_001.. => Some(Code::ContentTooLong),
        _ if content.chars().all(|one| one.is_whitespace() || shows_nothing(one)) => Some(Code::ContentEmpty),
        _ => None,
    }
}

fn content() -> impl Strategy<Value = String> {
    let unit = prop_oneof!["\\PC", "[ \t\n\u{a0}\u{2003}]", Just("😀".to_owned()), Just("e\u{301}".to_owned())];
    prop_oneof![
        any::<String>(),
        "[ \t\n\u{a0}\u{3000}]{0,5}",
        (unit, 990..2_010_usize, "\\PC{0,3}").prop_map(|(unit, count, end)| unit.repeat(count) + &end),
        "[a-z\u{0}\u{7f}\u{85}\t\n]{0,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn content_is_accepted_if_and_only_if_the_contract_says_so(content in content()) {
        let answer = runtime().block_on(async {
            let world = World::new().await;
            let (anna, ben) = world.pair().await;
            let sent = anna.send(&ben, &content).await.map_err(|error| error.code)?;
            let listed = ben.list(&anna).await.map_err(|error| error.code)?;
            Ok((sent.message.content, listed.messages[0].content.clone()))
        });
        let expected = match refusal_of(&content) {
            Some(code) => Err(code),
            None => Ok((content.clone(), content)),
        };
        prop_assert_eq!(answer, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: engine::LONG_CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sends_are_rate_limited_and_the_returned_wait_is_sufficient(
        rate in 1..25_u32,
        pauses in prop::collection::vec(prop_oneof![Just(0_u64), 0..3_000_u64, 0..200_000_u64], 1..60),
    ) {
        runtime().block_on(async {
            let world = World::with(Settings { send_rate: rate, ..Settings::default() }).await;
            let (anna, ben) = world.pair().await;
            let (mut now, mut sent) = (0_u64, Vec::new());
            for pause in pauses {
                now += pause;
                world.clock.forward(pause);
                match anna.send(&ben, "x").await {
                    Ok(_) => sent.push(now),
                    Err(error) => {
                        prop_assert_eq!(error.code, Code::RateLimited);
                        let wait = error.retry_after_ms.expect("the wait is told");
                        prop_assert!((1..=60_000).contains(&wait), "{} ms", wait);
                        now += wait;
                        world.clock.forward(wait);
                        prop_assert!(anna.send(&ben, "x").await.is_ok(), "after the answered wait");
                        sent.push(now);
                    }
                }
            }
            for (first, begin) in sent.iter().enumerate() {
                for (count, end) in (1_u64..).zip(&sent[first..]) {
                    // A full bucket, and the tokens that are added meanwhile.
                    let allowed = u64::from(rate) + (end - begin) * u64::from(rate) / 60_000;
                    prop_assert!(count <= allowed, "{} in {} ms at {} a minute", count, end - begin, rate);
                }
            }
            Ok(())
        })?;
    }
}
