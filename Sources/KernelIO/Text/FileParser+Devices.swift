internal import CgroupModel

/// Files whose lines begin with a device number or a resource name.
extension FileParser {
    /// Parses `NAME KEY=VALUE …\n` or `NAME \n`; the kernel omits limits that are not set.
    ///
    /// Linux 5.15 writes devices without values but leaves out their newlines. Their names then
    /// precede the next device (`7:1 7:0 253:0 rbytes=1 …`) or end the file. The last name before
    /// the first key is the device of that key.
    func nestedKeyed(_ cursor: inout ByteCursor, _ row: inout RowWriter) -> Bool {
        var understood = true
        while !cursor.atEnd {
            _ = cursor.takeBlanks()
            if cursor.take(UInt8(ascii: "\n")) { continue }
            var name = takeInstance(&cursor)
            var hasKeys = false
            while true {
                let hasBlank = cursor.takeBlanks()
                if cursor.take(UInt8(ascii: "\n")) { break }
                if cursor.atEnd {
                    // A line of names only may end without a newline, but its last name must be
                    // complete.
                    understood = understood && isByDevice && hasBlank && !hasKeys
                    break
                }
                let start = cursor.position
                let key = cursor.takeWord()
                if cursor.take(UInt8(ascii: "=")) {
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

    /// Parses the value in `KEY=VALUE`; false if it is malformed.
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

    /// Records why a value of a row is not stored.
    private func skip(_ field: FieldRule, _ name: RowName, _ row: inout RowWriter) {
        switch name {
        case .instance(let key): spoil(field, key, &row)
        case .unnamed: row.appendOnce(field.metric, .unnamed)
        case .odd: spoil(field, nil, &row)
        }
    }

    /// Parses `NAME VALUE\n` lines; a `default` line is a separate field.
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

    /// Parses `MAJ:MIN Operation VALUE\n` lines; skips the `Total VALUE\n` line over all devices.
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

    /// Parses the last value of a row; false if the row is malformed, true for an unnamed device.
    private func lastValue(
        _ field: FieldRule, of name: RowName, _ cursor: inout ByteCursor, _ row: inout RowWriter
    ) -> Bool {
        if case .instance(let key) = name { return lastValue(field, key, &cursor, &row) }
        skip(field, name, &row)
        if name == .unnamed { row.skippedRows += 1 }
        return cursor.skipLine() && name == .unnamed
    }

    /// The subject of a row, from its first word.
    private enum RowName: Equatable {
        case instance(InstanceKey)
        /// A device without a name, which the kernel writes as `(unknown)`.
        case unnamed
        /// Anything else, which is malformed.
        case odd
    }

    private static let unnamedDevice = Array("(unknown)".utf8)

    /// Consumes a device number, or a name that becomes a ``Word``.
    private func takeInstance(_ cursor: inout ByteCursor) -> RowName {
        let start = cursor.position
        guard isByDevice else {
            let name = cursor.copy(cursor.takeName())
            guard !name.isEmpty, let word = Word.intern(name.pathText) else { return .odd }
            return .instance(InstanceKey(rawValue: word))
        }
        if let major = cursor.takeNumber(), cursor.take(UInt8(ascii: ":")),
            let minor = cursor.takeNumber(), cursor.atEnd || cursor.isAtBreak,
            let key = InstanceKey(device: major, minor)
        {
            return .instance(key)
        }
        cursor.position = start
        return cursor.matches(cursor.takeName(), Self.unnamedDevice) ? .unnamed : .odd
    }
}
