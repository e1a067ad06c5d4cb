extension PlacedValue {
    /// Creates the value of a planned write.
    package init(_ write: PlannedWrite) {
        self.init(FileValue(write.cell.file, write.command), in: write.directory)
    }
}
