package import CgroupModel

/// Parsers for the files in `/proc` that describe the whole host.
package enum HostText {
    /// The value of a key in `/proc/meminfo` (`MemTotal:       24608 kB`), in bytes.
    package static func memory(_ key: String, in bytes: [UInt8]) -> Reading {
        let wanted = Array("\(key):".utf8)
        for line in bytes.lines where line.starts(with: wanted) {
            let words = line.dropFirst(wanted.count).words
            guard words.count == 2, words[1].elementsEqual("kB".utf8),
                let kilobytes = number(words[0])
            else { return .malformed }
            return Reading(kilobytes.multipliedClamping(by: 1024))
        }
        return .absent
    }

    /// The number of tasks on the host, and the 1-minute load average in hundredths.
    ///
    /// `/proc/loadavg` reads `0.20 0.18 0.12 1/80 11206`.
    package static func load(in bytes: [UInt8]) -> (tasks: Reading, load: Reading) {
        let fields = bytes.words
        guard fields.count == 5, let slash = fields[3].firstIndex(of: UInt8(ascii: "/")),
            let count = number(fields[3][(slash + 1)...])
        else { return (.malformed, .malformed) }
        return (Reading(count), hundredths(fields[0]))
    }

    /// The number of online CPUs (at least 1), and the busy and total microseconds since boot, from
    /// `/proc/stat`.
    ///
    /// Busy is user, nice, system, irq and softirq; user already includes guest time. Total adds
    /// idle, iowait and steal.
    package static func processors(
        in bytes: [UInt8]
    ) -> (count: Int, busy: Reading, total: Reading) {
        var count = 0
        var busy = Reading.malformed
        var total = Reading.malformed
        for line in bytes.lines
        where line.starts(with: Array("cpu".utf8)) {
            let fields = line.words
            if fields[0].count > 3 {
                count += 1
            } else if fields.count > 8 {
                let ticks = (1...8).compactMap { number(fields[$0]) }
                if ticks.count == 8, ticks.allSatisfy({ $0 < 1 << 48 }) {
                    let idle = ticks[3] + ticks[4] + ticks[7]
                    let all = ticks.reduce(0, +)
                    busy = Reading((all - idle).multipliedClamping(by: 10_000))
                    total = Reading(all.multipliedClamping(by: 10_000))
                }
            }
        }
        return (max(count, 1), busy, total)
    }

    /// Parses a pressure file: `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and likewise
    /// `full`.
    ///
    /// A missing line is absent; one malformed line makes everything malformed.
    package static func pressure(in bytes: [UInt8]) -> Pressure {
        var result = Pressure()
        guard bytes.last == UInt8(ascii: "\n") else { return Pressure(all: .malformed) }
        for line in bytes.lines {
            let words = line.words
            guard words.count == 5, let place = lines[String(decoding: words[0], as: UTF8.self)]
            else { return Pressure(all: .malformed) }
            for (word, field) in zip(words[1...], fields) {
                guard word.starts(with: field.key) else { return Pressure(all: .malformed) }
                let text = word.dropFirst(field.key.count)
                let reading =
                    field.isTotal ? number(text).map { Reading($0) } : hundredths(text)
                guard let reading, reading != .malformed else {
                    return Pressure(all: .malformed)
                }
                result[keyPath: place][keyPath: field.place] = reading
            }
        }
        return result
    }

    /// The disks and partitions with any activity since boot, with their busy time.
    ///
    /// In a line of `/proc/diskstats` (`254 0 vda 3 0 …`), the busy time is the tenth number after
    /// the name, in milliseconds. Malformed lines are skipped.
    package static func disks(in bytes: [UInt8]) -> [DiskSample] {
        bytes.lines.compactMap { line in
            let words = line.words
            guard words.count > 12, let major = number(words[0]), let minor = number(words[1]),
                let device = InstanceKey(device: major, minor),
                words[3...].contains(where: { !$0.elementsEqual([UInt8(ascii: "0")]) }),
                let busy = number(words[12])
            else { return nil }
            return DiskSample(
                device: device, busy: Reading(busy.multipliedClamping(by: 1000)))
        }
    }

    /// The number of processes that the OOM killer has killed since boot: `oom_kill` in
    /// `/proc/vmstat`.
    ///
    /// Absent before Linux 4.13.
    package static func oomKills(in bytes: [UInt8]) -> Reading {
        let key = Array("oom_kill ".utf8)
        var start = 0
        // The file has many lines and is read often, so do not split it into lines.
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if bytes[start] == key[0], bytes[start..<end].starts(with: key) {
                return number(bytes[(start + key.count)..<end]).map { Reading($0) } ?? .malformed
            }
            start = end + 1
        }
        return .absent
    }

    private static let lines: [String: any WritableKeyPath<Pressure, PressureShare> & Sendable] = [
        "some": \.some, "full": \.full,
    ]

    private struct PressureField {
        let key: [UInt8]
        let place: any WritableKeyPath<PressureShare, Reading> & Sendable
        var isTotal = false
    }

    private static let fields = [
        PressureField(key: Array("avg10=".utf8), place: \.avg10),
        PressureField(key: Array("avg60=".utf8), place: \.avg60),
        PressureField(key: Array("avg300=".utf8), place: \.avg300),
        PressureField(key: Array("total=".utf8), place: \.total, isTotal: true),
    ]

    /// Parses a decimal with two places: `12.07` is 1207.
    private static func hundredths(_ text: ArraySlice<UInt8>) -> Reading {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 2, let whole = number(parts[0]),
            let rest = number(parts[1]), whole < 1 << 32
        else { return .malformed }
        return Reading(whole * 100 + rest)
    }

    /// Parses all of the bytes as one number; nil if they contain anything else.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard bytes.allSatisfy(\.isDigit) else { return nil }
        return UInt64(String(decoding: bytes, as: UTF8.self))
    }
}
