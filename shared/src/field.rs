//! The plain fields of documents: one register each, that merges by rule M4.

use std::{fmt, sync::OnceLock};

use automerge::ScalarValue;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{document::Kind, limit};

/// What a plain field holds.
///
/// In JSON and TypeScript: a string, a whole number, or null. There is no fraction: money is in cents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string | number | null"))]
pub enum Value {
    /// Not filled in.
    #[default]
    Empty,
    /// Text, trimmed.
    Text(String),
    /// A whole number: cents, counts, milliseconds since 1970.
    Number(i64),
}

impl Value {
    /// The text, or nothing where there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Empty | Self::Number(_) => "",
        }
    }

    /// The number, or nothing where there is none.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Empty | Self::Text(_) => None,
        }
    }

    /// A text trimmed of white space at both ends; empty text is [`Value::Empty`].
    #[must_use]
    pub fn tidy(self) -> Self {
        match self {
            Self::Text(text) => Self::from(text.trim()),
            other => other,
        }
    }

    pub(crate) fn from_scalar(scalar: &ScalarValue) -> Self {
        match scalar {
            ScalarValue::Str(text) => Self::Text(text.to_string()),
            ScalarValue::Int(number) | ScalarValue::Timestamp(number) => Self::Number(*number),
            ScalarValue::Uint(number) => i64::try_from(*number).map_or(Self::Empty, Self::Number),
            // Nothing of ours writes these: a stranger's value shows as empty and stays in the history.
            _ => Self::Empty,
        }
    }

    pub(crate) fn to_scalar(&self) -> ScalarValue {
        match self {
            Self::Empty => ScalarValue::Null,
            Self::Text(text) => ScalarValue::Str(text.as_str().into()),
            Self::Number(number) => ScalarValue::Int(*number),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) => text.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// The same three shapes for binary formats, which must be told which one follows.
#[derive(Serialize, Deserialize)]
enum Tagged<T> {
    Empty,
    Text(T),
    Number(i64),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Plain {
    Empty(()),
    Number(i64),
    Text(String),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() {
            return match self {
                Self::Empty => Tagged::<&str>::Empty.serialize(to),
                Self::Text(text) => Tagged::Text(text.as_str()).serialize(to),
                Self::Number(number) => Tagged::<&str>::Number(*number).serialize(to),
            };
        }
        match self {
            Self::Empty => to.serialize_none(),
            Self::Text(text) => to.serialize_str(text),
            Self::Number(number) => to.serialize_i64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            return Ok(match Plain::deserialize(from)? {
                Plain::Empty(()) => Self::Empty,
                Plain::Number(number) => Self::Number(number),
                Plain::Text(text) => Self::Text(text),
            });
        }
        Ok(match Tagged::<String>::deserialize(from)? {
            Tagged::Empty => Self::Empty,
            Tagged::Text(text) => Self::Text(text),
            Tagged::Number(number) => Self::Number(number),
        })
    }
}

/// What a field accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// Text of at most so many characters.
    Text(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A calendar day, `2026-11-23`.
    Day,
    /// A time of day, `09:30`.
    Time,
    /// A number from the first to the second, both included.
    Number(i64, i64),
    /// The id of a document of this kind.
    Document(Kind),
    /// A number of the Répertoire National des Associations.
    Rna,
    /// A SIRET, 14 digits.
    Siret,
    /// An ICE, the number of Moroccan companies and associations, 15 digits.
    Ice,
    /// A SIREN, nine digits.
    Siren,
    /// A number of the Répertoire National des Associations from before 2009.
    OldRna,
    /// So many digits.
    Digits(usize),
    /// The name of a blob: the SHA-256 of its bytes in hexadecimal.
    Blob,
    /// The id of a row of the same document.
    Row,
}

/// Declares the fields: the Rust name, the key in documents and JSON, and what it accepts.
macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $accepts:expr;)*) => {
        /// A plain field of a document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        pub enum Field {
            $($(#[$doc])* #[cfg_attr(feature = "typescript", ts(rename = $key))] $name,)*
        }

        /// Every field with its key and what it accepts, in the order of their declaration. A table, since what is made of two
        /// hundred arms of a `match` is many times as large.
        static FIELDS: &[(Field, &str, Accepts)] = &[$((Field::$name, $key, $accepts),)*];
    };
}

impl Field {
    /// Its key in the document, in JSON and in message keys.
    #[must_use]
    pub fn key(self) -> &'static str {
        FIELDS[self as usize].1
    }

    /// What may be written there.
    #[must_use]
    pub fn accepts(self) -> Accepts {
        FIELDS[self as usize].2
    }

    /// The field of that key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        static BY_KEY: OnceLock<Vec<Field>> = OnceLock::new();
        let fields = BY_KEY.get_or_init(|| {
            let mut fields: Vec<Self> = FIELDS.iter().map(|(field, ..)| *field).collect();
            fields.sort_unstable_by_key(|field| field.key());
            fields
        });
        let at = fields.binary_search_by_key(&key, |field| field.key()).ok()?;
        Some(fields[at])
    }
}

/// As serde would derive it: the key where people read it, else the number.
impl Serialize for Field {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit_variant("Field", *self as u32, self.key())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let field = if from.is_human_readable() {
            Self::from_key(&String::deserialize(from)?)
        } else {
            let number = u32::deserialize(from)?;
            FIELDS.get(number as usize).map(|(field, ..)| *field)
        };
        field.ok_or_else(|| D::Error::custom("an unknown field"))
    }
}

use Accepts::{Blob, Day, Digits, Document, Ice, Number, OldRna, Rna, Row, Siren, Siret, Text, Time, Word};
use limit::{LINES_CHARS_MAX as LINES, SHORT_CHARS_MAX as SHORT};

/// The sexes that funders count, with 'not specified' (`domain.md` section 2).
pub const SEXES: &[&str] = &["f", "h", "other", "unspecified"];
/// Bands instead of birth dates: a band is enough for funders and is less to lose.
pub const AGE_BANDS: &[&str] = &["under_18", "18_30", "31_60", "over_60"];
/// The stages of a dossier, in their order.
pub const STAGES: &[&str] = &[
    "idea",
    "accompaniment",
    "writing",
    "visa",
    "filed",
    "instruction",
    "granted",
    "refused",
    "deferred",
    "agreed",
    "running",
    "interim_report",
    "final_report",
    "closed",
];
/// What is said about a consent: see `consent::Agreed`.
pub const CONSENTS: &[&str] = &["given", "withdrawn"];
/// What an event is; a house may add kinds of its own (`Field::HouseEventKinds`).
pub const EVENT_KINDS: &[&str] =
    &["writing_workshop", "project_training", "finance_training", "information_meeting", "group_support", "other"];
/// The headings of expenses that funders usually ask for; a call may have others of its own (`Field::BudgetHeadings`).
pub const HEADINGS: &[&str] = &[
    "works",
    "equipment",
    "supplies",
    "staff",
    "training",
    "travel",
    "communication",
    "evaluation",
    "overheads",
    "contingency",
];
/// What a budget line is made of: see `budget::Nature`.
pub const NATURES: &[&str] = &["cash", "in_kind", "grant"];
/// The currencies of budget lines.
pub const CURRENCIES: &[&str] = &["eur", "mad"];
/// Whether a resource is certain.
pub const FUNDINGS: &[&str] = &["acquired", "requested"];
/// Whether a group of people is reached itself, or through others.
pub const REACHES: &[&str] = &["direct", "indirect"];
/// How likely, or how grave, a risk is.
pub const LEVELS: &[&str] = &["low", "medium", "high"];
/// Support given to one association, or to several at once: funders count the two apart (`domain.md` section 5).
pub const SUPPORT_KINDS: &[&str] = &["meeting", "call", "writing", "visit", "diagnostic", "collective", "other"];
/// The reports that a convention asks for.
pub const REPORT_KINDS: &[&str] = &["interim", "final", "other"];
/// Whether an operator (OPAP) must accompany a dossier and give its visa.
pub const OPERATORS: &[&str] = &["mandatory", "optional"];
/// Purposes of aid as the OECD's committee (DAC) codes them, of the sectors that calls have (`domain.md` section 5).
pub const DAC_CODES: &[&str] = &[
    "11120", "11220", "11230", "11330", "12220", "12230", "12261", "13020", "14030", "14031", "14032", "14050",
    "15150", "15170", "15190", "16010", "16020", "16061", "22040", "23231", "24050", "31120", "31140", "31161",
    "31163", "31166", "31194", "32130", "32140", "41010", "41030", "41081", "43040", "99820",
];
/// Whom a call wants a piece of.
pub const REQUIRED_OF: &[&str] = &["everybody", "association", "partner", "trustee"];
/// What a call says where it says yes or no.
pub const YES_NO: &[&str] = &["yes", "no"];
/// Networks that associations of migrants are members of.
pub const NETWORKS: &[&str] = &["forim", "cosim", "fosim", "md"];
/// Whether an association of the register is active, dissolved, or was removed from it.
pub const POSITIONS: &[&str] = &["active", "dissolved", "removed"];
/// Whether it has people or other associations for members.
pub const GROUPINGS: &[&str] = &["simple", "union", "federation"];
/// What an association is by law, as the register codes it.
pub const REGISTER_NATURES: &[&str] = &[
    "declared",
    "public_utility",
    "general_interest",
    "assistance",
    "charity",
    "medical_research",
    "scientific_research",
    "worship",
];
/// What somebody does in a bureau or a board.
pub const FUNCTIONS: &[&str] = &[
    "president",
    "vice_president",
    "treasurer",
    "vice_treasurer",
    "secretary",
    "vice_secretary",
    "board_member",
    "honorary",
    "other",
];
/// The highest mark of a diagnosis.
pub const DIAGNOSIS_MAX: i64 = 4;
/// The faces by which people say what they think of an event.
pub const OPINIONS: &[&str] = &["good", "fair", "bad"];
/// The sectors of PRA/OSIM calls.
pub const SECTORS: &[&str] =
    &["health", "education", "water", "environment", "economy", "rural", "social", "climate", "digital"];

fields! {
    /// First name, in Latin letters, as given.
    Given = "given", Text(SHORT);
    /// Family name, in Latin letters, as given.
    Family = "family", Text(SHORT);
    /// The whole name in Arabic letters, as given.
    NameAr = "name_ar", Text(SHORT);
    /// One of [`SEXES`].
    Sex = "sex", Word(SEXES);
    /// One of [`AGE_BANDS`].
    AgeBand = "age_band", Word(AGE_BANDS);
    /// Where they live or act, as given.
    Commune = "commune", Text(SHORT);
    /// The association that the person comes from.
    Association = "association", Document(Kind::Association);
    /// The same human being as that other person, says a human (M7).
    SameAs = "same_as", Document(Kind::Person);
    /// The same association as that other one, says a human (M7).
    SameAssociation = "same_association", Document(Kind::Association);
    /// When the privacy notice was read to, or by, the person. Milliseconds since 1970.
    NoticeRead = "notice_read_ms", Number(0, i64::MAX);
    /// The person whose contact this is.
    Person = "person", Document(Kind::Person);
    /// A title, exactly as it stands on every paper.
    Title = "title", Text(SHORT);
    /// The short title.
    ShortTitle = "short_title", Text(SHORT);
    /// Number in the Répertoire National des Associations.
    RnaNumber = "rna", Rna;
    /// SIRET of the seat.
    SiretNumber = "siret", Siret;
    /// What the association is for.
    Object = "object", Text(LINES);
    /// Street and number.
    Address = "address", Text(SHORT);
    /// Postal code.
    Postcode = "postcode", Text(16);
    /// Town.
    City = "city", Text(SHORT);
    /// INSEE or HCP code of the commune, as text: zeros matter.
    CommuneCode = "commune_code", Text(16);
    /// Where in Morocco an association's people come from: HCP codes of communes or provinces, with commas between.
    Origin = "origin", Text(SHORT);
    /// Day the association was founded.
    Founded = "founded", Day;
    /// Day it was dissolved.
    Dissolved = "dissolved", Day;
    /// One of [`EVENT_KINDS`], or a kind of the house's own, as written.
    EventKind = "event_kind", Text(SHORT);
    /// Hall, room.
    Place = "place", Text(SHORT);
    /// The trainer's name as it is printed on the sheet.
    Trainer = "trainer", Text(SHORT);
    /// How many people the room holds.
    Capacity = "capacity", Number(0, 100_000);
    /// The funder's project code.
    ProjectCode = "project_code", Text(SHORT);
    /// Who pays for the event: named on the sheet.
    Funders = "funders", Text(SHORT);
    /// The languages in which it is held, as written.
    Languages = "languages", Text(SHORT);
    /// Whatever else is to be known of it.
    Remarks = "remarks", Text(LINES);
    /// The name that the sessions of one series share: an id.
    Series = "series", Text(64);
    /// What the codes on its badges are made with: 32 hexadecimal digits, known to whoever holds the event.
    BadgeKey = "badge_key", Text(64);
    /// The call that a dossier answers.
    Call = "call", Document(Kind::Call);
    /// One of [`STAGES`].
    Stage = "stage", Word(STAGES);
    /// One of [`SECTORS`].
    Sector = "sector", Word(SECTORS);
    /// Where the project happens.
    Territory = "territory", Text(SHORT);
    /// Who accompanies the dossier, as written.
    Coordinator = "coordinator", Text(SHORT);
    /// Months that the project lasts.
    DurationMonths = "duration_months", Number(0, 120);
    /// Direct beneficiaries.
    Beneficiaries = "beneficiaries", Number(0, 100_000_000);
    /// The grant asked for, in cents.
    GrantCents = "grant_cents", Number(0, limit::CENTS_MAX);
    /// The programme of a call.
    Programme = "programme", Text(SHORT);
    /// Last instant to file, milliseconds since 1970.
    ClosesMs = "closes_ms", Number(0, i64::MAX);
    /// The highest grant, in cents.
    GrantMaxCents = "grant_max_cents", Number(0, limit::CENTS_MAX);
    /// The highest share of the grant in the total, in basis points: 7000 is 70 %.
    GrantShareMaxBp = "grant_share_max_bp", Number(0, 10_000);
    /// The highest total budget, in cents.
    TotalMaxCents = "total_max_cents", Number(0, limit::CENTS_MAX);
    /// The day of a slot.
    Day = "day", Day;
    /// When a slot begins, `09:00`, by the clock of the place.
    Starts = "starts", Time;
    /// When a slot ends.
    Ends = "ends", Time;
    /// What a budget line is.
    Label = "label", Text(SHORT);
    /// How many, in whole units: half a month is fifteen days.
    Quantity = "quantity", Number(0, 1_000_000);
    /// What one costs, or brings, in cents of the line's currency.
    UnitCents = "unit_cents", Number(0, limit::CENTS_MAX);
    /// Days after its last half-day for which an event stays on volunteers' phones.
    EventKeepDays = "event_keep_days", Number(1, 3_650);
    /// Hours after which a session on a desktop must be proved anew.
    SessionHours = "session_hours", Number(1, 24 * 30);
    /// Minutes without a touch after which a device locks itself.
    LockMinutes = "lock_minutes", Number(1, 24 * 60);
    /// From which role on a device must have a lock: see `settings::LockFrom`.
    LockFrom = "lock_from", Number(0, 2);
    /// Hours for which an invite lasts when nobody says.
    InviteHours = "invite_hours", Number(1, 24 * 31);
    /// Months after which a person who came to nothing more is due for erasure.
    PersonKeepMonths = "person_keep_months", Number(1, 1_200);
    /// Months for which the law or a funder makes us keep an attendance sheet.
    SheetKeepMonths = "sheet_keep_months", Number(1, 1_200);
    /// Months for which a closed dossier is kept.
    DossierKeepMonths = "dossier_keep_months", Number(1, 1_200);
    /// Days of absence after which a device must be let in anew.
    DeviceAwayDays = "device_away_days", Number(1, 3_650);
    /// Whether the person agreed to be photographed or filmed: one of [`CONSENTS`].
    PhotoConsent = "photo_consent", Word(CONSENTS);
    /// Whether the person agreed to be sent messages: one of [`CONSENTS`].
    MessagesConsent = "messages_consent", Word(CONSENTS);
    /// The organisation's name, as the privacy notice says it: who answers for what is kept.
    HouseName = "house_name", Text(SHORT);
    /// Where people write or call about what is kept of them.
    HouseContact = "house_contact", Text(SHORT);
    /// Kinds of events that the house has beside [`EVENT_KINDS`], one a line.
    HouseEventKinds = "house_event_kinds", Text(LINES);
    /// The heading of an expense: one of [`HEADINGS`] or of the call's own, as written. Of a resource: who gives it.
    Heading = "heading", Text(SHORT);
    /// What a line's quantity counts: days, sacks, nights.
    Unit = "unit", Text(SHORT);
    /// One of [`NATURES`]; empty is money.
    Nature = "nature", Word(NATURES);
    /// One of [`CURRENCIES`]; empty is euros.
    Currency = "currency", Word(CURRENCIES);
    /// Dirhams for one euro, in ten-thousandths: 108,500 is 10.8500.
    RateE4 = "rate_e4", Number(1, 10_000_000);
    /// The day of that rate.
    RateDay = "rate_day", Day;
    /// One of [`FUNDINGS`].
    Funding = "funding", Word(FUNDINGS);
    /// Which paper proves it.
    Proof = "proof", Text(SHORT);
    /// Who gave the time: a first name or an office, in words.
    Volunteer = "volunteer", Text(SHORT);
    /// Hours of volunteers' time, in hundredths: 250 is two and a half.
    HoursE2 = "hours_e2", Number(0, 1_000_000);
    /// What one of those hours is worth, in cents.
    HourCents = "hour_cents", Number(0, 1_000_000);
    /// Whether what is given in kind and in time counts in the total that the call's ceilings look at: one of [`YES_NO`].
    ValorisationCounts = "valorisation_counts", Word(YES_NO);
    /// The highest share of what is given in all expenses, in basis points.
    ValorisationShareMaxBp = "valorisation_share_max_bp", Number(0, 10_000);
    /// The headings that a call wants expenses under, one a line, in their order.
    BudgetHeadings = "budget_headings", Text(LINES);
    /// Where a row stands among the others: rows are sorted by this text.
    Order = "order", Text(64);
    /// Whatever there is to say of a row.
    Detail = "detail", Text(LINES);
    /// The month of a project in which something begins; the first is 1.
    MonthFrom = "month_from", Number(1, 120);
    /// The month in which it ends, itself included.
    MonthTo = "month_to", Number(1, 120);
    /// Who sees to it, in words.
    Responsible = "responsible", Text(SHORT);
    /// One of [`REACHES`].
    Reach = "reach", Word(REACHES);
    /// How many people.
    People = "people", Number(0, 100_000_000);
    /// What a partner brings, in words.
    Contribution = "contribution", Text(SHORT);
    /// The number of a Moroccan association's receipt of declaration (récépissé), as it stands on the paper.
    Receipt = "receipt", Text(SHORT);
    /// The day of that receipt.
    ReceiptDay = "receipt_day", Day;
    /// The partner's ICE.
    Ice = "ice", Ice;
    /// How much of an indicator there is before the project.
    Baseline = "baseline", Number(0, 1_000_000_000);
    /// How much of it there is to be.
    Target = "target", Number(0, 1_000_000_000);
    /// How much of it there was in the end.
    Reached = "reached", Number(0, 1_000_000_000);
    /// From what it is known.
    Source = "source", Text(SHORT);
    /// One of [`LEVELS`].
    Likelihood = "likelihood", Word(LEVELS);
    /// One of [`LEVELS`].
    Severity = "severity", Word(LEVELS);
    /// A goal of sustainable development (ODD), by its number.
    GoalNumber = "goal_number", Number(1, 17);
    /// Whether it is the main one: one of [`YES_NO`].
    MainGoal = "main_goal", Word(YES_NO);
    /// The key of the call's piece that an attachment is.
    Piece = "piece", Text(40);
    /// The day on which a paper was issued.
    Issued = "issued", Day;
    /// The last day on which it counts.
    Expires = "expires", Day;
    /// Who gave it, in words.
    GivenBy = "given_by", Text(SHORT);
    /// The row that this one belongs to: the attachment of a page, the comment that is answered.
    Of = "of", Row;
    /// The blob that holds a page or a file.
    Blob = "blob", Blob;
    /// What the file was called.
    FileName = "file_name", Text(SHORT);
    /// The part of the dossier that is spoken of: `section/context`, `line/4f1b…`, `attachment/4f1b…`; `dossier`, or nothing, is
    /// all of it.
    About = "about", Text(SHORT);
    /// What somebody says.
    Body = "body", Text(LINES);
    /// The accounts that are spoken to, with commas between.
    Mentions = "mentions", Text(LINES);
    /// Whether a thread is closed: one of [`YES_NO`].
    Resolved = "resolved", Word(YES_NO);
    /// Who is to do it: an account, or a name in words.
    AssignedTo = "assigned_to", Text(SHORT);
    /// The day until which something is to be done.
    Due = "due", Day;
    /// Whether it is done: one of [`YES_NO`].
    Done = "done", Word(YES_NO);
    /// How long it took.
    Minutes = "minutes", Number(0, 10_000);
    /// One of [`SUPPORT_KINDS`].
    SupportKind = "support_kind", Word(SUPPORT_KINDS);
    /// Who gave the support, in words.
    By = "by", Text(SHORT);
    /// With whom, in words.
    With = "with", Text(SHORT);
    /// What comes next.
    Next = "next", Text(LINES);
    /// An amount, in cents of euros.
    AmountCents = "amount_cents", Number(0, limit::CENTS_MAX);
    /// What must have happened for it to be paid.
    Trigger = "trigger", Text(SHORT);
    /// The day on which it came.
    Received = "received", Day;
    /// How much came, in cents of euros.
    ReceivedCents = "received_cents", Number(0, limit::CENTS_MAX);
    /// One of [`REPORT_KINDS`].
    ReportKind = "report_kind", Word(REPORT_KINDS);
    /// The day on which it was sent.
    Sent = "sent", Day;
    /// A short name that other documents use, as sections have.
    Key = "key", Text(40);
    /// Whether it must be there: one of [`YES_NO`].
    Required = "required", Word(YES_NO);
    /// One of [`REQUIRED_OF`].
    RequiredOf = "required_of", Word(REQUIRED_OF);
    /// Days for which a paper counts after it was issued; empty is for good.
    ValidDays = "valid_days", Number(1, 36_500);
    /// The most points that a criterion gives.
    Points = "points", Number(0, 1_000);
    /// The published version of its call that a dossier follows (C2).
    CallVersion = "call_version", Row;
    /// One of [`DAC_CODES`].
    DacCode = "dac_code", Word(DAC_CODES);
    /// The day on which a project is to begin: the first of its months does.
    StartDay = "start_day", Day;
    /// First instant to file, milliseconds since 1970.
    OpensMs = "opens_ms", Number(0, i64::MAX);
    /// The zone by whose clocks a call opens and closes: `Europe/Paris`.
    TimeZone = "time_zone", Text(64);
    /// Who may answer a call, in words.
    Eligible = "eligible", Text(LINES);
    /// How old an association must be.
    AgeMinYears = "age_min_years", Number(0, 100);
    /// One of [`OPERATORS`].
    Operator = "operator", Word(OPERATORS);
    /// The sectors that a call is open to, or that an association works in, of [`SECTORS`], with commas between; a call's empty is all.
    Sectors = "sectors", Text(SHORT);
    /// The countries that a call is open to, in words.
    Countries = "countries", Text(SHORT);
    /// What a call does not take, in words.
    Exclusions = "exclusions", Text(LINES);
    /// The lowest total budget, in cents.
    TotalMinCents = "total_min_cents", Number(0, limit::CENTS_MAX);
    /// The shortest that a project may last.
    DurationMinMonths = "duration_min_months", Number(0, 120);
    /// The longest that a project may last.
    DurationMaxMonths = "duration_max_months", Number(0, 120);
    /// How many goals of sustainable development a project may have beside its main one.
    GoalsOtherMax = "goals_other_max", Number(0, 16);
    /// The checks that a call does without: codes as `budget::CheckCode` has them, with commas between.
    ChecksOff = "checks_off", Text(SHORT);
    /// How long a text may be, in characters; 0 or empty is as long as one likes.
    CharsMax = "chars_max", Number(0, limit::SECTION_CHARS_MAX as i64);
    /// The highest share of a heading in all money that is spent, in basis points.
    ShareMaxBp = "share_max_bp", Number(0, 10_000);
    /// Whether a rule is still to be confirmed by whoever gives the call: one of [`YES_NO`].
    ToConfirm = "to_confirm", Word(YES_NO);
    /// The day on which an association signed the convention that makes the house its OPAP.
    OpapDay = "opap_day", Day;
    /// The last day of that convention, where it has one.
    OpapUntil = "opap_until", Day;
    /// Whether a call wants such a convention: one of [`YES_NO`]; empty is yes.
    OpapRequired = "opap_required", Word(YES_NO);
    /// How large the file of a page is, in bytes.
    FileBytes = "file_bytes", Number(1, 100_000_000);
    /// What the funder's portal calls a dossier that was filed there.
    PortalReference = "portal_reference", Text(SHORT);
    /// The day on which it was filed.
    FiledDay = "filed_day", Day;
    /// The day on which the funder decided.
    DecisionDay = "decision_day", Day;
    /// The grant that was decided, in cents.
    GrantedCents = "granted_cents", Number(0, limit::CENTS_MAX);
    /// What the funder said of its decision.
    DecisionRemarks = "decision_remarks", Text(LINES);
    /// The day on which the grant's convention was signed.
    AgreementDay = "agreement_day", Day;
    /// The number of that convention.
    AgreementNumber = "agreement_number", Text(SHORT);
    /// What of a budget line was spent, or came in, in the end: in cents of euros, whatever the line is in.
    SpentCents = "spent_cents", Number(0, limit::CENTS_MAX);
    /// Why that differs from what was planned.
    Difference = "difference", Text(LINES);
    /// From which difference between planned and spent on a call wants a reason, in basis points of what was planned.
    DifferenceBp = "difference_bp", Number(0, 10_000);
    /// The dossier, refused or put off, of which this one is a copy to be filed anew.
    CopiedFrom = "copied_from", Document(Kind::Dossier);
    /// What else an association is called.
    Alias = "alias", Text(SHORT);
    /// SIREN of an association.
    SirenNumber = "siren", Siren;
    /// Its number in the register as it was before 2009.
    OldRnaNumber = "rna_old", OldRna;
    /// The court that keeps the register of an association of Alsace-Moselle.
    Tribunal = "tribunal", Text(SHORT);
    /// The volume of that register.
    Volume = "volume", Text(40);
    /// The folio in that volume.
    Folio = "folio", Text(40);
    /// What an association is for, as the register codes it: its first code.
    ObjectCode = "object_code", Digits(6);
    /// Its second code.
    ObjectCodeOther = "object_code_other", Digits(6);
    /// The day of its last declaration to the register.
    LastDeclared = "last_declared", Day;
    /// The day on which the Journal officiel published it.
    GazetteDay = "gazette_day", Day;
    /// One of [`POSITIONS`].
    Position = "position", Word(POSITIONS);
    /// One of [`GROUPINGS`].
    Grouping = "grouping", Word(GROUPINGS);
    /// One of [`REGISTER_NATURES`].
    RegisterNature = "register_nature", Word(REGISTER_NATURES);
    /// Whether most of the bureau or board are from migration, as the association declares: one of [`YES_NO`].
    MigrationMajority = "migration_majority", Word(YES_NO);
    /// The day of that declaration.
    MajorityDay = "majority_day", Day;
    /// The networks that it is a member of, of [`NETWORKS`], with commas between.
    Networks = "networks", Text(SHORT);
    /// One of [`FUNCTIONS`].
    Function = "function", Word(FUNCTIONS);
    /// The day from which on something is so.
    FromDay = "from_day", Day;
    /// The last day on which it was.
    UntilDay = "until_day", Day;
    /// How well an association is governed, from 0 to [`DIAGNOSIS_MAX`]; so all that follow.
    Governance = "governance", Number(0, DIAGNOSIS_MAX);
    /// How many members there are, and how they take part.
    Membership = "membership", Number(0, DIAGNOSIS_MAX);
    /// Its money and its accounts.
    Finance = "finance", Number(0, DIAGNOSIS_MAX);
    /// How well it plans and leads projects.
    ProjectSkill = "project_skill", Number(0, DIAGNOSIS_MAX);
    /// Those with whom it works.
    Partnerships = "partnerships", Number(0, DIAGNOSIS_MAX);
    /// How it makes itself known.
    Communication = "communication", Number(0, DIAGNOSIS_MAX);
    /// How it takes part in networks.
    NetworkLife = "network_life", Number(0, DIAGNOSIS_MAX);
    /// A bank account in Morocco (RIB).
    Rib = "rib", Digits(24);
    /// Whether the public is told of a granted project, in the IATI file: one of [`YES_NO`].
    Published = "published", Word(YES_NO);
    /// What the organisation is called in the IATI register: `FR-RNA-W133001234`.
    HouseIati = "house_iati", Text(SHORT);
    /// What indicators are to reach, one a line: code, year, number. See `indicators::targets`.
    Targets = "targets", Text(LINES);
    /// Whether what was done was of use to them, says somebody of an event: one of [`OPINIONS`].
    Useful = "useful", Word(OPINIONS);
    /// Whether it was clear to them: one of [`OPINIONS`].
    Clear = "clear", Word(OPINIONS);
    /// Whether they would come again: one of [`OPINIONS`].
    Again = "again", Word(OPINIONS);
}

impl Field {
    /// The fields of a slot.
    pub const SLOT: &'static [Self] = &[Self::Day, Self::Starts, Self::Ends];
    /// The fields of a trainer of an event.
    pub const TRAINER: &'static [Self] = &[Self::Label];
    /// The fields of a budget line.
    pub const LINE: &'static [Self] = &[
        Self::Label,
        Self::Heading,
        Self::Nature,
        Self::Quantity,
        Self::Unit,
        Self::UnitCents,
        Self::Currency,
        Self::RateE4,
        Self::RateDay,
        Self::Funding,
        Self::Proof,
        Self::SpentCents,
        Self::Difference,
    ];
    /// The fields of an entry of the volunteers' log; the label is the task.
    pub const TIME: &'static [Self] = &[Self::Volunteer, Self::Day, Self::Label, Self::HoursE2, Self::HourCents];

    /// The fields of a dossier that follow its way and are no part of what is filed: a visa says nothing about them.
    pub const WAY: &'static [Self] = &[
        Self::Stage,
        Self::Coordinator,
        Self::PortalReference,
        Self::FiledDay,
        Self::DecisionDay,
        Self::GrantedCents,
        Self::DecisionRemarks,
        Self::AgreementDay,
        Self::AgreementNumber,
        Self::Published,
    ];
    /// The fields of a dossier that a copy of it takes over: what the project is, and nothing of what became of it.
    pub const CARRIED: &'static [Self] = &[
        Self::Title,
        Self::Association,
        Self::Call,
        Self::CallVersion,
        Self::DacCode,
        Self::StartDay,
        Self::Sector,
        Self::Territory,
        Self::Coordinator,
        Self::DurationMonths,
        Self::Beneficiaries,
        Self::GrantCents,
    ];

    /// The fields of a kind of document, in the order in which a form shows them.
    #[must_use]
    pub fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Person => &[
                Self::Given,
                Self::Family,
                Self::NameAr,
                Self::Sex,
                Self::AgeBand,
                Self::Association,
                Self::Commune,
                Self::CommuneCode,
                Self::SameAs,
                Self::NoticeRead,
                Self::PhotoConsent,
            ],
            Kind::Contact => &[Self::Person, Self::MessagesConsent],
            Kind::Association => &[
                Self::Title,
                Self::ShortTitle,
                Self::NameAr,
                Self::Alias,
                Self::RnaNumber,
                Self::OldRnaNumber,
                Self::SirenNumber,
                Self::SiretNumber,
                Self::Tribunal,
                Self::Volume,
                Self::Folio,
                Self::Object,
                Self::ObjectCode,
                Self::ObjectCodeOther,
                Self::Address,
                Self::Postcode,
                Self::City,
                Self::CommuneCode,
                Self::Origin,
                Self::Sectors,
                Self::Networks,
                Self::MigrationMajority,
                Self::MajorityDay,
                Self::Founded,
                Self::LastDeclared,
                Self::GazetteDay,
                Self::Position,
                Self::Grouping,
                Self::RegisterNature,
                Self::Dissolved,
                Self::OpapDay,
                Self::OpapUntil,
                Self::SameAssociation,
            ],
            Kind::Event => &[
                Self::Title,
                Self::EventKind,
                Self::Place,
                Self::Address,
                Self::Commune,
                Self::CommuneCode,
                Self::Trainer,
                Self::Capacity,
                Self::Languages,
                Self::Funders,
                Self::ProjectCode,
                Self::Remarks,
                Self::Series,
                Self::BadgeKey,
            ],
            Kind::Dossier => &[
                Self::Title,
                Self::Association,
                Self::Call,
                Self::Stage,
                Self::Sector,
                Self::Territory,
                Self::Coordinator,
                Self::DurationMonths,
                Self::Beneficiaries,
                Self::GrantCents,
                Self::CallVersion,
                Self::DacCode,
                Self::StartDay,
                Self::PortalReference,
                Self::FiledDay,
                Self::DecisionDay,
                Self::GrantedCents,
                Self::DecisionRemarks,
                Self::AgreementDay,
                Self::AgreementNumber,
                Self::CopiedFrom,
                Self::Published,
            ],
            Kind::Call => &[
                Self::Title,
                Self::Programme,
                Self::OpensMs,
                Self::ClosesMs,
                Self::TimeZone,
                Self::Eligible,
                Self::AgeMinYears,
                Self::Operator,
                Self::Sectors,
                Self::Countries,
                Self::Exclusions,
                Self::DurationMinMonths,
                Self::DurationMaxMonths,
                Self::GrantMaxCents,
                Self::GrantShareMaxBp,
                Self::TotalMinCents,
                Self::TotalMaxCents,
                Self::ValorisationCounts,
                Self::ValorisationShareMaxBp,
                Self::HourCents,
                Self::BudgetHeadings,
                Self::ChecksOff,
                Self::GoalsOtherMax,
                Self::OpapRequired,
                Self::DifferenceBp,
            ],
            Kind::Settings => &[
                Self::HouseName,
                Self::HouseContact,
                Self::HouseEventKinds,
                Self::HouseIati,
                Self::Targets,
                Self::EventKeepDays,
                Self::LockFrom,
                Self::LockMinutes,
                Self::SessionHours,
                Self::InviteHours,
                Self::DeviceAwayDays,
                Self::PersonKeepMonths,
                Self::SheetKeepMonths,
                Self::DossierKeepMonths,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::table::Table;

    #[test]
    fn a_field_is_its_number_on_disk_and_its_key_in_json() {
        for (number, (field, key, _)) in (0_u32..).zip(FIELDS) {
            assert_eq!((*field as u32, Field::from_key(key)), (number, Some(*field)), "{key}");
            let disk = postcard::to_allocvec(field).unwrap();
            assert_eq!(disk, postcard::to_allocvec(&number).unwrap());
            assert_eq!(postcard::from_bytes::<Field>(&disk).unwrap(), *field);
            let values = BTreeMap::from([(*field, *field)]);
            let json = serde_json::to_string(&values).unwrap();
            assert_eq!(json, format!(r#"{{"{key}":"{key}"}}"#));
            assert_eq!(serde_json::from_str::<BTreeMap<Field, Field>>(&json).unwrap(), values);
        }
        let beyond = postcard::to_allocvec(&u32::try_from(FIELDS.len()).unwrap()).unwrap();
        assert!(postcard::from_bytes::<Field>(&beyond).is_err());
        assert!(serde_json::from_str::<Field>(r#""givenname""#).is_err());
        assert_eq!(Field::from_key(""), None);
    }

    /// Whoever adds a field or a table to dossiers says here, or in `CARRIED`, whether a copy takes it over.
    #[test]
    fn of_everything_in_a_dossier_it_is_said_whether_a_copy_takes_it_over() {
        let stays = |field| field == Field::CopiedFrom || field != Field::Coordinator && Field::WAY.contains(&field);
        for field in Field::of(Kind::Dossier) {
            assert!(Field::CARRIED.contains(field) != stays(*field), "{field:?}");
        }
        let stays = [Table::Comment, Table::Todo, Table::Support, Table::Instalment, Table::Report];
        for table in Table::of(Kind::Dossier) {
            assert!(Table::CARRIED.contains(&table) != stays.contains(&table), "{table:?}");
        }
    }
}
