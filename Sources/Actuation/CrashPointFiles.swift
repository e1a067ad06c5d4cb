public import KernelIO

/// Files that a test can crash the program at, before and after each write.
public struct CrashPointFiles: ControlFiles {
    private let files: any ControlFiles

    /// Passes everything on.
    public init(_ files: any ControlFiles) { self.files = files }

    /// The text of a file without its last newline.
    public func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try files.text(name, of: directory)
    }

    /// Writes a value with one write(2).
    public func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        CrashPoint.pass()
        try files.write(value, to: name, of: directory)
        CrashPoint.pass()
    }
}
