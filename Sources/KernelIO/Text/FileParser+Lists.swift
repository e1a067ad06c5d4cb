internal import CgroupModel

/// Pressure files, process lists, and files with a value for each CPU or memory node.
extension FileParser {
    /// Parses `some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`.
    mutating func pressure(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var place = 0
        var understood = true
        while !cursor.atEnd {
            if cursor.takeLineEnd() { continue }
            let line = cursor.position
            var isLine = true
            repeat {
                let field = pressureKey(at: place, line: line, &cursor)
                place += 1
                guard cursor.take(UInt8(ascii: "=")) else {
                    isLine = false
                    break
                }
                if field < 0 {
                    _ = cursor.takeName()
                } else if let reading = cursor.takeReading(rules[field]), cursor.isAtBreak {
                    store(rules[field], nil, reading, &row)
                } else {
                    spoil(rules[field], nil, &row)
                    understood = false
                    _ = cursor.takeName()
                }
            } while cursor.next == UInt8(ascii: " ")
            if !isLine || !cursor.takeLineEnd() {
                spoilPressure(line: line, &cursor, &row)
                understood = false
            }
        }
        return understood
    }

    /// Marks the values that a malformed line did not give as malformed, and skips the line.
    private func spoilPressure(line: Int, _ cursor: inout ByteCursor, _ row: inout RowWriter) {
        cursor.position = line
        let share = cursor.copy(cursor.takeWord()) + [UInt8(ascii: ".")]
        for (key, field) in zip(keys, rules) where key.starts(with: share) {
            if field.column >= 0, row.value(field.column) == .absent { spoil(field, nil, &row) }
        }
        _ = cursor.skipLine()
    }

    /// Finds the field of the next key.
    ///
    /// Keys are learned together with the preceding byte, and the first key of a line with its
    /// share: `some avg10`, ` avg60`, `\nfull avg10`. A match is therefore at the same position of
    /// its line.
    private mutating func pressureKey(at place: Int, line: Int, _ cursor: inout ByteCursor) -> Int {
        let isFirst = cursor.position == line
        let start = isFirst ? max(line - 1, 0) : cursor.position
        cursor.position = start
        if let field = learned.match(place, &cursor, end: UInt8(ascii: "=")) { return field }
        cursor.position = line
        let share = cursor.copy(cursor.takeWord())
        if !isFirst { cursor.position = start }
        _ = cursor.take(UInt8(ascii: " "))
        let key = share + [UInt8(ascii: ".")] + cursor.copy(cursor.takeWord())
        let field = fieldOf[key] ?? -1
        learned.learn(place, cursor.copy(start..<cursor.position), field)
        return field
    }

    /// Parses one number for each possible CPU, each followed by a blank.
    func perCPU(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        guard let field = rules.first else { return false }
        var cpu: UInt32 = 0
        while let next = cursor.next, next != UInt8(ascii: "\n") {
            guard let reading = cursor.takeReading(field) else { return false }
            store(field, InstanceKey(rawValue: cpu), reading, &row)
            cpu += 1
            guard cursor.take(UInt8(ascii: " ")) || cursor.next == UInt8(ascii: "\n") else {
                return false
            }
        }
        return cursor.take(UInt8(ascii: "\n")) && cursor.atEnd
    }

    /// Parses `KEY N0=VALUE N1=VALUE\n` (v2) or `KEY=TOTAL N0=VALUE …\n` (v1).
    mutating func numa(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var understood = true
        while !cursor.atEnd {
            let name = cursor.takeWord()
            let field = keys.firstIndex { cursor.matches(name, $0) }.map { rules[$0] }
            guard let field else {
                understood = cursor.skipLine() && understood
                continue
            }
            if nodes(field, &cursor, &row) { continue }
            spoil(field, nil, &row)
            _ = cursor.skipLine()
            understood = false
        }
        return understood
    }

    /// Parses the rest of a line of ``numa(_:_:)`` after its key; false if it is malformed.
    private mutating func nodes(
        _ field: FieldRule, _ cursor: inout ByteCursor, _ row: inout RowWriter
    ) -> Bool {
        if cursor.take(UInt8(ascii: "=")), cursor.takeNumber() == nil { return false }
        while !cursor.takeLineEnd() {
            guard cursor.take(UInt8(ascii: "N")), let node = cursor.takeNumber(), node < 1 << 10,
                cursor.take(UInt8(ascii: "=")), let reading = cursor.takeReading(field),
                cursor.isAtBreak
            else { return false }
            guard let key = key(ofNode: Int(node)) else { return false }
            store(field, key, reading, &row)
        }
        return true
    }

    /// The key of a node: its number, after the page size if the file name contains one (`2MB N0`).
    private mutating func key(ofNode node: Int) -> InstanceKey? {
        guard let size = layout.instance else { return InstanceKey(rawValue: UInt32(node)) }
        while nodeKeys.count <= node {
            let name = "\(size.text(.pageSize)) N\(nodeKeys.count)"
            guard let word = Word.intern(name) else { return nil }
            nodeKeys.append(InstanceKey(rawValue: word))
        }
        return nodeKeys[node]
    }

    /// Counts `PID\n` lines.
    func lineCount(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var count: UInt64 = 0
        while !cursor.atEnd {
            guard cursor.takeNumber() != nil, cursor.take(UInt8(ascii: "\n")) else { return false }
            count += 1
        }
        for field in rules { store(field, nil, Reading(count), &row) }
        return true
    }
}
