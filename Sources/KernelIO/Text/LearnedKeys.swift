/// The keys of a file, in the order in which the kernel last wrote them.
///
/// The order is the same in every cgroup. The next key is therefore nearly always the expected one,
/// and a comparison replaces a lookup.
struct LearnedKeys {
    private var bytes: [UInt8] = []
    private var starts = [0]
    private var fields: [Int] = []

    /// Consumes the key at a position in the order if it is the expected one; returns its field.
    mutating func match(_ place: Int, _ cursor: inout ByteCursor, end: UInt8) -> Int? {
        guard place < fields.count else { return nil }
        let start = starts[place]
        let length = starts[place + 1] - start
        let position = cursor.position
        guard position + length < cursor.bytes.count, cursor.bytes[position + length] == end
        else { return nil }
        for offset in 0..<length where cursor.bytes[position + offset] != bytes[start + offset] {
            return nil
        }
        cursor.position = position + length
        return fields[place]
    }

    /// Records the key found at a position, and forgets all later ones.
    mutating func learn(_ place: Int, _ key: [UInt8], _ field: Int) {
        guard place <= fields.count, place < 1024 else { return }
        bytes.removeSubrange(starts[place]..<bytes.count)
        starts.removeSubrange((place + 1)..<starts.count)
        fields.removeSubrange(place..<fields.count)
        bytes += key
        starts.append(bytes.count)
        fields.append(field)
    }
}
