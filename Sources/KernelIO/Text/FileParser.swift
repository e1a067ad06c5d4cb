internal import CgroupModel

/// Understands one kind of interface file; remembers the kernel's line order, so that a file that
/// looks like the last one costs no look-ups.
public final class FileParser {
    /// What is taken from the file.
    public let layout: FileLayout
    private let fieldOf: [[UInt8]: Int]
    private var learned: [(key: [UInt8], field: Int)] = []
    private let isByDevice: Bool
    private static let defaultName = Array("default".utf8)
    private static let totalName = Array("Total".utf8)
    private var lastWord: (bytes: [UInt8], reading: Reading) = ([], .absent)

    /// Prepares for a layout.
    public init(_ layout: FileLayout) {
        self.layout = layout
        isByDevice = layout.fields.contains { MetricCatalog[$0.metric].dimension == .device }
        fieldOf = Dictionary(
            layout.fields.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// Stores the values of a file; false, with all of them `malformed`, if a line that should be
    /// known cannot be understood. Unknown keys are skipped, missing ones stay absent.
    public func parse(_ bytes: Span<UInt8>, into row: inout RowWriter) -> Bool {
        row.beginFile(layout)
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
            row.fail(layout, with: .malformed)
            row.rewind(to: mark)
        }
        row.endFile(layout)
        return understood
    }

    private func store(
        _ field: FieldLayout, _ key: InstanceKey?, _ reading: Reading, _ row: inout RowWriter
    ) {
        if let column = field.column {
            row.set(column, reading)
        } else if let key = key ?? layout.instance {
            row.append(field, key, reading)
        }
    }

    /// `VALUE\n`.
    private func single(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        guard let field = layout.fields.first, let reading = cursor.takeReading(field),
            cursor.take(0x0a), cursor.atEnd
        else { return false }
        store(field, nil, reading, &row)
        return true
    }

    /// `KEY VALUE\n` lines.
    private func flatKeyed(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var line = 0
        while !cursor.atEnd {
            let field = key(at: line, &cursor)
            line += 1
            guard field >= 0 else {
                guard cursor.skipLine() else { return false }
                continue
            }
            guard cursor.take(0x20), let reading = cursor.takeReading(layout.fields[field]),
                cursor.take(0x0a)
            else { return false }
            store(layout.fields[field], nil, reading, &row)
        }
        return true
    }

    /// Takes the key of a line and returns its field, -1 for a key that is not wanted.
    private func key(at line: Int, _ cursor: inout ByteCursor) -> Int {
        let start = cursor.position
        if line < learned.count {
            let end = start + learned[line].key.count
            if end < cursor.bytes.count, cursor.bytes[end] == 0x20,
                cursor.matches(start..<end, learned[line].key)
            {
                cursor.position = end
                return learned[line].field
            }
        }
        let word = cursor.takeName()
        let bytes = cursor.copy(word)
        let field = fieldOf[bytes] ?? -1
        if line < learned.count {
            learned[line] = (bytes, field)
        } else if line == learned.count, line < 1024 {
            learned.append((bytes, field))
        }
        return field
    }

    /// One line of values; the key is the position.
    private func spaceSeparated(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var position: UInt8 = 0x30
        while let next = cursor.next, next != 0x0a {
            if let field = fieldOf[[position]] {
                guard let reading = cursor.takeReading(layout.fields[field]) else { return false }
                store(layout.fields[field], nil, reading, &row)
            } else {
                _ = cursor.takeName()
            }
            position += 1
            guard cursor.take(0x20) || cursor.next == 0x0a else { return false }
        }
        return cursor.take(0x0a) && cursor.atEnd
    }

    /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`.
    private func pressure(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var place = 0
        while !cursor.atEnd {
            let share = cursor.takeName()
            while cursor.take(0x20) {
                let name = cursor.takeWord()
                guard cursor.take(0x3d) else { return false }
                if let field = pressureField(place, share, name, cursor) {
                    guard let reading = cursor.takeReading(layout.fields[field]) else {
                        return false
                    }
                    store(layout.fields[field], nil, reading, &row)
                } else {
                    _ = cursor.takeName()
                }
                place += 1
            }
            guard cursor.take(0x0a) else { return false }
        }
        return true
    }

    private func pressureField(
        _ place: Int, _ share: Range<Int>, _ name: Range<Int>, _ cursor: borrowing ByteCursor
    ) -> Int? {
        if place < learned.count {
            let key = learned[place].key
            if key.count == share.count + 1 + name.count,
                zip(key, share).allSatisfy({ $0 == cursor.bytes[$1] }),
                zip(key.suffix(name.count), name).allSatisfy({ $0 == cursor.bytes[$1] })
            {
                return learned[place].field < 0 ? nil : learned[place].field
            }
        }
        let key = cursor.copy(share) + [0x2e] + cursor.copy(name)
        let field = fieldOf[key]
        if place == learned.count { learned.append((key, field ?? -1)) }
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
                if let field = layout.fields.firstIndex(where: { cursor.matches(name, $0.key) }) {
                    guard let reading = cursor.takeReading(layout.fields[field]) else {
                        return false
                    }
                    store(layout.fields[field], key, reading, &row)
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
                guard let field = layout.fields.first(where: { !$0.key.isEmpty }) else {
                    guard cursor.skipLine() else { return false }
                    continue
                }
                guard cursor.take(0x20), let reading = cursor.takeReading(field),
                    cursor.take(0x0a)
                else { return false }
                store(field, nil, reading, &row)
                continue
            }
            cursor.position = start
            guard let field = layout.fields.first(where: { $0.key.isEmpty }) else {
                guard cursor.skipLine() else { return false }
                continue
            }
            guard let key = takeInstance(&cursor), cursor.take(0x20),
                let reading = cursor.takeReading(field), cursor.take(0x0a)
            else { return false }
            store(field, key, reading, &row)
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
            let field = layout.fields.firstIndex { cursor.matches(operation, $0.key) }
            if let field {
                guard let reading = cursor.takeReading(layout.fields[field]) else { return false }
                store(layout.fields[field], key, reading, &row)
            } else if cursor.takeNumber() == nil {
                return false
            }
            guard cursor.take(0x0a) else { return false }
        }
        return true
    }

    /// One number for each possible CPU, each followed by a blank.
    private func perCPU(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        guard let field = layout.fields.first else { return false }
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
            let field = layout.fields.first { cursor.matches(name, $0.key) }
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
    private func text(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
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
        for field in layout.fields {
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
