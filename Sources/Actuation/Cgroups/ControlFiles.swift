internal import CgroupModel
package import KernelIO

/// Access to interface files; tests replace it with a failing one.
package protocol ControlFiles: Sendable {
    /// Reads the text of a file without its trailing newline.
    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String
    /// Writes a value with one write(2).
    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError)
    /// The same files, with write access to the cgroups of a kubelet's pods.
    var ofKubelet: any ControlFiles { get }
}

extension ControlFiles {
    /// Returns these files, which allow writes to all cgroups.
    package var ofKubelet: any ControlFiles { self }
}

extension ControlFiles {
    /// Parses the text of a file; throws EIO if it is malformed.
    func value<Value>(
        _ name: String, of directory: CgroupDirectory, _ parse: (String) -> Value?
    ) throws(IOError) -> Value {
        guard let value = parse(try text(name, of: directory)) else {
            throw IOError("parse", name, .inputOutput, objection: "it is malformed")
        }
        return value
    }
}

/// Access to the kernel's files without systemd.
package struct KernelControlFiles: ControlFiles {
    /// Creates direct access to the kernel's files.
    package init() {}

    /// Reads the text of a file without its trailing newline.
    package func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try directory.text(name)
    }

    /// Writes a value with one write(2).
    package func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        try directory.write(value, to: name)
    }
}
