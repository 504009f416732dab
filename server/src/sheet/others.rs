//! The papers around a sheet: contacts, certificates, invitations, badges.

use hmac::{Hmac, KeyInit as _, Mac as _};
use papers::{
    Attended, Attestations, Attested, Badge, Badges, ContactList, ContactRow, Convocations, Invited, Signatory,
};
use rusqlite::Connection;
use sha2::Sha256;
use shared::{
    field::Field,
    id::DocumentId,
    mark::Status,
    record::{PersonRecord, Record},
};

use super::{
    Refusal, calendar,
    gather::{Gathered, Participant},
};
use crate::{erasure, secret, storage::StoreError};

/// What the code of a badge begins with: the app knows its own.
const BADGE: &str = "TIWIZI1:";

/// What the code on somebody's badge says: opaque, and made with the event's own key, which only those have who hold the event. The app
/// makes the same (`door/badges.ts`).
pub(super) fn badge_token(key: &str, event: DocumentId, person: DocumentId) -> Result<String, Refusal> {
    // With a key that everybody knows, anybody could write the badge of anyone.
    let key = secret::unhex::<16>(key).ok_or(Refusal::NoBadgeKey)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| Refusal::NoBadgeKey)?;
    mac.update(&event.0);
    mac.update(&person.0);
    Ok(format!("{BADGE}{}", secret::hex(&mac.finalize().into_bytes()[..10]).to_uppercase()))
}

/// Family name, first name, Arabic name.
fn names(person: &PersonRecord) -> [String; 3] {
    [Field::Family, Field::Given, Field::NameAr].map(|field| person.fields.text(field).to_owned())
}

fn note(list: &mut Vec<String>, one: &str) {
    if !list.iter().any(|known| known == one) {
        list.push(one.to_owned());
    }
}

impl Gathered {
    pub(super) fn contacts(&self, db: &Connection, now_ms: u64) -> Result<ContactList, StoreError> {
        let mut people = Vec::with_capacity(self.people.len());
        for one in &self.people {
            let mut phones: Vec<String> = Vec::new();
            let mut emails: Vec<String> = Vec::new();
            for person in one.all.iter().chain([&one.person]) {
                let Some(Record::Contact(contact)) = erasure::record(db, DocumentId::contact_of(*person))? else {
                    continue;
                };
                for row in &contact.phones {
                    note(&mut phones, if row.e164.is_empty() { &row.raw } else { &row.e164 });
                }
                contact.emails.iter().for_each(|email| note(&mut emails, email));
            }
            let [family, given, name_ar] = names(&one.record);
            let (association, role) = (one.association.clone(), String::new());
            people.push(ContactRow { family, given, name_ar, association, role, phones, emails });
        }
        let made_at = calendar::written(&calendar::zone(&self.event.fields), now_ms);
        Ok(ContactList { gathering: self.gathering.clone(), people, made_at, made_ms: now_ms })
    }

    /// What somebody attended, half-day by half-day.
    fn attended(&self, one: &Participant) -> Vec<Attended> {
        let slots = self.event.slots.iter().filter_map(|slot| {
            let status = self.attendance_of(one, slot.id).status().filter(|status| status.attended())?;
            let text = |field| slot.fields.text(field).to_owned();
            let said = self.marks_of(one, slot.id).filter(|mark| mark.withdrawn.is_none() && mark.status == status);
            let minutes = match status {
                Status::Partial => said.filter_map(|mark| mark.minutes).max().unwrap_or(0),
                _ => calendar::minutes(slot),
            };
            Some(Attended {
                day: text(Field::Day),
                starts: text(Field::Starts),
                ends: text(Field::Ends),
                minutes,
                remote: status == Status::Remote,
            })
        });
        slots.collect()
    }

    pub(super) fn attestations(&self, now_ms: u64) -> Attestations {
        let people = self.people.iter().filter_map(|one| {
            let attended = self.attended(one);
            let [family, given, name_ar] = names(&one.record);
            let (association, role) = (one.association.clone(), String::new());
            (!attended.is_empty()).then_some(Attested { family, given, name_ar, association, role, attended })
        });
        let last_day = self.event.slots.last().map_or("", |slot| slot.fields.text(Field::Day));
        Attestations {
            gathering: self.gathering.clone(),
            trainers: self.event.trainers.iter().map(|trainer| trainer.name().to_owned()).collect(),
            signatory: Signatory { name: self.gathering.house.name.clone(), ..Signatory::default() },
            done_at: self.gathering.commune.clone(),
            done_on: last_day.to_owned(),
            people: people.collect(),
            made_ms: now_ms,
        }
    }

    pub(super) fn convocations(&self, id: DocumentId, now_ms: u64) -> Result<Convocations, Refusal> {
        let people = self.people.iter().map(|one| {
            let [family, given, name_ar] = names(&one.record);
            Ok(Invited { family, given, name_ar, association: one.association.clone(), token: self.token(id, one)? })
        });
        Ok(Convocations {
            gathering: self.gathering.clone(),
            message: self.event.fields.text(Field::Remarks).to_owned(),
            contact: self.gathering.house.address.clone(),
            people: people.collect::<Result<_, Refusal>>()?,
            made_ms: now_ms,
        })
    }

    pub(super) fn badges(&self, id: DocumentId, now_ms: u64) -> Result<Badges, Refusal> {
        let people = self.people.iter().map(|one| {
            let [family, given, name_ar] = names(&one.record);
            let (association, role) = (one.association.clone(), String::new());
            Ok(Badge { family, given, name_ar, association, role, token: self.token(id, one)? })
        });
        let people = people.collect::<Result<_, Refusal>>()?;
        Ok(Badges { gathering: self.gathering.clone(), people, made_ms: now_ms })
    }

    fn token(&self, id: DocumentId, one: &Participant) -> Result<String, Refusal> {
        badge_token(self.event.fields.text(Field::BadgeKey), id, one.person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_made_with_the_key_of_the_event_and_names_nobody() {
        let (event, person) = (DocumentId([1; 16]), DocumentId([2; 16]));
        let with = |key: &str, event, person| badge_token(key, event, person).unwrap();
        let token = with(&"0a".repeat(16), event, person);
        // That the app makes the same is shown by `attendance.test.js`, which reads one at the door.
        assert_eq!(token.len(), BADGE.len() + 20);
        assert_ne!(token, with(&"0b".repeat(16), event, person));
        assert_ne!(token, with(&"0a".repeat(16), person, event));
        assert!(
            matches!(badge_token("", event, person), Err(Refusal::NoBadgeKey)),
            "no badge with a key that all know"
        );
    }
}
