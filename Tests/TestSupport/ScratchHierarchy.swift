package import CgroupModel
import Glibc
package import Hierarchy
import KernelIO
import Synchronization

/// Cgroups of a test's own: `cgwarden-test-PID-scratch-N` in every real hierarchy, removed at the end.
package final class ScratchHierarchy: Sendable {
    private static let serial = Mutex(0)

    /// The hierarchies that have it.
    package let set: HierarchySet
    /// Where it is in each of them.
    package let path: CgroupPath

    /// Makes it in the hierarchies that `wanted` picks, all of them by default.
    package init(where wanted: (MountedHierarchy) -> Bool = { _ in true }) throws {
        let all = try HierarchySet.discover()
        set = all.only(all.hierarchies.filter(wanted))
        guard !set.hierarchies.isEmpty else { throw TestSupportError("no such hierarchy") }
        let number = Self.serial.withLock { serial in
            serial += 1
            return serial
        }
        // Other tests of this process name theirs by a number alone.
        path = CgroupPath("/cgwarden-test-\(getpid())-scratch-\(number)")
        if RealCgroups.required != nil, let unified = set.unified {
            // The guest is the test's own; elsewhere the root is left as it is.
            enableAll(in: set.hierarchies[unified].directory)
        }
        for hierarchy in set.hierarchies { try make(hierarchy, []) }
    }

    deinit {
        for hierarchy in set.hierarchies { removeTree(directory(hierarchy, [])) }
    }

    /// The path of a cgroup below it.
    package func path(_ name: String) -> CgroupPath {
        CgroupPath(normalising: path.bytes + [0x2f] + Array(name.utf8))
    }

    /// Makes a cgroup in every hierarchy.
    package func make(_ name: String) throws { try make(bytes: Array(name.utf8)) }

    /// Makes a cgroup with any bytes as its name.
    package func make(bytes name: [UInt8]) throws {
        for hierarchy in set.hierarchies { try make(hierarchy, name) }
    }

    /// Removes a cgroup from every hierarchy.
    package func remove(_ name: String) throws {
        for hierarchy in set.hierarchies {
            let directory = directory(hierarchy, Array(name.utf8))
            guard unsafe Self.call(directory, rmdir) == 0 else {
                throw IOError("remove", directory.pathText, code: errno)
            }
        }
    }

    /// Removes a cgroup from one hierarchy.
    package func remove(_ name: String, in hierarchy: MountedHierarchy) {
        _ = unsafe Self.call(directory(hierarchy, Array(name.utf8)), rmdir)
    }

    /// Makes a cgroup in one hierarchy.
    package func make(_ name: String, in hierarchy: MountedHierarchy) throws {
        try make(hierarchy, Array(name.utf8))
    }

    /// The directory of a cgroup in a hierarchy, itself with an empty name.
    package func directory(_ hierarchy: MountedHierarchy, _ name: [UInt8]) -> [UInt8] {
        hierarchy.directory + path.bytes + (name.isEmpty ? [] : [0x2f]) + name
    }

    /// The content of a file, from the first hierarchy that has it; nil if none has.
    package func text(_ file: String, of name: String = "") -> String? {
        for hierarchy in set.hierarchies {
            let path = directory(hierarchy, Array(name.utf8)) + Array("/\(file)".utf8)
            if let bytes = try? ReadBuffer.contents(of: path) {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
        return nil
    }

    /// Writes to a file in the first hierarchy that has it.
    package func write(_ text: String, to file: String, of name: String = "") throws {
        for hierarchy in set.hierarchies {
            let path = directory(hierarchy, Array(name.utf8)) + Array("/\(file)".utf8)
            guard let code = Self.write(text, path) else { return }
            if code != ENOENT { throw IOError("write \(text) to", path.pathText, code: code) }
        }
        throw TestSupportError("no hierarchy has \(file)")
    }

    /// Moves a process into a cgroup in every hierarchy.
    package func add(_ process: Int32, to name: String = "") throws {
        for hierarchy in set.hierarchies {
            let path = directory(hierarchy, Array(name.utf8)) + Array("/cgroup.procs".utf8)
            if let code = Self.write("\(process)", path) {
                throw IOError("write \(process) to", path.pathText, code: code)
            }
        }
    }

    private func make(_ hierarchy: MountedHierarchy, _ name: [UInt8]) throws {
        let directory = directory(hierarchy, name)
        guard unsafe Self.call(directory, { unsafe mkdir($0, 0o755) }) == 0 else {
            throw IOError("make", directory.pathText, code: errno)
        }
        if hierarchy.version == .unified {
            enableAll(in: directory.parentDirectory)
        } else if hierarchy.controllers.contains(.cpuset) {
            for file in ["cpuset.cpus", "cpuset.mems"] {
                let parent = directory.parentDirectory + Array("/\(file)".utf8)
                let text = (try? ReadBuffer.contents(of: parent)) ?? []
                _ = Self.write(
                    String(decoding: text, as: UTF8.self), directory + Array("/\(file)".utf8))
            }
        }
    }

    private func enableAll(in directory: [UInt8]) {
        let listed = (try? ReadBuffer.contents(of: directory + Array("/cgroup.controllers".utf8)))
        for controller in String(decoding: listed ?? [], as: UTF8.self).split(separator: " ") {
            let name = controller.filter { $0 != "\n" }
            _ = Self.write("+\(name)", directory + Array("/cgroup.subtree_control".utf8))
        }
    }

    private func removeTree(_ directory: [UInt8]) {
        let opened = try? OwnedDescriptor.directory(directory)
        for entry in (try? opened?.entries(path: "")) ?? [] where entry.isDirectory {
            removeTree(directory + [0x2f] + entry.name)
        }
        // A process that was killed a moment ago may not be gone yet.
        for _ in 0..<500 {
            if unsafe Self.call(directory, rmdir) == 0 || errno != EBUSY { return }
            usleep(10_000)
        }
    }

    private static func call(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        let terminated = (path + [0]).map { CChar(bitPattern: $0) }
        return unsafe terminated.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return -1 }
            return unsafe body(start)
        }
    }

    /// Nil if all was well, else the errno.
    private static func write(_ text: String, _ path: [UInt8]) -> Int32? {
        let file = unsafe call(path) { unsafe open($0, O_WRONLY | O_TRUNC | O_CLOEXEC) }
        guard file >= 0 else { return errno }
        defer { close(file) }
        let bytes = Array(text.utf8)
        let wrote = unsafe bytes.withUnsafeBytes { raw in
            unsafe Glibc.write(file, raw.baseAddress, raw.count)
        }
        return wrote < 0 ? errno : nil
    }
}

extension [UInt8] {
    fileprivate var parentDirectory: [UInt8] { Array(self[..<(lastIndex(of: 0x2f) ?? endIndex)]) }
}
