//! The calls for projects that come with the program: what the ordinary ones of PRA/OSIM ask for, as far as it is known. Staff take one
//! over, confirm what is uncertain, and publish it. The app reads the same file.

use std::collections::BTreeMap;

use serde::Deserialize;
use shared::{
    edit::Edit,
    field::{Field, Value},
    id::{DocumentId, RowId},
    table::Table,
};

use crate::secret;

const CALLS: &str = include_str!("../../reference/calls.json");

/// A call that can be taken over.
#[derive(Debug, Clone, Deserialize)]
pub struct Model {
    /// Its short name: `micro`, `meso`.
    pub key: String,
    /// Its rules.
    pub fields: BTreeMap<Field, Value>,
    /// Those of them that whoever gives the call has still to confirm.
    pub to_confirm: Vec<Field>,
    /// The rows of its tables, in their order.
    pub rows: BTreeMap<Table, Vec<BTreeMap<Field, Value>>>,
}

/// The ordinary calls of PRA/OSIM: microprojects, mesoprojects.
///
/// # Panics
/// Never: a test reads the file.
#[must_use]
pub fn models() -> Vec<Model> {
    serde_json::from_str(CALLS).expect("the file that comes with the program is read by a test")
}

impl Model {
    /// The edits that begin such a call and publish its first version.
    #[must_use]
    pub fn edits(mut self, call: DocumentId, more: impl IntoIterator<Item = (Field, Value)>) -> Vec<Edit> {
        self.fields.extend(more);
        let mut edits = vec![Edit::CreateCall { call, fields: self.fields, sections: Vec::new() }];
        for (table, rows) in self.rows {
            edits.extend((1_u32..).zip(rows).map(|(n, mut fields)| {
                // Before whatever is added later, in the order of the file.
                fields.insert(Field::Order, Value::Text(format!("{n:012x}")));
                Edit::AddRow { document: call, table, row: RowId(secret::draw()), fields }
            }));
        }
        let doubts = self.to_confirm.into_iter();
        edits.extend(doubts.map(|field| Edit::ConfirmRule { call, field, confirmed: false }));
        edits.push(Edit::PublishCall { call, version: RowId(secret::draw()), note: String::new() });
        edits
    }
}
