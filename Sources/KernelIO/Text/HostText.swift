public import CgroupModel

/// The files of `/proc` that describe the machine as a whole.
public enum HostText {
    /// The bytes behind a key of `/proc/meminfo`: `MemTotal:       24608 kB`.
    public static func memory(_ key: String, in bytes: [UInt8]) -> Reading {
        let wanted = Array("\(key):".utf8)
        for line in bytes.split(separator: 0x0a) where line.starts(with: wanted) {
            let words = line.dropFirst(wanted.count).split(separator: 0x20)
            guard words.count == 2, words[1].elementsEqual("kB".utf8),
                let kilobytes = number(words[0])
            else { return .malformed }
            return Reading(kilobytes.multipliedClamping(by: 1024))
        }
        return .absent
    }

    /// Tasks of the whole machine: `0.20 0.18 0.12 1/80 11206` of `/proc/loadavg`.
    public static func tasks(in bytes: [UInt8]) -> Reading {
        let fields = bytes.split(separator: 0x20)
        guard fields.count == 5, let slash = fields[3].firstIndex(of: 0x2f),
            let count = number(fields[3][(slash + 1)...])
        else { return .malformed }
        return Reading(count)
    }

    /// Online CPUs, and busy microseconds since boot, from `/proc/stat`.
    ///
    /// Busy is user, nice, system, irq and softirq; guest time is within user already.
    public static func processors(in bytes: [UInt8]) -> (count: Int, busy: Reading) {
        var count = 0
        var busy = Reading.malformed
        for line in bytes.split(separator: 0x0a) where line.starts(with: Array("cpu".utf8)) {
            let fields = line.split(separator: 0x20)
            if fields[0].count > 3 {
                count += 1
            } else if fields.count > 7 {
                let ticks = [1, 2, 3, 6, 7].compactMap { number(fields[$0]) }
                if ticks.count == 5, ticks.allSatisfy({ $0 < 1 << 48 }) {
                    busy = Reading(ticks.reduce(0, +).multipliedClamping(by: 10_000))
                }
            }
        }
        return (max(count, 1), busy)
    }

    /// `some avg10` of a pressure file, in hundredths of a percent.
    public static func pressure(in bytes: [UInt8]) -> Reading {
        let wanted = Array("some avg10=".utf8)
        guard bytes.starts(with: wanted) else { return .malformed }
        let text = bytes.dropFirst(wanted.count).prefix { $0 != 0x20 }
        let parts = text.split(separator: 0x2e, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 2, text.endIndex < bytes.endIndex,
            let whole = number(parts[0]), let rest = number(parts[1]), whole < 1 << 32
        else { return .malformed }
        return Reading(whole * 100 + rest)
    }

    /// All of the bytes as one number; nil if they are anything else.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(String(decoding: bytes, as: UTF8.self))
    }
}
