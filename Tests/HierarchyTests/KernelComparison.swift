import CgroupModel
import Hierarchy
import KernelIO
import TestSupport

extension Sampler {
    /// Samples everything of the scratch cgroups.
    init(
        everythingIn scratch: ScratchHierarchy, continuous: Bool = false, budget: Int? = nil,
        settingsSeconds: UInt64 = 300
    ) throws {
        var configuration = SamplerConfiguration()
        configuration.scope = SampleScope(subtree: scratch.path)
        configuration.isContinuous = continuous
        configuration.descriptorBudget = budget
        configuration.settingsSeconds = settingsSeconds
        let plan = ReadPlan(ReadPlan.metrics(upTo: .detail), on: scratch.set)
        try self.init(plan, on: scratch.set, configuration)
    }
}

extension MountedHierarchy {
    var hasPids: Bool { controllers.contains(.pids) }
    var hasCPUTime: Bool { controllers.contains(.cpuacct) || version == .unified }
}

/// The text of every interface file of the scratch cgroups, read by hand.
struct Files {
    private var texts: [String: String] = [:]

    init(_ scratch: ScratchHierarchy) {
        for name in ["", "busy", "memory", "deep", "deep/er"] {
            for (number, hierarchy) in scratch.set.hierarchies.enumerated() {
                let folder = scratch.directory(hierarchy, Array(name.utf8))
                let entries =
                    (try? OwnedDescriptor.directory(folder).entries(path: folder.pathText)) ?? []
                for entry in entries where !entry.isDirectory {
                    let bytes = try? ReadBuffer.contents(of: folder + [0x2f] + entry.name)
                    guard let bytes else { continue }
                    let path = name.isEmpty ? "\(scratch.path)" : "\(scratch.path)/\(name)"
                    texts["\(number) \(path) \(entry.name.pathText)"] =
                        String(decoding: bytes, as: UTF8.self)
                }
            }
        }
    }

    /// A metric as read directly from the files of a cgroup.
    func values(
        _ metric: Metric, _ source: Source, _ hierarchy: Int, _ path: CgroupPath
    ) -> [String: String] {
        let start = "\(hierarchy) \(path) "
        let parts = source.file.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            return texts[start + source.file].flatMap {
                PlainReading(metric, source).values(in: $0)
            } ?? [:]
        }
        var result: [String: String] = [:]
        for (key, text) in texts where key.hasPrefix(start + parts[0]) && key.hasSuffix(parts[1]) {
            let size = key.dropFirst(start.count + parts[0].count).dropLast(parts[1].count)
            guard !size.contains(".") else { continue }
            for (node, value) in PlainReading(metric, source).values(in: text) ?? [:] {
                result[node.isEmpty ? String(size) : "\(size) N\(node)"] = value
            }
        }
        return result
    }
}

/// A snapshot between two readings by hand.
struct Comparison {
    /// Values that no state of the kernel can explain.
    private(set) var wrong: [String] = []
    /// Gauges that are neither what they were before nor what they were after.
    private(set) var doubtful: Set<String> = []
    private(set) var compared = 0

    init(_ snapshot: Snapshot, _ scratch: ScratchHierarchy, _ before: Files, _ after: Files) {
        let set = scratch.set
        for (index, cgroup) in snapshot.cgroups.enumerated() {
            for metric in MetricCatalog.all {
                guard let (hierarchy, source) = Self.place(metric, set) else { continue }
                let old = before.values(metric, source, hierarchy, cgroup.path)
                let new = after.values(metric, source, hierarchy, cgroup.path)
                let sampled = snapshot.values(index, metric)
                let place = "\(metric.name) of \(cgroup.path)"
                guard Set(old.keys) == Set(sampled.keys) || Set(new.keys) == Set(sampled.keys)
                else {
                    wrong.append("\(place): \(old) became \(sampled)")
                    continue
                }
                for (key, value) in sampled {
                    compared += 1
                    guard let old = old[key], let new = new[key] else { continue }
                    if value == old || value == new { continue }
                    let sentence = "\(place) \(key): \(value) between \(old) and \(new)"
                    if let least = UInt64(old), let most = UInt64(new), let here = UInt64(value),
                        metric.kind == .counter
                    {
                        if !(least...max(least, most)).contains(here) { wrong.append(sentence) }
                    } else if metric.kind == .gauge || metric.kind == .peak {
                        doubtful.insert("\(place) \(key)")
                    } else {
                        wrong.append(sentence)
                    }
                }
            }
        }
    }

    private static func place(_ metric: Metric, _ set: HierarchySet) -> (Int, Source)? {
        let legacy = set.legacy(metric.controller)
        if let legacy {
            // Values without a file on v1 are computed, and checked elsewhere.
            return metric.v1.map { (legacy, $0) }
        }
        if let source = metric.v2 { return set.unified.map { ($0, source) } }
        guard metric.controller == .core, let source = metric.v1 else { return nil }
        let first =
            set.legacy(.memory) ?? set.legacy(.cpu)
            ?? set.hierarchies.firstIndex { $0.version == .legacy }
        return first.map { ($0, source) }
    }
}
