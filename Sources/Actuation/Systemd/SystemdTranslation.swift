package import CgroupModel

/// A text for an interface file.
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

    /// Whether it empties a list; an empty list is written as a newline.
    var isEmpty: Bool { text.isEmpty || text == "\n" }

    /// The values in the text; throws if it is malformed.
    var settings: [FileSetting] {
        get throws(ActuationError) {
            let settings = FileSetting.all(in: text, of: file)
            guard settings.isEmpty else { return settings }
            throw ActuationError(
                .usage, "\"\(text)\" is not a value of \(file) that systemd accepts")
        }
    }
}

/// Converts values of interface files into assignments of systemd properties.
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

    /// Returns the assignments for values of files, all of which systemd must keep.
    package func assignments(
        for values: [FileSetting]
    ) throws(ActuationError) -> [SystemdAssignment] {
        var result: [SystemdAssignment] = []
        for value in values {
            for assignment in try assignments(value, beside: values)
            where !result.contains(assignment) {
                result.append(assignment)
            }
        }
        return result
    }

    private func assignments(
        _ setting: FileSetting, beside others: [FileSetting]
    ) throws(ActuationError) -> [SystemdAssignment] {
        guard let property = setting.file.systemd else {
            throw ActuationError(.failed, "systemd has no property for \(setting.file.name)")
        }
        let value: SystemdValue
        switch property.form {
        case .number: value = .u64(try amount(setting.value, setting))
        case .weight:
            let weight = setting.file.coding.value(ofStored: setting.value)
            value = .u64(try amount(weight, setting))
        case .flag: value = .bool(setting.value != .number(0))
        // 0 is systemd's "idle"; all ones is its "not set".
        case .idle: value = setting.value == .number(1) ? .u64(0) : .infinity
        case .mask: value = .bytes(try mask(setting))
        case .perDevice:
            let number = try amount(setting.value, setting)
            value = .deviceU64([SystemdDeviceValue(try device(setting), number)])
        case .quota, .period: return try bandwidth(setting, others)
        }
        return [SystemdAssignment(property.name, value, since: property.since)]
    }

    /// The number of a property; all ones for unlimited.
    private func amount(
        _ value: LimitValue?, _ setting: FileSetting
    ) throws(ActuationError) -> UInt64 {
        if value == .unlimited { return .max }
        guard let number = value?.number else { throw bad(setting) }
        return number
    }

    /// Combines quota and period; one that is not given keeps its current value.
    private func bandwidth(
        _ setting: FileSetting, _ others: [FileSetting]
    ) throws(ActuationError) -> [SystemdAssignment] {
        let rows = ["cpu.max", "cpu.max.period"].compactMap { LimitCatalog.limit(named: $0) }
        let isUnified = rows.contains { $0.v2.contains(setting.file) }
        let names = rows.flatMap { $0.files(unified: isUnified) }.map(\.name)
        let present = names.flatMap { name in
            current(name).map { FileSetting.all(in: $0, of: name) } ?? []
        }
        func half(_ form: UnitProperty.Form) -> FileSetting? {
            (present + others).last { $0.file.systemd?.form == form }
        }
        guard let quota = half(.quota), let period = half(.period),
            let length = period.value.number, length > 0,
            let quotaProperty = quota.file.systemd, let periodProperty = period.file.systemd
        else { throw bad(setting) }
        var perSecond = UInt64.max
        if let number = quota.value.number {
            let (product, overflow) = number.multipliedReportingOverflow(by: 1_000_000)
            guard !overflow else { throw bad(setting) }
            // systemd converts back and truncates; rounding up preserves the quota.
            perSecond = product / length + (product % length == 0 ? 0 : 1)
        }
        return [
            SystemdAssignment(quotaProperty.name, .u64(perSecond), since: quotaProperty.since),
            SystemdAssignment(periodProperty.name, .u64(length), since: periodProperty.since),
        ]
    }

    /// Returns the device file of the setting's disk.
    private func device(_ setting: FileSetting) throws(ActuationError) -> String {
        guard let instance = setting.instance else { throw bad(setting) }
        guard let device = deviceFile(instance) else {
            throw ActuationError(
                .notFound, "no block device \(instance); `lsblk` lists the devices")
        }
        return device
    }

    private func mask(_ setting: FileSetting) throws(ActuationError) -> [UInt8] {
        guard case .text(let text) = setting.value, let list = RangeList(text) else {
            throw bad(setting)
        }
        var mask: [UInt8] = []
        for number in list.numbers {
            while mask.count <= number / 8 { mask.append(0) }
            mask[number / 8] |= 1 << (number % 8)
        }
        return mask
    }

    private func bad(_ setting: FileSetting) -> ActuationError {
        let value = setting.file.coding.text(ofStored: setting.value) ?? "max"
        return ActuationError(
            .usage, "\"\(value)\" is not a value of \(setting.file.name) that systemd accepts")
    }
}
