import CgroupModel
import Foundation
import TestSupport

/// A server whose cgroups stay.
///
/// A fifth of them is busy, and which ones changes every ten minutes; busy ones count CPU time and
/// I/O and change their memory, the others change nothing.
struct BusyServer {
    /// The number of values that the samples so far have changed.
    private(set) var changes = 0
    /// The seconds since the start.
    private var second: UInt64 = 0
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

    /// The sample so many seconds after the last one.
    mutating func next(after interval: UInt64 = 1) -> Snapshot {
        second += interval
        let width = schema.columns.count
        for row in entries.indices {
            let isBusy = row < 2 || (row + Int(second / 600)) % 5 == 0
            for column in 0..<schema.counterCount {
                let value = block.values[row * width + column]
                block.previous[row * schema.counterCount + column] = value
                if isBusy, column % 4 == 0 {
                    block.values[row * width + column] =
                        value + .random(in: 1..<900_000, using: &noise)
                    changes += 1
                }
            }
            guard isBusy else { continue }
            for column in schema.counterCount..<width where column % 5 == 0 {
                let value = block.values[row * width + column]
                guard value < 1 << 40 else { continue }
                block.values[row * width + column] =
                    (value + .random(in: 1..<1 << 20, using: &noise)) % (1 << 30)
                changes += 1
            }
        }
        tick += 1
        let now = 1_000_000_000 * (second + 1)
        return Snapshot(
            tick: tick, wallTime: 1_790_000_000_000_000 + second * 1_000_000,
            tierTimes: Tier.allCases.map { _ in
                TierTimes(now: now, before: tick == 1 ? 0 : now - interval * 1_000_000_000)
            },
            schema: schema, cgroups: entries, blocks: [block], host: HostSample(),
            health: SampleHealth())
    }
}
