import CgroupModel
import Foundation
import History
import KernelIO
import TestSupport

/// Writes recordings and histories of made-up hosts.
@main enum HistoryWriter {
    private static let usage = """
        usage: historywriter recording FILE CGROUPS SECONDS
               historywriter history DIRECTORY CGROUPS DAYS
               historywriter endless DIRECTORY SECOND
        recording: a frame a second of a busy server; prints the number of values that changed
        history: all tiers of a busy server, with a sample each 30 s, in the last two days each
            10 s, and in the last hour each second; prints the number of values that changed
        endless: a history from SECOND on until it is killed; reports each second when it is kept

        """

    static func main() throws {
        let words = CommandLine.arguments
        let numbers = words.dropFirst(3).map { UInt64($0) ?? 0 }
        switch (words.dropFirst().first, numbers.count) {
        case ("recording", 2):
            try record(words[2], BusyServer(cgroups: Int(numbers[0])), frames: numbers[1])
        case ("history", 2):
            try keep(
                words[2], BusyServer(cgroups: Int(numbers[0])), seconds: numbers[1] * 86_400)
        case ("endless", 1): try run(words[2], from: numbers[0])
        default:
            FileHandle.standardError.write(Data(usage.utf8))
            exit(64)
        }
    }

    private static func record(_ path: String, _ busy: BusyServer, frames: UInt64) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else {
            FileHandle.standardError.write(Data("historywriter: \(path): not writable\n".utf8))
            exit(73)
        }
        var server = busy
        var encoder = SegmentEncoder(origin)
        var pending = Data()
        for _ in 0..<frames {
            pending.append(contentsOf: encoder.encode(server.next()))
            if pending.count > 1 << 20 {
                try file.write(contentsOf: pending)
                pending.removeAll(keepingCapacity: true)
            }
        }
        try file.write(contentsOf: pending)
        try file.close()
        print(server.changes)
    }

    private static func keep(_ directory: String, _ busy: BusyServer, seconds: UInt64) throws {
        var server = busy
        var tiers = try tiers(directory)
        var left = seconds
        while left > 0 {
            let step: UInt64 = left > 2 * 86_400 ? 30 : left > 3600 ? 10 : 1
            try tiers.take(server.next(after: step))
            left -= min(step, left)
        }
        try tiers.finish()
        print(server.changes)
    }

    private static func run(_ directory: String, from first: UInt64) throws {
        var tiers = try tiers(directory)
        var second = first
        while true {
            try tiers.take(CountingHost.sample(second))
            let report = (0..<8).map { UInt8(truncatingIfNeeded: second >> ($0 * 8)) }
            try FileHandle.standardOutput.write(contentsOf: Data(report))
            second += 1
        }
    }

    private static func tiers(_ directory: String) throws -> HistoryTiers {
        let readers = AppendedFile.Readers(group: nil)
        _ = try OwnDirectory(making: directory, readers: readers)
        return try HistoryTiers(directory, HistoryBounds(), origin, readers)
    }

    private static let origin = RecordingOrigin(
        bootID: "00000000-0000-4000-8000-000000000000", kernelRelease: "6.12.0",
        pageSize: 4096, runStart: 1_790_000_000_000_000,
        machine: RecordedMachine(
            hasUnified: true, legacy: [],
            cpus: (0..<8).map { .init(id: $0, core: $0, node: 0) },
            disks: [.init(name: "vda", number: InstanceKey(major: 254, minor: 0))]))
}
