//! A small provider of notes that the stories in these tests are told with.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::result_large_err)]

use howdah_core::{
    endpoints,
    http::{Api, ApiBuilder, Dialect, Transport},
    testing::{Answer, Fake, World},
};
use serde::{Deserialize, Serialize};

pub static EXAMPLE: Dialect = Dialect::new("example");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub text: String,
}

pub fn note(text: &str) -> Note {
    Note { text: text.into() }
}

endpoints! {
    LIST:   ()   => Vec<Note> = get("/notes");
    READ:   ()   => Note      = get("/notes/{id}");
    ADD:    Note => Note      = post("/notes").status(201);
    SET:    Note => Note      = put("/notes/{id}");
    REMOVE: ()   => ()        = delete("/notes/{id}").status(204);
}

/// What was done at the provider, and the one note it has.
#[derive(Debug, Default, Serialize)]
pub struct Notes {
    pub added: u32,
    pub set: u32,
    pub removed: u32,
    pub read: u32,
    pub there: bool,
}

impl World for Notes {
    fn pass(&mut self, _: jiff::Timestamp) {}
}

pub fn notes() -> Fake<Notes> {
    let there = Notes { there: true, ..Notes::default() };
    Fake::new("example", there)
        .on(&LIST, |notes, [], ()| {
            notes.read += 1;
            Ok(vec![note("one")])
        })
        .on(&READ, |notes, [id], ()| {
            notes.read += 1;
            Ok(note(id))
        })
        .on(&ADD, |notes, [], note: Note| {
            notes.added += 1;
            Ok(note)
        })
        .on(&SET, |notes, [_], note: Note| {
            notes.set += 1;
            Ok(note)
        })
        .on(&REMOVE, |notes, [_], ()| {
            if !std::mem::take(&mut notes.there) {
                return Err(Answer::json(404, serde_json::json!({ "message": "no such note" })));
            }
            notes.removed += 1;
            Ok(())
        })
}

pub fn builder(transport: impl Transport + 'static) -> ApiBuilder {
    Api::builder(&EXAMPLE, "https://api.example.com/v1").transport(transport)
}
