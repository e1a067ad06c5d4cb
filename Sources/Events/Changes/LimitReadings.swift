internal import CgroupModel

/// The limits of one cgroup, from a sample or from the text of their files.
struct LimitReadings: Hashable, Sendable {
    /// A difference between two sets of readings.
    struct Change: Hashable, Sendable {
        let limit: String
        /// The disk, page size, interface or resource; nil for a limit with one value.
        let instance: String?
        /// The values as `set` accepts them; nil if unknown.
        let old, new: String?
        /// Whether the old value is unknown and the new one is the initial value of a new cgroup.
        let isInitial: Bool
    }

    private struct Place: Hashable, Comparable {
        let shown: Int
        let key: InstanceKey

        static func < (left: Place, right: Place) -> Bool {
            (left.shown, left.key) < (right.shown, right.key)
        }
    }

    /// The readings in the order of ``ShownLimit/all``; absent for limits with instances.
    private var plain = [Reading](repeating: .absent, count: ShownLimit.all.count)
    private var instances: [Place: Reading] = [:]
    /// Whether a file with instances could not be read.
    private var isPartial = false

    private static let period = ShownLimit.index(of: .cpuMaxPeriod)

    /// Creates readings without any known value.
    init() {}

    /// The columns of ``ShownLimit/all`` in a schema; nil for a limit that is not shown there.
    static func columns(_ schema: Schema) -> [Int?] {
        // On v1, swap alone is the difference of two limits, and the weight is that of the shares.
        let origins: [MetricID: MetricID] = [
            .memorySwapMax: .memoryAndSwapMax, .cpuWeight: .cpuShares,
        ]
        return ShownLimit.all.map { shown in
            let isDerived = origins[shown.metric.id].flatMap(schema.column(of:)) != nil
            return isDerived ? nil : schema.column(of: shown.metric.id)
        }
    }

    /// Takes a row of a sample with the ``columns(_:)`` of its schema.
    init(_ snapshot: Snapshot, _ index: Int, columns: [Int?]) {
        let place = snapshot.cgroups[index].row
        for (shown, column) in columns.enumerated() {
            if let column { plain[shown] = snapshot.reading(place, column: column) }
        }
        for instance in snapshot.instances(index) {
            guard let shown = ShownLimit.index(of: instance.metric) else { continue }
            guard instance.key != .whole else {
                isPartial = isPartial || instance.reading != .absent
                continue
            }
            instances[Place(shown: shown, key: instance.key)] = instance.reading
        }
    }

    /// Keeps the earlier values where a file could not be read.
    mutating func complete(from earlier: LimitReadings) {
        for shown in plain.indices where !plain[shown].isKnown {
            plain[shown] = earlier.plain[shown]
        }
        if isPartial { instances = earlier.instances }
    }

    /// Replaces the values of a file by those in its text.
    ///
    /// Returns false if no metric shows the file's values.
    mutating func replace(file name: String, with text: String) -> Bool {
        let files = LimitCatalog.rows(ofFile: name).map(\.file)
        let affected = ShownLimit.all.indices.filter { shown in
            files.contains { ShownLimit.all[shown].isShown(by: $0) }
        }
        guard !affected.isEmpty else { return false }
        for place in instances.keys where affected.contains(place.shown) && !isPaged(place) {
            instances[place] = ShownLimit.all[place.shown].limit.missing
        }
        let lines = text.split(separator: "\n")
        for line in lines.isEmpty ? [""] : lines {
            for setting in FileSetting.all(in: String(line), of: name) {
                guard
                    let shown = affected.first(where: {
                        ShownLimit.all[$0].isShown(by: setting.file)
                    })
                else { continue }
                take(setting, shown, file: name)
            }
        }
        return true
    }

    private func isPaged(_ place: Place) -> Bool {
        ShownLimit.all[place.shown].limit.dimension == .pageSize
    }

    private mutating func take(_ setting: FileSetting, _ shown: Int, file: String) {
        let reading: Reading? =
            switch setting.value {
            case .unlimited: .unlimited
            case .number(let number): Reading(number)
            case .text(let text): Word.intern(text).map { Reading(UInt64($0)) }
            }
        guard let reading else { return }
        guard let dimension = ShownLimit.all[shown].limit.dimension else {
            plain[shown] = reading
            return
        }
        // A page size has a file of its own: hugetlb.2MB.max.
        let instance =
            dimension == .pageSize
            ? file.split(separator: ".").dropFirst().first.map(String.init) : setting.instance
        guard let key = instance.flatMap({ Self.key($0, dimension) }) else { return }
        instances[Place(shown: shown, key: key)] = reading
    }

    private static func key(_ text: String, _ dimension: Dimension) -> InstanceKey? {
        guard dimension == .device else {
            return Word.intern(text).map { InstanceKey(rawValue: $0) }
        }
        let parts = text.split(separator: ":").compactMap { UInt32($0) }
        return parts.count == 2 ? InstanceKey(major: parts[0], minor: parts[1]) : nil
    }

    /// Returns the limits whose values differ, with the earlier ones as the old values.
    func changes(since earlier: LimitReadings) -> [Change] {
        var changes: [Change] = []
        for shown in plain.indices {
            let old = earlier.plain[shown]
            let new = plain[shown]
            // The same quota with another period is a different number of CPUs.
            guard old != new || Self.isQuota(shown), new.isKnown else { continue }
            add(shown, nil, old, new, earlier, &changes)
        }
        guard instances != earlier.instances else { return changes }
        let places = Set(instances.keys).union(earlier.instances.keys).sorted()
        for place in places where instances[place] != earlier.instances[place] {
            let limit = ShownLimit.all[place.shown].limit
            add(
                place.shown, limit.dimension.map { place.key.text($0) },
                earlier.instances[place] ?? limit.missing, instances[place] ?? limit.missing,
                earlier, &changes)
        }
        return changes
    }

    private static func isQuota(_ shown: Int) -> Bool { ShownLimit.all[shown].metric.id == .cpuMax }

    private func add(
        _ shown: Int, _ instance: String?, _ old: Reading, _ new: Reading,
        _ earlier: LimitReadings, _ changes: inout [Change]
    ) {
        let before = earlier.text(old, shown)
        let after = text(new, shown)
        guard before != after else { return }
        let limit = ShownLimit.all[shown].limit
        changes.append(
            Change(
                limit: limit.name, instance: instance, old: before, new: after,
                isInitial: before == nil && (new == .unlimited || Self.isInitial(new, shown))))
    }

    private func text(_ reading: Reading, _ shown: Int) -> String? {
        guard reading.isKnown else { return nil }
        let limit = ShownLimit.all[shown].limit
        let metric = ShownLimit.all[shown].metric
        let period = Self.period.flatMap { plain[$0].value }
        let value = limit.value(of: reading, from: metric, period: period)
        return value.map(limit.grammar.text) ?? MetricCatalog[metric.id].plainText(reading)
    }

    private static func isInitial(_ reading: Reading, _ shown: Int) -> Bool {
        let one = ShownLimit.all[shown]
        let initial = one.limit.v2.lazy.compactMap(\.initial).first
        guard let initial, let file = one.limit.v2.first else { return false }
        var fresh = LimitReadings()
        _ = fresh.replace(file: file.name, with: initial)
        return fresh.plain[shown] == reading
    }
}
