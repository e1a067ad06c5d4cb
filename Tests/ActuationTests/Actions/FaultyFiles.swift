import Actuation
import Hierarchy
import KernelIO
import Synchronization

/// The kernel's files, of which some cannot be written.
struct FaultyFiles: ControlFiles {
    let failing: Set<String>
    let code: Int32
    private let kernel = KernelControlFiles()

    init(failing: Set<String>, code: Int32) {
        self.failing = failing
        self.code = code
    }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try kernel.text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        guard !failing.contains(name) else { throw IOError("write", name, code: code) }
        try kernel.write(value, to: name, of: directory)
    }
}

/// The kernel's files, of which those of one tree cannot be written.
struct FailingTree: ControlFiles {
    let tree: String
    let code: Int32
    private let kernel = KernelControlFiles()

    init(tree: String, code: Int32) {
        self.tree = tree
        self.code = code
    }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try kernel.text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        guard directory.hierarchy.label != tree else {
            throw IOError("write", name, code: code)
        }
        try kernel.write(value, to: name, of: directory)
    }
}

/// The kernel's files, with the time of each write.
final class LoggedFiles: ControlFiles {
    private let log = Mutex<[String]>([])
    private let kernel = KernelControlFiles()

    var values: [String] { log.withLock { $0 } }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try kernel.text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        try kernel.write(value, to: name, of: directory)
        log.withLock { $0.append(value) }
    }
}

/// The kernel's files, which do not take one value.
struct FaultyValue: ControlFiles {
    private let value: String
    private let code: Int32
    private let kernel = KernelControlFiles()

    init(_ value: String, code: Int32) {
        self.value = value
        self.code = code
    }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try kernel.text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        guard value != self.value else { throw IOError("write", name, code: code) }
        try kernel.write(value, to: name, of: directory)
    }
}

/// The kernel's files, with something that happens after each write in one tree.
struct HookedWrites: ControlFiles {
    private let tree: String
    private let hook: @Sendable () -> Void
    private let kernel = KernelControlFiles()

    init(in tree: String, hook: @escaping @Sendable () -> Void) {
        self.tree = tree
        self.hook = hook
    }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try kernel.text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        try kernel.write(value, to: name, of: directory)
        if directory.hierarchy.label == tree { hook() }
    }
}
