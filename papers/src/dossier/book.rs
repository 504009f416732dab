//! The budget as a workbook that computes: whoever changes an amount sees the totals follow.
//!
//! Each formula carries the result that the engine came to, in whole cents, so that a program which shows without computing shows the same.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError};

use super::{Budget, Currency, Dossier, Line, Nature, Side};
use crate::{
    error::PaperError,
    money, said,
    sheet::{book, heading},
    when,
    words::{self, column},
};

/// The first row of lines; the heads stand above it.
const FIRST: u32 = 4;
/// Where the amount of a line stands.
const AMOUNT: u16 = 9;
const AMOUNT_LETTER: char = 'J';
/// Where the amount of an entry of volunteers' time stands.
const TIME_AMOUNT: u16 = 5;

/// The budget: what it comes to, both sides line by line, volunteers' time.
///
/// # Errors
/// More lines than fit any budget.
pub fn budget_xlsx(dossier: &Dossier) -> Result<Vec<u8>, PaperError> {
    dossier.check()?;
    write(dossier).map_err(|e| PaperError::Table(e.to_string()))
}

fn write(dossier: &Dossier) -> Result<Vec<u8>, XlsxError> {
    let budget = &dossier.budget;
    let styles = Styles::new();
    let mut book = book(words::BUDGET_TITLE, dossier.made_ms)?;
    whole(dossier, &styles, book.add_worksheet().set_name(words::BUDGET_TAB)?)?;
    for side in [Side::Expense, Side::Resource] {
        lines(budget, side, &styles, page(&mut book, dossier, tab(side))?)?;
    }
    time(budget, &styles, page(&mut book, dossier, words::TIME_TAB)?)?;
    book.save_to_buffer()
}

struct Styles {
    head: Format,
    title: Format,
    bold: Format,
    wrapped: Format,
    money: Format,
    total: Format,
    share: Format,
    rate: Format,
    hours: Format,
    day: Format,
    count: Format,
}

impl Styles {
    fn new() -> Self {
        let plain = Format::new().set_align(FormatAlign::Top);
        // A space between thousands and a comma before cents come from the reader's own language.
        let money = plain.clone().set_num_format("#,##0.00");
        let bold = plain.clone().set_bold();
        Self {
            head: heading().set_background_color("EEF4F3"),
            title: Format::new().set_bold().set_font_size(14),
            wrapped: plain.clone().set_text_wrap(),
            total: money.clone().set_bold().set_border_top(FormatBorder::Thin),
            share: plain.clone().set_num_format("0.00%"),
            rate: plain.clone().set_num_format("0.0000"),
            hours: plain.clone().set_num_format("0.00"),
            day: plain.clone().set_num_format("dd/mm/yyyy").set_align(FormatAlign::Left),
            count: plain.set_num_format("#,##0"),
            money,
            bold,
        }
    }
}

fn tab(side: Side) -> &'static str {
    match side {
        Side::Expense => words::EXPENSES_TAB,
        Side::Resource => words::RESOURCES_TAB,
    }
}

fn line(text: &str) -> String {
    said::kept(text, said::TEXT_MAX)
}

/// A page with what it is of above its table.
fn page<'a>(book: &'a mut Workbook, dossier: &Dossier, name: &str) -> Result<&'a mut Worksheet, XlsxError> {
    let page = book.add_worksheet().set_name(name)?;
    page.write_string_with_format(0, 0, name, &Format::new().set_bold().set_font_size(14))?;
    page.write_string(1, 0, line(&dossier.title))?;
    page.set_landscape();
    page.set_print_fit_to_pages(1, 0);
    page.set_repeat_rows(FIRST - 1, FIRST - 1)?;
    page.set_freeze_panes(FIRST, 2)?;
    Ok(page)
}

/// A formula with what it comes to.
fn computed(formula: String, cents: i64) -> Formula {
    Formula::new(formula).set_result(money::decimal(cents))
}

fn lines(budget: &Budget, side: Side, styles: &Styles, page: &mut Worksheet) -> Result<(), XlsxError> {
    let first = if side == Side::Expense { column::HEADING } else { column::SOURCE };
    let heads = [
        (first, 26),
        (column::LABEL, 44),
        (column::NATURE, 22),
        (column::QUANTITY, 10),
        (column::UNIT, 14),
        (column::UNIT_COST, 15),
        (column::CURRENCY, 9),
        (column::RATE, 14),
        (column::RATE_DAY, 13),
        (column::AMOUNT, 17),
        (column::FUNDING, 14),
        (column::PROOF, 34),
    ];
    let heads = if side == Side::Expense { &heads[..10] } else { &heads[..] };
    for (place, (label, width)) in (0..).zip(heads) {
        page.write_string_with_format(FIRST - 1, place, *label, &styles.head)?;
        page.set_column_width(place, *width)?;
    }
    let all = budget.of(side);
    for (at, one) in (FIRST..).zip(all) {
        put_line(page, at, one, styles)?;
        if side == Side::Resource {
            page.write_string_with_format(at, 10, line(&one.funding), &styles.wrapped)?;
            page.write_string_with_format(at, 11, line(&one.proof), &styles.wrapped)?;
        }
    }
    let mut at = FIRST + u32::try_from(all.len()).unwrap_or(0);
    if !budget.time.is_empty() {
        // The time that is used is the time that is given: one sum, on both sides.
        page.write_string(at, 1, words::TIME_GROUP)?;
        page.write_string(at, 2, words::nature(Nature::Time))?;
        let sum = format!("='{}'!{}", words::TIME_TAB, time_total_cell(budget));
        page.write_formula_with_format(at, AMOUNT, computed(sum, budget.time_cents), &styles.money)?;
        at += 1;
    }
    page.write_string_with_format(at, 1, words::total_of(side), &styles.bold)?;
    let sum = format!("=SUM({AMOUNT_LETTER}{}:{AMOUNT_LETTER}{})", FIRST + 1, at.max(FIRST + 1));
    let sum = if at == FIRST { "=0".to_owned() } else { sum };
    page.write_formula_with_format(at, AMOUNT, computed(sum, budget.total_cents(side)), &styles.total)?;
    Ok(())
}

fn put_line(page: &mut Worksheet, at: u32, one: &Line, styles: &Styles) -> Result<(), XlsxError> {
    page.write_string_with_format(at, 0, heading_of(&one.heading), &styles.wrapped)?;
    page.write_string_with_format(at, 1, line(&one.label), &styles.wrapped)?;
    page.write_string_with_format(at, 2, words::nature(one.nature), &styles.wrapped)?;
    if let Some(quantity) = one.quantity {
        page.write_number_with_format(at, 3, float(quantity), &styles.count)?;
    }
    page.write_string_with_format(at, 4, line(&one.unit), &styles.wrapped)?;
    page.write_number_with_format(at, 5, float(one.unit_cents) / 100.0, &styles.money)?;
    page.write_string_with_format(at, 6, words::currency(one.currency), &styles.wrapped)?;
    if one.currency == Currency::Mad {
        if let Some(rate) = one.rate_e4 {
            page.write_number_with_format(at, 7, float(rate) / 10_000.0, &styles.rate)?;
        }
        put_day(page, at, 8, &one.rate_day, styles)?;
    }
    let n = at + 1;
    // Dirhams without a rate are worth nothing yet: to take them for euros would be ten times too much.
    let own = format!("IF(D{n}=\"\",1,D{n})*F{n}");
    let mad = words::currency(Currency::Mad);
    let formula = format!("=IF(G{n}=\"{mad}\",IF(N(H{n})>0,ROUND({own}/H{n},2),0),ROUND({own},2))");
    page.write_formula_with_format(at, AMOUNT, computed(formula, one.amount_cents), &styles.money)?;
    Ok(())
}

/// A spreadsheet's numbers are floating; those of a budget are far below where that loses a cent.
#[expect(clippy::cast_precision_loss, reason = "amounts are below ten million euros (limit::CENTS_MAX)")]
fn float(whole: i64) -> f64 {
    whole as f64
}

fn put_day(page: &mut Worksheet, at: u32, place: u16, day: &str, styles: &Styles) -> Result<(), XlsxError> {
    match when::ymd(day).and_then(|(y, m, d)| rust_xlsxwriter::ExcelDateTime::from_ymd(y, m, d).ok()) {
        Some(date) => page.write_datetime_with_format(at, place, &date, &styles.day)?,
        None => page.write_string(at, place, line(day))?,
    };
    Ok(())
}

fn heading_of(heading: &str) -> String {
    if heading.is_empty() { words::NO_HEADING.to_owned() } else { line(heading) }
}

fn time_total_cell(budget: &Budget) -> String {
    format!("F{}", FIRST + 1 + u32::try_from(budget.time.len()).unwrap_or(0))
}

fn time(budget: &Budget, styles: &Styles, page: &mut Worksheet) -> Result<(), XlsxError> {
    let heads = [
        (column::WHO, 26),
        (column::DAY, 13),
        (column::TASK, 50),
        (column::HOURS, 10),
        (column::HOUR_WORTH, 17),
        (column::AMOUNT, 17),
    ];
    for (place, (label, width)) in (0..).zip(heads) {
        page.write_string_with_format(FIRST - 1, place, label, &styles.head)?;
        page.set_column_width(place, width)?;
    }
    let mut hours_e2 = 0_i64;
    for (at, one) in (FIRST..).zip(&budget.time) {
        page.write_string_with_format(at, 0, line(&one.who), &styles.wrapped)?;
        put_day(page, at, 1, &one.day, styles)?;
        page.write_string_with_format(at, 2, line(&one.task), &styles.wrapped)?;
        page.write_number_with_format(at, 3, float(one.hours_e2) / 100.0, &styles.hours)?;
        page.write_number_with_format(at, 4, float(one.hour_cents) / 100.0, &styles.money)?;
        let formula = format!("=ROUND(D{n}*E{n},2)", n = at + 1);
        page.write_formula_with_format(at, TIME_AMOUNT, computed(formula, one.amount_cents), &styles.money)?;
        hours_e2 = hours_e2.saturating_add(one.hours_e2);
    }
    let at = FIRST + u32::try_from(budget.time.len()).unwrap_or(0);
    let range = |letter: char| {
        if budget.time.is_empty() { "=0".to_owned() } else { format!("=SUM({letter}{}:{letter}{at})", FIRST + 1) }
    };
    page.write_string_with_format(at, 2, words::TIME_TOTAL, &styles.bold)?;
    page.write_formula_with_format(at, 3, computed(range('D'), hours_e2), &styles.total)?;
    page.write_formula_with_format(at, TIME_AMOUNT, computed(range('F'), budget.time_cents), &styles.total)?;
    Ok(())
}

/// Where the lines of one side stand.
fn span(budget: &Budget, side: Side, letter: char) -> String {
    let last = FIRST + u32::try_from(budget.of(side).len()).unwrap_or(0).max(1);
    format!("'{}'!${letter}${}:${letter}${last}", tab(side), FIRST + 1)
}

/// What the lines come to whose heading and nature are those of this row. Not SUMIF: that takes `*` and `>` for something else.
fn sum_of_group(budget: &Budget, side: Side, row: u32) -> String {
    format!(
        "=SUMPRODUCT(EXACT({},A{row})*EXACT({},B{row})*{})",
        span(budget, side, 'A'),
        span(budget, side, 'C'),
        span(budget, side, AMOUNT_LETTER)
    )
}

/// The first page: headings and sources, totals and shares, and what the call's rules make of them.
fn whole(dossier: &Dossier, styles: &Styles, page: &mut Worksheet) -> Result<(), XlsxError> {
    let budget = &dossier.budget;
    for (place, width) in (0..).zip([64, 24, 18, 16, 16]) {
        page.set_column_width(place, width)?;
    }
    page.write_string_with_format(0, 0, words::BUDGET_TITLE, &styles.title)?;
    page.write_string(1, 0, line(&dossier.title))?;
    page.write_string(2, 0, line(&dossier.association))?;
    let mut at = 4;
    // Rows of the totals, of their money and of the grant: one-based, as formulas name them.
    let mut totals = [0; 2];
    let mut given = [const { Vec::<u32>::new() }; 2];
    let mut grants = Vec::new();
    for (n, side) in [Side::Expense, Side::Resource].into_iter().enumerate() {
        for (place, label) in (0..).zip([words::of_side(side), column::NATURE, column::AMOUNT, column::SHARE]) {
            page.write_string_with_format(at, place, label, &styles.head)?;
        }
        at += 1;
        let first = at;
        let count = u32::try_from(budget.groups_of(side).count()).unwrap_or(0);
        let total = first + count;
        for group in budget.groups_of(side) {
            let is_time = group.nature == Nature::Time;
            let label = if is_time { words::TIME_GROUP.to_owned() } else { heading_of(&group.heading) };
            page.write_string_with_format(at, 0, label, &styles.wrapped)?;
            page.write_string_with_format(at, 1, words::nature(group.nature), &styles.wrapped)?;
            let sum = match is_time {
                true => format!("='{}'!{}", words::TIME_TAB, time_total_cell(budget)),
                false => sum_of_group(budget, side, at + 1),
            };
            page.write_formula_with_format(at, 2, computed(sum, group.cents), &styles.money)?;
            let share = format!("=IF(C${t}=0,0,C{n}/C${t})", t = total + 1, n = at + 1);
            let share = Formula::new(share).set_result(money::decimal_share(group.cents, budget.total_cents(side)));
            page.write_formula_with_format(at, 3, share, &styles.share)?;
            match group.nature {
                Nature::InKind | Nature::Time => given[n].push(at + 1),
                Nature::Grant => grants.push(at + 1),
                Nature::Cash => {}
            }
            at += 1;
        }
        page.write_string_with_format(total, 0, words::total_of(side), &styles.bold)?;
        let sum = if count == 0 { "=0".to_owned() } else { format!("=SUM(C{}:C{total})", first + 1) };
        page.write_formula_with_format(total, 2, computed(sum, budget.total_cents(side)), &styles.total)?;
        totals[n] = total + 1;
        at = total + 2;
    }
    rules(budget, styles, page, at, &Places { totals, given, grants })?;
    page.set_portrait();
    page.set_print_fit_to_pages(1, 0);
    Ok(())
}

/// Rows of the first page, one-based.
struct Places {
    totals: [u32; 2],
    /// Where what is given in kind and in time stands, for both sides.
    given: [Vec<u32>; 2],
    grants: Vec<u32>,
}

fn sum(rows: &[u32]) -> String {
    let cells: Vec<String> = rows.iter().map(|row| format!("C{row}")).collect();
    if cells.is_empty() { "0".to_owned() } else { cells.join("+") }
}

/// One line of what the call's rules make of the sums.
struct Checked {
    label: &'static str,
    formula: String,
    cents: i64,
    /// The ceiling.
    most: Option<(String, i64)>,
    /// Whether it holds, as a formula and as the engine says.
    holds: Option<(String, bool)>,
}

fn rules(budget: &Budget, styles: &Styles, page: &mut Worksheet, at: u32, places: &Places) -> Result<(), XlsxError> {
    for (place, label) in (0..).zip([column::CHECKED, "", column::AMOUNT, column::CEILING, column::RESULT]) {
        page.write_string_with_format(at, place, label, &styles.head)?;
    }
    for (row, one) in (at + 1..).zip(checked(budget, at + 2, places)) {
        page.write_string_with_format(row, 0, one.label, &styles.wrapped)?;
        page.write_formula_with_format(row, 2, computed(one.formula, one.cents), &styles.money)?;
        if let Some((formula, cents)) = one.most {
            page.write_formula_with_format(row, 3, computed(formula, cents), &styles.money)?;
        }
        if let Some((formula, holds)) = one.holds {
            let formula = format!("=IF({formula},\"{}\",\"{}\")", words::HOLDS, words::HOLDS_NOT);
            let word = if holds { words::HOLDS } else { words::HOLDS_NOT };
            page.write_formula_with_format(row, 4, Formula::new(formula).set_result(word), &styles.wrapped)?;
        }
    }
    Ok(())
}

/// The lines in their order; `first` is the row of the first, one-based, as the formulas of the others name it.
fn checked(budget: &Budget, first: u32, places: &Places) -> Vec<Checked> {
    let [expenses, resources] = places.totals.map(|row| format!("C{row}"));
    let [used, given] = [0, 1].map(|n| sum(&places.given[n]));
    let used_cents = budget.expenses_cents - budget.expenses_cash_cents;
    let given_cents = budget.resources_cents - budget.resources_cash_cents;
    let set = &budget.rules;
    let [cash, paid, kind_used, kind_given, grant, counted] = [0, 1, 2, 3, 4, 5].map(|n| format!("C{}", first + n));
    let within = |row: &str, cents: i64, most: &Option<(String, i64)>| {
        most.as_ref().map(|(_, most)| (format!("{row}<={}", row.replace('C', "D")), cents <= *most))
    };
    let one = |label, formula, cents| Checked { label, formula, cents, most: None, holds: None };
    let asked = if places.grants.is_empty() { money::decimal(budget.grant_cents) } else { sum(&places.grants) };
    let share = set.grant_share_max_bp.map(|bp| part_of(&counted, budget.counted_cents, bp));
    let fixed = set.grant_max_cents.map(|cents| (money::decimal(cents), cents));
    let grant_most = lowest(fixed.into_iter().chain(share));
    let total_most = set.total_max_cents.map(|cents| (format!("={}", money::decimal(cents)), cents));
    let given_most =
        lowest(set.valorisation_share_max_bp.map(|bp| part_of(&expenses, budget.expenses_cents, bp)).into_iter());
    let (total_label, total) = match set.valorisation_counts {
        true => (words::TOTAL_COUNTED, format!("={expenses}")),
        false => (words::TOTAL_CASH_COUNTED, format!("={cash}")),
    };
    vec![
        one(words::CASH_EXPENSES, format!("={expenses}-({used})"), budget.expenses_cash_cents),
        Checked {
            holds: Some((
                format!("ROUND({cash}-{paid},2)=0"),
                budget.expenses_cash_cents == budget.resources_cash_cents,
            )),
            ..one(words::CASH_RESOURCES, format!("={resources}-({given})"), budget.resources_cash_cents)
        },
        Checked {
            holds: within(&kind_used, used_cents, &given_most),
            most: given_most,
            ..one(words::GIVEN_USED, format!("={used}"), used_cents)
        },
        Checked {
            holds: Some((format!("ROUND({kind_used}-{kind_given},2)=0"), used_cents == given_cents)),
            ..one(words::GIVEN_GIVEN, format!("={given}"), given_cents)
        },
        Checked {
            holds: within(&grant, budget.grant_cents, &grant_most),
            most: grant_most,
            ..one(words::GRANT_ASKED, format!("={asked}"), budget.grant_cents)
        },
        Checked {
            holds: within(&counted, budget.counted_cents, &total_most),
            most: total_most,
            ..one(total_label, total, budget.counted_cents)
        },
    ]
}

/// A share of a sum, rounded down to the cent: after a round that takes out what floating numbers add.
fn part_of(cell: &str, cents: i64, bp: i64) -> (String, i64) {
    let part = i64::try_from((i128::from(cents) * i128::from(bp)).div_euclid(10_000)).unwrap_or(i64::MAX);
    (format!("ROUNDDOWN(ROUND({cell}*{}.{:04},4),2)", bp / 10_000, bp % 10_000), part)
}

fn lowest(most: impl Iterator<Item = (String, i64)>) -> Option<(String, i64)> {
    let (formulas, cents): (Vec<String>, Vec<i64>) = most.unzip();
    Some((format!("=MIN({})", formulas.join(",")), cents.into_iter().min()?))
}
