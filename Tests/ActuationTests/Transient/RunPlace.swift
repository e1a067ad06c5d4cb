import CgroupModel
import Foundation
import Hierarchy
import Synchronization

/// A parent of its own for the runs of one test, gone at its end in every tree.
final class RunPlace {
    /// The trees of this machine; nil where there are none.
    static let set = try? HierarchySet.discover()

    /// Whether runs with cgroups are possible at all.
    static let isUsable =
        getuid() == 0 && set != nil
        && FileManager.default.isWritableFile(
            atPath: root(of: .pids) ?? "/nonexistent")

    /// The top of the tree that has a controller.
    static func root(of controller: Controller) -> String? {
        guard let set else { return nil }
        if let index = set.legacy(controller) { return text(set.hierarchies[index].directory) }
        guard let index = set.unified, set.hierarchies[index].controllers.contains(controller)
        else { return nil }
        return text(set.hierarchies[index].directory)
    }

    /// The top of v1's freezer tree, nil where v2 freezes.
    static var legacyFreezer: String? {
        Self.set.flatMap { set in
            set.legacy(.freezer).map { text(set.hierarchies[$0].directory) }
        }
    }

    static func has(_ controllers: Controller...) -> Bool {
        isUsable && controllers.allSatisfy { root(of: $0) != nil }
    }

    /// Whether everything is in one v2 tree.
    static var isUnified: Bool { isUsable && set?.mode == .v2 }

    /// The interpreter itself, not a script that starts it.
    static let python: String? = try? RunProgram.run(
        "/usr/bin/env", "python3", "-c", "import sys; print(sys.executable)"
    ).output.split(separator: "\n").last.map(String.init)

    private static let serial = Atomic(0)
    let path = "/cgwarden-test-run-\(getpid())-\(serial.add(1, ordering: .relaxed).newValue)"

    init() {
        let controllers: [Controller] = [.pids, .memory, .cpuacct, .freezer, .io, .cpu]
        for root in Set(controllers.compactMap(Self.root)) { _ = unsafe mkdir(root + path, 0o755) }
    }

    deinit {
        for directory in directories("") { _ = unsafe rmdir(directory) }
    }

    /// The directories of a run that exist now; of the parent for an empty name.
    func directories(_ name: String) -> [String] {
        let below = name.isEmpty ? path : "\(path)/run-\(name)"
        return (Self.set?.hierarchies ?? []).map { Self.text($0.directory) + below }.filter {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    /// The directories of all runs that exist now.
    var runs: [String] {
        directories("").flatMap { parent in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
            return names.filter { $0.hasPrefix("run-") }.map { "\(parent)/\($0)" }
        }
    }

    /// The arguments of `cgwarden run`.
    func arguments(_ options: [String], _ command: [String]) -> [String] {
        ["run", "--parent", path, "--summary", "json"] + options + ["--"] + command
    }

    func start(_ options: [String], _ command: String...) throws -> RunProgram {
        try RunProgram(RunProgram.path, arguments(options, command))
    }

    func run(_ options: [String], _ command: String...) throws -> RunProgram.Result {
        try RunProgram(RunProgram.path, arguments(options, command)).result()
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
