internal import CgroupModel

/// Understands one kind of interface file; remembers the kernel's line order, so that a file that
/// looks like the last one costs no look-ups.
public struct FileParser: Sendable {
    /// What is taken from the file.
    public let layout: FileLayout
    let columns: FileColumns
    let rules: [FieldRule]
    let keys: [[UInt8]]
    let fieldOf: [[UInt8]: Int]
    var learned = LearnedKeys()
    let isByDevice: Bool
    static let defaultName = Array("default".utf8)
    static let totalName = Array("Total".utf8)
    /// Whether the file is one record, of which all or nothing is understood.
    private let isOneRecord: Bool
    /// The keys of the values of each node, where the file's name is a part of them.
    var nodeKeys: [InstanceKey] = []
    private var lastWord: (bytes: [UInt8], reading: Reading) = ([], .absent)

    /// Prepares for a layout.
    public init(_ layout: FileLayout, _ columns: FileColumns) {
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

    /// Stores the values of what was read last, as ``parse(_:into:)-(Span<UInt8>,_)``.
    public mutating func parse(_ buffer: borrowing ReadBuffer, into row: inout RowWriter) -> Bool {
        parse(buffer.bytes, into: &row)
    }

    /// Stores the values of a file; false if a part of it cannot be understood.
    ///
    /// A line that is not understood makes its own values `malformed`, or those of the metric as a
    /// whole (``InstanceKey/whole``) if it does not say which instance it is about. A file that is
    /// one record is `malformed` altogether. Unknown keys are skipped, missing ones stay absent.
    public mutating func parse(_ bytes: Span<UInt8>, into row: inout RowWriter) -> Bool {
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
            row.set(field.column, reading)
        } else if let key = key ?? layout.instance {
            row.append(field, key, reading)
        }
    }

    /// Notes that a value cannot be understood; without a key, that of an unknown instance.
    func spoil(_ field: FieldRule, _ key: InstanceKey?, _ row: inout RowWriter) {
        guard field.column < 0 else { return row.set(field.column, .malformed) }
        guard let key = key ?? layout.instance else {
            return row.appendOnce(field.metric, .malformed)
        }
        row.append(field, key, .malformed)
    }

    /// Takes a blank and the one value that is left of a line; false if there is something else,
    /// which spoils the value and is skipped.
    func lastValue(
        _ field: FieldRule, _ key: InstanceKey?, _ cursor: inout ByteCursor, _ row: inout RowWriter
    ) -> Bool {
        // A key at the end of the file may be cut off, and be the beginning of another one.
        if cursor.atEnd { return false }
        if cursor.takeBlanks(), let reading = cursor.takeReading(field), cursor.takeLineEnd() {
            store(field, key, reading, &row)
            return true
        }
        spoil(field, key, &row)
        _ = cursor.skipLine()
        return false
    }

    /// `VALUE\n`; more than one row may be about that value.
    private func single(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        guard let field = rules.first, let reading = cursor.takeReading(field),
            cursor.take(0x0a), cursor.atEnd
        else { return false }
        for field in rules { store(field, nil, reading, &row) }
        return true
    }

    /// `KEY VALUE\n` lines.
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

    /// Takes the key of a line and returns its field, -1 for a key that is not wanted.
    private mutating func key(at line: Int, _ cursor: inout ByteCursor) -> Int {
        if let field = learned.match(line, &cursor, end: 0x20) { return field }
        _ = cursor.takeBlanks()
        let bytes = cursor.copy(cursor.takeName())
        guard !bytes.isEmpty else { return -1 }
        let field = fieldOf[bytes] ?? -1
        learned.learn(line, bytes, field)
        return field
    }

    /// One line of values; the key is the position.
    private func spaceSeparated(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var position: UInt8 = 0x30
        while let next = cursor.next, next != 0x0a {
            if let field = fieldOf[[position]] {
                guard let reading = cursor.takeReading(rules[field]) else { return false }
                store(rules[field], nil, reading, &row)
            } else {
                _ = cursor.takeName()
            }
            position += 1
            guard position < 0x7f, cursor.take(0x20) || cursor.next == 0x0a else { return false }
        }
        return cursor.take(0x0a) && cursor.atEnd
    }

    /// The whole file, without the last newline.
    private mutating func text(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var end = cursor.bytes.count
        if end > 0 {
            guard cursor.bytes[end - 1] == 0x0a else { return false }
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
