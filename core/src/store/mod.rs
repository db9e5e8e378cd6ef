//! Object stores: Apache's [`object_store`], re-exported, so that what is built on it works with all of them.

pub use object_store;
