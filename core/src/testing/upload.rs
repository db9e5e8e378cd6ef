//! Operations whose body is read as it comes.

use std::{io, sync::Arc};

use super::answer::{Answer, Reply};
use crate::http::kinds::Asked;

/// Opens the place that a body goes to.
pub(super) type Begin<S> = Box<dyn Fn(&mut S, &Asked, &[String]) -> Result<Box<dyn Sink<S>>, Answer> + Send + Sync>;

/// A body on its way in.
pub(super) trait Sink<S>: Send {
    fn write(&mut self, chunk: &[u8]) -> io::Result<()>;

    /// What comes of it: of all of it, or of what was there before it broke off.
    fn end(self: Box<Self>, state: &mut S, asked: &Asked, args: &[String], read: io::Result<()>) -> Reply<Answer>;
}

struct Open<W, E> {
    writer: W,
    end: Arc<E>,
}

impl<S, W, E> Sink<S> for Open<W, E>
where
    W: io::Write + Send,
    E: Fn(&mut S, &Asked, &[String], io::Result<W>) -> Reply<Answer> + Send + Sync,
{
    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.writer.write_all(chunk)
    }

    fn end(self: Box<Self>, state: &mut S, asked: &Asked, args: &[String], read: io::Result<()>) -> Reply<Answer> {
        let Self { writer, end } = *self;
        end(state, asked, args, read.map(|()| writer))
    }
}

pub(super) fn begin<S, W: io::Write + Send + 'static>(
    begin: impl Fn(&mut S, &Asked, &[String]) -> Result<W, Answer> + Send + Sync + 'static,
    end: impl Fn(&mut S, &Asked, &[String], io::Result<W>) -> Reply<Answer> + Send + Sync + 'static,
) -> Begin<S> {
    let end = Arc::new(end);
    Box::new(move |state, asked, args| {
        let writer = begin(state, asked, args)?;
        Ok(Box::new(Open { writer, end: end.clone() }))
    })
}
