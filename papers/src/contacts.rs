//! Phones and addresses, on a list of their own: never on a sheet that everybody sees.

use rust_xlsxwriter::XlsxError;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    error::PaperError,
    gathering::{Gathering, name},
    press::{self, Job, Pictures, Template},
    said,
    sheet::{book, heading},
    words::{self, column},
};

/// Phones or addresses of one person that are printed.
const CONTACTS_MAX: usize = 6;

/// How the people of an event are reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactList {
    pub gathering: Gathering,
    pub people: Vec<ContactRow>,
    /// When it was made, as a text in local time.
    pub made_at: String,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// One person. The first six phones and the first six addresses are printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactRow {
    pub family: String,
    pub given: String,
    pub name_ar: String,
    pub association: String,
    pub role: String,
    /// As people write them: `+33 6 12 34 56 78`.
    pub phones: Vec<String>,
    pub emails: Vec<String>,
}

/// The list on landscape A4.
///
/// # Errors
/// More people than fit any paper.
pub fn contact_list_pdf(list: &ContactList) -> Result<Vec<u8>, PaperError> {
    list.gathering.check(list.people.len())?;
    let mut pictures = Pictures::default();
    let people: Vec<_> = list
        .people
        .iter()
        .map(|row| {
            json!({
                "name": name(&row.family, &row.given),
                "name_ar": said::line(&row.name_ar),
                "association": said::line(&row.association),
                "role": said::line(&row.role),
                "phones": row.phones.iter().take(CONTACTS_MAX).map(|phone| said::line(phone)).collect::<Vec<_>>(),
                "emails": row.emails.iter().take(CONTACTS_MAX).map(|email| said::line(email)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let data = json!({
        "event": list.gathering.view(&mut pictures),
        "people": people,
        "made_at": said::clean(&list.made_at, said::LINE_MAX),
    });
    press::print(Job { template: Template::Contacts, data, pictures, made_ms: list.made_ms })
}

/// The list as a workbook.
///
/// # Errors
/// As [`contact_list_pdf`].
pub fn contact_list_xlsx(list: &ContactList) -> Result<Vec<u8>, PaperError> {
    list.gathering.check(list.people.len())?;
    write(list).map_err(|e| PaperError::Table(e.to_string()))
}

fn write(list: &ContactList) -> Result<Vec<u8>, XlsxError> {
    let mut book = book(words::CONTACTS_TITLE, list.made_ms)?;
    let page = book.add_worksheet().set_name(words::CONTACTS_TAB)?;
    page.write_string(0, 0, words::CONFIDENTIAL)?;
    let title = said::clean(&list.gathering.title, said::TEXT_MAX);
    page.write_string(1, 0, format!("{title}, {}", list.gathering.days()))?;
    let head = heading();
    let columns = [
        (column::FAMILY, 24),
        (column::GIVEN, 24),
        (column::NAME_AR, 24),
        (column::ASSOCIATION, 34),
        (column::ROLE, 20),
        (column::PHONES, 34),
        (column::EMAILS, 40),
    ];
    for (place, (label, width)) in (0..).zip(columns) {
        page.write_string_with_format(3, place, label, &head)?;
        page.set_column_width(place, width)?;
    }
    page.set_freeze_panes(4, 2)?;
    for (at, row) in (4..).zip(&list.people) {
        let (phones, emails) = (row.phones.join(", "), row.emails.join(", "));
        let cells = [&row.family, &row.given, &row.name_ar, &row.association, &row.role, &phones, &emails];
        for (place, text) in (0..).zip(cells) {
            page.write_string(at, place, said::clean(text, said::TEXT_MAX))?;
        }
    }
    page.set_landscape();
    page.set_print_fit_to_pages(1, 0);
    book.save_to_buffer()
}
