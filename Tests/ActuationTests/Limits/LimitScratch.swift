import Actuation
import CgroupModel
import Foundation
import Hierarchy
import KernelIO

/// A cgroup of its own in every tree of the real kernel, removed with its owner.
final class LimitScratch: Sendable {
    let set: HierarchySet
    let path: CgroupPath
    let state: String

    static let isPossible: Bool = {
        guard let scratch = try? LimitScratch() else { return false }
        return scratch.set.hierarchies.contains { !$0.controllers.isEmpty }
    }()

    init() throws {
        set = try HierarchySet.discover()
        let name = "cgwarden-test-limits-\(UUID().uuidString.prefix(8))"
        path = CgroupPath("/\(name)")
        state = NSTemporaryDirectory() + name
        for hierarchy in set.hierarchies {
            let root = hierarchy.directory.pathText
            if hierarchy.version == .unified {
                // As a machine with systemd has it; a controller that is enabled stays enabled.
                for controller in hierarchy.controllers {
                    try? Self.write("+\(controller.rawValue)", to: "\(root)/cgroup.subtree_control")
                }
            }
            try FileManager.default.createDirectory(
                atPath: root + path.description, withIntermediateDirectories: false)
        }
    }

    deinit {
        for hierarchy in set.hierarchies {
            let place = hierarchy.directory.pathText + path.description
            let children = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
            for child in children { unsafe rmdir("\(place)/\(child)") }
            unsafe rmdir(place)
        }
        try? FileManager.default.removeItem(atPath: state)
    }

    var journal: UndoJournal { UndoJournal(directory: state) }

    /// Whether v2 has a controller here.
    func isUnified(_ controller: Controller) -> Bool { set.legacy(controller) == nil }

    /// Whether any tree has a controller.
    func has(_ controller: Controller) -> Bool {
        set.hierarchies.contains { $0.controllers.contains(controller) }
    }

    func directory(_ controller: Controller) throws -> CgroupDirectory {
        let index = set.legacy(controller) ?? set.unified ?? 0
        return try CgroupDirectory(path, in: set.hierarchies[index])
    }

    /// The bytes of every file of the cgroup that can be written and holds a limit.
    func everything() throws -> [String: String] {
        var result: [String: String] = [:]
        let names = Set(LimitCatalog.all.flatMap { ($0.v1 + $0.v2).map(\.name) })
        for hierarchy in set.hierarchies {
            let directory = try CgroupDirectory(path, in: hierarchy)
            for name in names {
                guard let bytes = try? directory.read(name) else { continue }
                result["\(hierarchy.label) \(name)"] = String(decoding: bytes, as: UTF8.self)
            }
        }
        return result
    }

    func plan(
        _ wishes: [String], force: Bool = false, shrink: Bool = false
    ) throws -> LimitPlan {
        let requests = try wishes.flatMap {
            try LimitRequest.all(parsing: $0, host: HostFacts(.live))
        }
        return try LimitPlanner(ActingContext(set)).plan(
            requests, on: path, force: force, shrink: shrink)
    }

    func set(_ wishes: String..., force: Bool = false, shrink: Bool = false) throws -> [LimitResult]
    {
        LimitTransaction(
            try plan(wishes, force: force, shrink: shrink),
            in: ActingContext(set, journal: journal), cause: "test"
        ).apply()
    }

    static func write(_ text: String, to file: String) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        try handle.write(contentsOf: Data(text.utf8))
    }
}
