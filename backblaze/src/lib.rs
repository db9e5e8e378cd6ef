//! Backblaze.
