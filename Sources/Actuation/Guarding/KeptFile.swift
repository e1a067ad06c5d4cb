internal import CgroupModel
package import KernelIO

/// An interface file that stays open, so that reads need no path lookup and little memory.
package final class KeptFile: Sendable {
    /// The descriptor to poll(2): v2's `*.events` signal a change until they are read.
    package let descriptor: OwnedDescriptor
    private let name: String

    init(_ name: String, of directory: CgroupDirectory) throws(IOError) {
        descriptor = try OwnedDescriptor.file(
            Array(name.utf8), under: directory.descriptor.number)
        self.name = name
    }

    /// Reads the current text.
    package func text() throws(IOError) -> String { try descriptor.text(named: name) }

    /// Reads the current number; throws EIO if the first line is not one.
    package func number() throws(IOError) -> UInt64 {
        guard let number = UInt64(try text().prefix { $0 != "\n" }) else {
            throw IOError("parse", name, .inputOutput, objection: "it does not begin with a number")
        }
        return number
    }

    /// Reads the number of a `KEY NUMBER` line; nil if there is none.
    package func number(of key: String) throws(IOError) -> UInt64? {
        UInt64(ControlCell(name, line: key, missing: "?").value(in: try text()))
    }
}

extension CgroupDirectory {
    /// Opens an interface file for repeated reads.
    package func keep(_ name: String) throws(IOError) -> KeptFile { try KeptFile(name, of: self) }
}
