internal import CgroupModel

/// Parses one kind of interface file.
///
/// It remembers the kernel's line order, so a file with the same keys as the last one needs no
/// lookups.
package struct FileParser: Sendable {
    /// The values to read from the file.
    package let layout: FileLayout
    let columns: FileColumns
    let rules: [FieldRule]
    let keys: [[UInt8]]
    let fieldOf: [[UInt8]: Int]
    var learned = LearnedKeys()
    let isByDevice: Bool
    static let defaultName = Array("default".utf8)
    static let totalName = Array("Total".utf8)
    /// Whether the file is a single record, which is parsed completely or not at all.
    private let isOneRecord: Bool
    /// The key of each node, if it includes the page size from the file name.
    var nodeKeys: [InstanceKey] = []
    private var lastWord: (bytes: [UInt8], reading: Reading) = ([], .absent)

    /// Creates a parser for a layout.
    package init(_ layout: FileLayout, _ columns: FileColumns) {
        self.layout = layout
        rules = layout.fields.map(\.rule)
        keys = layout.fields.map(\.key)
        self.columns = columns
        isOneRecord =
            switch layout.format {
            case .singleValue, .spaceSeparated, .perCPU, .text, .lineCount: true
            case .flatKeyed, .pressure, .nestedKeyed, .named, .deviceOperations, .numa: false
            }
        isByDevice = layout.fields.contains { MetricCatalog[$0.metric].dimension == .device }
        fieldOf = Dictionary(
            layout.fields.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// Stores the values from the last read; see ``parse(_:into:)-(Span<UInt8>,_)``.
    package mutating func parse(_ buffer: borrowing ReadBuffer, into row: inout RowWriter) -> Bool {
        parse(buffer.bytes, into: &row)
    }

    /// Stores the values of a file; false if any part of it is malformed.
    ///
    /// A malformed line makes its own values `malformed`. If it does not name its instance, the
    /// metric as a whole becomes `malformed` (``InstanceKey/whole``). A malformed single-record
    /// file makes all its values `malformed`. Unknown keys are skipped; missing ones stay absent.
    package mutating func parse(_ bytes: Span<UInt8>, into row: inout RowWriter) -> Bool {
        row.beginFile(columns)
        let mark = row.mark
        var cursor = ByteCursor(bytes)
        let understood =
            switch layout.format {
            case .singleValue: single(&cursor, &row)
            case .flatKeyed: flatKeyed(&cursor, &row)
            case .spaceSeparated: spaceSeparated(&cursor, &row)
            case .pressure: pressure(&cursor, &row)
            case .nestedKeyed: nestedKeyed(&cursor, &row)
            case .named: named(&cursor, &row)
            case .deviceOperations: deviceOperations(&cursor, &row)
            case .perCPU: perCPU(&cursor, &row)
            case .numa: numa(&cursor, &row)
            case .text: text(&cursor, &row)
            case .lineCount: lineCount(&cursor, &row)
            }
        if !understood, isOneRecord {
            row.rewind(to: mark)
            row.fail(columns, with: .malformed)
        }
        row.endFile(columns)
        return understood
    }

    func store(
        _ field: FieldRule, _ key: InstanceKey?, _ reading: Reading, _ row: inout RowWriter
    ) {
        if field.column >= 0 {
            if !field.raises || reading.value == 1 { row.set(field.column, reading) }
        } else if let key = key ?? layout.instance {
            row.append(field, key, reading)
        }
    }

    /// Marks a value as malformed; without a key, that of an unknown instance.
    func spoil(_ field: FieldRule, _ key: InstanceKey?, _ row: inout RowWriter) {
        guard field.column < 0 else {
            if field.raises, row.value(field.column).value == 1 { return }
            return row.set(field.column, .malformed)
        }
        guard let key = key ?? layout.instance else {
            return row.appendOnce(field.metric, .malformed)
        }
        row.append(field, key, .malformed)
    }

    /// Parses a blank and the last value of a line.
    ///
    /// If anything else follows, marks the value as malformed, skips the line and returns false.
    func lastValue(
        _ field: FieldRule, _ key: InstanceKey?, _ cursor: inout ByteCursor, _ row: inout RowWriter
    ) -> Bool {
        // A key at the end of the file may be the truncated beginning of another key.
        if cursor.atEnd { return false }
        if cursor.takeBlanks(), let reading = cursor.takeReading(field), cursor.takeLineEnd() {
            store(field, key, reading, &row)
            return true
        }
        spoil(field, key, &row)
        _ = cursor.skipLine()
        return false
    }

    /// Parses `VALUE\n`; several catalog rows may use that value.
    private func single(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        guard let field = rules.first, let reading = cursor.takeReading(field),
            cursor.take(UInt8(ascii: "\n")), cursor.atEnd
        else { return false }
        for field in rules {
            store(field, nil, field.conversion == .shares ? reading.weightOfShares : reading, &row)
        }
        return true
    }

    /// Parses `KEY VALUE\n` lines.
    private mutating func flatKeyed(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var line = 0
        var understood = true
        while !cursor.atEnd {
            let field = key(at: line, &cursor)
            line += 1
            if field >= 0 {
                understood = lastValue(rules[field], nil, &cursor, &row) && understood
            } else {
                understood = cursor.skipLine() && understood
            }
        }
        return understood
    }

    /// Consumes the key of a line and returns its field, -1 for a key that is not needed.
    private mutating func key(at line: Int, _ cursor: inout ByteCursor) -> Int {
        if let field = learned.match(line, &cursor, end: UInt8(ascii: " ")) { return field }
        _ = cursor.takeBlanks()
        let bytes = cursor.copy(cursor.takeName())
        guard !bytes.isEmpty else { return -1 }
        let field = fieldOf[bytes] ?? -1
        learned.learn(line, bytes, field)
        return field
    }

    /// Parses one line of values, whose keys are their positions.
    private func spaceSeparated(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var position = UInt8(ascii: "0")
        while let next = cursor.next, next != UInt8(ascii: "\n") {
            if let field = fieldOf[[position]] {
                guard let reading = cursor.takeReading(rules[field]) else { return false }
                store(rules[field], nil, reading, &row)
            } else {
                _ = cursor.takeName()
            }
            position += 1
            guard position < 0x7f,
                cursor.take(UInt8(ascii: " ")) || cursor.next == UInt8(ascii: "\n")
            else { return false }
        }
        return cursor.take(UInt8(ascii: "\n")) && cursor.atEnd
    }

    /// Parses the whole file as text, without the final newline.
    private mutating func text(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var end = cursor.bytes.count
        if end > 0 {
            guard cursor.bytes[end - 1] == UInt8(ascii: "\n") else { return false }
            end -= 1
        }
        if !cursor.matches(0..<end, lastWord.bytes) || lastWord.reading == .absent {
            let bytes = cursor.copy(0..<end)
            guard let word = Word.intern(bytes.pathText) else { return false }
            lastWord = (bytes, Reading(UInt64(word)))
        }
        for field in rules {
            if field.conversion == .frozenState {
                guard let state = Self.frozenStates[lastWord.bytes] else { return false }
                store(field, nil, Reading(state), &row)
            } else {
                store(field, nil, lastWord.reading, &row)
            }
        }
        return true
    }

    private static let frozenStates: [[UInt8]: UInt64] = [
        Array("THAWED".utf8): 0, Array("FREEZING".utf8): 0, Array("FROZEN".utf8): 1,
    ]
}

extension Reading {
    /// The weight of v1 shares; other rows of the file keep the shares.
    fileprivate var weightOfShares: Reading {
        value.map { Reading(LimitFile.Coding.weight(ofShares: $0)) } ?? self
    }
}
