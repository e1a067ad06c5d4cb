internal import CgroupModel
internal import Glibc

/// The process's own output; nothing else writes to standard output and standard error.
///
/// Whatever passes here is safe for a terminal: a control character that a caller overlooked is
/// spelled out as ``PrintableText`` does.
public enum StandardOutput {
    /// Makes a closed pipe an error of the write instead of a deadly signal.
    public static func ignoreBrokenPipe() { signal(SIGPIPE, SIG_IGN) }

    /// Writes lines of UTF-8, which may end as those of CSV do (write(2)).
    public static func write(_ bytes: [UInt8]) throws(IOError) {
        guard writeAll(PrintableText.safeLines(bytes), to: STDOUT_FILENO) else {
            throw IOError("write", "standard output", code: errno)
        }
    }

    /// Writes text.
    public static func write(_ text: String) throws(IOError) { try write(Array(text.utf8)) }

    /// Writes a line to standard error; nothing can be done if that fails.
    public static func complain(_ line: String) {
        _ = writeAll(Array("\(line.onOneLine)\n".utf8), to: STDERR_FILENO)
    }

    /// Writes some lines to standard error.
    public static func complain(lines: String) {
        _ = writeAll(PrintableText.safeLines(Array("\(lines)\n".utf8)), to: STDERR_FILENO)
    }

    /// Whether standard output is a terminal (isatty(3)).
    public static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether standard input is a terminal.
    public static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// The columns of the terminal on standard output (ioctl(2), TIOCGWINSZ); nil without one.
    public static var columns: Int? {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    fileprivate static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let start = done
            let wrote = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.write(
                    descriptor, raw.baseAddress?.advanced(by: start), raw.count - start)
            }
            if wrote < 0 {
                if errno == EINTR { continue }
                return false
            }
            done += wrote
        }
        return true
    }
}

extension IOError {
    /// Whether the reader of the output is gone.
    public var isBrokenPipe: Bool { code == EPIPE }
}

extension StandardOutput {
    /// Replaces the content of a regular file of root's or this user's, or makes it.
    public static func write(_ bytes: [UInt8], toFile path: String) throws(IOError) {
        try OutputFile(path).append(bytes)
    }
}

/// A regular file of root's or this user's whose content is replaced piece by piece.
public final class OutputFile: Sendable {
    private let file: OwnedDescriptor
    private let path: String

    /// Empties the file, or makes it.
    public init(_ path: String) throws(IOError) {
        file = try OwnFile.open(path, O_WRONLY | O_TRUNC, mode: 0o644)
        self.path = path
    }

    /// Appends bytes.
    public func append(_ bytes: [UInt8]) throws(IOError) {
        guard StandardOutput.writeAll(bytes, to: file.number) else {
            throw IOError("write", path, code: errno)
        }
    }
}
