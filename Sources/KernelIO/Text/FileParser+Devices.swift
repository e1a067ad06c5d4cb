internal import CgroupModel

/// Files whose lines begin with a device number or the name of a resource.
extension FileParser {
    /// `NAME KEY=VALUE …\n`, also `NAME \n`; an unset limit is not listed.
    func nestedKeyed(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
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
    func named(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
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
    func deviceOperations(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
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
