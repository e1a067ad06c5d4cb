/// Finds the OOM kills in the records of the kernel log, which must be passed in order.
///
/// A report spans many records: the usage of the cgroup, its statistics, a summary
/// (`oom-kill:constraint=…`, since Linux 5.0) and one line per victim. The kernel holds a lock
/// while it writes a report, so reports do not overlap, although other lines may come between. In a
/// storm only the victim's line is logged. The formats of Linux 4.18 to 6.18 are parsed. A record
/// of another kind costs a few comparisons and no allocation.
package struct OOMLog: Sendable {
    /// The meaning of a record.
    package enum Result: Hashable, Sendable {
        /// Nothing, or a part of a report.
        case nothing
        /// A kill.
        case kill(OOMKill)
        /// A kill that was reported before: `memory.oom.group` kills its first victim twice, and the
        /// kernel counts it twice.
        case repeated
    }

    /// The maximum length of a line that is joined from several records, in bytes.
    private static let longestLine = 20_000
    /// The maximum number of victims of one report to remember.
    private static let mostVictims = 4096

    private var report = OOMReport()
    /// The line that further records may continue.
    private var line: [UInt8] = []
    private var victims: Set<UInt64> = []
    private var isInStatistics = false
    /// The time of the last victim's line, or of the line that announces the kill of a whole
    /// cgroup, in microseconds.
    private var lastVictimTime: UInt64 = 0
    /// The longest time between two victims of one report, in microseconds.
    private static let longestPause: UInt64 = 100_000

    /// Creates a parser before the first record.
    package init() {}

    /// Discards an incomplete report after records were lost.
    package mutating func forgetReport() { reset() }

    /// Parses a record of `/dev/kmsg`.
    package mutating func read(_ record: Span<UInt8>) -> Result {
        guard let header = KernelLogHeader(record), header.isKernels else { return .nothing }
        let text = header.text
        // This check comes first, because a process may call itself "Killed process ".
        if isInvocation(record, text) {
            reset()
            return .nothing
        }
        if let victim = victimLine(record, text) {
            return kill(record, victim, text, header)
        }
        if record.has(Self.usage, at: text.lowerBound, before: text.upperBound) {
            report.memory =
                Self.amounts(record, text.lowerBound + Self.usage.count) ?? report.memory
        } else if record.has(Self.swapUsage, at: text.lowerBound, before: text.upperBound) {
            report.memoryAndSwap =
                Self.amounts(record, text.lowerBound + Self.swapUsage.count)
                ?? report.memoryAndSwap
        } else if Self.lineStarts.contains(where: {
            record.has($0, at: text.lowerBound, before: text.upperBound)
        }) {
            finishLine()
            line = record.copy(text)
            if record.has(Self.group, at: text.lowerBound, before: text.upperBound) {
                lastVictimTime = header.microseconds
            }
            isInStatistics = record.has(
                Self.statistics, at: text.lowerBound, before: text.upperBound)
        } else if header.isContinuation {
            if !line.isEmpty, line.count + text.count <= Self.longestLine {
                line += record.copy(text)
            }
        } else if isInStatistics {
            readStatistics(record, text)
        }
        return .nothing
    }

    private mutating func reset() {
        report = OOMReport()
        line = []
        victims = []
        isInStatistics = false
    }

    private mutating func finishLine() {
        guard !line.isEmpty else { return }
        report.take(line)
        line = []
    }
}

/// Parses the lines.
extension OOMLog {
    private static let killed = Array("Killed process ".utf8)
    private static let causes: [(cause: OOMReport.Cause, text: [UInt8])] = OOMReport.Cause
        .allCases.map { ($0, Array("\($0.rawValue): ".utf8)) }
    private static let announced = Array("Kill process ".utf8)
    private static let invoked = Array(" invoked oom-killer: ".utf8)
    private static let usage = Array("memory: usage ".utf8)
    private static let swapUsage = Array("memory+swap: usage ".utf8)
    private static let statistics = Array("Memory cgroup stats for ".utf8)
    private static let group = Array("Tasks in ".utf8)
    /// The lines with paths, which may be continued.
    private static let lineStarts = [
        statistics, group, Array("oom-kill:constraint=".utf8), Array("Task in ".utf8),
    ]
    private static let figures = Array(") total-vm:".utf8)
    private static let limitKey = Array("kB, limit ".utf8)
    /// A line end within a record.
    private static let lineEnd = Array(#"\x0a"#.utf8)

    /// The start of the line of a victim.
    private struct VictimLine {
        /// The position after `Killed process `.
        let start: Int
        /// The cause; nil on Linux 4.18 to 5.0, where the line before names it.
        let cause: OOMReport.Cause?
    }

    /// Parses the start of a victim's line; nil if it is another line.
    private mutating func victimLine(_ record: Span<UInt8>, _ text: Range<Int>) -> VictimLine? {
        var start = text.lowerBound
        var cause: OOMReport.Cause?
        for known in Self.causes
        where record.has(known.text, at: start, before: text.upperBound) {
            cause = known.cause
            start += known.text.count
            break
        }
        if let cause, record.has(Self.announced, at: start, before: text.upperBound) {
            // Only the first victim of a report is announced.
            if report.isUsed { reset() }
            report.cause = cause
            return nil
        }
        guard record.has(Self.killed, at: start, before: text.upperBound) else { return nil }
        return VictimLine(start: start + Self.killed.count, cause: cause)
    }

    /// Whether a report begins: `python3 invoked oom-killer: gfp_mask=…`.
    private func isInvocation(_ record: Span<UInt8>, _ text: Range<Int>) -> Bool {
        // A command name has at most 15 bytes, each of which may be escaped.
        let end = min(text.upperBound, text.lowerBound + 15 * 4 + Self.invoked.count)
        return record.first(Self.invoked, in: text.lowerBound..<end) != nil
    }

    /// Parses `204800kB, limit 204800kB, failcnt 0`.
    private static func amounts(_ record: Span<UInt8>, _ start: Int) -> OOMReport.Amounts? {
        var position = start
        guard let usage = record.number(&position),
            record.has(limitKey, at: position, before: record.count)
        else { return nil }
        position += limitKey.count
        guard let limit = record.number(&position) else { return nil }
        return OOMReport.Amounts(usage: usage, limit: limit)
    }

    /// Reads the page cache from a line, or from several that Linux 5.2 to 6.6 put into one record.
    private mutating func readStatistics(_ record: Span<UInt8>, _ text: Range<Int>) {
        var start = text.lowerBound
        while true {
            let end = record.first(Self.lineEnd, in: start..<text.upperBound) ?? text.upperBound
            for (index, key) in OOMReport.fileKeys.enumerated()
            where record.has(key, at: start, before: end) {
                var position = start + key.count
                report.setFile(record.number(&position), rank: index)
            }
            guard end < text.upperBound else { return }
            start = end + Self.lineEnd.count
        }
    }

    /// Parses `30186 (perl) total-vm:212880kB, anon-rss:204160kB, …, UID:0 pgtables:460kB`.
    private mutating func kill(
        _ record: Span<UInt8>, _ victim: VictimLine, _ text: Range<Int>, _ header: KernelLogHeader
    ) -> Result {
        isInStatistics = false
        finishLine()
        var position = victim.start
        guard let pid = record.number(&position), record.skip(UInt8(ascii: " "), &position),
            record.skip(UInt8(ascii: "("), &position)
        else { return .nothing }
        // A command name can contain anything, even the text that follows it in the line.
        guard let end = record.last(Self.figures, in: position..<text.upperBound) else {
            return .nothing
        }
        // The kernel names one cause for all victims of a report.
        let isContinued =
            report.isUsed && report.group != nil
            && (victim.cause == nil || victim.cause == report.cause)
            // Records of two CPUs may be out of order.
            && (header.microseconds <= lastVictimTime
                || header.microseconds - lastVictimTime <= Self.longestPause)
        if !isContinued, report.isUsed || !report.includes(pid) {
            let announced = report.isUsed ? nil : report.cause
            reset()
            report.cause = announced
        }
        report.cause = victim.cause ?? report.cause
        lastVictimTime = header.microseconds
        guard victims.insert(pid).inserted else { return .repeated }
        if victims.count > Self.mostVictims { victims = [pid] }
        let rest = end..<text.upperBound
        var kill = OOMKill(
            microseconds: header.microseconds, pid: pid,
            comm: KernelLogText.decoded(record.copy(position..<end)))
        kill.uid = Self.figure(" UID:", record, rest)
        kill.anon = Self.kilobytes(" anon-rss:", record, rest)
        kill.file = Self.kilobytes(" file-rss:", record, rest)
        kill.shmem = Self.kilobytes(" shmem-rss:", record, rest)
        report.complete(&kill, comm: record.copy(position..<end))
        report.isUsed = true
        return .kill(kill)
    }

    private static func kilobytes(
        _ key: String, _ record: Span<UInt8>, _ range: Range<Int>
    ) -> UInt64? {
        figure(key, record, range).map { $0 &* 1024 }
    }

    private static func figure(
        _ key: String, _ record: Span<UInt8>, _ range: Range<Int>
    ) -> UInt64? {
        let key = Array(key.utf8)
        guard let start = record.first(key, in: range) else { return nil }
        var position = start + key.count
        return record.number(&position)
    }
}
