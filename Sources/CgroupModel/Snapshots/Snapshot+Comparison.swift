extension Snapshot {
    /// Whether a row differs in any of `columns` from a row of another snapshot with the same
    /// ``schema``.
    package func differs(
        _ index: Int, from other: Snapshot, _ otherIndex: Int, in columns: [Int]
    ) -> Bool {
        let place = cgroups[index].row
        let otherPlace = other.cgroups[otherIndex].row
        let values = blocks[place.block].values
        let otherValues = other.blocks[otherPlace.block].values
        let start = place.row * schema.width
        let otherStart = otherPlace.row * schema.width
        for column in columns
        where values[start + column] != otherValues[otherStart + column] {
            return true
        }
        return false
    }

    /// Whether a row has instance values.
    package func hasInstances(_ index: Int) -> Bool {
        let place = cgroups[index].row
        return blocks[place.block].instanceStarts[place.row]
            < blocks[place.block].instanceStarts[place.row + 1]
    }
}
