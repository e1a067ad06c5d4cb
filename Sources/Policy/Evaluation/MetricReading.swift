import CgroupModel
import PolicyLanguage

/// Reads one metric of the vocabulary from snapshots.
struct MetricReading: Sendable {
    private enum Way: Sendable {
        case column(Int?, legacy: Int?)
        case instances(InstanceKey?)
        /// A disk, page size or interface that this host does not have.
        case nothing
        case derived(PolicyMetric.Derivation)
    }

    let tier: Tier
    private let metric: MetricID?
    /// The metric that has the value on v1; nil if it is the same one, or if v1 has none.
    private let legacy: MetricID?
    private let isCounter: Bool
    /// The factor from the kernel's unit; 1 for a counter, which is scaled after its rate is taken.
    private let scale: Double
    private var way: Way
    /// The disk that a host metric is restricted to.
    private var disk: InstanceKey?

    /// Whether I/O is on v1 and the root's lines show on which disks v1 counts I/O.
    private let seesLegacyIORoot: Bool

    init(
        _ metric: PolicyMetric, instance: String?, seesLegacyIORoot: Bool = false,
        device: (String) -> InstanceKey?
    ) {
        self.seesLegacyIORoot = seesLegacyIORoot
        isCounter = metric.isCounter
        scale = metric.isCounter ? 1 : metric.scale
        legacy = metric.legacy
        switch metric.source {
        case .derived(let derivation):
            self.metric = nil
            tier = .tick
            disk = instance.flatMap { InstanceKey($0, .device, device: device) }
            way = instance != nil && disk == nil ? .nothing : .derived(derivation)
        case .catalog(let id):
            let row = MetricCatalog[id]
            self.metric = id
            tier = row.tier
            guard let dimension = row.dimension else {
                way = .column(nil, legacy: nil)
                return
            }
            guard let instance else {
                way = .instances(nil)
                return
            }
            let key = InstanceKey(instance, dimension, device: device)
            way = key.map { .instances($0) } ?? .nothing
        }
    }

    /// Looks up the column in a schema.
    mutating func resolve(_ schema: Schema) {
        guard case .column = way, let metric else { return }
        way = .column(
            schema.column(of: metric), legacy: legacy.flatMap { schema.column(of: $0) })
    }

    /// Converts a reading to a number; no limit and no file are "not applicable".
    static func number(_ reading: Reading, _ scale: Double) -> Double {
        if let value = reading.value { return Double(value) * scale }
        return switch reading {
        case .absent: .notApplicable(.noFile)
        case .unlimited: .notApplicable(.noLimit)
        case .unsupported: .notApplicable(.noFeature)
        case .notPermitted: .unknown(.notPermitted)
        case .malformed: .unknown(.malformed)
        case .covered: .unknown(.covered)
        default: .unknown
        }
    }

    /// Returns the value for a cgroup.
    func value(_ input: PolicyInput, _ position: Int, firstSeen: UInt64) -> Double {
        let snapshot = input.snapshot
        switch way {
        case .column(let column, let legacy):
            let value = self.value(snapshot, position, column)
            return value.isNotApplicable && legacy != nil
                ? self.value(snapshot, position, legacy) : value
        case .instances(let key):
            return sum(snapshot, position, key) { Self.number($0.reading, scale) }
        case .derived(let derivation):
            let value = derivation.value(input, position, firstSeen: firstSeen)
            return value.isNaN ? value : value * scale
        case .nothing: return .notApplicable(.noInstance)
        }
    }

    private func value(_ snapshot: Snapshot, _ position: Int, _ column: Int?) -> Double {
        guard let column else { return .notApplicable(.noFile) }
        let place = snapshot.cgroups[position].row
        return Self.number(
            Reading(
                rawValue: snapshot.blocks[place.block].values[
                    place.row * snapshot.schema.width + column]), scale)
    }

    /// Returns the value for the host.
    func value(ofHost input: PolicyInput) -> Double {
        if case .nothing = way { return .notApplicable(.noInstance) }
        guard case .derived(let derivation) = way else {
            guard let root = input.snapshot.index(of: .root) else { return .notApplicable }
            return value(input, root, firstSeen: 0)
        }
        let value = derivation.value(ofHost: input, disk: disk)
        return value.isNaN ? value : value * scale
    }

    /// Returns the growth of a counter since the previous read of its file; unknown after a reset.
    func growth(_ snapshot: Snapshot, _ position: Int) -> Double {
        func difference(_ old: Reading, _ new: Reading) -> Double {
            guard let old = old.value, let new = new.value else { return Self.number(new, 1) }
            return new >= old ? Double(new - old) : .unknown
        }
        switch way {
        case .column:
            guard var metric else { return .notApplicable }
            if let legacy, snapshot[position, metric] == .absent { metric = legacy }
            let (old, new) = (snapshot.previous(position, metric), snapshot[position, metric])
            return old == .absent && new.value != nil ? .unknown : difference(old, new)
        case .instances(let key):
            return sum(snapshot, position, key) {
                $0.previous == .absent ? .unknown : difference($0.previous, $0.reading)
            }
        case .derived, .nothing: return .notApplicable
        }
    }

    private func sum(
        _ snapshot: Snapshot, _ position: Int, _ key: InstanceKey?,
        _ value: (InstanceReading) -> Double
    ) -> Double {
        let place = snapshot.cgroups[position].row
        let starts = snapshot.blocks[place.block].instanceStarts
        var sum = Double.notApplicable
        var reason: Reading?
        for index in starts[place.row]..<starts[place.row + 1] {
            let instance = snapshot.blocks[place.block].instances[index]
            guard instance.metric == metric else { continue }
            if instance.key == .whole { reason = instance.reading }
            guard key == nil ? instance.key != .whole : instance.key == key else { continue }
            let value = value(instance)
            sum = sum.isNotApplicable ? value : sum + value
        }
        // If the file could not be read, the reason is that of the file.
        if sum.isNotApplicable, let reason { return Self.number(reason, 1) }
        guard sum.isNotApplicable, isCounter, snapshot.cgroups[position].controllers.contains(.io),
            let metric, MetricCatalog[metric].controller == .io
        else { return sum.isNotApplicable ? .notApplicable(.noInstance) : sum }
        // A cgroup without I/O so far has no line, which means 0. But v1 may not count I/O on the
        // disk at all: then the root has no line either.
        if seesLegacyIORoot, !hasLine(snapshot, metric, key) { return .notApplicable(.notCounted) }
        return 0
    }

    /// Whether the root cgroup has a line for a disk, or for any disk.
    private func hasLine(_ snapshot: Snapshot, _ metric: MetricID, _ key: InstanceKey?) -> Bool {
        guard let root = snapshot.index(of: .root) else { return true }
        return snapshot.instances(root).contains {
            $0.metric == metric && $0.key != .whole && $0.reading.value != nil
                && (key == nil || $0.key == key)
        }
    }
}

extension InstanceKey {
    /// The instance that a policy names: `8:0`, `/dev/vda`, `2MB`; nil if this host has none.
    init?(_ text: String, _ dimension: Dimension, device: (String) -> InstanceKey?) {
        switch dimension {
        case .device:
            guard let key = InstanceKey(device: text) ?? device(text) else { return nil }
            self = key
        case .cpu, .node:
            guard let index = UInt32(digits: text) else { return nil }
            self.init(rawValue: index)
        case .pageSize, .pageSizeAndNode, .resource, .interface:
            guard let word = Word.intern(text) else { return nil }
            self.init(rawValue: word)
        }
    }
}
