//! The engine in the app's worker: a thin coat of JavaScript over [`shared::replica::Replica`].
//!
//! Views and edits cross as JSON, what is stored and sent as bytes. A panic ends the instance: the worker opens another one from
//! what is on disk.

use serde::Serialize;
use shared::{
    edit::Entry,
    json,
    replica::{Batch, Identity, Replica, Sought},
    view::ViewKey,
    wire::Report,
};
use wasm_bindgen::prelude::*;

/// One device's documents.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    replica: Replica,
}

/// What must be written in one step before anything of it may leave the device.
#[wasm_bindgen]
#[derive(Debug)]
pub struct StoredBatch {
    batch: Batch,
}

#[wasm_bindgen]
impl Engine {
    /// Opens what earlier batches left on disk.
    ///
    /// `identity` is the JSON of `Identity`; `nonce` 8 random bytes, fresh at each start; `keys` and `values` everything that was
    /// put and not deleted, in the same order.
    ///
    /// # Errors
    /// A sentence for developers, if an argument is not of that shape.
    pub fn open(
        identity: &str,
        nonce: &[u8],
        keys: Vec<String>,
        values: Vec<js_sys::Uint8Array>,
    ) -> Result<Self, JsError> {
        let identity: Identity = json::read(identity)?;
        let nonce = nonce.try_into()?;
        let stored = keys.into_iter().zip(values.iter().map(js_sys::Uint8Array::to_vec));
        Ok(Self { replica: Replica::open(identity, nonce, stored) })
    }

    /// Works an edit in. `entry` is the JSON of `Entry`. Returns the JSON of `{refusal: string | null}`.
    ///
    /// # Errors
    /// A sentence for developers, if the entry is not of that shape.
    pub fn edit(&mut self, entry: &str) -> Result<String, JsError> {
        #[derive(Serialize)]
        struct Worked {
            refusal: Option<&'static str>,
        }
        let entry: Entry = json::read(entry)?;
        let refusal = self.replica.edit(&entry).err().map(shared::edit::Refusal::code);
        Ok(serde_json::to_string(&Worked { refusal })?)
    }

    /// What must be stored now, if anything.
    pub fn take_batch(&mut self) -> Option<StoredBatch> {
        self.replica.take_batch().map(|batch| StoredBatch { batch })
    }

    /// That the batch of that number is on disk.
    pub fn persisted(&mut self, id: f64) {
        // Numbers of batches stay far below the 53 bits that JavaScript counts with.
        self.replica.persisted(id as u64);
    }

    /// The next frame for the server, or nothing while one is under way. `report` is the JSON of `Report`.
    ///
    /// # Errors
    /// A sentence for developers, if the report is not of that shape.
    pub fn request(&mut self, now_ms: f64, report: &str) -> Result<Option<Vec<u8>>, JsError> {
        let report: Report = json::read(report)?;
        Ok(self.replica.request(now_ms as u64, report))
    }

    /// Takes the server's reply. Returns the JSON of `{again: boolean, level: boolean, forgot: boolean, code: string | null}`.
    ///
    /// # Errors
    /// Never, as that is plain data.
    pub fn response(&mut self, frame: &[u8], now_ms: f64) -> Result<String, JsError> {
        #[derive(Serialize)]
        struct Taken {
            again: bool,
            level: bool,
            forgot: bool,
            code: Option<&'static str>,
        }
        let taken = match self.replica.response(frame, now_ms as u64) {
            Ok(done) => Taken { again: done.again, level: done.level, forgot: done.forgot, code: None },
            Err(error) => Taken { again: false, level: false, forgot: false, code: Some(error.code()) },
        };
        Ok(serde_json::to_string(&taken)?)
    }

    /// That the request under way got no reply.
    pub fn request_failed(&mut self) {
        self.replica.request_failed();
    }

    /// A page wants the view of that key, the JSON of `ViewKey`.
    ///
    /// # Errors
    /// A sentence for developers, if the key is not of that shape.
    pub fn subscribe(&mut self, key: &str) -> Result<(), JsError> {
        self.replica.subscribe(json::read::<ViewKey>(key)?);
        Ok(())
    }

    /// No page wants it any longer.
    ///
    /// # Errors
    /// A sentence for developers, if the key is not of that shape.
    pub fn unsubscribe(&mut self, key: &str) -> Result<(), JsError> {
        self.replica.unsubscribe(&json::read::<ViewKey>(key)?);
        Ok(())
    }

    /// What changed in the wanted views since this was last asked: the JSON of `ViewUpdate[]`.
    ///
    /// # Errors
    /// Never, as views are plain data.
    pub fn updates(&mut self) -> Result<String, JsError> {
        Ok(self.replica.updates()?)
    }

    /// Who may be meant by each of those who are being written down, the JSON of `Sought[]`: the JSON of `KnownPerson[][]`.
    ///
    /// # Errors
    /// A sentence for developers, if they are not of that shape.
    pub fn known(&self, sought: &str) -> Result<String, JsError> {
        let sought: Vec<Sought> = json::read(sought)?;
        Ok(serde_json::to_string(&self.replica.known(&sought))?)
    }

    /// Forgets what is over for longer than the house keeps it on this device. At the start, and once a day.
    pub fn expire(&mut self, now_ms: f64) {
        self.replica.expire(now_ms as u64);
    }

    /// Whether the server has ended this device's access.
    pub fn has_ended(&self) -> bool {
        self.replica.has_ended()
    }

    /// Changes that the server has not acknowledged.
    pub fn unsent(&self) -> usize {
        self.replica.unsent()
    }
}

#[wasm_bindgen]
impl StoredBatch {
    /// Its number, for `persisted`.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> f64 {
        self.batch.id as f64
    }

    /// Keys to write.
    #[wasm_bindgen(getter)]
    pub fn put_keys(&self) -> Vec<String> {
        self.batch.puts.iter().map(|(key, _)| key.clone()).collect()
    }

    /// Their values, in the same order.
    #[wasm_bindgen(getter)]
    pub fn put_values(&self) -> Vec<js_sys::Uint8Array> {
        self.batch.puts.iter().map(|(_, value)| js_sys::Uint8Array::from(&value[..])).collect()
    }

    /// Keys to delete.
    #[wasm_bindgen(getter)]
    pub fn deletes(&self) -> Vec<String> {
        self.batch.deletes.clone()
    }
}
