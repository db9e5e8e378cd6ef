//! The observer before name servers that are as good and as bad as they come.

mod world;

mod apex;
mod comparison;
mod delegation;
mod sockets;
