import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO

/// What shells offer behind TAB.
extension CompletionKind {
    /// A cgroup of this machine.
    static let cgroup = CompletionKind.custom { words, index, beginning in
        // The beginning is that of the last word, whichever the cursor is in.
        let isLast = index >= words.count - 1
        func value(_ option: String) -> String? {
            words.firstIndex(of: option).flatMap { words.dropFirst($0 + 1).first }
        }
        var system = value("--root").map { SystemRoot.captured(in: $0) } ?? .live
        system.cgroupRoot = value("--cgroup-root").map { Array($0.utf8) }
        guard let set = try? HierarchySet.discover(system) else { return [] }
        let typed = isLast ? beginning : words[index]
        let shell = CompletionShell.requesting
        return CgroupCompletion(set: set)
            .candidates(OfferedWord.meaning(of: typed, to: shell))
            .compactMap { OfferedWord.text($0, behind: typed, to: shell) }
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
    let set: HierarchySet

    /// One level below a path; without a slash the cgroups of that name wherever they are.
    func candidates(_ typed: String) -> [String] {
        guard !typed.isEmpty else { return children(of: .root).map(\.description) }
        guard let slash = typed.lastIndex(of: "/") else {
            var names: Set<String> = []
            collect(&names, below: .root) { $0.hasPrefix(typed) }
            return names.sorted()
        }
        let parent = CgroupPath(typed: String(typed[..<slash])) { !children(of: $0).isEmpty }
        let beginning = typed[typed.index(after: slash)...]
        let fitting = children(of: parent).filter { $0.name.hasPrefix(beginning) }
        // With something below it is not the end of the word yet.
        let isInner = fitting.count == 1 && !children(of: fitting[0]).isEmpty
        return fitting.map(\.description) + (isInner ? ["\(fitting[0])/"] : [])
    }

    private func collect(
        _ names: inout Set<String>, below parent: CgroupPath, where isWanted: (String) -> Bool
    ) {
        for child in children(of: parent) {
            if isWanted(child.name) { names.insert(child.name) }
            collect(&names, below: child, where: isWanted)
        }
    }

    /// Those of all hierarchies together; none of a cgroup that is not there.
    private func children(of parent: CgroupPath) -> [CgroupPath] {
        let paths = set.hierarchies.flatMap { hierarchy -> [CgroupPath] in
            let entries = try? hierarchy.open(parent).entries(path: parent.description)
            return (entries ?? []).filter(\.isDirectory).map { parent.child($0.name) }
        }
        return Set(paths).sorted()
    }
}
