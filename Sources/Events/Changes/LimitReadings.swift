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
    /// The texts of ``unlisted`` readings: values that were written and are in no sample.
    ///
    /// They are not interned as ``Word``, because a writer of many texts could fill that table.
    private var texts: [Place: String] = [:]
    /// Whether a file with instances could not be read.
    private var isPartial = false

    /// The reading of a value whose text is in ``texts``.
    private static let unlisted = Reading(Reading.largestValue)

    private static let period = ShownLimit.index(of: .cpuMaxPeriod)

    /// Creates readings without any known value.
    init() {}

    /// Reads a row of a sample with the columns of its schema.
    init(_ snapshot: Snapshot, _ index: Int, _ columns: LimitColumns) {
        let place = snapshot.cgroups[index].row
        for (shown, column) in columns.all.enumerated() {
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

    /// Returns the readings with the earlier values where a file could not be read.
    func completed(from earlier: LimitReadings) -> LimitReadings {
        var result = self
        for shown in plain.indices where !plain[shown].isKnown {
            result.plain[shown] = earlier.plain[shown]
            let place = Place(shown: shown, key: .whole)
            result.texts[place] = earlier.texts[place]
        }
        if isPartial {
            result.instances = earlier.instances
            for (place, text) in earlier.texts where place.key != .whole {
                result.texts[place] = text
            }
        }
        return result
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
            texts[place] = nil
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
        var place = Place(shown: shown, key: .whole)
        let dimension = ShownLimit.all[shown].limit.dimension
        if let dimension {
            // A page size has a file of its own: hugetlb.2MB.max.
            let instance =
                dimension == .pageSize
                ? file.split(separator: ".").dropFirst().first.map(String.init) : setting.instance
            guard let key = instance.flatMap({ Self.key($0, dimension) }) else { return }
            place = Place(shown: shown, key: key)
        }
        var text: String?
        let reading: Reading
        switch setting.value {
        case .unlimited: reading = .unlimited
        case .number(let number): reading = Reading(number)
        case .text(let word):
            let known = Word.number(of: word)
            reading = known.map { Reading(UInt64($0)) } ?? Self.unlisted
            if known == nil { text = word }
        }
        texts[place] = text
        if dimension == nil { plain[shown] = reading } else { instances[place] = reading }
    }

    /// Returns the key of an instance; nil for a name that no sample has contained.
    private static func key(_ text: String, _ dimension: Dimension) -> InstanceKey? {
        dimension == .device
            ? InstanceKey(device: text) : Word.number(of: text).map { InstanceKey(rawValue: $0) }
    }

    /// Returns the limits whose values differ from the old values in `earlier`.
    func changes(since earlier: LimitReadings) -> [Change] {
        var changes: [Change] = []
        for shown in plain.indices {
            let old = earlier.plain[shown]
            let new = plain[shown]
            // The same quota with another period is a different number of CPUs.
            guard old != new || new == Self.unlisted || Self.isQuota(shown), new.isKnown else {
                continue
            }
            add(Place(shown: shown, key: .whole), nil, old, new, earlier, &changes)
        }
        guard instances != earlier.instances || texts != earlier.texts else { return changes }
        for place in Set(instances.keys).union(earlier.instances.keys).sorted() {
            let limit = ShownLimit.all[place.shown].limit
            let (old, new) = (earlier.instances[place], instances[place])
            guard old != new || new == Self.unlisted else { continue }
            add(
                place, limit.dimension.map { place.key.text($0) }, old ?? limit.missing,
                new ?? limit.missing, earlier, &changes)
        }
        return changes
    }

    private static func isQuota(_ shown: Int) -> Bool { ShownLimit.all[shown].metric.id == .cpuMax }

    private func add(
        _ place: Place, _ instance: String?, _ old: Reading, _ new: Reading,
        _ earlier: LimitReadings, _ changes: inout [Change]
    ) {
        let before = earlier.text(old, place)
        let after = text(new, place)
        guard before != after else { return }
        let limit = ShownLimit.all[place.shown].limit
        changes.append(
            Change(
                limit: limit.name, instance: instance, old: before, new: after,
                isInitial: before == nil
                    && (new == .unlimited || after == Self.initialText(place.shown))))
    }

    private func text(_ reading: Reading, _ place: Place) -> String? {
        guard reading.isKnown else { return nil }
        let limit = ShownLimit.all[place.shown].limit
        let metric = ShownLimit.all[place.shown].metric
        let period = Self.period.flatMap { plain[$0].value }
        let value =
            texts[place].map { LimitValue.text($0) }
            ?? limit.value(of: reading, from: metric, period: period)
        if let value { return limit.grammar.text(value) }
        let raw = MetricCatalog[metric.id].plainText(reading)
        // A quota gives a number of CPUs only together with its period.
        return Self.isQuota(place.shown) ? limit.text(raw, as: .quota) : raw
    }

    /// The value of a new cgroup; nil if it is unknown.
    private static func initialText(_ shown: Int) -> String? {
        let one = ShownLimit.all[shown]
        let initial = one.limit.v2.lazy.compactMap(\.initial).first
        guard let initial, let file = one.limit.v2.first else { return nil }
        var fresh = LimitReadings()
        _ = fresh.replace(file: file.name, with: initial)
        return fresh.text(fresh.plain[shown], Place(shown: shown, key: .whole))
    }
}
