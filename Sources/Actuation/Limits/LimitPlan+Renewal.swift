/// The unchanged values of a plan that expires.
extension LimitPlan {
    /// The indices of the values that are right already because this owner has set them.
    ///
    /// Only they get the expiry of the change: nothing must undo another program's value.
    package func renewable(in journal: UndoJournal) -> Set<Int> {
        Set(
            writes.indices.filter { index in
                let write = writes[index]
                return write.isDone
                    && journal.entry(setting: write.cell, to: write.rawOld, in: write.directory)
                        != nil
            })
    }
}
