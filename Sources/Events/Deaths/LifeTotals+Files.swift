internal import CgroupModel
internal import KernelIO

/// Reading the files of v2.
extension LifeTotals {
    private static let files: [(name: [UInt8], rows: [Int])] = {
        let wanted = [
            "cpu.stat", "io.stat", "memory.events", "memory.peak", "pids.peak", "memory.stat",
        ]
        return wanted.map { file in
            (Array(file.utf8), rows.indices.filter { rows[$0].metric.v2?.file == file })
        }
    }()

    /// Reads the files in the directory of a v2 cgroup, the cheapest first.
    ///
    /// If the cgroup vanishes in the meantime, the remaining values are unknown.
    init(in directory: borrowing OwnedDescriptor) {
        for (name, rows) in Self.files where !rows.isEmpty {
            do throws(IOError) {
                take(try ReadBuffer.contents(of: name, under: directory.number), rows)
            } catch {
                if !error.isMissing { return }
            }
        }
    }

    private mutating func take(_ bytes: [UInt8], _ rows: [Int]) {
        for row in rows {
            let metric = Self.rows[row].metric
            guard let key = metric.v2?.key.map({ Array($0.utf8) }) else {
                values[row] = Self.number(bytes[...])
                continue
            }
            if metric.dimension == nil {
                let line = bytes.split(separator: 0x0a).first {
                    $0.count > key.count && $0.starts(with: key)
                        && $0[$0.startIndex + key.count] == 0x20
                }
                values[row] = line.flatMap { Self.number($0.dropFirst(key.count + 1)) }
            } else {
                values[row] = bytes.split { $0 == 0x0a || $0 == 0x20 }
                    .filter { $0.starts(with: key + [UInt8(ascii: "=")]) }
                    .reduce(0) { $0 &+ (Self.number($1.dropFirst(key.count + 1)) ?? 0) }
            }
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        let digits = bytes.prefix { (0x30...0x39).contains($0) }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }
}
