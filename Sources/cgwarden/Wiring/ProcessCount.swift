import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO

/// The number of processes in each cgroup, which `top` can show instead of the number of tasks.
struct ProcessCount: Sendable {
    /// The processes that count.
    enum Kind: EnumerableFlag {
        /// Userspace processes.
        case userspace
        /// Userspace processes and kernel threads.
        case all

        static func name(for value: Kind) -> NameSpecification {
            .customShort(value == .userspace ? "P" : "k")
        }

        static func help(for value: Kind) -> ArgumentHelp? {
            value == .userspace
                ? "Count userspace processes instead of tasks."
                : "Count processes and kernel threads instead of tasks."
        }
    }

    private let kind: Kind
    /// Whether the processes of descendants count, too.
    private let isRecursive: Bool
    private let reader: ProcessReader
    private let trees: [MountedHierarchy]

    init(_ kind: Kind, isRecursive: Bool, _ set: HierarchySet) {
        self.kind = kind
        self.isRecursive = isRecursive
        reader = ProcessReader(set.system)
        // The hierarchy that counts tasks comes first; the lists of the others can differ.
        let first = set.legacy(.pids) ?? set.unified
        trees =
            [first].compactMap { $0 }.map { set.hierarchies[$0] }
            + set.hierarchies.indices.filter { $0 != first }.map { set.hierarchies[$0] }
    }

    /// The title of the column, as systemd-cgtop has it.
    var title: String { kind == .userspace ? "Procs" : "Proc+" }

    /// Returns the snapshot with the numbers of processes in place of tasks.
    func counted(_ snapshot: Snapshot) -> Snapshot {
        var counts = snapshot.cgroups.map { count($0.path) }
        if isRecursive {
            // Descendants follow their ancestor.
            for index in counts.indices.reversed() {
                guard let parent = snapshot.cgroups[index].parent, let own = counts[index] else {
                    continue
                }
                counts[parent] = (counts[parent] ?? 0) + own
            }
        }
        return snapshot.replacing(
            .pidsCurrent, with: counts.map { $0.map { Reading(UInt64($0)) } ?? .absent })
    }

    /// The processes in a cgroup alone; nil if they cannot be read.
    private func count(_ path: CgroupPath) -> Int? {
        for tree in trees {
            guard let pids = try? CgroupDirectory(path, in: tree).processes() else { continue }
            guard kind == .userspace else { return pids.count }
            return pids.count { pid in
                // A process outside this PID namespace is listed as 0; it is not a kernel thread.
                pid == 0 || reader.stat(pid).map { !$0.isKernelThread } ?? false
            }
        }
        return nil
    }
}

/// A word for yes or no, as systemd reads it.
struct YesOrNo: ExpressibleByArgument, ExpectedValue {
    static let expected = "'yes' or 'no'"

    let isYes: Bool

    init?(argument: String) {
        switch argument.lowercased() {
        case "yes", "y", "true", "t", "on", "1": isYes = true
        case "no", "n", "false", "f", "off", "0": isYes = false
        default: return nil
        }
    }

    static var defaultCompletionKind: CompletionKind { .words(["yes", "no"]) }
}
