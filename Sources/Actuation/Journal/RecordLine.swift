internal import CgroupModel

/// One line of a journal: a checksum, a verb, and `KEY=VALUE` fields in printable ASCII.
///
///     5f1c6a02 intent seq=1 file=memory.max original=max wanted=104857600
///     0b5d3e77 done seq=1 value=104857600
struct RecordLine {
    let verb: String
    private let fields: [(key: String, value: [UInt8])]

    init(
        _ verb: String, _ texts: KeyValuePairs<String, String>,
        more: [(key: String, value: String)] = [], path: [UInt8]? = nil
    ) {
        self.verb = verb
        self.fields =
            (texts.map { (key: $0.key, value: $0.value) } + more).map {
                (key: $0.key, value: Array($0.value.utf8))
            } + (path.map { [(key: "path", value: $0)] } ?? [])
    }

    /// Parses a line; nil if it is damaged.
    init?(_ line: ArraySlice<UInt8>) {
        guard line.count > 9, line[line.startIndex + 8] == UInt8(ascii: " ") else { return nil }
        let body = line.dropFirst(9)
        guard String(decoding: line.prefix(8), as: UTF8.self) == Self.checksum(body) else {
            return nil
        }
        let words = String(decoding: body, as: UTF8.self).split(separator: " ")
        guard let verb = words.first else { return nil }
        self.verb = String(verb)
        fields = words.dropFirst().compactMap { word in
            guard let equals = word.firstIndex(of: "=") else { return nil }
            let value = word[word.index(after: equals)...]
            return (String(word[..<equals]), PercentText.decoded(value))
        }
    }

    subscript(key: String) -> String? {
        bytes(key).map { String(decoding: $0, as: UTF8.self) }
    }

    func bytes(_ key: String) -> [UInt8]? { fields.first { $0.key == key }?.value }

    func number(_ key: String) -> UInt64? { self[key].flatMap { UInt64($0) } }

    var bytes: [UInt8] {
        let words = [verb] + fields.map { "\($0.key)=\(PercentText.encoded($0.value))" }
        let body = Array(words.joined(separator: " ").utf8)
        return Array("\(Self.checksum(body[...])) ".utf8) + body + [UInt8(ascii: "\n")]
    }

    /// Returns the CRC-32 (IEEE 802.3) as eight hexadecimal digits.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> String {
        hex(Checksum.crc32(bytes), digits: 8)
    }

    private static func hex(_ number: UInt32, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
