//! The dossier as a Word file, which is what a funder's form is: one copies from it, or hands it in.
//!
//! Written here and not by a crate: the one that is kept well numbers paragraphs across all files that a process ever made, so that the
//! same dossier gives other bytes each time, and it has neither paragraphs nor runs from right to left.

use super::{Bar, Budget, Chronogram, Dossier, Group, Line, Nature, Side};
use crate::{
    bundle,
    error::PaperError,
    money, said, when,
    words::{self, column},
};

/// The width of what is written on, in twentieths of a point: A4 between margins of 2 cm.
const WIDTH: u32 = 9_638;
const NAMESPACES: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;
const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;

/// The whole dossier as a Word file.
///
/// # Errors
/// As [`super::dossier_pdf`].
pub fn dossier_docx(dossier: &Dossier) -> Result<Vec<u8>, PaperError> {
    dossier.check()?;
    let (document, footer, core) = (document(dossier), footer(dossier), core(dossier));
    let files = [
        ("[Content_Types].xml", CONTENT_TYPES),
        ("_rels/.rels", RELATIONS),
        ("docProps/core.xml", &core),
        ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS),
        ("word/document.xml", &document),
        ("word/styles.xml", STYLES),
        ("word/settings.xml", SETTINGS),
        ("word/footer1.xml", &footer),
    ];
    bundle::pack(files.into_iter().map(|(path, text)| (path, text.as_bytes())), dossier.made_ms)
}

/// Text of the file as it grows.
#[derive(Default)]
struct Body(String);

impl Body {
    /// One paragraph in a style. A text that begins in Arabic is written from the right.
    fn paragraph(&mut self, style: &str, text: &str) {
        let rtl = said::begins_rtl(text);
        self.0.push_str("<w:p><w:pPr><w:pStyle w:val=\"");
        self.0.push_str(style);
        self.0.push_str(if rtl { "\"/><w:bidi/></w:pPr>" } else { "\"/></w:pPr>" });
        for (rtl, part) in runs(text, rtl) {
            self.0.push_str(if rtl { "<w:r><w:rPr><w:rtl/></w:rPr>" } else { "<w:r>" });
            self.0.push_str("<w:t xml:space=\"preserve\">");
            self.0.push_str(&escaped(part));
            self.0.push_str("</w:t></w:r>");
        }
        self.0.push_str("</w:p>");
    }

    fn line(&mut self, style: &str, text: &str) {
        let text = said::kept(text, said::TEXT_MAX);
        if !text.is_empty() {
            self.paragraph(style, &text);
        }
    }

    /// Paragraph by paragraph, as its author broke it.
    fn text(&mut self, text: &str) {
        let mut is_empty = true;
        for line in text.lines() {
            let line = said::kept(line, said::LONG_MAX);
            if !line.is_empty() {
                self.paragraph("Normal", &line);
                is_empty = false;
            }
        }
        if is_empty {
            self.paragraph("Soft", words::NOT_WRITTEN);
        }
    }

    /// A table. The columns share the width by their weights.
    fn table(&mut self, weights: &[u32], rows: &[TableRow]) {
        let whole: u32 = weights.iter().sum::<u32>().max(1);
        let widths: Vec<u32> = weights.iter().map(|weight| WIDTH * weight / whole).collect();
        self.0.push_str("<w:tbl><w:tblPr><w:tblStyle w:val=\"Table\"/><w:tblW w:w=\"5000\" w:type=\"pct\"/><w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>");
        for width in &widths {
            self.0.push_str(&format!("<w:gridCol w:w=\"{width}\"/>"));
        }
        self.0.push_str("</w:tblGrid>");
        for row in rows {
            self.row(&widths, row);
        }
        self.0.push_str("</w:tbl>");
        // Two tables without a paragraph between them become one.
        self.0.push_str("<w:p><w:pPr><w:pStyle w:val=\"Small\"/></w:pPr></w:p>");
    }

    fn row(&mut self, widths: &[u32], row: &TableRow) {
        let head = if row.kind == RowKind::Head { "<w:tblHeader/>" } else { "" };
        self.0.push_str(&format!("<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>"));
        for (n, cell) in row.cells.iter().enumerate() {
            let width = widths.get(n).copied().unwrap_or(0);
            let shade = if cell.shaded || row.kind != RowKind::Plain {
                "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"EEF4F3\"/>"
            } else {
                ""
            };
            let shade = if cell.filled { "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"17595C\"/>" } else { shade };
            self.0.push_str(&format!("<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{shade}</w:tcPr>"));
            let style = match (row.kind, cell.is_number) {
                (RowKind::Plain, false) => "Cell",
                (RowKind::Plain, true) => "Number",
                (_, false) => "CellBold",
                (_, true) => "NumberBold",
            };
            let mut paragraphs = cell
                .text
                .lines()
                .map(|line| said::kept(line, said::LONG_MAX))
                .filter(|line| !line.is_empty())
                .peekable();
            if paragraphs.peek().is_none() {
                self.paragraph(style, "");
            }
            for line in paragraphs {
                self.paragraph(style, &line);
            }
            self.0.push_str("</w:tc>");
        }
        self.0.push_str("</w:tr>");
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RowKind {
    /// Repeated on each page.
    Head,
    /// A heading or a total among the others.
    Strong,
    Plain,
}

#[derive(Default)]
struct TableCell {
    text: String,
    is_number: bool,
    shaded: bool,
    /// A month in which something is done.
    filled: bool,
}

struct TableRow {
    kind: RowKind,
    cells: Vec<TableCell>,
}

fn cell(text: impl Into<String>) -> TableCell {
    TableCell { text: text.into(), ..TableCell::default() }
}

fn number(text: impl Into<String>) -> TableCell {
    TableCell { text: text.into(), is_number: true, ..TableCell::default() }
}

fn document(dossier: &Dossier) -> String {
    let mut body = Body::default();
    body.line("Small", &dossier.house.name);
    body.line("Title", &dossier.title);
    body.line("Subtitle", &dossier.association);
    body.line("Subtitle", &dossier.association_ar);
    body.line("Subtitle", &dossier.call);
    if !dossier.facts.is_empty() {
        let rows: Vec<_> = dossier
            .facts
            .iter()
            .map(|fact| TableRow {
                kind: RowKind::Plain,
                cells: vec![TableCell { shaded: true, ..cell(&*fact.label) }, cell(&*fact.value)],
            })
            .collect();
        body.table(&[2, 3], &rows);
    }
    for part in &dossier.parts {
        body.line("Heading1", &part.title);
        body.text(&part.text);
    }
    for table in &dossier.tables {
        body.line("Heading1", &table.title);
        let head =
            TableRow { kind: RowKind::Head, cells: table.columns.iter().map(|column| cell(&**column)).collect() };
        let rows = table
            .rows
            .iter()
            .map(|row| TableRow { kind: RowKind::Plain, cells: row.iter().map(|text| cell(&**text)).collect() });
        let rows: Vec<_> = [head].into_iter().chain(rows).collect();
        body.table(&weights(&table.columns, &table.rows), &rows);
    }
    if let Some(chronogram) = &dossier.chronogram {
        months(&mut body, chronogram);
    }
    if !dossier.budget.is_empty() {
        budget(&mut body, &dossier.budget);
    }
    if !dossier.pieces.is_empty() {
        pieces(&mut body, dossier);
    }
    format!(
        "{HEAD}<w:document {NAMESPACES}><w:body>{}<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId3\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>",
        body.0
    )
}

/// How wide columns are beside each other: as what stands in them, neither a sliver nor all.
pub(super) fn weights(columns: &[String], rows: &[Vec<String>]) -> Vec<u32> {
    let weight = |n: usize| {
        let longest = rows.iter().filter_map(|row| row.get(n)).map(|text| text.chars().count()).max().unwrap_or(0);
        let head = columns.get(n).map_or(0, |text| text.chars().count());
        u32::try_from(longest.max(head).clamp(8, 60)).unwrap_or(8)
    };
    (0..columns.len()).map(weight).collect()
}

fn months(body: &mut Body, chronogram: &Chronogram) {
    let step = chronogram.step();
    let columns = chronogram.columns();
    body.line("Heading1", words::CHRONOGRAM);
    let mut head = vec![cell(words::ACTIVITY)];
    head.extend(columns.iter().map(|first| number(Chronogram::label(*first, step))));
    let mut rows = vec![TableRow { kind: RowKind::Head, cells: head }];
    for bar in &chronogram.bars {
        let mut cells = vec![cell(&*bar.label)];
        cells.extend(columns.iter().map(|first| TableCell { filled: bar.is_in(*first, step), ..number("") }));
        rows.push(TableRow { kind: RowKind::Plain, cells });
    }
    let mut weights = vec![12];
    weights.extend(columns.iter().map(|_| 2));
    body.table(&weights, &rows);
}

impl Chronogram {
    /// Months in one column: more columns than two years would be slivers.
    pub(super) fn step(&self) -> u32 {
        self.months.div_ceil(24).max(1)
    }

    /// The first month of each column.
    pub(super) fn columns(&self) -> Vec<u32> {
        (1..=self.months).step_by(self.step() as usize).collect()
    }

    /// `M3`, or `M3–4` where a column has several.
    pub(super) fn label(first: u32, step: u32) -> String {
        if step == 1 { first.to_string() } else { format!("{first}–{}", first + step - 1) }
    }
}

impl Bar {
    /// Whether it is done in the months from `first` on.
    pub(super) fn is_in(&self, first: u32, step: u32) -> bool {
        self.first <= self.last && self.first < first + step && first <= self.last
    }
}

fn budget(body: &mut Body, budget: &Budget) {
    body.line("Heading1", words::BUDGET_TITLE);
    for side in [Side::Expense, Side::Resource] {
        body.line("Heading2", words::of_side(side));
        let is_expense = side == Side::Expense;
        let third = if is_expense { column::UNIT_COST } else { column::FUNDING };
        let second = if is_expense { column::QUANTITY } else { column::PROOF };
        let mut rows = vec![TableRow {
            kind: RowKind::Head,
            cells: vec![cell(column::LABEL), cell(second), cell(third), number(column::AMOUNT)],
        }];
        for group in budget.groups_of(side) {
            let share = money::share(group.share_bp);
            rows.push(TableRow {
                kind: RowKind::Strong,
                cells: vec![cell(group_label(group)), cell(""), number(share), number(money::plain(group.cents))],
            });
            for line in lines_of(budget, group) {
                rows.push(TableRow {
                    kind: RowKind::Plain,
                    cells: vec![
                        cell(&*line.label),
                        cell(if is_expense { quantity(line) } else { line.proof.clone() }),
                        if is_expense { number(unit_cost(line)) } else { cell(&*line.funding) },
                        number(money::plain(line.amount_cents)),
                    ],
                });
            }
        }
        rows.push(TableRow {
            kind: RowKind::Strong,
            cells: vec![
                cell(words::total_of(side)),
                cell(""),
                cell(""),
                number(money::plain(budget.total_cents(side))),
            ],
        });
        body.table(&[46, 20, 18, 16], &rows);
    }
    if !budget.time.is_empty() {
        body.line("Heading2", words::TIME_TAB);
        let mut rows = vec![TableRow {
            kind: RowKind::Head,
            cells: vec![
                cell(column::WHO),
                cell(column::DAY),
                cell(column::TASK),
                number(column::HOURS),
                number(column::HOUR_WORTH),
                number(column::AMOUNT),
            ],
        }];
        rows.extend(budget.time.iter().map(|one| TableRow {
            kind: RowKind::Plain,
            cells: vec![
                cell(&*one.who),
                cell(when::date(&one.day)),
                cell(&*one.task),
                number(money::hundredths(one.hours_e2)),
                number(money::plain(one.hour_cents)),
                number(money::plain(one.amount_cents)),
            ],
        }));
        body.table(&[20, 16, 28, 8, 14, 14], &rows);
    }
}

/// What a group of lines is called.
pub(super) fn group_label(group: &Group) -> String {
    match (group.nature, group.heading.as_str()) {
        (Nature::Time, _) => words::TIME_GROUP.to_owned(),
        (Nature::InKind, "") => words::nature(Nature::InKind).to_owned(),
        (Nature::InKind, heading) => format!("{heading} ({})", words::nature(Nature::InKind)),
        (Nature::Grant, "") => words::GRANT_ASKED.to_owned(),
        (_, "") => words::NO_HEADING.to_owned(),
        (_, heading) => heading.to_owned(),
    }
}

/// The lines of a group, in their order.
pub(super) fn lines_of<'a>(budget: &'a Budget, group: &'a Group) -> impl Iterator<Item = &'a Line> {
    budget.of(group.side).iter().filter(move |line| line.nature == group.nature && line.heading == group.heading)
}

/// `3 jours`
pub(super) fn quantity(line: &Line) -> String {
    let count = line.quantity.map_or(String::new(), |count| money::grouped(count.unsigned_abs()));
    [count.as_str(), line.unit.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `1 250,00 €`, or in dirhams with the rate and its day.
pub(super) fn unit_cost(line: &Line) -> String {
    if line.currency == super::Currency::Eur {
        return money::euros(line.unit_cents);
    }
    let cost = format!("{}\u{a0}{}", money::plain(line.unit_cents), words::currency(line.currency));
    let rate = line.rate_e4.map(|rate| format!("{} {}", words::RATE, money::rate(rate)));
    let day = Some(when::date(&line.rate_day)).filter(|day| !day.is_empty());
    let with = [rate, day].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if with.is_empty() { cost } else { format!("{cost}\n{with}") }
}

fn pieces(body: &mut Body, dossier: &Dossier) {
    body.line("Heading1", words::PIECES);
    let mut rows = vec![TableRow {
        kind: RowKind::Head,
        cells: [words::PIECE, column::ISSUED, column::EXPIRES, column::FILE].map(cell).into(),
    }];
    rows.extend(dossier.pieces.iter().map(|piece| TableRow {
        kind: RowKind::Plain,
        cells: vec![
            cell(&*piece.title),
            cell(when::date(&piece.issued)),
            cell(when::date(&piece.expires)),
            cell(if piece.file.is_empty() { words::MISSING } else { &piece.file }),
        ],
    }));
    body.table(&[36, 18, 18, 28], &rows);
}

/// The parts of a text that are written in one direction. Blanks and digits between two Arabic words are theirs; others follow the
/// paragraph.
fn runs(text: &str, paragraph: bool) -> Vec<(bool, &str)> {
    let strong = |c: char| c.is_alphabetic().then(|| said::is_rtl(c));
    let mut runs: Vec<(bool, &str)> = Vec::new();
    let mut begins = 0;
    let mut last: Option<bool> = None;
    // Where what has no direction began, after the last letter.
    let mut weak = 0;
    for (at, c) in text.char_indices() {
        let Some(rtl) = strong(c) else { continue };
        match last {
            Some(before) if before != rtl => {
                // What lies between two directions follows the paragraph.
                let cut = if before == paragraph { at } else { weak };
                runs.push((before, &text[begins..cut]));
                begins = cut;
            }
            None if rtl != paragraph && at > 0 => {
                runs.push((paragraph, &text[..at]));
                begins = at;
            }
            _ => {}
        }
        last = Some(rtl);
        weak = at + c.len_utf8();
    }
    match last {
        Some(rtl) if rtl != paragraph && weak < text.len() => {
            runs.push((rtl, &text[begins..weak]));
            runs.push((paragraph, &text[weak..]));
        }
        Some(rtl) => runs.push((rtl, &text[begins..])),
        None if !text.is_empty() => runs.push((paragraph, text)),
        None => {}
    }
    runs.retain(|(_, part)| !part.is_empty());
    runs
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // No XML may hold these.
            '\u{fffe}' | '\u{ffff}' => {}
            c => safe.push(c),
        }
    }
    safe
}

fn footer(dossier: &Dossier) -> String {
    let field = |name: &str| {
        format!(
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> {name} </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
        )
    };
    let said = format!("{} {} · {}\t{} ", words::VERSION, dossier.version, dossier.changed_at, words::PAGE);
    let (text, page) = said.split_once('\t').unwrap_or((&said, ""));
    format!(
        "{HEAD}<w:ftr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r><w:r><w:tab/></w:r><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>{}<w:r><w:t>/</w:t></w:r>{}</w:p></w:ftr>",
        escaped(&said::kept(text, said::TEXT_MAX)),
        escaped(page),
        field("PAGE"),
        field("NUMPAGES"),
    )
}

fn core(dossier: &Dossier) -> String {
    let (year, month, day, hour, minute, second) = when::moment(dossier.made_ms);
    let made = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    let [title, author] = [&dossier.title, &dossier.association].map(|text| escaped(&said::kept(text, said::TEXT_MAX)));
    format!(
        "{HEAD}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>fr-FR</dc:language><dcterms:created xsi:type=\"dcterms:W3CDTF\">{made}</dcterms:created><dcterms:modified xsi:type=\"dcterms:W3CDTF\">{made}</dcterms:modified></cp:coreProperties>"
    )
}

const CONTENT_TYPES: &str = include_str!("../../templates/docx/content_types.xml");
const RELATIONS: &str = include_str!("../../templates/docx/rels.xml");
const DOCUMENT_RELATIONS: &str = include_str!("../../templates/docx/document_rels.xml");
const STYLES: &str = include_str!("../../templates/docx/styles.xml");
const SETTINGS: &str = include_str!("../../templates/docx/settings.xml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_direction_has_its_runs() {
        let joined = |text| {
            let paragraph = said::begins_rtl(text);
            runs(text, paragraph)
                .iter()
                .map(|(rtl, part)| format!("{}{part}", if *rtl { '<' } else { '>' }))
                .collect::<Vec<_>>()
        };
        assert_eq!(joined("Association Tinzert"), [">Association Tinzert"]);
        assert_eq!(joined("جمعية النخيل 2019 للتنمية"), ["<جمعية النخيل 2019 للتنمية"]);
        assert_eq!(joined("L’OSIM جمعية النخيل, à Tiznit."), [">L’OSIM ", "<جمعية النخيل", ">, à Tiznit."]);
        assert_eq!(joined("جمعية (ONG) للتنمية"), ["<جمعية (", ">ONG", "<) للتنمية"]);
        assert_eq!(joined("12 km"), [">12 km"]);
        assert_eq!(joined("1. النخيل"), ["<1. النخيل"]);
        assert_eq!(joined("…"), [">…"]);
        assert!(joined("").is_empty());
    }
}
