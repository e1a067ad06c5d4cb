public import KernelIO

/// How interface files are reached; tests put a faulty one in its place.
public protocol ControlFiles: Sendable {
    /// The text of a file without its last newline.
    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String
    /// Writes a value with one write(2).
    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError)
    /// The same files as systemd changes them; nil where each is written by itself.
    var systemd: OwnerAwareFiles? { get }
    /// The same files, and those of a kubelet's pods can be written, too.
    var ofKubelet: any ControlFiles { get }
}

extension ControlFiles {
    /// Each file is written by itself.
    public var systemd: OwnerAwareFiles? { nil }
    /// Nobody's are left out.
    public var ofKubelet: any ControlFiles { self }
}

extension ControlFiles {
    /// What the text of a file stands for; EIO for text that is no such thing.
    func value<Value>(
        _ name: String, of directory: CgroupDirectory, _ parse: (String) -> Value?
    ) throws(IOError) -> Value {
        guard let value = parse(try text(name, of: directory)) else {
            throw IOError("understand", name, code: 5)
        }
        return value
    }
}

/// The kernel's files.
public struct KernelControlFiles: ControlFiles {
    /// The kernel's files.
    public init() {}

    /// The text of a file without its last newline.
    public func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try directory.text(name)
    }

    /// Writes a value with one write(2).
    public func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        try directory.write(value, to: name)
    }
}
