//! A PDF that somebody brought, drawn by a process of its own.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

/// One page with a word in a font that the file does not bring.
const PAPER: &str = "%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 280]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>endobj
4 0 obj<</Length 36>>stream
BT /F 24 Tf 20 200 Td (Recepisse) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
%%EOF";

fn draw(pdf: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tiwizi"))
        .arg("first-page")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // What ends before it has read all is one of the answers.
    child.stdin.take().expect("its input").write_all(pdf).ok();
    child.wait_with_output().expect("it ends")
}

#[test]
fn the_first_page_of_a_pdf_is_a_picture_with_its_words_on_it() {
    let drawn = draw(PAPER.as_bytes());
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    let picture = image::load_from_memory(&drawn.stdout).unwrap().to_rgb8();
    assert_eq!(picture.dimensions(), (514, 720));
    let dark = picture.pixels().filter(|pixel| pixel.0.iter().all(|part| *part < 96)).count();
    assert!(dark > 200, "{dark} dark pixels are no word");
}

#[test]
fn what_cannot_be_drawn_ends_with_an_error_and_no_picture() {
    for pdf in [&b""[..], b"%PDF-1.7\n%%EOF", b"a photo that is none", &PAPER.as_bytes()[..180]] {
        let drawn = draw(pdf);
        assert!(!drawn.status.success() && drawn.stdout.is_empty(), "{}", String::from_utf8_lossy(pdf));
    }
}
