//! Every limit has a name here, so that the phone refuses early what the server would refuse.

/// A short text: a name, a title, a place. In characters.
pub const SHORT_CHARS_MAX: usize = 200;
/// A text of a few lines: a reason, a remark, an association's object. In characters.
pub const LINES_CHARS_MAX: usize = 4_000;
/// One section of a dossier. In characters.
pub const SECTION_CHARS_MAX: usize = 60_000;
/// Published versions of one call.
pub const CALL_VERSIONS_MAX: usize = 200;
/// Sections in one dossier or call.
pub const SECTIONS_MAX: usize = 60;
/// Budget lines of one dossier, removed ones included.
pub const LINES_MAX: usize = 1_000;
/// Entries in the volunteers' log of one dossier, removed ones included.
pub const TIME_MAX: usize = 2_000;
/// Moves of one dossier along its stages that are kept in its log.
pub const MOVES_MAX: usize = 500;
/// Visas of one dossier, those that asked for changes included.
pub const VISAS_MAX: usize = 200;
/// Decisions in one document, those taken back too.
pub const DECISIONS_MAX: usize = 5_000;
/// Half-days of one event.
pub const SLOTS_MAX: usize = 60;
/// Trainers of one event, removed ones included.
pub const TRAINERS_MAX: usize = 60;
/// Photos of paper sheets of one event, removed ones included.
pub const PAPERS_MAX: usize = 200;
/// Associations and dossiers that one event is linked to.
pub const LINKS_MAX: usize = 100;
/// Versions of one sheet.
pub const SHEETS_MAX: usize = 100;
/// People without names in one half-day, of one sex and age band.
pub const HEADCOUNT_MAX: i64 = 100_000;
/// People on one roster.
pub const ROSTER_MAX: usize = 5_000;
/// One amount, either way. In cents: ten million euros is far above any programme's ceiling.
pub const CENTS_MAX: i64 = 1_000_000_000;

/// The highest operation counter of a document, deletions counted.
pub const DOCUMENT_OPS_MAX: u64 = 500_000;
/// Changes of a document.
pub const DOCUMENT_CHANGES_MAX: u64 = 50_000;
/// Actors of a document. Each start of a phone's engine is one, and Automerge keeps vector clocks as wide as this.
pub const DOCUMENT_ACTORS_MAX: u64 = 2_000;
/// Heads of a document: one for each phone that wrote since the last merge. The next change of a phone that holds them all
/// builds on each.
pub const DOCUMENT_HEADS_MAX: u64 = 1_024;
/// From this part of one of its limits on, people are told that a document fills up. In percent.
pub const DOCUMENT_NEARLY_FULL_PERCENT: u64 = 80;

/// One change as it travels. In bytes.
pub const CHANGE_BYTES_MAX: usize = 256 * 1024;
/// Characters of a text that is copied in one change: four bytes each are far below what a change may have.
pub const COPIED_CHARS: usize = 30_000;
/// Changes of one document in one exchange.
pub const CHANGES_PER_UPLOAD_MAX: usize = 2_000;
/// Documents in one exchange, either way.
pub const DOCUMENTS_PER_EXCHANGE_MAX: usize = 2_000;
/// An exchange's body as it travels (compressed). In bytes.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// An exchange's body once inflated. In bytes.
pub const FRAME_INFLATED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What one side puts into a page before it says 'more'. In bytes, before compression.
pub const PAGE_BYTES: usize = 512 * 1024;
/// Documents in one page.
pub const PAGE_DOCUMENTS: usize = 500;
/// Documents that the phone keeps parsed, beside the one that is being written.
pub const PARSED_DOCUMENTS_MAX: usize = 48;
/// Documents of which the server tells its version at once, to a device that seeks where the two differ. The rest follow at
/// the next search.
pub const DIFFERING_DOCUMENTS_MAX: usize = 8_000;
/// Decisions of staff about what was set aside that a device remembers.
pub const JUDGED_MAX: usize = 20;
/// Entries of a dossier's history that the page of what happened since shows; a quarter of it where it shows several dossiers.
pub const ACTIVITY_ENTRIES_MAX: usize = 80;
/// Dossiers that one such page shows.
pub const ACTIVITY_DOSSIERS_MAX: usize = 20;
/// Entries of a document's history that one view shows.
pub const HISTORY_ENTRIES_MAX: usize = 200;
/// Changes of one device in which nothing comes between, and of which each comes within this of the one before, are one version
/// in a dossier's history. In milliseconds.
pub const VERSION_GAP_MS: u64 = 15 * 60 * 1000;
/// What comparing texts word by word may cost, in steps; a passage beyond is shown as taken out and put in whole.
pub const WORD_STEPS_MAX: usize = 40_000_000;
