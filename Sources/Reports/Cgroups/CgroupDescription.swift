package import CgroupModel
package import Hierarchy
internal import KernelIO
internal import LiveView

/// The complete description of one cgroup, as text or JSON.
package struct CgroupDescription {
    let snapshot: Snapshot
    let index: Int
    /// The hierarchies of this host; nil for a snapshot of the past, which has no processes.
    let set: HierarchySet?
    /// The inode of the cgroup in each hierarchy; 0 where it does not exist.
    let inodes: [UInt64]
    let identity: CgroupIdentity
    /// The owner of its limits; nil for a captured tree.
    let owner: OwnerReport?
    /// The metrics that this kernel counts without descendants, unlike later kernels.
    let withoutDescendants: Set<MetricID>

    /// Describes the cgroup at an index of a snapshot.
    ///
    /// - Parameters:
    ///   - inodes: The inode of the cgroup in each hierarchy; 0 where it does not exist.
    ///   - owner: The owner of its limits; nil for a captured tree.
    ///   - withoutDescendants: The metrics that this kernel counts without descendants.
    package init(
        snapshot: Snapshot, index: Int, set: HierarchySet, inodes: [UInt64],
        identity: CgroupIdentity, owner: OwnerReport?, withoutDescendants: Set<MetricID>
    ) {
        self.snapshot = snapshot
        self.index = index
        self.set = set
        self.inodes = inodes
        self.identity = identity
        self.owner = owner
        self.withoutDescendants = withoutDescendants
    }

    /// Describes a cgroup of a past snapshot, as far as the snapshot alone can.
    ///
    /// Its processes, its owner and its inodes in each hierarchy are not recorded.
    package init(past snapshot: Snapshot, index: Int) {
        self.snapshot = snapshot
        self.index = index
        set = nil
        inodes = []
        identity = CgroupIdentity(snapshot.cgroups[index].path)
        owner = nil
        withoutDescendants = []
    }

    var path: CgroupPath { snapshot.cgroups[index].path }
    private var isPast: Bool { self.set == nil }

    /// An effective limit, and the cgroup that sets it.
    private struct Effective {
        let name: String
        let text: String
        /// The JSON value; nil if the limit of the cgroup or of an ancestor cannot be read.
        let number: String?
        let from: String?
    }

    /// The limits whose lowest value among the cgroup and its ancestors applies.
    private static let limits: [MetricID] = [.memoryHigh, .memorySwapMax, .pidsMax]

    private var effective: [Effective] {
        var result: [Effective] = []
        if mayApply(.memoryMax), let hidden = hidden(.memoryMax) { result.append(hidden) }
        let memory = snapshot.effectiveMemoryMax(index)
        if result.isEmpty, memory.isKnown, mayApply(.memoryMax) {
            let owner = snapshot.effectiveLimit(index, .memoryMax)
            let from = owner.reading == memory ? owner.from : nil
            result.append(entry(.memoryMax, memory, from))
        }
        for id in Self.limits where mayApply(id) {
            let (reading, from) = snapshot.effectiveLimit(index, id)
            if let hidden = hidden(id) {
                result.append(hidden)
            } else if reading.isKnown {
                result.append(entry(id, reading, from))
            }
        }
        guard mayApply(.cpuMax) else { return result }
        if let hidden = hidden(.cpuMax) {
            result.append(hidden)
        } else if let (cpus, from) = snapshot.effectiveCPUQuota(index) {
            result.append(
                Effective(
                    name: "cpu.max", text: snapshot.humanText(from, MetricCatalog[.cpuMax]),
                    number: DecimalText.fixed(cpus, places: 2),
                    from: snapshot.cgroups[from].path.description))
        } else if snapshot[index, .cpuMax].isKnown {
            result.append(Effective(name: "cpu.max", text: "max", number: "\"max\"", from: nil))
        }
        return result
    }

    /// Whether the limit of the cgroup or of an ancestor may apply to its processes.
    ///
    /// Without a cgroup at the path in a v1 hierarchy, they are in another cgroup there.
    private func mayApply(_ id: MetricID) -> Bool {
        guard let set, let hierarchy = set.legacy(MetricCatalog[id].controller) else { return true }
        return !inodes.indices.contains(hierarchy) || inodes[hierarchy] != 0
    }

    /// Returns a placeholder if the limit of the cgroup or of an ancestor cannot be read; otherwise
    /// nil.
    ///
    /// The lowest of the other limits would be only a guess.
    private func hidden(_ id: MetricID) -> Effective? {
        var place: Int? = index
        while let here = place {
            let reading = snapshot[here, id]
            if !reading.isKnown, reading != .absent, reading != .covered {
                return Effective(
                    name: MetricCatalog[id].name, text: reading.word ?? "malformed", number: nil,
                    from: snapshot.cgroups[here].path.description)
            }
            place = snapshot.cgroups[here].parent
        }
        return nil
    }

    private func entry(_ id: MetricID, _ reading: Reading, _ from: Int?) -> Effective {
        let metric = MetricCatalog[id]
        var json = JSONWriter()
        metric.write(reading, to: &json)
        return Effective(
            name: metric.name, text: metric.humanText(reading),
            number: String(decoding: json.bytes, as: UTF8.self),
            from: from.map { snapshot.cgroups[$0].path.description })
    }

    /// The description as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        snapshot.write(index, to: &json, withTime: isPast, withRates: isPast) { json in
            identity.write(to: &json)
            owner?.write(to: &json)
            if let set { write(inodesIn: set, to: &json) }
            json.object("effective") { json in
                for limit in effective {
                    guard let number = limit.number else { continue }
                    json.key(limit.name)
                    json.literal(number)
                }
            }
            writeAncestors(to: &json)
            if !withoutDescendants.isEmpty {
                json.array("without_descendants") { json in
                    for id in withoutDescendants.sorted() { json.value(MetricCatalog[id].name) }
                }
            }
            if let set { write(processesIn: set, to: &json) }
        }
        json.newline()
        return json.bytes
    }

    private func write(inodesIn set: HierarchySet, to json: inout JSONWriter) {
        json.object("inodes") { json in
            for (hierarchy, inode) in zip(set.hierarchies, inodes) where inode != 0 {
                for key in hierarchy.keys {
                    json.member(key, inode)
                }
            }
        }
    }

    /// The effects of ancestors on the cgroup: throttling, freezing, exceeding memory.high.
    private var ancestors: [(what: String, path: CgroupPath, text: String)] {
        func entry(
            _ what: String, _ place: Int, _ remark: String = ""
        ) -> (what: String, path: CgroupPath, text: String) {
            let path = snapshot.cgroups[place].path
            return (what, path, "\(path)\(remark)")
        }
        let throttlers = snapshot.throttlersEver(of: index).map { place in
            let counts = [MetricID.cpuThrottledPeriods, .cpuPeriods].map {
                MetricCatalog[$0].plainText(snapshot[place, $0])
            }
            return entry("throttled by", place, "  (\(counts.joined(separator: " of ")) periods)")
        }
        let freezer = snapshot.freezer(of: index).map { entry("frozen by", $0) }
        let high = snapshot.ancestorOverHigh(of: index).map {
            entry("over memory.high of", $0)
        }
        return throttlers + [freezer, high].compactMap { $0 }
    }

    /// Writes the ancestors as arrays of paths: `throttled_by`, `frozen_by`, `over_memory_high_of`.
    private func writeAncestors(to json: inout JSONWriter) {
        for (what, entries) in Dictionary(grouping: ancestors, by: \.what).sorted(by: {
            $0.key < $1.key
        }) {
            json.array(String(what.map { $0 == " " || $0 == "." ? "_" : $0 })) { json in
                for entry in entries { json.value(entry.path.description) }
            }
        }
    }

    private func isCovered(in hierarchy: MountedHierarchy) -> Bool {
        do throws(IOError) {
            _ = try hierarchy.open(path)
            return false
        } catch {
            return error.isCovered
        }
    }

    /// The description as text.
    package var text: String {
        var text = "\(path)\n"
        for sentence in identity.sentences { text += "  \(sentence)\n" }
        if let owner { text += "  \(owner.sentence)\n" }
        let hierarchies = set?.hierarchies ?? []
        for (hierarchy, inode) in zip(hierarchies, inodes) where inode != 0 {
            text += "  \(hierarchy.label) inode \(inode)\n"
        }
        for hierarchy in hierarchies where isCovered(in: hierarchy) {
            text += "  \(hierarchy.label): covered by a mount that hides its files\n"
        }
        if isPast {
            text += "  as of \(CivilTime(local: snapshot.wallTime).text)\n"
            text += "  inode \(snapshot.cgroups[index].id.inode)\n"
        }
        let rows = MetricCatalog.all.compactMap { metric -> (Controller, String, String)? in
            let reading = snapshot[index, metric.id]
            // A mount over the cgroup hides all its values; the text has reported that already.
            guard metric.dimension == nil, reading != .absent, reading != .covered else {
                return nil
            }
            return (metric.controller, metric.name, snapshot.humanText(index, metric))
        }
        text += section(
            "Effective limits",
            effective.map { limit in
                (limit.name, limit.text + (limit.from.map { "  (set at \($0))" } ?? ""))
            })
        text += section("Set by cgwarden", owner?.rows ?? [])
        text += section("Ancestors", ancestors.map { ($0.what, $0.text) })
        text += "\nProcesses\n" + (set.map(processes) ?? "  not recorded\n")
        for controller in Controller.allCases {
            let own = rows.filter { $0.0 == controller }.map { ($0.1, $0.2) }
            text += section(controller.rawValue, own + instanceRows(controller))
        }
        return text
    }

    private func instanceRows(_ controller: Controller) -> [(String, String)] {
        let devices = set.map { BlockDevices($0.system) }
        return snapshot.instances(index).compactMap { instance in
            let metric = MetricCatalog[instance.metric]
            guard metric.controller == controller, instance.reading != .covered else { return nil }
            let remark = withoutDescendants.contains(metric.id) ? "  (without descendants)" : ""
            return (
                instance.name { devices?.name($0) }, metric.humanText(instance.reading) + remark
            )
        }
    }

    private func section(_ title: String, _ rows: [(String, String)]) -> String {
        guard !rows.isEmpty else { return "" }
        let width = rows.map { CellWidth.of($0.0) }.max() ?? 0
        let lines = rows.map { name, value in
            "  \(name)\(CellWidth.padding(name, to: width))  \(value)\n"
        }
        return "\n\(title)\n" + lines.joined()
    }
}
