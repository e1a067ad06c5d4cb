internal import CgroupModel

/// CPU time, memory and other fields of `/proc/PID/stat`: `7 (a) b) S 1 …`.
package struct ProcessStat: Hashable, Sendable {
    /// The process ID.
    package let pid: UInt32
    /// The raw command name; it may contain blanks, parentheses and newlines.
    package let nameBytes: [UInt8]
    /// The state: `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I`.
    package let state: Character
    /// The parent's process ID; 0 if the parent is outside the reader's PID namespace.
    package let parent: UInt32
    /// The session ID; 0 if the session leader is outside the reader's PID namespace.
    package let session: UInt32
    /// The kernel's `PF_` flags.
    package let flags: UInt64
    /// CPU time in user mode, in ticks of USER_HZ.
    package let userTicks: UInt64
    /// CPU time in kernel mode, in ticks of USER_HZ.
    package let systemTicks: UInt64
    /// The number of threads.
    package let threads: UInt64
    /// The start time in ticks since boot; with `pid`, it identifies a process across reuse of the
    /// ID.
    package let startTicks: UInt64
    /// Resident memory in pages.
    package let residentPages: UInt64

    /// The command name, safe for a terminal.
    package var name: String { PrintableText.text(nameBytes[...]) }

    /// Whether it is a kernel thread (`PF_KTHREAD`).
    package var isKernelThread: Bool { flags & 0x0020_0000 != 0 }

    /// Whether it has exited or is exiting (`PF_EXITING`); v1 then lists it in `/`, wherever it
    /// was.
    package var isEnding: Bool { flags & 0x4 != 0 || state == "Z" || state == "X" }

    /// Parses the file.
    ///
    /// The name ends at the last `)`, because it may itself contain one.
    package init(parsing bytes: [UInt8]) throws(ProcessTextError) {
        let text = ProcessFields(file: "stat", bytes: bytes)
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), open > 0,
            bytes[open - 1] == UInt8(ascii: " ")
        else { throw text.error(0, "no number and name") }
        guard let close = bytes.lastIndex(of: UInt8(ascii: ")")), close > open else {
            throw text.error(open, "unterminated name")
        }
        // Fields are numbered as in proc_pid_stat(5). A delimiter must follow each field, so that a
        // truncated one is an error.
        let fields = text.fields(close + 1..<bytes.count)
        func field(_ number: Int) throws(ProcessTextError) -> Range<Int> {
            guard number - 3 < fields.count, fields[number - 3].upperBound < bytes.count else {
                throw text.error(bytes.count, "field \(number) is missing")
            }
            return fields[number - 3]
        }
        pid = try text.small(0..<open - 1)
        nameBytes = Array(bytes[open + 1..<close])
        let letter = try field(3)
        guard letter.count == 1, bytes[letter.lowerBound].isVisible
        else { throw text.error(letter.lowerBound, "the state is not a single letter") }
        state = Character(Unicode.Scalar(bytes[letter.lowerBound]))
        parent = try text.small(try field(4))
        session = try text.small(try field(6))
        flags = try text.number(try field(9))
        userTicks = try text.number(try field(14))
        systemTicks = try text.number(try field(15))
        threads = try text.number(try field(20))
        startTicks = try text.number(try field(22))
        residentPages = try text.number(try field(24))
    }
}
