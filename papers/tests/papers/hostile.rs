//! Whatever people write is text, and fits.

use papers::{Picture, Sheet};

use crate::{packed, sample, text_of};

pub(crate) const HOSTILE: [&str; 12] = [
    "#panic()",
    "#let x = 1; #x",
    "$ x^2 $ \\ *bold* _it_ `raw`",
    "\"); panic(\"",
    "</svg><script>alert(1)</script>",
    "#image(\"/data.json\")",
    "= Titre",
    "/* commentaire",
    "abc\u{202e}fed\u{202c}\u{2066}x",
    "nul\u{0}\u{7}\u{1b}[31m",
    "漢字 👍🏽 \u{e000} \u{10ffff}",
    "- liste\n+ liste\n@renvoi <repère>",
];

fn fill(sheet: &mut Sheet, text: &str) {
    let event = &mut sheet.gathering;
    for field in [
        &mut event.house.name,
        &mut event.house.address,
        &mut event.project,
        &mut event.title,
        &mut event.kind,
        &mut event.place,
        &mut event.address,
        &mut event.commune,
        &mut event.modality,
    ] {
        text.clone_into(field);
    }
    event.languages = vec![text.to_owned()];
    event.funders[0].name = text.to_owned();
    for slot in &mut event.slots {
        slot.day = text.to_owned();
        slot.starts = text.to_owned();
        slot.ends = text.to_owned();
    }
    for trainer in &mut sheet.trainers {
        text.clone_into(&mut trainer.name);
    }
    for row in &mut sheet.people {
        for field in [&mut row.family, &mut row.given, &mut row.name_ar, &mut row.association, &mut row.role] {
            text.clone_into(field);
        }
    }
    for head in &mut sheet.heads {
        text.clone_into(&mut head.label);
    }
    sheet.completeness.phones_outstanding = vec![text.to_owned()];
    let seal = sheet.seal.as_mut().unwrap();
    for field in [&mut seal.reason, &mut seal.sealed_at, &mut seal.code, &mut seal.url] {
        text.clone_into(field);
    }
    seal.previous = Some(text.to_owned());
}

#[test]
fn text_is_never_markup() {
    for text in HOSTILE {
        let mut sheet = sample::sheet(1, 1);
        fill(&mut sheet, text);
        let pdf = papers::sheet_pdf(&sheet).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        if text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
            let said = text_of(&pdf);
            assert!(said.matches(&packed(text)).count() >= 10, "{text} does not stand as it was written: {said}");
        }
        papers::sheet_xlsx(&sheet).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        papers::blank_sheet_pdf(&sheet).unwrap_or_else(|e| panic!("{text:?}: {e}"));
    }
}

#[test]
fn other_papers_take_any_text_as_well() {
    for text in HOSTILE {
        let mut badges = sample::badges(1);
        let mut invited = sample::convocations(1, 1);
        let mut attested = sample::attestations(1, 1);
        let mut contacts = sample::contacts(1);
        badges.people[0].given = text.to_owned();
        badges.people[0].token = text.to_owned();
        invited.people[0].name_ar = text.to_owned();
        invited.message = text.to_owned();
        attested.people[0].association = text.to_owned();
        attested.done_on = text.to_owned();
        attested.signatory.name = text.to_owned();
        contacts.people[0].phones = vec![text.to_owned()];
        contacts.made_at = text.to_owned();
        papers::badges_pdf(&badges).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        papers::convocations_pdf(&invited).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        papers::attestations_pdf(&attested).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        papers::contact_list_pdf(&contacts).unwrap_or_else(|e| panic!("{text:?}: {e}"));
    }
}

#[test]
fn texts_without_end_are_cut_and_words_without_end_broken() {
    for text in [
        "a".repeat(100_000),
        "mot ".repeat(20_000),
        "فاطمة ".repeat(10_000),
        "م".repeat(5_000),
        "\u{301}".repeat(5_000),
    ] {
        let mut sheet = sample::sheet(2, 1);
        fill(&mut sheet, &text);
        // An address so long fits no code.
        sheet.seal.as_mut().unwrap().url = "https://tiwizi.example.org".to_owned();
        papers::sheet_pdf(&sheet).unwrap_or_else(|e| panic!("{text:.20}: {e}"));
    }
}

#[test]
fn arabic_is_in_the_text_and_joined() {
    let mut sheet = sample::sheet(1, 1);
    sheet.people[0].name_ar = "بسم".to_owned();
    let pdf = papers::sheet_pdf(&sheet).unwrap();
    let text = text_of(&pdf);
    // Readers give the letters in one order or the other.
    assert!(text.contains("بسم") || text.contains("مسب"), "{text}");
}

#[test]
fn a_logo_is_a_small_png_or_jpeg() {
    let good = serde_json::to_value(sample::logo()).unwrap();
    assert_eq!(serde_json::from_value::<Picture>(good).unwrap(), sample::logo());
    let png = {
        let text: String = sample::logo().into();
        text
    };
    for (bytes, bad) in [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), papers::BadPicture::Format),
        (b"GIF89a\x01\x00\x01\x00".to_vec(), papers::BadPicture::Format),
        (Vec::new(), papers::BadPicture::Format),
        (b"\x89PNG\r\n\x1a\n".to_vec(), papers::BadPicture::Broken),
        (vec![0xff; 1024 * 1024 + 1], papers::BadPicture::TooLarge),
    ] {
        assert_eq!(Picture::new(bytes), Err(bad));
    }
    assert!(Picture::try_from(png[..png.len() / 2 / 4 * 4].to_owned()).is_err(), "half a picture");
}
