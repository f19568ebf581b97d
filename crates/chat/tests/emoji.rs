//! The emoji that the app offers are a part of those that are accepted as reactions: both come from the same list.
//! `UPDATE_SNAPSHOTS=1` rewrites the app's.

use emojis::{Emoji, Group, SkinTone, UnicodeVersion};
use serde::Serialize;
use std::{fs, path::Path};

/// Devices of recent years can display this version of Unicode.
const DRAWN: UnicodeVersion = UnicodeVersion::new(15, 0);

#[test]
fn the_app_offers_emoji_of_the_list_that_reactions_are_checked_with() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/app/src/emoji/generated/list.json");
    let groups: Vec<_> = Group::iter().map(|group| Offered { group: name(group), emoji: offered(group) }).collect();
    assert!(groups.iter().all(|group| group.emoji.len() > 50), "a group is nearly empty");
    let list = serde_json::to_string(&groups).unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, list).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert!(kept == list, "{} is not current: run `cargo xtask snapshots`.", path.display());
}

#[derive(Serialize)]
struct Offered {
    group: &'static str,
    emoji: Vec<String>,
}

/// Each emoji, followed by its skin tones.
fn offered(group: Group) -> Vec<String> {
    let listed = group.emojis().filter(|emoji| emoji.unicode_version() <= DRAWN);
    listed.map(|emoji| [vec![emoji.as_str()], coloured(emoji)].concat().join(" ")).collect()
}

/// The emoji in each skin tone, the same for both if it shows two people.
fn coloured(emoji: &Emoji) -> Vec<&'static str> {
    let colours = [SkinTone::Light, SkinTone::MediumLight, SkinTone::Medium, SkinTone::MediumDark, SkinTone::Dark];
    let Some(default) = emojis::get(emoji.as_str()).filter(|emoji| emoji.skin_tones().is_some()) else { return vec![] };
    colours.iter().filter_map(|colour| default.with_skin_tone(*colour)).map(Emoji::as_str).collect()
}

fn name(group: Group) -> &'static str {
    match group {
        Group::SmileysAndEmotion => "smileys",
        Group::PeopleAndBody => "people",
        Group::AnimalsAndNature => "nature",
        Group::FoodAndDrink => "food",
        Group::TravelAndPlaces => "places",
        Group::Activities => "activities",
        Group::Objects => "objects",
        Group::Symbols => "symbols",
        Group::Flags => "flags",
    }
}
