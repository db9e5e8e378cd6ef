#[derive(Debug, Default)]
pub(super) struct Contents;

impl Contents {
    pub(super) fn kept_in(_: &std::path::Path) -> std::io::Result<Self> {
        Ok(Self)
    }
}
