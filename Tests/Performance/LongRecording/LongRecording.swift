import CLinux
import CgroupModel
import Foundation
import History
import TestSupport

/// Writes a recording of CGROUPS cgroups with one frame for each of SECONDS.
///
/// A fifth of the cgroups is busy, and which ones changes every ten minutes; busy ones count CPU
/// time and I/O and change their memory, the others change nothing, as on a server.
@main enum LongRecording {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 4, let cgroups = Int(words[2]), let seconds = Int(words[3]) else {
            FileHandle.standardError.write(Data("usage: longrecording FILE CGROUPS SECONDS\n".utf8))
            exit(64)
        }
        guard FileManager.default.createFile(atPath: words[1], contents: nil),
            let file = FileHandle(forWritingAtPath: words[1])
        else {
            FileHandle.standardError.write(Data("longrecording: \(words[1]): not writable\n".utf8))
            exit(73)
        }
        var server = Server(cgroups: cgroups)
        var encoder = SegmentEncoder(
            RecordingOrigin(
                bootID: "00000000-0000-4000-8000-000000000000", kernelRelease: "6.12.0",
                pageSize: 4096, runStart: 1_790_000_000_000_000,
                machine: RecordedMachine(
                    hasUnified: true, legacy: [],
                    cpus: (0..<8).map { .init(id: $0, core: $0, node: 0) },
                    disks: [.init(name: "vda", number: InstanceKey(major: 254, minor: 0))])))
        var pending = Data()
        for _ in 0..<seconds {
            pending.append(contentsOf: encoder.encode(server.next()))
            if pending.count > 1 << 20 {
                try file.write(contentsOf: pending)
                pending.removeAll(keepingCapacity: true)
            }
        }
        try file.write(contentsOf: pending)
        try file.close()
    }
}

/// A server whose cgroups stay.
private struct Server {
    private let schema = Schema(
        MetricCatalog.all.filter { $0.kind != .text && $0.dimension == nil }.map(\.id))
    private let entries: [CgroupEntry]
    private var block: RowBlock
    private var noise = SeededNoise(seed: 1)
    private var tick: UInt64 = 0

    init(cgroups: Int) {
        let paths = (0..<cgroups).map { String(format: "/day/job%04d", $0) }
        let all = ["/", "/day"] + paths
        entries = all.enumerated().map { row, path in
            CgroupEntry(
                path: CgroupPath(normalising: Array(path.utf8)),
                id: CgroupID(inode: UInt64(1000 + row), generation: UInt64(row + 1)),
                parent: row == 0 ? nil : min(row - 1, 1), controllers: [.cpu, .memory, .io, .pids],
                row: RowLocation(block: 0, row: row))
        }
        block = RowBlock(
            values: [], previous: [], instances: [],
            instanceStarts: [Int](repeating: 0, count: all.count + 1))
        for _ in all {
            for id in schema.columns {
                let metric = MetricCatalog[id]
                let isLimit = metric.kind != .counter && metric.name.hasSuffix(".max")
                block.values.append(
                    isLimit ? Reading.unlimited.rawValue : .random(in: 0..<1 << 28, using: &noise))
            }
        }
        block.previous = [UInt64](
            repeating: Reading.absent.rawValue, count: all.count * schema.counterCount)
    }

    mutating func next() -> Snapshot {
        let width = schema.columns.count
        for row in entries.indices {
            let isBusy = row < 2 || (row + Int(tick / 600)) % 5 == 0
            for column in 0..<schema.counterCount {
                let value = block.values[row * width + column]
                block.previous[row * schema.counterCount + column] = value
                if isBusy, column % 4 == 0 {
                    block.values[row * width + column] =
                        value + .random(in: 0..<900_000, using: &noise)
                }
            }
            guard isBusy else { continue }
            for column in schema.counterCount..<width where column % 5 == 0 {
                let value = block.values[row * width + column]
                guard value < 1 << 40 else { continue }
                block.values[row * width + column] =
                    (value + .random(in: 0..<1 << 20, using: &noise)) % (1 << 30)
            }
        }
        tick += 1
        let now = 1_000_000_000 * (tick + 1)
        return Snapshot(
            tick: tick, wallTime: 1_790_000_000_000_000 + tick * 1_000_000,
            tierTimes: Tier.allCases.map { _ in
                TierTimes(now: now, before: tick == 1 ? 0 : now - 1_000_000_000)
            },
            schema: schema, cgroups: entries, blocks: [block], host: HostSample(),
            health: SampleHealth())
    }
}
