//! The house's rules: one document that everybody holds and administrators change.

use crate::{field::Field, id::DocumentId, record::Fields, role::Role};

/// The one document of its kind: `tiwizi settings`, in the bytes that a UUID leaves free.
pub const SETTINGS: DocumentId =
    DocumentId([0x74, 0x69, 0x77, 0x69, 0x7a, 0x69, 0x80, 0x73, 0x80, 0x65, 0x74, 0x74, 0x69, 0x6e, 0x67, 0x73]);

/// Everything that a house may set as a number: the field, and what holds until somebody sets it. Its name and its address for
/// questions are empty until then.
///
/// Retention periods are proposals from `domain.md` section 4: the funder's contract prevails.
pub const DEFAULTS: [(Field, i64); 9] = [
    (Field::EventKeepDays, 30),
    (Field::SessionHours, 12),
    (Field::LockMinutes, 5),
    (Field::LockFrom, LockFrom::Staff as i64),
    (Field::InviteHours, 72),
    // Contacts who never came back: three years, as the CNIL has it.
    (Field::PersonKeepMonths, 36),
    // Sheets that a grant was paid on: ten years after the final payment.
    (Field::SheetKeepMonths, 120),
    (Field::DossierKeepMonths, 120),
    (Field::DeviceAwayDays, 90),
];

/// From which role on a device must be locked with a PIN or a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum LockFrom {
    /// Everybody.
    Volunteer = 0,
    /// Coordinators, staff, administrators, auditors.
    Coordinator = 1,
    /// Staff, administrators, auditors.
    Staff = 2,
}

/// The rules as they stand, read from the document or, where it does not say, from [`DEFAULTS`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings<'a>(pub Option<&'a Fields>);

impl Settings<'_> {
    /// What holds for one field.
    #[must_use]
    pub fn get(&self, field: Field) -> i64 {
        let set = self.0.and_then(|fields| fields.get(field).number());
        set.or_else(|| default_of(field)).unwrap_or(0)
    }

    /// What was written in one field; empty if nothing.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        self.0.map_or("", |fields| fields.text(field))
    }

    /// Whether a device of that role must be locked with a PIN or a passkey.
    #[must_use]
    pub fn demands_lock(&self, role: Role) -> bool {
        let from = self.get(Field::LockFrom);
        match role {
            Role::Volunteer => from <= LockFrom::Volunteer as i64,
            Role::Coordinator => from <= LockFrom::Coordinator as i64,
            Role::Staff | Role::Admin | Role::Auditor => true,
        }
    }
}

/// What holds until somebody sets it; none for a field that is no setting.
#[must_use]
pub fn default_of(field: Field) -> Option<i64> {
    DEFAULTS.iter().find(|(other, _)| *other == field).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document::Kind, field::Accepts};

    #[test]
    fn every_setting_has_a_default_that_it_accepts() {
        let numbers = |field: &&Field| matches!(field.accepts(), Accepts::Number(..));
        for field in Field::of(Kind::Settings).iter().filter(numbers) {
            let default = default_of(*field).unwrap_or_else(|| panic!("{field:?} has no default"));
            let Accepts::Number(least, most) = field.accepts() else { panic!("{field:?} is no number") };
            assert!((least..=most).contains(&default), "{field:?}: {default}");
        }
        assert_eq!(DEFAULTS.len(), Field::of(Kind::Settings).iter().filter(numbers).count());
    }
}
