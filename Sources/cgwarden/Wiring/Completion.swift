import ArgumentParser
import CgroupModel
import Hierarchy

/// What shells offer behind TAB.
extension CompletionKind {
    /// A cgroup of this machine.
    static let cgroup = CompletionKind.custom { words, _, typed in
        let root = words.firstIndex(of: "--root").map { words.index(after: $0) }
        let system = root.flatMap { $0 < words.endIndex ? words[$0] : nil }
            .map { SystemRoot.captured(in: $0) }
        return await CgroupCompletion(system: system ?? .live).candidates(typed)
    }
    /// A file that is YAML, or a directory of them.
    static let yaml = CompletionKind.file(extensions: ["yaml"])
    /// The controllers' names.
    static let controllers = CompletionKind.list(
        Controller.allCases.filter { $0 != .core }.map(\.rawValue))
    /// What `get` prints.
    static let limits = CompletionKind.list(LimitCatalog.all.map(\.name))
    /// What `set` sets.
    static let settings = CompletionKind.list(LimitCatalog.all.map { "\($0.name)=" })
    /// What `stat` prints.
    static let fields = CompletionKind.list(MetricCatalog.all.map(\.name))
}

/// The cgroups that may be meant by what was typed so far.
struct CgroupCompletion {
    let system: SystemRoot

    /// One level below a path; without a slash the cgroups of that name wherever they are.
    func candidates(_ typed: String) async -> [String] {
        guard let slash = typed.lastIndex(of: "/") else {
            let top = typed.isEmpty ? await paths(below: .root, depth: 1) : []
            let names = await paths(below: .root, depth: nil).map(\.name)
            return top.map(\.description)
                + Set(names).filter { !typed.isEmpty && $0.hasPrefix(typed) }.sorted()
        }
        let parent = CgroupPath(String(typed[..<slash]))
        let near = await paths(below: parent, depth: 2)
        let fitting = near.filter {
            $0.parent == parent && $0.description.hasPrefix(typed)
        }
        // With something below it is not the end of the word yet.
        let only = fitting.count == 1 ? fitting.first : nil
        let hasMore = near.contains { $0.parent == only }
        return fitting.map(\.description) + (hasMore ? only.map { ["\($0)/"] } ?? [] : [])
    }

    private func paths(below root: CgroupPath, depth: Int?) async -> [CgroupPath] {
        var configuration = SamplerConfiguration()
        configuration.isContinuous = false
        configuration.scope = SampleScope(subtree: root, depth: depth)
        guard let set = try? HierarchySet.discover(system),
            let sampler = try? Sampler(ReadPlan([MetricID](), on: set), on: set, configuration)
        else { return [] }
        return await sampler.sample().cgroups.map(\.path).filter { $0 != root }
    }
}
