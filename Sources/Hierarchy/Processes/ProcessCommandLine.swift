internal import CgroupModel

/// The command line of a process, from `/proc/PID/cmdline`.
package struct ProcessCommandLine: Hashable, Sendable {
    /// The arguments, safe for a terminal.
    ///
    /// Empty for a kernel thread, a zombie, or a process that cleared them.
    package let arguments: [String]
    private let name: String

    /// Parses the file; a process may overwrite it with anything, so nothing is an error.
    ///
    /// `name` is shown instead of missing arguments: ``ProcessStat/name``.
    package init(parsing bytes: [UInt8], name: String) {
        let used = bytes[..<(bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0)]
        arguments =
            used.isEmpty
            ? []
            : used.split(separator: 0, omittingEmptySubsequences: false).map {
                PrintableText.text($0)
            }
        self.name = name
    }

    /// The arguments separated by blanks, or the name in brackets as in ps(1).
    package var text: String {
        arguments.isEmpty ? "[\(name)]" : arguments.joined(separator: " ")
    }
}
