public import KernelIO

/// An interface file that is kept open, so that reading it needs no path and little memory.
public final class KeptFile: Sendable {
    /// For poll(2): the kernel gives notice of a change of v2's `*.events` until it is read.
    public let descriptor: OwnedDescriptor
    private let name: String

    init(_ name: String, of directory: CgroupDirectory) throws(IOError) {
        descriptor = try OwnedDescriptor.file(
            Array(name.utf8), under: directory.descriptor.number)
        self.name = name
    }

    /// What it says now.
    public func text() throws(IOError) -> String { try descriptor.text(named: name) }

    /// The number that it is.
    public func number() throws(IOError) -> UInt64 {
        guard let number = UInt64(try text().prefix { $0 != "\n" }) else {
            throw IOError("understand", name, code: 5)
        }
        return number
    }

    /// The number of a line `KEY NUMBER`; nil if there is no such line.
    public func number(of key: String) throws(IOError) -> UInt64? {
        UInt64(ControlCell(name, line: key, missing: "?").value(in: try text()))
    }
}

extension CgroupDirectory {
    /// Opens an interface file for reading again and again.
    public func keep(_ name: String) throws(IOError) -> KeptFile { try KeptFile(name, of: self) }
}
