/// A value for an interface file.
package struct FileValue: Hashable, Sendable {
    /// The interface file's name.
    package let file: String
    /// The text to write.
    package let text: String

    /// Creates a value from a file's name and the text to write.
    package init(_ file: String, _ text: String) {
        self.file = file
        self.text = text
    }

    /// The text of a list; a newline means an empty list.
    var list: Substring { text == "\n" ? "" : text[...] }
}

/// Converts values for interface files into assignments of systemd properties.
package struct SystemdTranslation: Sendable {
    /// Reads the current text of a file; nil if it cannot be read.
    private let current: @Sendable (String) -> String?
    /// Returns the device file of `MAJOR:MINOR`; nil if the host does not have the device.
    private let deviceFile: @Sendable (String) -> String?

    /// Creates a translation; `current` provides the parts of a value that are not given.
    package init(
        current: @escaping @Sendable (String) -> String?,
        deviceFile: @escaping @Sendable (String) -> String?
    ) {
        self.current = current
        self.deviceFile = deviceFile
    }

    /// Returns the assignments for values of files, all of which must be in ``SystemdFile``.
    package func assignments(
        for values: [FileValue]
    ) throws(ActuationError) -> [SystemdAssignment] {
        var result: [SystemdAssignment] = []
        for value in values {
            guard let row = SystemdFile.behind(value.file) else {
                throw ActuationError(.failed, "systemd has no property for \(value.file)")
            }
            for assignment in try assignments(row, value, beside: values)
            where !result.contains(assignment) {
                result.append(assignment)
            }
        }
        return result
    }

    private func assignments(
        _ row: SystemdFile, _ value: FileValue, beside others: [FileValue]
    ) throws(ActuationError) -> [SystemdAssignment] {
        func single(_ value: SystemdValue) -> [SystemdAssignment] {
            [SystemdAssignment(row.name, value, since: row.since)]
        }
        switch row.form {
        case .number: return single(.u64(try number(value.text, value)))
        case .legacyNumber:
            return single(value.text == "-1" ? .infinity : .u64(try number(value.text, value)))
        case .idle:
            // 0 is systemd's "idle"; all ones is its "not set".
            return single(value.text == "1" ? .u64(0) : .infinity)
        case .flag: return single(.bool(try number(value.text, value) != 0))
        case .weight(let perDevice): return try weight(row, value, perDevice)
        case .bfqWeight:
            let weight = try number(value.text.withoutDefault, value)
            return single(.u64(weight <= 100 ? weight : 100 + (weight - 100) * 11))
        case .quota: return try quota(row, value)
        case .legacyQuota: return try legacyQuota(value, others)
        case .set: return single(.bytes(try mask(value)))
        case .ioLimits: return try ioLimits(row, value)
        case .ioLatency:
            let (device, rest) = try device(value)
            guard rest.count == 1, rest[0].hasPrefix("target=") else { throw bad(value) }
            let target = try number(String(rest[0].dropFirst(7)), value)
            return single(.deviceU64([SystemdDeviceValue(device, target)]))
        case .legacyRate:
            let (device, rest) = try device(value)
            guard rest.count == 1 else { throw bad(value) }
            let rate = try number(rest[0], value)
            return single(.deviceU64([SystemdDeviceValue(device, rate == 0 ? .max : rate)]))
        }
    }

    private func weight(
        _ row: SystemdFile, _ value: FileValue, _ perDevice: String
    ) throws(ActuationError) -> [SystemdAssignment] {
        guard !perDevice.isEmpty, value.text.contains(":") else {
            let weight = try number(value.text.withoutDefault, value)
            return [SystemdAssignment(row.name, .u64(weight), since: row.since)]
        }
        let (device, rest) = try device(value)
        guard rest.count == 1 else { throw bad(value) }
        let weight = SystemdDeviceValue(device, try number(rest[0], value))
        return [SystemdAssignment(perDevice, .deviceU64([weight]), since: row.since)]
    }

    private func quota(
        _ row: SystemdFile, _ value: FileValue
    ) throws(ActuationError) -> [SystemdAssignment] {
        let parts = value.text.split(separator: " ").map(String.init)
        let now = current(value.file)?.split(separator: " ").map(String.init) ?? []
        guard let period = parts.count > 1 ? parts[1] : now.last, !parts.isEmpty else {
            throw bad(value)
        }
        return try quota(parts[0] == "max" ? nil : parts[0], period: period, value)
    }

    /// Combines quota and period, of which only one file may change on v1.
    private func legacyQuota(
        _ value: FileValue, _ others: [FileValue]
    ) throws(ActuationError) -> [SystemdAssignment] {
        func half(_ file: String) -> String? {
            others.last { $0.file == file }?.text ?? current(file)
        }
        guard let quota = half("cpu.cfs_quota_us"), let period = half("cpu.cfs_period_us") else {
            throw bad(value)
        }
        return try self.quota(quota == "-1" ? nil : quota, period: period, value)
    }

    private func quota(
        _ quota: String?, period text: String, _ value: FileValue
    ) throws(ActuationError) -> [SystemdAssignment] {
        let period = try number(text, value)
        guard period > 0 else { throw bad(value) }
        var perSecond = UInt64.max
        if let quota {
            let (product, overflow) = try number(quota, value).multipliedReportingOverflow(
                by: 1_000_000)
            guard !overflow else { throw bad(value) }
            // systemd converts back and truncates; rounding up preserves the quota.
            perSecond = product / period + (product % period == 0 ? 0 : 1)
        }
        return [
            SystemdAssignment("CPUQuotaPerSecUSec", .u64(perSecond), since: 242),
            SystemdAssignment("CPUQuotaPeriodUSec", .u64(period), since: 242),
        ]
    }

    private func ioLimits(
        _ row: SystemdFile, _ value: FileValue
    ) throws(ActuationError) -> [SystemdAssignment] {
        let names = [
            "rbps": "IOReadBandwidthMax", "wbps": "IOWriteBandwidthMax", "riops": "IOReadIOPSMax",
            "wiops": "IOWriteIOPSMax",
        ]
        let (device, rest) = try device(value)
        guard !rest.isEmpty else { throw bad(value) }
        var result: [SystemdAssignment] = []
        for pair in rest {
            let parts = pair.split(separator: "=").map(String.init)
            guard parts.count == 2, let name = names[parts[0]] else { throw bad(value) }
            let limit = SystemdDeviceValue(device, try number(parts[1], value))
            result.append(SystemdAssignment(name, .deviceU64([limit]), since: row.since))
        }
        return result
    }

    /// Returns the device file and the words after `MAJOR:MINOR`.
    private func device(
        _ value: FileValue
    ) throws(ActuationError) -> (device: String, rest: [String]) {
        let words = value.text.split(separator: " ").map(String.init)
        guard let first = words.first, first.contains(":") else { throw bad(value) }
        guard let device = deviceFile(first) else {
            throw ActuationError(
                .notFound, "there is no device \(first) to name to systemd; `lsblk` lists them")
        }
        return (device, Array(words.dropFirst()))
    }

    private func mask(_ value: FileValue) throws(ActuationError) -> [UInt8] {
        var mask: [UInt8] = []
        for range in value.list.split(separator: ",", omittingEmptySubsequences: false)
        where !value.list.isEmpty {
            let ends = range.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let low = ends.first.flatMap({ UInt16($0) }),
                let high = ends.last.flatMap({ UInt16($0) }), low <= high
            else { throw bad(value) }
            for number in Int(low)...Int(high) {
                while mask.count <= number / 8 { mask.append(0) }
                mask[number / 8] |= 1 << (number % 8)
            }
        }
        return mask
    }

    private func number(
        _ text: some StringProtocol, _ value: FileValue
    ) throws(ActuationError) -> UInt64 {
        if text == "max" { return .max }
        guard let number = UInt64(text) else { throw bad(value) }
        return number
    }

    private func bad(_ value: FileValue) -> ActuationError {
        ActuationError(
            .usage, "\"\(value.text)\" is no value for \(value.file) that systemd could be given")
    }
}

extension String {
    fileprivate var withoutDefault: Substring {
        hasPrefix("default ") ? dropFirst(8) : self[...]
    }
}
