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
            if cursor.take(0x0a) { continue }
            var key = takeInstance(&cursor)
            var hasKeys = false
            while true {
                let hasBlank = cursor.takeBlanks()
                if cursor.take(0x0a) { break }
                if cursor.atEnd {
                    // A line of names only may end without a newline, but its last name must be
                    // complete.
                    understood = understood && isByDevice && hasBlank && !hasKeys
                    break
                }
                let start = cursor.position
                let name = cursor.takeWord()
                if cursor.take(0x3d) {
                    hasKeys = true
                    understood = assigned(name, key, &cursor, &row) && understood
                } else if isByDevice, !hasKeys {
                    cursor.position = start
                    key = takeInstance(&cursor)
                } else {
                    _ = cursor.takeName()
                    understood = false
                }
            }
            understood = understood && key != nil
        }
        return understood
    }

    /// Parses the value in `KEY=VALUE`; false if it is malformed.
    private func assigned(
        _ name: Range<Int>, _ key: InstanceKey?, _ cursor: inout ByteCursor,
        _ row: inout RowWriter
    ) -> Bool {
        guard let field = keys.firstIndex(where: { cursor.matches(name, $0) }) else {
            _ = cursor.takeName()
            return true
        }
        if let key, let reading = cursor.takeReading(rules[field]), cursor.isAtBreak {
            store(rules[field], key, reading, &row)
            return true
        }
        spoil(rules[field], key, &row)
        _ = cursor.takeName()
        return false
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
            var key: InstanceKey?
            if !isDefault {
                cursor.position = start
                key = takeInstance(&cursor)
            }
            if isDefault || key != nil {
                understood = lastValue(rules[place], key, &cursor, &row) && understood
            } else {
                spoil(rules[place], nil, &row)
                _ = cursor.skipLine()
                understood = false
            }
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
            let key = takeInstance(&cursor)
            _ = cursor.takeBlanks()
            let operation = cursor.takeName()
            let field = keys.firstIndex { cursor.matches(operation, $0) }.map { rules[$0] }
            if let field, key != nil {
                understood = lastValue(field, key, &cursor, &row) && understood
            } else {
                if let field { spoil(field, nil, &row) }
                understood = cursor.skipLine() && key != nil && understood
            }
        }
        return understood
    }

    /// Consumes a device number, or a name that becomes a ``Word``.
    ///
    /// Nil, with the name consumed, if a device number was expected but not found.
    private func takeInstance(_ cursor: inout ByteCursor) -> InstanceKey? {
        let start = cursor.position
        guard isByDevice else {
            let name = cursor.copy(cursor.takeName())
            guard !name.isEmpty, let word = Word.intern(name.pathText) else { return nil }
            return InstanceKey(rawValue: word)
        }
        if let major = cursor.takeNumber(), major < 1 << 12, cursor.take(0x3a),
            let minor = cursor.takeNumber(), minor < 1 << 20, cursor.atEnd || cursor.isAtBreak
        {
            return InstanceKey(major: UInt32(major), minor: UInt32(minor))
        }
        cursor.position = start
        _ = cursor.takeName()
        return nil
    }
}
