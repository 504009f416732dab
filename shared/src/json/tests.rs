use serde::de::DeserializeOwned;

use super::*;

/// The words of a tagged enum's variants.
pub(super) trait Words {
    const WORDS: &'static [&'static str];
}

const DOCUMENT: &str = r#""0193a1b2-c3d4-7000-8000-000000000001""#;
const ROW: &str = r#""00000000000000ab""#;
const PERSON: &str = r#"{"given":"Zahra","family":"Aït \"Oufella\"","name_ar":"زهرة","sex":"f","age_band":"","commune":"Tinzert","commune_code":"","photo_consent":true,"messages_consent":false,"association":null}"#;

/// One text for each variant; `D` stands for a document's id, `R` for a row's, `P` for a new person.
const EDITS: &[&str] = &[
    r#"{"do":"set_field","document":D,"row":null,"field":"grant_cents","value":-12}"#,
    r#"{"value":"Tinzert","do":"set_field","document":D,"row":R,"field":"commune"}"#,
    r#"{"do":"set_field","document":D,"field":"same_as","value":null}"#,
    r#"{"do":"create_person","person":D,"new":P,"notice_read":true}"#,
    r#"{"do":"create_person","person":D,"new":{},"notice_read":false}"#,
    r#"{"do":"add_phone","person":D,"row":R,"phone":{"e164":"+33612345678","country":"FR","raw":"06 12 34 56 78"}}"#,
    r#"{"do":"add_phone","person":D,"row":R,"phone":{"raw":"06"}}"#,
    r#"{"do":"add_email","person":D,"row":R,"address":"zahra@example.org"}"#,
    r#"{"do":"create_association","association":D,"fields":{"title":"Tifaouine","rna":null}}"#,
    r#"{"do":"create_event","event":D,"fields":{"title":"Atelier","capacity":40},"slots":[{"slot":R,"day":"2026-11-23","starts":"09:00","ends":"12:30"}]}"#,
    r#"{"do":"add_to_roster","event":D,"person":D}"#,
    r#"{"do":"take_from_roster","event":D,"person":D}"#,
    r#"{"do":"check_in","event":D,"slot":R,"person":D,"mark":R,"status":"partial","minutes":90}"#,
    r#"{"do":"check_in","event":D,"slot":R,"person":D,"mark":R,"status":"present","minutes":null}"#,
    r#"{"do":"check_in","event":D,"slot":R,"person":D,"mark":R,"status":"present","minutes":null,"how":"badge"}"#,
    r#"{"do":"add_slot","event":D,"slot":{"slot":R,"day":"2026-11-24","starts":"14:00","ends":"17:00"}}"#,
    r#"{"do":"add_trainer","event":D,"trainer":{"trainer":R,"name":"Naïma"}}"#,
    r#"{"do":"add_paper","event":D,"paper":R,"slot":null,"blob":"ab"}"#,
    r#"{"do":"keep_event_row","event":D,"row":R,"keep":false}"#,
    r#"{"do":"link_event","event":D,"document":D,"kind":"dossier"}"#,
    r#"{"do":"link_event","event":D,"document":D,"kind":null}"#,
    r#"{"do":"set_headcount","event":D,"slot":R,"sex":"f","age_band":"","people":43}"#,
    r#"{"do":"sign","event":D,"slot":R,"signer":{"person":D},"signature":R,"ink":"ab","how":"kiosk","mark":R}"#,
    r#"{"do":"sign","event":D,"slot":R,"signer":{"trainer":R},"signature":R,"ink":"ab","how":"paper","mark":R}"#,
    r#"{"do":"withdraw_signature","event":D,"signature":R,"withdrawal":R,"reason":"autre personne"}"#,
    r#"{"do":"undo","event":D,"slot":R,"person":D,"withdrawal":R,"reason":"trompé\nde ligne"}"#,
    r#"{"do":"register_walk_in","event":D,"slot":R,"person":D,"mark":R,"new":P,"new_association":{"association":D,"title":"Iguenouane"},"phone":null,"notice_read":true}"#,
    r#"{"do":"create_dossier","dossier":D,"fields":{},"sections":["context","budget"]}"#,
    r#"{"do":"copy_dossier","dossier":D,"of":D,"call":null}"#,
    r#"{"do":"edit_section","dossier":D,"section":"context","version":"ab","before":"","after":"L’eau \u00e9\ud83d\ude00\/\b\f\t"}"#,
    r#"{"do":"read_again","dossier":D,"section":"context","anchor":"a"}"#,
    r#"{"do":"settle_section","dossier":D,"section":"context","text":"😀"}"#,
    r#"{"do":"add_line","dossier":D,"line":R,"side":"resource","label":"Forage"}"#,
    r#"{"do":"add_row","document":D,"table":"activity","row":R,"fields":{"label":"Forer","month_from":3}}"#,
    r#"{"do":"keep_row","document":D,"row":R,"keep":false}"#,
    r#"{"do":"look","dossier":D,"version":"ab.cd"}"#,
    r#"{"do":"add_time","dossier":D,"time":R,"label":"Creuser la tranchée"}"#,
    r#"{"do":"set_line_state","dossier":D,"line":R,"keep":false}"#,
    r#"{"do":"settle_marks","event":D,"slot":R,"person":D,"status":"absent","withdrawal":R,"reason":"vu"}"#,
    r#"{"do":"link_same","person":D,"same_as":D}"#,
    r#"{"do":"not_same","person":D,"other":D}"#,
    r#"{"do":"set_consent","person":D,"consent":"photo","agreed":"given"}"#,
    r#"{"do":"set_consent","person":D,"consent":"messages","agreed":"withdrawn"}"#,
    r#"{"do":"move_stage","dossier":D,"moved":R,"to":"filed","fields":{"portal_reference":"PRA-7","filed_day":"2026-11-23"},"reason":""}"#,
    r#"{"do":"review_dossier","dossier":D,"review":true}"#,
    r#"{"do":"give_visa","dossier":D,"visa":R,"version":"ab","verdict":"approved","remarks":""}"#,
    r#"{"do":"give_visa","dossier":D,"visa":R,"version":"ab","verdict":"changes_asked","remarks":"le budget"}"#,
    r#"{"do":"settle","document":D,"asked":"field/title","decision":R,"reason":"vu","answer":{"do":"set_field","document":D,"row":null,"field":"title","value":"Puits"}}"#,
    r#"{"do":"settle","document":D,"asked":"late","decision":R,"answer":null,"reason":""}"#,
    r#"{"do":"reopen","document":D,"of":R,"decision":R,"reason":""}"#,
    r#"{"do":"assign_question","document":D,"asked":"late","account":D}"#,
    r#"{"do":"assign_question","document":D,"asked":"late"}"#,
    r#"{"do":"create_call","call":D,"fields":{},"sections":[{"key":"context","title":"Contexte","guidance":"","chars_max":4000}]}"#,
    r#"{"do":"create_call","call":D,"fields":{},"sections":[{"key":"context","title":"","guidance":"","chars_max":0,"required":true}]}"#,
    r#"{"do":"publish_call","call":D,"version":R,"note":"Plafond relevé"}"#,
    r#"{"do":"confirm_rule","call":D,"field":"grant_max_cents","confirmed":false}"#,
];

const KEYS: &[&str] = &[
    r#"{"view":"events"}"#,
    r#"{"view":"event","event":D}"#,
    r#"{"view":"dossiers"}"#,
    r#"{"view":"dossier","dossier":D}"#,
    r#"{"view":"call","call":D}"#,
    r#"{"view":"news","dossier":D}"#,
    r#"{"view":"dossier_at","dossier":D,"version":"ab"}"#,
    r#"{"view":"way","dossier":D}"#,
    r#"{"view":"versions","dossier":D,"count":20}"#,
    r#"{"view":"compare","dossier":D,"before":"ab","after":""}"#,
    r#"{"view":"directory"}"#,
    r#"{"view":"record","document":D}"#,
    r#"{"view":"tasks"}"#,
    r#"{"view":"activity","dossier":null}"#,
    r#"{"view":"activity","dossier":D}"#,
    r#"{"view":"association","association":D}"#,
    r#"{"view":"person","person":D}"#,
    r#"{"view":"questions"}"#,
    r#"{"view":"settings"}"#,
    r#"{"view":"sync","beyond":[[{"later":[true]}]]}"#,
];

fn written(text: &str) -> String {
    text.replace(":D", &format!(":{DOCUMENT}")).replace(":R", &format!(":{ROW}")).replace(":P", &format!(":{PERSON}"))
}

/// What serde reads, this reads; what serde refuses, this refuses.
fn alike<T: FromJson + DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) -> Option<T> {
    let (ours, theirs) = (read::<T>(text).ok(), serde_json::from_str::<T>(text).ok());
    assert_eq!(ours, theirs, "{text}");
    ours
}

fn each_is_read<T: Words + FromJson + DeserializeOwned + PartialEq + std::fmt::Debug>(texts: &[&str]) {
    for text in texts {
        let text = written(text);
        assert!(alike::<T>(&text).is_some(), "{text}");
        // With white space wherever it may stand, and broken off wherever it may break.
        let spaced = serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
        assert!(alike::<T>(&serde_json::to_string_pretty(&spaced).expect("JSON")).is_some(), "{text}");
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            alike::<T>(&text[..end]);
        }
    }
    for word in T::WORDS {
        assert!(texts.iter().any(|text| text.contains(&format!(r#""{word}""#))), "no text for {word}");
    }
}

#[test]
fn every_edit_and_view_key_is_read_as_serde_reads_it() {
    each_is_read::<Edit>(EDITS);
    each_is_read::<ViewKey>(KEYS);
    for text in EDITS {
        alike::<Entry>(&format!(r#"{{"at_ms":1772352000000,"edit":{}}}"#, written(text)));
    }
    assert!(alike::<Report>("{}").is_some());
    for report in [
        r#"{"build":"x","persisted":true,"installed":true,"lock":"pin","storage_percent":7}"#,
        r#"{"persisted":null,"lock":"passkey","failure":{"code":"unreachable","at_ms":1772352000000}}"#,
    ] {
        assert!(alike::<Report>(report).is_some());
    }
    assert!(alike::<Report>(r#"{"lock":"door"}"#).or(alike(r#"{"storage_percent":256}"#)).is_none());
    for sought in [
        r#"[{"person":D,"name":"Zahra Aït","name_ar":"زهرة","phone":"+33612345678","email":"","association":D}]"#,
        r#"[{"person":D,"name":"","name_ar":"","phone":"","email":"","association":null}]"#,
    ] {
        assert!(alike::<Vec<Sought>>(&written(sought)).is_some());
    }
    alike::<Identity>(&written(r#"{"device":D,"account":D,"name":"Amina","role":"volunteer"}"#));
}

#[test]
fn what_is_no_edit_is_refused_as_serde_refuses_it() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"do":"fly"}"#,
        r#"{"do":7}"#,
        r#"{"do":"link_same","person":D}"#,
        r#"{"do":"link_same","person":D,"same_as":"somebody"}"#,
        r#"{"do":"link_same","person":D,"same_as":D}}"#,
        r#"{"do":"link_same","person":D,"same_as":D,}"#,
        r#"{"do":"set_field","document":D,"field":"title","value":[]}"#,
        r#"{"do":"set_field","document":D,"field":"title","value":1.5}"#,
        r#"{"do":"set_field","document":D,"field":"wings","value":1}"#,
        r#"{"do":"set_line_state","dossier":D,"line":R,"keep":1}"#,
        r#"{"do":"check_in","event":D,"slot":R,"person":D,"mark":R,"status":"present","minutes":70000}"#,
        r#"{"do":"check_in","event":D,"slot":R,"person":D,"mark":R,"status":"present","minutes":-1}"#,
        r#"{"do":"create_dossier","dossier":D,"fields":{},"sections":["a" "b"]}"#,
        r#"{"do":"add_line","dossier":D,"line":"00000000000000AB","side":"resource","label":""}"#,
    ] {
        assert_eq!(alike::<Edit>(&written(text)), None, "{text}");
    }
}

#[test]
fn strings_and_numbers_are_those_of_json() {
    let strings = [
        r#""""#,
        r#""\u0041""#,
        r#""\ud83d\ude00""#,
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83dx""#,
        r#""\ud83d\u0041""#,
        r#""\u00g1""#,
        r#""\u00""#,
        r#""\x""#,
        r#""\"#,
        r#"""#,
        "\"\n\"",
        "\"\0\"",
        "\"\u{7f}é\u{10ffff}\"",
        r#" "a" "#,
        r#""a" "b""#,
        "a",
    ];
    for text in strings {
        alike::<String>(text);
    }
    for text in [
        "0",
        "7",
        "-7",
        "007",
        "+7",
        "-",
        "",
        "9223372036854775807",
        "9223372036854775808",
        "0x10",
        "1_000",
        "truth",
        "inf",
    ] {
        alike::<i64>(text);
    }
    for text in ["true", "false", "truth", "True", "null", "nul"] {
        alike::<Option<bool>>(text);
    }
}

#[test]
fn depth_is_bounded() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read::<Edit>(&deep), Err(Malformed("too deep")));
}
