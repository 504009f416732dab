//! Texts and tables as office programs write them: a ZIP, of which only the list of names is read. One that brings something that runs
//! (macros, controls, foreign objects), that is locked, or that hides bytes around its list is none. The app reads them alike
//! (`pwa/src/store/office.ts`).

pub(super) const ODT: &str = "application/vnd.oasis.opendocument.text";
pub(super) const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";

/// Where the list of names is said to be: the last bytes of a ZIP without a remark.
const END_BYTES: usize = 22;
/// Before each name in that list.
const ENTRY_BYTES: usize = 46;
/// Before the bytes of each file.
const LOCAL_BYTES: usize = 30;
/// Files in one ZIP.
const ENTRIES_MAX: usize = 5_000;
/// What runs when somebody opens the file, in lower case.
const RUNS: [&str; 7] = ["vbaproject", "vbadata", "activex", "macrosheets/", "oleobject", "basic/", "scripts/"];

/// Whether these bytes are such a file of Microsoft's kind, whose first part is called so.
pub(super) fn is_open_xml(bytes: &[u8], part: &str) -> bool {
    harmless_names(bytes).is_some_and(|names| {
        names.iter().any(|name| name == "[content_types].xml")
            && names.iter().any(|name| name.starts_with(part) && name.ends_with(".xml"))
    })
}

/// Whether these bytes are such a file of LibreOffice's kind: it says first, and in clear, what it is.
pub(super) fn is_open_document(bytes: &[u8], kind: &str) -> bool {
    let Some(said) = bytes.get(LOCAL_BYTES..) else { return false };
    let says = said.strip_prefix(b"mimetype").and_then(|said| said.strip_prefix(kind.as_bytes()));
    // A longer name is that of a template, or of a book of several texts.
    says.is_some_and(|rest| rest.starts_with(b"PK"))
        && harmless_names(bytes)
            .is_some_and(|names| names.iter().any(|name| name.strip_suffix(".xml") == Some("content")))
}

/// The names in a ZIP, in lower case; none where it is no sound one or brings something that runs.
fn harmless_names(bytes: &[u8]) -> Option<Vec<String>> {
    let ends = bytes.len().checked_sub(END_BYTES)?;
    let end = &bytes[ends..];
    let count = usize::from(u16_at(end, 10)?);
    let (size, starts) = (u32_at(end, 12)?, u32_at(end, 16)?);
    let is_plain = end.starts_with(b"PK\x05\x06") && u16_at(end, 20)? == 0 && bytes.starts_with(b"PK\x03\x04");
    if !is_plain || count > ENTRIES_MAX || starts.checked_add(size)? != ends {
        return None;
    }
    let mut names = Vec::with_capacity(count);
    let mut at = starts;
    for _ in 0..count {
        let entry = bytes.get(at..ends)?;
        let is_locked = u16_at(entry, 8)? & 1 == 1;
        if !entry.starts_with(b"PK\x01\x02") || is_locked {
            return None;
        }
        let [name, extra, remark] = [28, 30, 32].map(|place| u16_at(entry, place).map(usize::from));
        let (name, more) = (name?, extra? + remark?);
        // Letters beyond ASCII are none that we look for.
        let said = entry.get(ENTRY_BYTES..ENTRY_BYTES + name)?;
        let said: String = said.iter().map(|b| char::from(b.to_ascii_lowercase())).collect();
        if RUNS.iter().any(|run| said.contains(run)) {
            return None;
        }
        names.push(said);
        at += ENTRY_BYTES + name + more;
    }
    (at == ends).then_some(names)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)?;
    usize::try_from(number).ok()
}
