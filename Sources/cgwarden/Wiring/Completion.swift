import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO

/// The completions that shells offer.
extension CompletionKind {
    /// The cgroups of this host.
    static let cgroup = CompletionKind.custom { words, index, beginning in
        // `beginning` belongs to the last word, whichever word contains the cursor.
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
    /// YAML files and directories.
    static let yaml = CompletionKind.file(extensions: ["yaml"])
    /// The names of the controllers.
    static let controllers = CompletionKind.list(
        Controller.allCases.filter { $0 != .core }.map(\.rawValue))
    /// The names of the limits, for `get`.
    static let limits = CompletionKind.list(LimitCatalog.all.map(\.name))
    /// The names of the limits with `=`, for `set`.
    static let settings = CompletionKind.list(LimitCatalog.all.map { "\($0.name)=" })
    /// The names of the fields, for `stat`.
    static let fields = CompletionKind.list(MetricCatalog.all.map(\.name))
}

/// The cgroups that match a partly typed word.
struct CgroupCompletion {
    let set: HierarchySet

    /// Returns the children of a path that match; without a slash, all cgroups whose name matches.
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
        // A cgroup with children may not be the end of the word, so offer it with a slash, too.
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

    /// The children in all hierarchies together; none if the cgroup does not exist.
    private func children(of parent: CgroupPath) -> [CgroupPath] {
        let paths = set.hierarchies.flatMap { hierarchy -> [CgroupPath] in
            let entries = try? hierarchy.open(parent).entries(path: parent.description)
            return (entries ?? []).filter(\.isDirectory).map { parent.child($0.name) }
        }
        return Set(paths).sorted()
    }
}
