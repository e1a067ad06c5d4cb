internal import CgroupModel

/// Understands one kind of interface file; remembers the kernel's line order, so that a file that
/// looks like the last one costs no look-ups.
public struct FileParser: Sendable {
    /// What is taken from the file.
    public let layout: FileLayout
    let columns: FileColumns
    private let rules: [FieldRule]
    private let keys: [[UInt8]]
    private let fieldOf: [[UInt8]: Int]
    private var learned = LearnedKeys()
    private let isByDevice: Bool
    private static let defaultName = Array("default".utf8)
    private static let totalName = Array("Total".utf8)
    private var lastWord: (bytes: [UInt8], reading: Reading) = ([], .absent)

    /// Prepares for a layout.
    public init(_ layout: FileLayout, _ columns: FileColumns) {
        self.layout = layout
        rules = layout.fields.map(\.rule)
        keys = layout.fields.map(\.key)
        self.columns = columns
        isByDevice = layout.fields.contains { MetricCatalog[$0.metric].dimension == .device }
        fieldOf = Dictionary(
            layout.fields.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// Stores the values of what was read last, as ``parse(_:into:)-(Span<UInt8>,_)``.
    public mutating func parse(_ buffer: borrowing ReadBuffer, into row: inout RowWriter) -> Bool {
        parse(buffer.bytes, into: &row)
    }

    /// Stores the values of a file; false, with all of them `malformed`, if a line that should be
    /// known cannot be understood. Unknown keys are skipped, missing ones stay absent.
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
            }
        if !understood {
            row.fail(columns, with: .malformed)
            row.rewind(to: mark)
        }
        row.endFile(columns)
        return understood
    }

    private func store(
        _ field: FieldRule, _ key: InstanceKey?, _ reading: Reading, _ row: inout RowWriter
    ) {
        if field.column >= 0 {
            row.set(field.column, reading)
        } else if let key = key ?? layout.instance {
            row.append(field.metric, key, reading)
        }
    }

    /// `VALUE\n`.
    private func single(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        guard let field = rules.first, let reading = cursor.takeReading(field),
            cursor.take(0x0a), cursor.atEnd
        else { return false }
        store(field, nil, reading, &row)
        return true
    }

    /// `KEY VALUE\n` lines.
    private mutating func flatKeyed(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var line = 0
        while !cursor.atEnd {
            let field = key(at: line, &cursor)
            line += 1
            guard field >= 0 else {
                guard cursor.skipLine() else { return false }
                continue
            }
            guard cursor.take(0x20), let reading = cursor.takeReading(rules[field]),
                cursor.take(0x0a)
            else { return false }
            store(rules[field], nil, reading, &row)
        }
        return true
    }

    /// Takes the key of a line and returns its field, -1 for a key that is not wanted.
    private mutating func key(at line: Int, _ cursor: inout ByteCursor) -> Int {
        if let field = learned.match(line, &cursor, end: 0x20) { return field }
        let bytes = cursor.copy(cursor.takeName())
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
            guard cursor.take(0x20) || cursor.next == 0x0a else { return false }
        }
        return cursor.take(0x0a) && cursor.atEnd
    }

    /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`.
    private mutating func pressure(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var place = 0
        while !cursor.atEnd {
            let line = cursor.position
            repeat {
                _ = cursor.take(0x20)
                let field = pressureKey(at: place, line: line, &cursor)
                place += 1
                guard cursor.take(0x3d) else { return false }
                if field >= 0 {
                    guard let reading = cursor.takeReading(rules[field]) else { return false }
                    store(rules[field], nil, reading, &row)
                } else {
                    _ = cursor.takeName()
                }
            } while cursor.next == 0x20
            guard cursor.take(0x0a) else { return false }
        }
        return true
    }

    /// The first key of a line is learned together with its share: `some avg10`.
    private mutating func pressureKey(at place: Int, line: Int, _ cursor: inout ByteCursor) -> Int {
        if let field = learned.match(place, &cursor, end: 0x3d) { return field }
        let start = cursor.position
        cursor.position = line
        let share = cursor.copy(cursor.takeName())
        cursor.position = start == line ? cursor.position : start
        _ = cursor.take(0x20)
        let key = share + [0x2e] + cursor.copy(cursor.takeWord())
        let field = fieldOf[key] ?? -1
        learned.learn(place, cursor.copy(start..<cursor.position), field)
        return field
    }

    /// `NAME KEY=VALUE …\n`, also `NAME \n`; an unset limit is not listed.
    private func nestedKeyed(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        while !cursor.atEnd {
            guard let key = takeInstance(&cursor) else { return false }
            while cursor.take(0x20) {
                let start = cursor.position
                let name = cursor.takeWord()
                if name.isEmpty, cursor.next == 0x0a { break }
                guard cursor.take(0x3d) else {
                    cursor.position = start
                    _ = cursor.takeName()
                    continue
                }
                if let field = keys.firstIndex(where: { cursor.matches(name, $0) }) {
                    guard let reading = cursor.takeReading(rules[field]) else {
                        return false
                    }
                    store(rules[field], key, reading, &row)
                } else {
                    _ = cursor.takeName()
                }
            }
            guard cursor.take(0x0a) else { return false }
        }
        return true
    }

    /// `NAME VALUE\n` lines; a `default` line is a field of its own.
    private func named(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        while !cursor.atEnd {
            let start = cursor.position
            let name = cursor.takeName()
            if cursor.matches(name, Self.defaultName) {
                guard let place = keys.firstIndex(where: { !$0.isEmpty }) else {
                    guard cursor.skipLine() else { return false }
                    continue
                }
                guard cursor.take(0x20), let reading = cursor.takeReading(rules[place]),
                    cursor.take(0x0a)
                else { return false }
                store(rules[place], nil, reading, &row)
                continue
            }
            cursor.position = start
            guard let place = keys.firstIndex(where: { $0.isEmpty }) else {
                guard cursor.skipLine() else { return false }
                continue
            }
            guard let key = takeInstance(&cursor), cursor.take(0x20),
                let reading = cursor.takeReading(rules[place]), cursor.take(0x0a)
            else { return false }
            store(rules[place], key, reading, &row)
        }
        return true
    }

    /// `MAJ:MIN Operation VALUE\n` lines, and a `Total VALUE\n` over all devices.
    private func deviceOperations(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        while !cursor.atEnd {
            if let next = cursor.next, next &- 0x30 >= 10 {
                guard cursor.matches(cursor.takeName(), Self.totalName), cursor.take(0x20),
                    cursor.takeNumber() != nil, cursor.take(0x0a)
                else { return false }
                continue
            }
            guard let key = takeInstance(&cursor), cursor.take(0x20) else { return false }
            let operation = cursor.takeName()
            guard cursor.take(0x20) else { return false }
            let field = keys.firstIndex { cursor.matches(operation, $0) }
            if let field {
                guard let reading = cursor.takeReading(rules[field]) else { return false }
                store(rules[field], key, reading, &row)
            } else if cursor.takeNumber() == nil {
                return false
            }
            guard cursor.take(0x0a) else { return false }
        }
        return true
    }

    /// One number for each possible CPU, each followed by a blank.
    private func perCPU(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        guard let field = rules.first else { return false }
        var cpu: UInt32 = 0
        while let next = cursor.next, next != 0x0a {
            guard let reading = cursor.takeReading(field) else { return false }
            store(field, InstanceKey(rawValue: cpu), reading, &row)
            cpu += 1
            _ = cursor.take(0x20)
        }
        return cursor.take(0x0a) && cursor.atEnd
    }

    /// `KEY N0=VALUE N1=VALUE\n` (v2), `KEY=TOTAL N0=VALUE …\n` (v1).
    private func numa(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        while !cursor.atEnd {
            let name = cursor.takeWord()
            let field = keys.firstIndex { cursor.matches(name, $0) }.map { rules[$0] }
            if cursor.take(0x3d), cursor.takeNumber() == nil { return false }
            guard let field else {
                guard cursor.skipLine() else { return false }
                continue
            }
            while cursor.take(0x20) {
                guard cursor.take(0x4e), let node = cursor.takeNumber(), node < 1 << 16,
                    cursor.take(0x3d), let reading = cursor.takeReading(field)
                else { return false }
                store(field, InstanceKey(rawValue: UInt32(node)), reading, &row)
            }
            guard cursor.take(0x0a) else { return false }
        }
        return true
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

    /// Takes a device number, or a name that becomes a ``Word``.
    private func takeInstance(_ cursor: inout ByteCursor) -> InstanceKey? {
        guard isByDevice else {
            let name = cursor.copy(cursor.takeName())
            guard !name.isEmpty, let word = Word.intern(name.pathText) else { return nil }
            return InstanceKey(rawValue: word)
        }
        guard let major = cursor.takeNumber(), major < 1 << 12, cursor.take(0x3a),
            let minor = cursor.takeNumber(), minor < 1 << 20
        else { return nil }
        return InstanceKey(major: UInt32(major), minor: UInt32(minor))
    }
}
