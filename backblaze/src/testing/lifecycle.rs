pub(super) fn pass(_: &mut super::State) {}

pub(super) fn apply(_: &mut super::State) {}
