//! Edits and view keys as they come from the page: read from JSON.
//!
//! serde derives a reader for them too, which tests and tools use. For a tagged enum of twenty variants that one is 120 kB of
//! WebAssembly, a third of all that is ours in the engine, and brings floating point with it; this one is a tenth. A test holds
//! the two together, and a variant that is missing here does not compile.

use std::collections::BTreeMap;

use crate::{
    consent::{Agreed, Consent},
    document::Kind,
    edit::{Edit, Entry, NewAssociation, NewPerson, NewSlot, NewTrainer},
    field::{Field, Value},
    id::{AccountId, DeviceId, DocumentId, RowId},
    mark::{How, Signer, Status},
    phone::Phone,
    record::{CallSection, Side},
    replica::{Identity, Sought},
    role::Role,
    table::Table,
    view::ViewKey,
    visa::Verdict,
    wire::{Failure, Lock, Report},
};

/// Lists and objects inside each other: an edit has four.
const DEPTH_MAX: usize = 16;

/// The text is not JSON, or not of the type: the part where that was seen. For developers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not of that shape: {0}")]
pub struct Malformed(pub &'static str);

/// Reads a value from JSON. Fields that the type does not have are passed over, as of a later version of the app.
///
/// # Errors
/// The text is not JSON, or not of that type.
pub fn read<T: FromJson>(text: &str) -> Result<T, Malformed> {
    let mut reader = Reader { text, at: 0 };
    let json = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(Malformed("more after the end"));
    }
    T::from_json(json)
}

/// A type that JSON can be read into.
pub trait FromJson: Sized {
    /// Takes the value apart. What was absent is [`Json::Null`].
    ///
    /// # Errors
    /// It is of another shape.
    fn from_json(json: Json) -> Result<Self, Malformed>;
}

/// JSON as it is written. There is no fraction: money is in cents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A string.
    Text(String),
    /// `[…]`
    List(Vec<Json>),
    /// `{…}`; of two fields of one name the later counts.
    Object(Vec<(String, Json)>),
}

struct Reader<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        // Nothing in JSON is a zero byte.
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// Steps over a sign, if it comes next.
    fn takes(&mut self, sign: u8) -> bool {
        self.space();
        let takes = self.peek() == sign;
        self.at += usize::from(takes);
        takes
    }

    fn needs(&mut self, sign: u8) -> Result<(), Malformed> {
        if self.takes(sign) { Ok(()) } else { Err(Malformed("a sign is missing")) }
    }

    fn word(&mut self, word: &str, json: Json) -> Result<Json, Malformed> {
        if !self.text[self.at..].starts_with(word) {
            return Err(Malformed("an unknown word"));
        }
        self.at += word.len();
        Ok(json)
    }

    fn value(&mut self, depth: usize) -> Result<Json, Malformed> {
        if depth > DEPTH_MAX {
            return Err(Malformed("too deep"));
        }
        self.space();
        match self.peek() {
            b'n' => self.word("null", Json::Null),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'"' => self.string().map(Json::Text),
            b'[' => self.list(depth),
            b'{' => self.object(depth),
            _ => self.number(),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, Malformed> {
        self.needs(b'[')?;
        let mut items = Vec::new();
        if self.takes(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.takes(b']') {
                return Ok(Json::List(items));
            }
            self.needs(b',')?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Malformed> {
        self.needs(b'{')?;
        let mut fields = Vec::new();
        if self.takes(b'}') {
            return Ok(Json::Object(fields));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.needs(b':')?;
            fields.push((name, self.value(depth + 1)?));
            if self.takes(b'}') {
                return Ok(Json::Object(fields));
            }
            self.needs(b',')?;
        }
    }

    fn number(&mut self) -> Result<Json, Malformed> {
        let from = self.at;
        while matches!(self.peek(), b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') {
            self.at += 1;
        }
        let digits = &self.text[from..self.at];
        // Rust reads a plus and leading zeros too; JSON has neither.
        let bare = digits.strip_prefix('-').unwrap_or(digits);
        if bare.starts_with('+') || (bare.len() > 1 && bare.starts_with('0')) {
            return Err(Malformed("a number"));
        }
        digits.parse().map(Json::Number).map_err(|_| Malformed("a number"))
    }

    fn string(&mut self) -> Result<String, Malformed> {
        self.needs(b'"')?;
        let mut string = String::new();
        loop {
            let from = self.at;
            while !matches!(self.peek(), b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            string.push_str(&self.text[from..self.at]);
            if self.takes_here(b'"') {
                return Ok(string);
            }
            if !self.takes_here(b'\\') {
                return Err(Malformed("a string without an end"));
            }
            string.push(self.escaped()?);
        }
    }

    fn takes_here(&mut self, sign: u8) -> bool {
        let takes = self.peek() == sign;
        self.at += usize::from(takes);
        takes
    }

    /// What stands after a backslash.
    fn escaped(&mut self) -> Result<char, Malformed> {
        let sign = self.peek();
        self.at += 1;
        Ok(match sign {
            b'"' | b'\\' | b'/' => char::from(sign),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(Malformed("an escape")),
        })
    }

    /// Four digits, or twice four for what UTF-16 writes as a pair.
    fn code_point(&mut self) -> Result<char, Malformed> {
        let mut code = self.unit()?;
        if (0xd800..0xdc00).contains(&code) {
            if !(self.takes_here(b'\\') && self.takes_here(b'u')) {
                return Err(Malformed("half a pair"));
            }
            let low = self.unit()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(Malformed("half a pair"));
            }
            code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        char::from_u32(code).ok_or(Malformed("half a pair"))
    }

    fn unit(&mut self) -> Result<u32, Malformed> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or(Malformed("an escape"))?;
        self.at += 4;
        digits.iter().try_fold(0, |code, digit| {
            let digit = char::from(*digit).to_digit(16).ok_or(Malformed("an escape"))?;
            Ok(code * 16 + digit)
        })
    }
}

/// The fields of an object, taken out one by one.
struct Fields(Vec<(String, Json)>);

impl Fields {
    fn of(json: Json) -> Result<Self, Malformed> {
        match json {
            Json::Object(fields) => Ok(Self(fields)),
            _ => Err(Malformed("an object")),
        }
    }

    fn remove(&mut self, name: &str) -> Json {
        let at = self.0.iter().rposition(|(known, _)| known == name);
        at.map_or(Json::Null, |at| self.0.swap_remove(at).1)
    }

    fn take<T: FromJson>(&mut self, name: &'static str) -> Result<T, Malformed> {
        T::from_json(self.remove(name)).map_err(|_| Malformed(name))
    }

    /// One that may be left out.
    fn take_known<T: FromJson + Default>(&mut self, name: &'static str) -> Result<T, Malformed> {
        self.take::<Option<T>>(name).map(Option::unwrap_or_default)
    }
}

impl FromJson for bool {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        if let Json::Bool(bool) = json { Ok(bool) } else { Err(Malformed("true or false")) }
    }
}

impl FromJson for i64 {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        if let Json::Number(number) = json { Ok(number) } else { Err(Malformed("a number")) }
    }
}

impl FromJson for String {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        if let Json::Text(text) = json { Ok(text) } else { Err(Malformed("a text")) }
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        if json == Json::Null { Ok(None) } else { T::from_json(json).map(Some) }
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        T::from_json(json).map(Self::new)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        match json {
            Json::List(items) => items.into_iter().map(T::from_json).collect(),
            _ => Err(Malformed("a list")),
        }
    }
}

impl FromJson for Value {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        match json {
            Json::Null => Ok(Self::Empty),
            Json::Text(text) => Ok(Self::Text(text)),
            Json::Number(number) => Ok(Self::Number(number)),
            _ => Err(Malformed("a value")),
        }
    }
}

impl FromJson for BTreeMap<Field, Value> {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        let mut fields = Self::new();
        for (name, json) in Fields::of(json)?.0 {
            fields.insert(Field::from_key(&name).ok_or(Malformed("a field"))?, Value::from_json(json)?);
        }
        Ok(fields)
    }
}

/// Smaller whole numbers.
macro_rules! read_numbers {
    ($($name:ty),*) => {$(
        impl FromJson for $name {
            fn from_json(json: Json) -> Result<Self, Malformed> {
                i64::from_json(json)?.try_into().map_err(|_| Malformed("a number"))
            }
        }
    )*};
}

/// What is one word in JSON: how the word is read.
macro_rules! read_words {
    ($($name:ident: $read:expr;)*) => {$(
        impl FromJson for $name {
            fn from_json(json: Json) -> Result<Self, Malformed> {
                $read(&String::from_json(json)?).ok_or(Malformed(stringify!($name)))
            }
        }
    )*};
}

macro_rules! read_objects {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl FromJson for $name {
            fn from_json(json: Json) -> Result<Self, Malformed> {
                let mut fields = Fields::of(json)?;
                Ok(Self { $($field: fields.take(stringify!($field))?),* })
            }
        }
    )*};
}

/// An enum that is told by one field of the object: its variants by their words there.
macro_rules! read_tagged {
    ($name:ident by $tag:literal { $($word:literal = $variant:ident { $($field:ident),* })* }) => {
        impl FromJson for $name {
            fn from_json(json: Json) -> Result<Self, Malformed> {
                let mut fields = Fields::of(json)?;
                let word: String = fields.take($tag)?;
                Ok(match &*word {
                    $($word => Self::$variant { $($field: fields.take(stringify!($field))?),* },)*
                    _ => return Err(Malformed($tag)),
                })
            }
        }

        // A variant that is not listed does not compile.
        const _: fn(&$name) = |known| match known {
            $($name::$variant { .. } => (),)*
        };

        #[cfg(test)]
        impl tests::Words for $name {
            const WORDS: &'static [&'static str] = &[$($word),*];
        }
    };
}

read_numbers!(u8, u16, u32, u64);

read_words! {
    DocumentId: |word: &str| word.parse().ok();
    DeviceId: |word: &str| word.parse().ok();
    AccountId: |word: &str| word.parse().ok();
    RowId: |word: &str| word.parse().ok();
    Field: Field::from_key;
    Table: Table::from_key;
    Status: Status::from_word;
    Verdict: Verdict::from_word;
    Kind: |word: &str| Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
    Side: |word: &str| match word {
        "expense" => Some(Side::Expense),
        "resource" => Some(Side::Resource),
        _ => None,
    };
    Role: Role::from_word;
    Consent: |word: &str| match word {
        "photo" => Some(Consent::Photo),
        "messages" => Some(Consent::Messages),
        _ => None,
    };
    Agreed: |word: &str| Agreed::of(&Value::from(word));
    Lock: |word: &str| match word {
        "none" => Some(Lock::None),
        "pin" => Some(Lock::Pin),
        "passkey" => Some(Lock::Passkey),
        _ => None,
    };
}

read_objects! {
    Identity { device, account, name, role }
    Entry { at_ms, edit }
    NewSlot { slot, day, starts, ends }
    NewTrainer { trainer, name }
    NewAssociation { association, title }
    Phone { e164, country, raw }
    Failure { code, at_ms }
    Sought { person, name, name_ar, phone, email, association }
}

/// Left out by earlier versions of the app.
impl FromJson for How {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        let word = Option::<String>::from_json(json)?;
        word.map_or(Some(Self::Tap), |word| Self::from_word(&word)).ok_or(Malformed("How"))
    }
}

impl FromJson for Signer {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        let Json::Object(mut fields) = json else { return Err(Malformed("Signer")) };
        match (fields.pop(), fields.pop()) {
            (Some((name, json)), None) if name == "person" => DocumentId::from_json(json).map(Self::Person),
            (Some((name, json)), None) if name == "trainer" => RowId::from_json(json).map(Self::Trainer),
            _ => Err(Malformed("Signer")),
        }
    }
}

/// What the page leaves out is not known.
impl FromJson for Report {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        let mut fields = Fields::of(json)?;
        Ok(Self {
            build: fields.take_known("build")?,
            unsent: fields.take_known("unsent")?,
            unsent_blobs: fields.take_known("unsent_blobs")?,
            persisted: fields.take("persisted")?,
            installed: fields.take_known("installed")?,
            lock: fields.take_known("lock")?,
            storage_percent: fields.take("storage_percent")?,
            failure: fields.take("failure")?,
        })
    }
}

/// What earlier versions of the app left out is not asked for.
impl FromJson for CallSection {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        let mut fields = Fields::of(json)?;
        Ok(Self {
            key: fields.take("key")?,
            title: fields.take("title")?,
            guidance: fields.take("guidance")?,
            chars_max: fields.take("chars_max")?,
            required: fields.take_known("required")?,
        })
    }
}

/// What is not known of a person may be left out.
impl FromJson for NewPerson {
    fn from_json(json: Json) -> Result<Self, Malformed> {
        let mut fields = Fields::of(json)?;
        Ok(Self {
            given: fields.take_known("given")?,
            family: fields.take_known("family")?,
            name_ar: fields.take_known("name_ar")?,
            sex: fields.take_known("sex")?,
            age_band: fields.take_known("age_band")?,
            commune: fields.take_known("commune")?,
            commune_code: fields.take_known("commune_code")?,
            association: fields.take("association")?,
            photo_consent: fields.take_known("photo_consent")?,
            messages_consent: fields.take_known("messages_consent")?,
        })
    }
}

read_tagged! { ViewKey by "view" {
    "events" = Events {}
    "event" = Event { event }
    "dossiers" = Dossiers {}
    "dossier" = Dossier { dossier }
    "call" = Call { call }
    "news" = News { dossier }
    "dossier_at" = DossierAt { dossier, version }
    "way" = Way { dossier }
    "versions" = Versions { dossier, count }
    "compare" = Compare { dossier, before, after }
    "directory" = Directory {}
    "record" = Record { document }
    "tasks" = Tasks {}
    "activity" = Activity { dossier }
    "association" = Association { association }
    "person" = Person { person }
    "questions" = Questions {}
    "sync" = Sync {}
    "settings" = Settings {}
} }

read_tagged! { Edit by "do" {
    "set_field" = SetField { document, row, field, value }
    "create_person" = CreatePerson { person, new, notice_read }
    "set_consent" = SetConsent { person, consent, agreed }
    "add_phone" = AddPhone { person, row, phone }
    "add_email" = AddEmail { person, row, address }
    "create_association" = CreateAssociation { association, fields }
    "create_event" = CreateEvent { event, fields, slots }
    "add_slot" = AddSlot { event, slot }
    "add_trainer" = AddTrainer { event, trainer }
    "add_paper" = AddPaper { event, paper, slot, blob }
    "keep_event_row" = KeepEventRow { event, row, keep }
    "link_event" = LinkEvent { event, document, kind }
    "set_headcount" = SetHeadcount { event, slot, sex, age_band, people }
    "sign" = Sign { event, slot, signer, signature, ink, how, mark }
    "withdraw_signature" = WithdrawSignature { event, signature, withdrawal, reason }
    "add_to_roster" = AddToRoster { event, person }
    "take_from_roster" = TakeFromRoster { event, person }
    "check_in" = CheckIn { event, slot, person, mark, status, minutes, how }
    "undo" = Undo { event, slot, person, withdrawal, reason }
    "register_walk_in" = RegisterWalkIn { event, slot, person, mark, new, new_association, phone, notice_read }
    "create_dossier" = CreateDossier { dossier, fields, sections }
    "copy_dossier" = CopyDossier { dossier, of, call }
    "edit_section" = EditSection { dossier, section, version, before, after }
    "read_again" = ReadAgain { dossier, section, anchor }
    "settle_section" = SettleSection { dossier, section, text }
    "add_line" = AddLine { dossier, line, side, label }
    "add_time" = AddTime { dossier, time, label }
    "set_line_state" = SetLineState { dossier, line, keep }
    "add_row" = AddRow { document, table, row, fields }
    "keep_row" = KeepRow { document, row, keep }
    "look" = Look { dossier, version }
    "settle_marks" = SettleMarks { event, slot, person, status, withdrawal, reason }
    "link_same" = LinkSame { person, same_as }
    "not_same" = NotSame { person, other }
    "move_stage" = MoveStage { dossier, moved, to, fields, reason }
    "review_dossier" = ReviewDossier { dossier, review }
    "give_visa" = GiveVisa { dossier, visa, version, verdict, remarks }
    "settle" = Settle { document, asked, decision, answer, reason }
    "reopen" = Reopen { document, of, decision, reason }
    "assign_question" = AssignQuestion { document, asked, account }
    "create_call" = CreateCall { call, fields, sections }
    "publish_call" = PublishCall { call, version, note }
    "confirm_rule" = ConfirmRule { call, field, confirmed }
} }

#[cfg(test)]
mod tests;
