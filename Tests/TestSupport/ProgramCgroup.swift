import Foundation
import Synchronization

/// A cgroup that a test makes in the machine's real hierarchies, and removes with all below it.
///
/// Where the hierarchies are is read here anew, so that the program's own discovery is tested.
package final class ProgramCgroup {
    /// A mounted hierarchy of this host.
    package struct Tree: Sendable {
        /// Whether it speaks v2.
        package let isUnified: Bool
        /// The options of a v1 mount: `cpu`, `cpuacct`, `name=systemd`.
        package let options: [String]
        /// The mount point.
        package let mountPoint: String
    }

    /// All trees, from `/proc/self/mountinfo`.
    package static let trees: [Tree] = {
        let text = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let halves = line.components(separatedBy: " - ")
            let left = halves[0].split(separator: " ")
            guard halves.count == 2, left.count > 4 else { return nil }
            let right = halves[1].split(separator: " ")
            guard ["cgroup", "cgroup2"].contains(right[0]) else { return nil }
            let options = right.last?.split(separator: ",").map(String.init) ?? []
            return Tree(
                isUnified: right[0] == "cgroup2", options: options, mountPoint: String(left[4]))
        }
    }()

    /// Whether this process may make cgroups here.
    package static let canBeMade: Bool =
        getuid() == 0 && !trees.isEmpty
        && trees.allSatisfy { FileManager.default.isWritableFile(atPath: $0.mountPoint) }

    private static let serial = Atomic(0)

    /// The path in every tree, as cgwarden names it.
    package let path: String
    private let components: [UInt8]

    /// Makes a cgroup with a fresh name, which ends with `suffix`.
    package convenience init(_ suffix: String = "") throws {
        try self.init(bytes: Array(suffix.utf8))
    }

    /// Makes a cgroup whose name ends with any bytes.
    package init(bytes suffix: [UInt8], below parent: ProgramCgroup? = nil) throws {
        let number = Self.serial.add(1, ordering: .relaxed).newValue
        let name = parent == nil ? Array("cgwarden-test-\(getpid())-\(number)".utf8) : []
        components = (parent?.components ?? []) + [0x2f] + name + suffix
        path = String(decoding: components, as: UTF8.self)
        for tree in Self.trees {
            if let parent, tree.isUnified { parent.passOn(in: tree) }
            let directory = Self.cString(tree, components)
            guard unsafe mkdir(directory, 0o755) == 0 else {
                throw ProgramTrouble("mkdir \(tree.mountPoint)\(path): errno \(errno)")
            }
            // Processes may enter a v1 cpuset only when both are set.
            guard tree.options.contains("cpuset"), path.utf8.elementsEqual(components) else {
                continue
            }
            let above = tree.mountPoint + (parent?.path ?? "")
            for file in ["cpuset.cpus", "cpuset.mems"] {
                let value = try String(contentsOfFile: "\(above)/\(file)", encoding: .utf8)
                try Data(value.utf8).write(
                    to: URL(filePath: "\(tree.mountPoint)\(path)/\(file)"))
            }
        }
    }

    deinit { remove() }

    /// Removes it everywhere; processes in it have to end first.
    package func remove() {
        for tree in Self.trees {
            let directory = Self.cString(tree, components)
            // A process that was just killed may still be leaving.
            try? awaiting("\(path) can be removed", seconds: 20) {
                unsafe rmdir(directory) == 0 || errno == ENOENT
            }
        }
    }

    private static func cString(_ tree: Tree, _ components: [UInt8]) -> [CChar] {
        (Array(tree.mountPoint.utf8) + components + [0]).map { CChar(bitPattern: $0) }
    }

    private func passOn(in tree: Tree) {
        let directory = tree.mountPoint + path
        let text = try? String(contentsOfFile: "\(directory)/cgroup.controllers", encoding: .utf8)
        for controller in (text ?? "").split(whereSeparator: \.isWhitespace) {
            try? Data("+\(controller)".utf8).write(
                to: URL(filePath: "\(directory)/cgroup.subtree_control"))
        }
    }

    /// The directory in the tree that has a controller; nil if no tree has it for this cgroup.
    package func directory(of controller: String) -> String? {
        let legacy = controller == "io" ? "blkio" : controller
        let tree =
            Self.trees.first { !$0.isUnified && $0.options.contains(legacy) }
            ?? Self.trees.first { tree in
                guard tree.isUnified else { return false }
                let listed = try? String(
                    contentsOfFile: "\(tree.mountPoint)\(path)/cgroup.controllers", encoding: .utf8)
                return listed?.split(whereSeparator: \.isWhitespace).contains { $0 == controller }
                    ?? false
            }
        return tree.map { $0.mountPoint + path }
    }

    /// The directories in all trees.
    package var directories: [String] { Self.trees.map { $0.mountPoint + path } }

    /// Starts a shell script as a member; it says that it is ready with a line on its output.
    package func start(_ script: String, _ arguments: [String] = []) throws -> ProgramRun {
        let join =
            "for place in \(directories.map { "'\($0)'" }.joined(separator: " ")); do "
            + "echo $$ >\"$place/cgroup.procs\" || exit 9; done; "
        let member = try ProgramRun("sh", ["-c", join + script, "sh"] + arguments, input: nil)
        try awaiting("a member of \(path) is ready; it said: \(member.errors)") {
            guard member.isRunning else { throw ProgramTrouble("member ended: \(member.errors)") }
            return !member.bytes.isEmpty
        }
        return member
    }
}
