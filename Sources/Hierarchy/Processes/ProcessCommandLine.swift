internal import CgroupModel

/// The command of a process, from `/proc/PID/cmdline`.
public struct ProcessCommandLine: Hashable, Sendable {
    /// The arguments, safe for a terminal; empty for a kernel thread, a zombie, or a process that
    /// wiped them.
    public let arguments: [String]
    private let name: String

    /// Understands the file; a process may have overwritten it with anything, so nothing is wrong.
    ///
    /// `name` is what stands in for missing arguments: ``ProcessStat/name``.
    public init(parsing bytes: [UInt8], name: String) {
        let used = bytes[..<(bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0)]
        arguments =
            used.isEmpty
            ? []
            : used.split(separator: 0, omittingEmptySubsequences: false).map {
                PrintableText.text($0)
            }
        self.name = name
    }

    /// The arguments with blanks between them, or the name in brackets as ps(1) shows it.
    public var text: String {
        arguments.isEmpty ? "[\(name)]" : arguments.joined(separator: " ")
    }
}
