//! The bytes of files, with their SHA-1.

pub(super) use howdah_core::testing::contents::Content;
use howdah_core::testing::contents::{self, Hashing};

use crate::sha1::Hasher;

pub(super) type Digest = [u8; 20];
pub(super) type Contents = contents::Contents<Hasher>;
pub(super) type Receiver = contents::Receiver<Hasher>;
pub(super) type Received = contents::Received<Digest>;

impl Hashing for Hasher {
    type Digest = Digest;

    fn update(&mut self, chunk: &[u8]) {
        Self::update(self, chunk);
    }

    fn finish(self) -> Digest {
        self.digest()
    }
}
