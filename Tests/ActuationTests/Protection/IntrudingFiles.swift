import Actuation
import KernelIO

/// The kernel's files; each read triggers a concurrent change.
struct IntrudingFiles: ControlFiles, @unchecked Sendable {
    private let intrude: () -> Void
    private let kernel = KernelControlFiles()

    init(_ intrude: @escaping () -> Void) { self.intrude = intrude }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        intrude()
        return try kernel.text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        try kernel.write(value, to: name, of: directory)
    }
}
