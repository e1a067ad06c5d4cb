internal import CLinux
internal import Glibc

/// A process that outlives this one, with a pipe in each direction.
///
/// Its standard input reaches end of file as soon as this value, or this process, is gone.
package struct DetachedProcess: ~Copyable, Sendable {
    private let input: OwnedDescriptor
    private let output: OwnedDescriptor

    private init(input: consuming OwnedDescriptor, output: consuming OwnedDescriptor) {
        self.input = input
        self.output = output
    }

    /// Starts a program in a session of its own, with `directory` as its descriptor 3.
    package static func start(
        _ program: String, _ arguments: [String], directory: borrowing OwnedDescriptor
    ) throws(IOError) -> DetachedProcess {
        let input = try pipe()
        let output = try pipe()
        var words = unsafe arguments.map { unsafe strdup($0) }
        defer { unsafe words.forEach { unsafe free($0) } }
        unsafe words.append(nil)
        let result = unsafe cgw_spawn_detached(
            program, &words, input.reading.number, output.writing.number, directory.number)
        let code = errno
        let process = DetachedProcess(input: input.writing, output: output.reading)
        guard result == 0 else { throw IOError("start", program, code: code) }
        return process
    }

    /// Reads its first line, up to 4 KiB, which it must print within a time.
    package func firstLine(within time: Duration) -> FirstLine {
        let deadline = Deadline(after: time)
        var line: [UInt8] = []
        var isLate = false
        var byte: UInt8 = 0
        while line.count < 4096 {
            var waiting = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
            let left = Int32(clamping: deadline.milliseconds)
            let ready = unsafe poll(&waiting, 1, left)
            if ready < 0, errno == EINTR { continue }
            isLate = ready == 0
            guard ready > 0, unsafe read(output.number, &byte, 1) == 1, byte != UInt8(ascii: "\n")
            else { break }
            line.append(byte)
        }
        if line.isEmpty { return isLate ? .late(time) : .ended }
        return .text(String(decoding: line, as: UTF8.self))
    }

    /// The read end of its output, for poll(2): readable once it has printed something or exited.
    package var outputDescriptor: Int32 { output.number }

    /// Whether it has closed its output, as it does on exit; discards any output.
    package func hasEnded() -> Bool {
        var byte: UInt8 = 0
        while true {
            var waiting = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, 0) > 0 else { return false }
            let got = unsafe read(output.number, &byte, 1)
            if got == 0 || got < 0 && errno != EINTR { return true }
        }
    }

    /// Sends a line of less than 4 KiB without blocking; false if the pipe is full or closed.
    package func send(_ line: String) -> Bool {
        var waiting = pollfd(fd: input.number, events: Int16(POLLOUT), revents: 0)
        // The kernel writes up to PIPE_BUF bytes to a pipe whole or not at all.
        guard unsafe poll(&waiting, 1, 0) > 0, waiting.revents & Int16(POLLERR) == 0 else {
            return false
        }
        let bytes = Array("\(line)\n".utf8)
        return unsafe bytes.withUnsafeBytes { raw in
            unsafe write(input.number, raw.baseAddress, raw.count)
        } == bytes.count
    }

    private static func pipe() throws(IOError) -> Pipe {
        var ends: [Int32] = [-1, -1]
        guard unsafe cgw_pipe(&ends) == 0 else {
            throw IOError("create", "a pipe", code: errno)
        }
        return Pipe(
            reading: OwnedDescriptor(adopting: ends[0]),
            writing: OwnedDescriptor(adopting: ends[1]))
    }
}

/// The first line of a process, or why there is none.
package enum FirstLine: Hashable, Sendable, CustomStringConvertible {
    /// The line, or its beginning if the process ended or ran out of time before the newline.
    case text(String)
    /// The process ended before it printed anything.
    case ended
    /// It printed nothing in time.
    case late(Duration)

    /// The text; nil if there is none.
    package var text: String? { if case .text(let text) = self { text } else { nil } }

    /// The result as the predicate of a sentence about the process: `ended before it was ready`.
    package var description: String {
        switch self {
        case .text(let text): "reports: \(text)"
        case .ended: "ended before it was ready"
        case .late(let time): "did not answer within \(time.components.seconds) s"
        }
    }
}

private struct Pipe: ~Copyable {
    let reading: OwnedDescriptor
    let writing: OwnedDescriptor
}

/// The standard input of this process, whose end signals the death of the parent.
package enum ParentPipe {
    /// Waits for the end of standard input; false if it does not come in time or data comes
    /// instead.
    package static func hasEnded(within milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&waiting, 1, milliseconds)
        guard ready > 0 else { return false }
        var byte: UInt8 = 0
        return unsafe read(STDIN_FILENO, &byte, 1) <= 0
    }

    /// Reads the lines that arrive within a time (nil waits forever).
    ///
    /// Returns an empty array if none arrives, nil at end of file. `rest` keeps the part of a line
    /// whose end has not arrived yet.
    package static func lines(within milliseconds: Int32?, _ rest: inout [UInt8]) -> [String]? {
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&waiting, 1, milliseconds ?? -1) > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let got = unsafe bytes.withUnsafeMutableBytes { raw in
            unsafe read(STDIN_FILENO, raw.baseAddress, raw.count)
        }
        guard got > 0 else { return got < 0 && errno == EINTR ? [] : nil }
        rest += bytes[..<got]
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { rest.removeFirst(end + 1) }
        return String(decoding: rest[..<end], as: UTF8.self).split(separator: "\n")
            .map(String.init)
    }

    /// Sleeps for a time; a signal ends the sleep early.
    package static func pause(milliseconds: Int32) { poll(nil, 0, milliseconds) }
}

/// The name of this process in ps and top.
package enum ProcessName {
    /// Renames the calling thread; the kernel keeps 15 bytes (prctl(2), PR_SET_NAME).
    package static func set(_ name: String) { unsafe cgw_name_thread(name) }
}
