internal import CgroupModel

/// Files whose lines begin with a device number or the name of a resource.
extension FileParser {
    /// `NAME KEY=VALUE …\n`, also `NAME \n`; an unset limit is not listed.
    ///
    /// Linux 5.15 writes the names of devices that have nothing to say without a newline, so that
    /// they pile up before the next device (`7:1 7:0 253:0 rbytes=1 …`) or at the end of the file:
    /// the last name before the first key is the one that counts.
    func nestedKeyed(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var understood = true
        while !cursor.atEnd {
            _ = cursor.takeBlanks()
            if cursor.take(0x0a) { continue }
            var name = takeInstance(&cursor)
            var hasKeys = false
            while true {
                let hasBlank = cursor.takeBlanks()
                if cursor.take(0x0a) { break }
                if cursor.atEnd {
                    // Names alone may end without a newline, but the last one must be complete.
                    understood = understood && isByDevice && hasBlank && !hasKeys
                    break
                }
                let start = cursor.position
                let key = cursor.takeWord()
                if cursor.take(0x3d) {
                    hasKeys = true
                    understood = assigned(key, name, &cursor, &row) && understood
                } else if isByDevice, !hasKeys {
                    cursor.position = start
                    name = takeInstance(&cursor)
                } else {
                    _ = cursor.takeName()
                    understood = false
                }
            }
            understood = understood && name != .odd
            if name == .unnamed { row.skippedRows += 1 }
        }
        return understood
    }

    /// Takes the value of `KEY=VALUE`; false if it is not understood.
    private func assigned(
        _ key: Range<Int>, _ name: RowName, _ cursor: inout ByteCursor, _ row: inout RowWriter
    ) -> Bool {
        guard let field = keys.firstIndex(where: { cursor.matches(key, $0) }) else {
            _ = cursor.takeName()
            return true
        }
        if case .instance(let instance) = name, let reading = cursor.takeReading(rules[field]),
            cursor.isAtBreak
        {
            store(rules[field], instance, reading, &row)
            return true
        }
        skip(rules[field], name, &row)
        _ = cursor.takeName()
        return name == .unnamed
    }

    /// Notes why a value of a row is not stored.
    private func skip(_ field: FieldRule, _ name: RowName, _ row: inout RowWriter) {
        switch name {
        case .instance(let key): spoil(field, key, &row)
        case .unnamed: row.appendOnce(field.metric, .unnamed)
        case .odd: spoil(field, nil, &row)
        }
    }

    /// `NAME VALUE\n` lines; a `default` line is a field of its own.
    func named(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var understood = true
        while !cursor.atEnd {
            if cursor.takeLineEnd() { continue }
            let start = cursor.position
            let isDefault = cursor.matches(cursor.takeName(), Self.defaultName)
            guard let place = keys.firstIndex(where: { $0.isEmpty != isDefault }) else {
                understood = cursor.skipLine() && understood
                continue
            }
            if isDefault {
                understood = lastValue(rules[place], nil, &cursor, &row) && understood
                continue
            }
            cursor.position = start
            let name = takeInstance(&cursor)
            understood = lastValue(rules[place], of: name, &cursor, &row) && understood
        }
        return understood
    }

    /// `MAJ:MIN Operation VALUE\n` lines, and a `Total VALUE\n` over all devices.
    func deviceOperations(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var understood = true
        while !cursor.atEnd {
            if cursor.takeLineEnd() { continue }
            let start = cursor.position
            if cursor.matches(cursor.takeName(), Self.totalName) {
                understood = cursor.skipLine() && understood
                continue
            }
            cursor.position = start
            let name = takeInstance(&cursor)
            _ = cursor.takeBlanks()
            let operation = cursor.takeName()
            if let place = keys.firstIndex(where: { cursor.matches(operation, $0) }) {
                understood = lastValue(rules[place], of: name, &cursor, &row) && understood
            } else {
                understood = cursor.skipLine() && name != .odd && understood
            }
        }
        return understood
    }

    /// Takes the one value that is left of a row; false if it is not understood.
    private func lastValue(
        _ field: FieldRule, of name: RowName, _ cursor: inout ByteCursor, _ row: inout RowWriter
    ) -> Bool {
        if case .instance(let key) = name { return lastValue(field, key, &cursor, &row) }
        skip(field, name, &row)
        if name == .unnamed { row.skippedRows += 1 }
        return cursor.skipLine() && name == .unnamed
    }

    /// What the first word of a row says.
    private enum RowName: Equatable {
        case instance(InstanceKey)
        /// A device that the kernel has no name for, `(unknown)`.
        case unnamed
        /// Something that is no name.
        case odd
    }

    private static let unnamedDevice = Array("(unknown)".utf8)

    /// Takes a device number, or a name that becomes a ``Word``.
    private func takeInstance(_ cursor: inout ByteCursor) -> RowName {
        let start = cursor.position
        guard isByDevice else {
            let name = cursor.copy(cursor.takeName())
            guard !name.isEmpty, let word = Word.intern(name.pathText) else { return .odd }
            return .instance(InstanceKey(rawValue: word))
        }
        if let major = cursor.takeNumber(), major < 1 << 12, cursor.take(0x3a),
            let minor = cursor.takeNumber(), minor < 1 << 20, cursor.atEnd || cursor.isAtBreak
        {
            return .instance(InstanceKey(major: UInt32(major), minor: UInt32(minor)))
        }
        cursor.position = start
        return cursor.matches(cursor.takeName(), Self.unnamedDevice) ? .unnamed : .odd
    }
}
