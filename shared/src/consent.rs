//! What a person agreed to beside what the work itself needs: each consent by itself, never assumed, withdrawn as easily as it was
//! given (`domain.md` section 4). When, and on whose device, stands in the history.

use serde::{Deserialize, Serialize};

use crate::{
    document::Kind,
    field::{Field, Value},
    id::DeviceId,
    record::{Apart, Fields},
};

/// What may be agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// To be photographed or filmed, and shown. With the person, since it must be seen where pictures are taken.
    Photo,
    /// To be sent messages. With the contact, which only those hold who may send any.
    Messages,
}

/// What was said about one of them. Where nothing was said, there is no consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Agreed {
    /// Yes.
    Given,
    /// No, or not any more.
    Withdrawn,
}

/// A consent as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConsentView {
    /// Which.
    pub consent: Consent,
    /// What holds; none where nothing was said.
    pub agreed: Option<Agreed>,
    /// The device on which that was said, where it is known.
    pub by: Option<DeviceId>,
    /// When, by that device's clock; 0 where it is not known.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// Whether this account may say that it was given now. Withdrawals are taken by everybody.
    pub may_give: bool,
}

impl Consent {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Photo, Self::Messages];

    /// The register that holds it.
    #[must_use]
    pub fn field(self) -> Field {
        match self {
            Self::Photo => Field::PhotoConsent,
            Self::Messages => Field::MessagesConsent,
        }
    }

    /// The kind of document that the register is in.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Photo => Kind::Person,
            Self::Messages => Kind::Contact,
        }
    }

    /// What holds. Where people said different things apart (M4), no: until a human settles it nobody is photographed or written to
    /// against their will.
    #[must_use]
    pub fn agreed(self, fields: &Fields) -> Option<Agreed> {
        let register = fields.0.get(&self.field())?;
        let said = register.apart.iter().map(|apart| &apart.value).chain([&register.value]);
        said.filter_map(Agreed::of).max()
    }

    /// The word of those set apart that holds.
    #[must_use]
    pub fn holding(self, fields: &Fields) -> Option<&Apart> {
        let agreed = self.agreed(fields);
        let register = fields.0.get(&self.field())?;
        register.apart.iter().find(|apart| Agreed::of(&apart.value) == agreed)
    }
}

impl Agreed {
    /// The word for it in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Of a register's value.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        [Self::Given, Self::Withdrawn].into_iter().find(|agreed| agreed.as_str() == value.text())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::record::Register;

    fn fields(value: &str, apart: &[&str]) -> Fields {
        let apart = apart.iter().map(|word| Apart { value: Value::from(*word), by: None, at_ms: 0 }).collect();
        Fields(BTreeMap::from([(Field::PhotoConsent, Register { value: Value::from(value), apart })]))
    }

    #[test]
    fn m4_where_two_disagree_there_is_no_consent_until_somebody_settles_it() {
        let agreed = |value, apart: &[&str]| Consent::Photo.agreed(&fields(value, apart));
        assert_eq!(agreed("", &[]), None);
        assert_eq!(agreed("given", &[]), Some(Agreed::Given));
        assert_eq!(agreed("withdrawn", &[]), Some(Agreed::Withdrawn));
        assert_eq!(agreed("given", &["given", "withdrawn"]), Some(Agreed::Withdrawn));
        assert_eq!(Consent::Messages.agreed(&fields("given", &[])), None);
    }

    /// `domain.md` section 4: no nationality, birthplace, birth date, number of an identity paper, mother tongue, religion or
    /// political opinion of anybody; a band instead of an age; origin is the association's. A new field must be argued here.
    #[test]
    fn of_a_person_nothing_is_asked_that_the_law_advises_against() {
        let keys = |kind| Field::of(kind).iter().map(|field| field.key()).collect::<Vec<_>>();
        let person = [
            "given",
            "family",
            "name_ar",
            "sex",
            "age_band",
            "association",
            "commune",
            "commune_code",
            "same_as",
            "notice_read_ms",
            "photo_consent",
        ];
        assert_eq!(keys(Kind::Person), person);
        assert_eq!(keys(Kind::Contact), ["person", "messages_consent"]);
    }
}
