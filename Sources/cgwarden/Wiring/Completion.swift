import ArgumentParser
import CgroupModel
import Events
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
    /// A controller.
    static let controller = CompletionKind.words(controllerNames)
    /// Controllers, separated by commas.
    static let controllers = CompletionKind.commaSeparated(controllerNames)
    /// The names of limits, then those of metrics, for `get`.
    static let values = CompletionKind.words(
        LimitCatalog.all.map(\.name)
            + MetricCatalog.all.map(\.name).filter { LimitCatalog.limit(named: $0) == nil })
    /// Assignments to limits, for `set`.
    static let settings = CompletionKind.words(LimitCatalog.all.map { "\($0.name)=" })
    /// The names of metrics, for `stat`.
    static let fields = CompletionKind.commaSeparated(MetricCatalog.all.map(\.name))
    /// The kinds of events.
    static let eventKinds = CompletionKind.commaSeparated(EventKind.allCases.map(\.rawValue))
    /// A command of this host, then files.
    static let commandLine = CompletionKind.custom { words, index, beginning in
        let typed = index >= words.count - 1 ? beginning : words[index]
        let shell = CompletionShell.requesting
        return CommandLineCompletion(words: words, index: index)
            .candidates(OfferedWord.meaning(of: typed, to: shell))
            .compactMap { OfferedWord.text($0, behind: typed, to: shell) }
    }

    private static let controllerNames = Controller.allCases.filter { $0 != .core }
        .map(\.rawValue)

    /// Completes one of these words.
    ///
    /// The program lists them itself, because the library keeps the words of its own `list` in a
    /// shell variable named after the argument, and zsh rejects names with a dot or `=`.
    static func words(_ words: [String]) -> CompletionKind { .custom { _, _, _ in words } }

    /// Completes a list of these words, separated by commas.
    static func commaSeparated(_ words: [String]) -> CompletionKind {
        .custom { all, index, beginning in
            let typed = index >= all.count - 1 ? beginning : all[index]
            let before = typed.lastIndex(of: ",").map { String(typed[...$0]) } ?? ""
            let taken = before.split(separator: ",").map(String.init)
            return words.filter { !taken.contains($0) }.map { before + $0 }
        }
    }
}

/// The command that `run` starts, and its arguments.
struct CommandLineCompletion {
    /// The words of the command line, starting with `cgwarden`.
    let words: [String]
    /// The word that the cursor is in.
    let index: Int

    /// Returns programs in `PATH` for the first word, and files for a path and for later words.
    func candidates(_ typed: String) -> [String] {
        guard !typed.contains("/"), isFirst else { return files(typed) }
        let folders = Environment.value("PATH")?.split(separator: ":") ?? []
        let names = folders.flatMap { entries(String($0)).filter { !$0.isDirectory }.map(\.name) }
        return Set(names.compactMap { String(validating: $0, as: UTF8.self) })
            .filter { $0.hasPrefix(typed) }.sorted()
    }

    /// Whether the command itself is being typed: after `--`, an option, or an option's value.
    private var isFirst: Bool {
        guard index >= 1, index <= words.count else { return true }
        let before = words[..<index]
        if let end = before.firstIndex(of: "--") { return end == index - 1 }
        guard let last = before.last, let previous = before.dropLast().last else { return true }
        return last == "run" || last.hasPrefix("-")
            || previous.hasPrefix("--") && !previous.contains("=")
    }

    /// Returns matching files, and directories with a trailing slash.
    private func files(_ typed: String) -> [String] {
        let folder = typed.lastIndex(of: "/").map { String(typed[...$0]) } ?? ""
        let beginning = typed.dropFirst(folder.count)
        return entries(folder.isEmpty ? "." : folder).compactMap { entry in
            guard let name = String(validating: entry.name, as: UTF8.self),
                name.hasPrefix(beginning), !name.hasPrefix(".") || beginning.hasPrefix(".")
            else { return nil }
            return folder + name + (entry.isDirectory ? "/" : "")
        }.sorted()
    }

    private func entries(_ folder: String) -> [DirectoryEntry] {
        guard let directory = try? OwnedDescriptor.directory(Array(folder.utf8)) else { return [] }
        return (try? directory.entries(path: folder)) ?? []
    }
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
