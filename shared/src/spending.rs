//! What of a budget was spent in the end, against what was planned: what the reports on a grant are made of.

use serde::{Deserialize, Serialize};

use crate::{
    field::{Field, Value},
    id::RowId,
    record::{CallRecord, DossierRecord, Fields, LineState, Side},
};

/// A line may be off by so much of what was planned before its difference wants a reason, where the call does not say: a tenth, as
/// most funders have it. In basis points.
const DIFFERENCE_BP: i64 = 1_000;
/// Basis points in a whole.
const WHOLE_BP: i64 = 10_000;

/// Planned against spent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Spending {
    /// The lines of money that count, expenses first, in their order.
    pub lines: Vec<SpentLine>,
    /// What the expenses were planned to come to, in cents.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub planned_cents: i64,
    /// What was spent, as far as it was said.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub spent_cents: i64,
    /// What the resources were planned to come to.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub expected_cents: i64,
    /// What came in, as far as it was said.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub received_cents: i64,
    /// Lines of which nobody said yet what was spent.
    pub unsaid: u32,
    /// Lines that are off by more than may be, without a reason.
    pub unexplained: u32,
    /// From which difference on a reason is wanted, in basis points of what was planned.
    pub difference_bp: u32,
}

/// One line of a budget, in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SpentLine {
    /// Which.
    pub line: RowId,
    /// Of which side.
    pub side: Side,
    /// What was planned, in cents of euros.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub planned_cents: i64,
    /// What was spent or came in; none where nobody said.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub spent_cents: Option<i64>,
    /// How much more than planned; below zero it is less.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub off_cents: i64,
    /// Whether the difference is so large that it wants a reason.
    pub is_far: bool,
    /// Whether it wants one and has none.
    pub lacks_reason: bool,
}

/// Planned against spent, line by line. What was given in kind and in time is no spending, and is left out.
#[must_use]
pub fn spending(dossier: &DossierRecord, call: Option<&CallRecord>) -> Spending {
    let difference_bp = call.and_then(|call| call.fields.get(Field::DifferenceBp).number()).unwrap_or(DIFFERENCE_BP);
    let mut spending = Spending { difference_bp: u32::try_from(difference_bp).unwrap_or(0), ..Spending::default() };
    for line in dossier.lines.iter().filter(|line| line.state != LineState::Removed && !is_in_kind(&line.fields)) {
        let planned_cents = line.amount_cents();
        let spent_cents = line.fields.get(Field::SpentCents).number();
        let off_cents = spent_cents.map_or(0, |spent| spent.saturating_sub(planned_cents));
        let is_far = off_cents != 0
            && i128::from(off_cents.saturating_abs()) * i128::from(WHOLE_BP)
                > i128::from(planned_cents) * i128::from(difference_bp);
        let lacks_reason = is_far && *line.fields.get(Field::Difference) == Value::Empty;
        let (planned, spent) = match line.side {
            Side::Expense => (&mut spending.planned_cents, &mut spending.spent_cents),
            Side::Resource => (&mut spending.expected_cents, &mut spending.received_cents),
        };
        *planned = planned.saturating_add(planned_cents);
        *spent = spent.saturating_add(spent_cents.unwrap_or(0));
        spending.unsaid += u32::from(spent_cents.is_none());
        spending.unexplained += u32::from(lacks_reason);
        spending.lines.push(SpentLine {
            line: line.id,
            side: line.side,
            planned_cents,
            spent_cents,
            off_cents,
            is_far,
            lacks_reason,
        });
    }
    spending
}

fn is_in_kind(fields: &Fields) -> bool {
    fields.text(Field::Nature) == "in_kind"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Line, Register};

    fn fields(cells: &[(Field, Value)]) -> Fields {
        let register = |value: &Value| Register { value: value.clone(), apart: Vec::new() };
        Fields(cells.iter().map(|(field, value)| (*field, register(value))).collect())
    }

    fn line(n: u8, planned: i64, cells: &[(Field, Value)]) -> Line {
        let cells: Vec<_> = [(Field::UnitCents, Value::Number(planned))].iter().chain(cells).cloned().collect();
        let id = RowId([n; 8]);
        Line { id, side: Side::Expense, order: String::new(), fields: fields(&cells), state: LineState::Kept }
    }

    fn spent(cents: i64) -> (Field, Value) {
        (Field::SpentCents, Value::Number(cents))
    }

    fn of(lines: Vec<Line>, call: Option<&CallRecord>) -> Spending {
        spending(&DossierRecord { lines, ..DossierRecord::default() }, call)
    }

    #[test]
    fn a_difference_above_a_tenth_wants_a_reason_to_the_cent() {
        for (cents, lacks) in [(110_000, false), (110_001, true), (90_000, false), (89_999, true), (100_000, false)] {
            let spending = of(vec![line(1, 100_000, &[spent(cents)])], None);
            assert_eq!((spending.unexplained > 0, spending.spent_cents), (lacks, cents), "{cents}");
        }
        let reason = (Field::Difference, "le ciment a augmenté".into());
        assert_eq!(of(vec![line(1, 100_000, &[spent(150_000), reason])], None).unexplained, 0);
        // What nobody had planned is far off, however little it was.
        assert_eq!(of(vec![line(1, 0, &[spent(1)])], None).unexplained, 1);
    }

    #[test]
    fn the_call_says_from_which_difference_on() {
        let call =
            CallRecord { fields: fields(&[(Field::DifferenceBp, Value::Number(2_500))]), ..CallRecord::default() };
        let spending = of(vec![line(1, 100_000, &[spent(125_000)]), line(2, 100_000, &[spent(74_999)])], Some(&call));
        let far: Vec<bool> = spending.lines.iter().map(|line| line.is_far).collect();
        assert_eq!((far, spending.difference_bp), (vec![false, true], 2_500));
    }

    #[test]
    fn what_is_given_and_what_was_taken_out_is_no_spending_and_what_nobody_said_is_counted() {
        let given = line(2, 5_000, &[(Field::Nature, "in_kind".into())]);
        let out = Line { state: LineState::Removed, ..line(3, 7_000, &[spent(7_000)]) };
        let spending = of(vec![line(1, 100_000, &[]), given, out], None);
        assert_eq!((spending.lines.len(), spending.unsaid, spending.planned_cents), (1, 1, 100_000));
        assert_eq!((spending.spent_cents, spending.unexplained), (0, 0));
    }
}
