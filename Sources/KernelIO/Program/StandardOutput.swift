internal import CLinux
internal import CgroupModel
internal import Glibc

/// Standard output and standard error; no other code writes to them.
///
/// All output is safe for a terminal: control characters that callers left in are escaped as in
/// ``PrintableText``.
package enum StandardOutput {
    /// Ignores SIGPIPE, so that a closed pipe is a write error instead of a fatal signal.
    package static func ignoreBrokenPipe() { signal(SIGPIPE, SIG_IGN) }

    /// Writes UTF-8 lines, which may end in CRLF as in CSV (write(2)).
    package static func write(_ bytes: [UInt8]) throws(IOError) {
        guard writeAll(PrintableText.safeLines(bytes), to: STDOUT_FILENO) else {
            throw IOError("write", "standard output", code: errno)
        }
    }

    /// Writes text, escaped in the same way.
    package static func write(_ text: String) throws(IOError) { try write(Array(text.utf8)) }

    /// Writes a line to standard error, ignoring errors.
    package static func complain(_ line: String) {
        _ = writeAll(Array("\(line.onOneLine)\n".utf8), to: STDERR_FILENO)
    }

    /// Writes several lines to standard error, ignoring errors.
    package static func complain(lines: String) {
        _ = writeAll(PrintableText.safeLines(Array("\(lines)\n".utf8)), to: STDERR_FILENO)
    }

    /// Whether standard output is a terminal (isatty(3)).
    package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// The width in columns that lines should fit into: COLUMNS, or the width of the terminal.
    ///
    /// Nil if standard output is not a terminal, so that lines stay whole. watch(1) sets COLUMNS
    /// for the command whose output it shows.
    package static var width: Int? {
        if let columns = Environment.value("COLUMNS").flatMap({ Int($0) }), columns > 0 {
            return columns
        }
        let columns = Int(cgw_terminal_columns(STDOUT_FILENO))
        return columns > 0 ? columns : nil
    }

    /// Whether standard error is a stream of journald, which stamps each line (fstat(2)).
    ///
    /// JOURNAL_STREAM alone does not show that: children inherit it even if their standard error is
    /// elsewhere.
    package static var errorsGoToJournal: Bool {
        guard let stream = Environment.value("JOURNAL_STREAM") else { return false }
        var status = stat()
        guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// Whether standard input is a terminal.
    package static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

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
                // Another program may have made the descriptor non-blocking. Wait for standard
                // output only, because no message on standard error is worth a wait.
                guard errno == EAGAIN, descriptor == STDOUT_FILENO else { return false }
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&waiting, 1, -1)
                continue
            }
            done += wrote
        }
        return true
    }
}

extension IOError {
    /// Whether the reader of the pipe is gone (EPIPE).
    package var isBrokenPipe: Bool { code == EPIPE }
}

extension StandardOutput {
    /// Writes a file, creating it or replacing its content.
    ///
    /// Refuses an existing one that is not a regular file of root or this user.
    package static func write(_ bytes: [UInt8], toFile path: String) throws(IOError) {
        try OutputFile(path).append(bytes)
    }
}

/// A regular file that root or this user owns, whose content is replaced piece by piece.
package final class OutputFile: Sendable {
    private let file: OwnedDescriptor
    private let path: String

    /// Empties the file, or creates it.
    package init(_ path: String) throws(IOError) {
        file = try OwnFile.open(path, O_WRONLY | O_TRUNC, mode: 0o644)
        self.path = path
    }

    /// Appends bytes.
    package func append(_ bytes: [UInt8]) throws(IOError) {
        guard StandardOutput.writeAll(bytes, to: file.number) else {
            throw IOError("write", path, code: errno)
        }
    }
}
