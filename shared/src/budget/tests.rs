use super::*;
use crate::record::Register;

fn fields(cells: &[(Field, Value)]) -> Fields {
    let register = |value: &Value| Register { value: value.clone(), apart: Vec::new() };
    Fields(cells.iter().map(|(field, value)| (*field, register(value))).collect())
}

fn line(n: u8, side: Side, cells: &[(Field, Value)]) -> Line {
    Line { id: RowId([n; 8]), side, order: String::new(), fields: fields(cells), state: LineState::Kept }
}

/// So many cents of money.
fn money(n: u8, side: Side, cents: i64) -> Line {
    line(n, side, &[(Field::UnitCents, cents.into())])
}

fn hours(n: u8, hours_e2: i64, hour_cents: i64) -> TimeRow {
    let cells = [(Field::HoursE2, hours_e2.into()), (Field::HourCents, hour_cents.into())];
    TimeRow { id: RowId([n; 8]), fields: fields(&cells), state: LineState::Kept }
}

fn budget(lines: Vec<Line>, time: Vec<TimeRow>) -> DossierRecord {
    DossierRecord { lines, time, ..DossierRecord::default() }
}

fn call(cells: &[(Field, Value)]) -> CallRecord {
    CallRecord { fields: fields(cells), ..CallRecord::default() }
}

/// An ordinary call of PRA/OSIM, as `domain.md` has it.
fn pra() -> CallRecord {
    call(&[
        (Field::GrantMaxCents, 1_500_000.into()),
        (Field::GrantShareMaxBp, 7_000.into()),
        (Field::TotalMaxCents, 12_000_000.into()),
    ])
}

/// The codes with the sums: what it is, what it should be, by how much it is off.
fn sums(dossier: &DossierRecord, call: &CallRecord) -> Vec<(CheckCode, i64, i64, i64)> {
    let checks = checks(dossier, Some(call)).into_iter();
    checks.filter(|c| c.row.is_none()).map(|c| (c.code, c.is_cents, c.should_cents, c.off_cents)).collect()
}

#[test]
fn the_grant_is_at_most_the_lower_of_both_ceilings_to_the_cent() {
    for (total, most) in
        [(2_000_000, 1_400_000), (2_142_857, 1_499_999), (2_142_858, 1_500_000), (9_000_000, 1_500_000)]
    {
        let asks = |grant| {
            let grant = [(Field::Nature, "grant".into()), (Field::UnitCents, Value::Number(grant))];
            budget(vec![money(1, Side::Expense, total), line(2, Side::Resource, &grant)], Vec::new())
        };
        assert_eq!(totals(&asks(most), Some(&pra())).grant_max_cents, Some(most));
        assert!(sums(&asks(most), &pra()).iter().all(|(code, ..)| *code == CheckCode::B1));
        assert!(sums(&asks(most + 1), &pra()).contains(&(CheckCode::B3, most + 1, most, 1)), "{total}");
    }
}

#[test]
fn each_sum_that_is_wrong_is_told_with_what_it_should_be() {
    let in_kind = |cents: i64| [(Field::Nature, "in_kind".into()), (Field::UnitCents, cents.into())];
    let mut dossier = budget(
        vec![
            money(1, Side::Expense, 12_500_000),
            line(2, Side::Expense, &in_kind(30_000)),
            money(3, Side::Resource, 12_380_000),
            line(4, Side::Resource, &in_kind(20_000)),
        ],
        vec![hours(5, 250, 1_300)],
    );
    dossier.fields = fields(&[(Field::GrantCents, 1_600_000.into())]);
    assert_eq!(
        sums(&dossier, &pra()),
        [
            (CheckCode::B1, 12_500_000, 12_380_000, 120_000),
            // Time is worth the same on both sides: 32.50.
            (CheckCode::B2, 33_250, 23_250, 10_000),
            (CheckCode::B3, 1_600_000, 1_500_000, 100_000),
            (CheckCode::B4, 12_500_000, 12_000_000, 500_000),
        ]
    );
    // Nothing is checked that no call says.
    assert_eq!(sums(&dossier, &call(&[])).len(), 2);
    assert_eq!(checks(&DossierRecord::default(), Some(&pra())), []);
}

#[test]
fn what_is_given_counts_where_the_call_says_so_and_up_to_its_share() {
    let dossier = budget(
        vec![money(1, Side::Expense, 900_000), money(2, Side::Resource, 900_000)],
        vec![
            // 100 hours at 10.00.
            hours(3, 10_000, 1_000),
        ],
    );
    let with = |counts: &str| {
        let mut call = pra();
        call.fields.0.extend(fields(&[(Field::ValorisationCounts, counts.into())]).0);
        totals(&dossier, Some(&call))
    };
    assert_eq!((with("").counted_cents, with("").grant_max_cents), (900_000, Some(630_000)));
    assert_eq!(with("no"), with(""));
    assert_eq!((with("yes").counted_cents, with("yes").grant_max_cents), (1_000_000, Some(700_000)));
    assert_eq!(with("yes").valorised_share_bp, 1_000);
    let most = |bp: i64| sums(&dossier, &call(&[(Field::ValorisationShareMaxBp, bp.into())]));
    assert_eq!(most(1_000), []);
    assert_eq!(most(999), [(CheckCode::B6, 100_000, 99_900, 100)]);
}

#[test]
fn a_row_says_what_it_lacks() {
    let mad = [(Field::Currency, "mad".into()), (Field::UnitCents, Value::Number(1_000))];
    let proved = [
        (Field::Heading, "Commune de Tiznit".into()),
        (Field::Funding, "acquired".into()),
        (Field::Proof, "Lettre du maire".into()),
    ];
    let grant = [(Field::Nature, Value::from("grant"))];
    let lines = vec![
        line(1, Side::Expense, &mad),
        line(2, Side::Resource, &proved),
        line(3, Side::Resource, &proved[..1]),
        line(4, Side::Resource, &grant),
    ];
    let found = checks(&budget(lines, vec![hours(5, 100, 1_300)]), None);
    let rows = found.iter().filter_map(|check| Some((check.code, check.row?.0[0], check.lacks.clone())));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            (CheckCode::B8, 1, vec![Field::RateE4, Field::RateDay]),
            (CheckCode::B5, 3, vec![Field::Funding, Field::Proof]),
            (CheckCode::B7, 5, vec![Field::Volunteer, Field::Day, Field::Label]),
        ]
    );
}

#[test]
fn the_key_figure_must_be_what_the_lines_ask_for() {
    let grant = [(Field::Nature, "grant".into()), (Field::UnitCents, Value::Number(500_000))];
    let mut dossier = budget(vec![money(1, Side::Expense, 500_000), line(2, Side::Resource, &grant)], Vec::new());
    dossier.fields = fields(&[(Field::GrantCents, 450_000.into())]);
    assert_eq!(sums(&dossier, &call(&[])), [(CheckCode::B3Figure, 500_000, 450_000, 50_000)]);
    dossier.fields = fields(&[(Field::GrantCents, 500_000.into())]);
    assert_eq!(sums(&dossier, &call(&[])), []);
}

#[test]
fn dirhams_are_turned_into_euros_once_a_line_and_rounded_half_up() {
    // 10.8500 dirhams a euro.
    for (mad_cents, rate_e4, eur_cents) in [
        (108_500, 108_500, 10_000),
        (1_234_567, 108_500, 113_785),
        // Half a cent goes up, less goes down.
        (1, 20_000, 1),
        (1, 20_001, 0),
        (3, 20_000, 2),
        (0, 108_500, 0),
        (108_500, 0, 0),
        (108_500, -1, 0),
        (i64::MAX, 1, i64::MAX),
        (i64::MIN, 1, i64::MIN),
    ] {
        assert_eq!(mad_to_eur(mad_cents, rate_e4), eur_cents, "{mad_cents} at {rate_e4}");
    }
    let cells = [
        (Field::Currency, "mad".into()),
        (Field::Quantity, 3.into()),
        (Field::UnitCents, 333_333.into()),
        (Field::RateE4, 108_500.into()),
    ];
    assert_eq!((own_cents(&fields(&cells)), line_cents(&fields(&cells))), (999_999, 92_166));
    // Without its rate it is worth nothing: dirhams are never taken for euros.
    assert_eq!(line_cents(&fields(&cells[..3])), 0);
}

#[test]
fn headings_are_the_calls_own_in_its_order_and_shares_come_to_a_whole() {
    let call = call(&[(Field::BudgetHeadings, " Travaux\n\nTransport ".into())]);
    assert_eq!(headings(Some(&call)), ["Travaux", "Transport"]);
    assert_eq!(headings(None), HEADINGS);
    let of =
        |n, heading: &str| line(n, Side::Expense, &[(Field::Heading, heading.into()), (Field::UnitCents, 100.into())]);
    let dossier = budget(vec![of(1, ""), of(2, "Autre"), of(3, "Transport"), of(4, "Travaux")], Vec::new());
    let shares: Vec<_> = totals(&dossier, Some(&call)).groups.into_iter().map(|g| (g.heading, g.share_bp)).collect();
    let expected = ["Travaux", "Transport", "Autre", ""].map(|heading| (heading.to_owned(), 2_500));
    assert_eq!(shares, expected);
    let thirds = budget(vec![of(1, "Travaux"), of(2, "Transport"), of(3, "Autre")], Vec::new());
    let shares: Vec<_> = totals(&thirds, Some(&call)).groups.iter().map(|g| g.share_bp).collect();
    assert_eq!(shares, [3_334, 3_333, 3_333]);
}

/// Numbers that are the same at each run, some of them extreme.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        // Steele and others, 'Fast splittable pseudorandom number generators' (2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn value(&mut self, field: Field) -> Value {
        let Accepts::Number(least, most) = field.accepts() else {
            let Accepts::Word(words) = field.accepts() else { return Value::from(["", "Travaux", "x"][self.below(3)]) };
            return Value::from(words[self.below(words.len())]);
        };
        match self.below(8) {
            0 => Value::Empty,
            1 => Value::Number(most),
            2 => Value::Number(least),
            3 => Value::Number(i64::MAX),
            4 => Value::Number(i64::MIN),
            _ => Value::Number(least + i64::try_from(self.next() % 100_000).unwrap_or(0)),
        }
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n).unwrap_or(1)).unwrap_or(0)
    }

    fn cells(&mut self, of: &[Field]) -> Vec<(Field, Value)> {
        of.iter().map(|field| (*field, self.value(*field))).collect()
    }
}

#[test]
fn totals_are_the_sums_of_lines_in_any_order_whatever_the_values_are() {
    for seed in 0..500 {
        let mut numbers = Numbers(seed);
        let mut lines = Vec::new();
        for n in 0..numbers.below(12) {
            let side = if numbers.below(2) == 0 { Side::Expense } else { Side::Resource };
            let mut one = line(u8::try_from(n).unwrap(), side, &numbers.cells(Field::LINE));
            one.state = [LineState::Kept, LineState::Removed, LineState::RemovedAndChanged][numbers.below(3)];
            lines.push(one);
        }
        let mut time: Vec<TimeRow> =
            (100..100 + u8::try_from(numbers.below(4)).unwrap()).map(|n| hours(n, 0, 0)).collect();
        for entry in &mut time {
            entry.fields = fields(&numbers.cells(Field::TIME));
        }
        let mut dossier = budget(lines, time);
        dossier.fields = fields(&numbers.cells(&[Field::GrantCents]));
        let call = call(&numbers.cells(Field::of(crate::document::Kind::Call)));
        let found = totals(&dossier, Some(&call));
        for (side, sums) in [(Side::Expense, found.expenses), (Side::Resource, found.resources)] {
            assert_eq!(sums.total_cents, dossier.total_cents(side), "{seed}");
            assert_eq!(sums.total_cents, sums.cash_cents.saturating_add(sums.valorised_cents), "{seed}");
            let groups: Vec<&Group> = found.groups.iter().filter(|group| group.side == side).collect();
            let cents = groups.iter().fold(0_i64, |sum, group| sum.saturating_add(group.cents));
            assert_eq!(sums.total_cents, cents, "{seed}");
            let shares: u32 = groups.iter().map(|group| group.share_bp).sum();
            assert_eq!(shares, if cents > 0 { 10_000 } else { 0 }, "{seed}");
        }
        let asked = checks(&dossier, Some(&call));
        let by_id = |checks: &[Check]| {
            let mut sorted = checks.to_vec();
            sorted.sort_by_key(|check| (check.code, check.row));
            sorted
        };
        dossier.lines.reverse();
        dossier.time.reverse();
        assert_eq!(totals(&dossier, Some(&call)), found, "{seed}");
        assert_eq!(by_id(&checks(&dossier, Some(&call))), by_id(&asked), "{seed}");
    }
}

#[test]
fn a_share_and_a_rounding_are_what_arithmetic_says() {
    let mut numbers = Numbers(7);
    for _ in 0..2_000 {
        let cents = i64::try_from(numbers.next() % 1_000_000_000_000).unwrap();
        let bp = i64::try_from(numbers.next() % 10_001).unwrap();
        let share = share_of(cents, bp);
        // The greatest whole number that is not above it.
        assert!(share * 10_000 <= cents * bp && (share + 1) * 10_000 > cents * bp);
        let rate_e4 = 1 + i64::try_from(numbers.next() % 200_000).unwrap();
        let (eur, exact) = (i128::from(mad_to_eur(cents, rate_e4)), i128::from(cents) * 10_000);
        // No further than half a cent off, and half a cent goes up.
        let off = 2 * (eur * i128::from(rate_e4) - exact);
        assert!(-i128::from(rate_e4) < off && off <= i128::from(rate_e4));
    }
}
