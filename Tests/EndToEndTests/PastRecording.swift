import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import TestSupport

@testable import History
@testable import Service

/// A recording of two minutes, a second apart, with known numbers, and cgwarden commands that read
/// it.
///
/// `/a` has 1 MiB of memory more each second and uses half a CPU; `/b` exists from the second 60 on
/// and uses a tenth of a CPU. `/a` has a limit from the second 30 on, and one OOM kill at the second
/// 100.
struct PastRecording {
    /// The time of the first sample in seconds since 1970.
    static let start = 1_790_000_000
    static let count = 120

    private let folder: ScratchFolder
    /// The file.
    let path: String

    /// Records samples that are `offset` microseconds after each full second.
    init(count: Int = Self.count, offset: Int64 = 0) throws {
        folder = try ScratchFolder()
        path = folder.path("past")
        let recorder = try Recorder(path, .init(), RecordingOrigin(.live))
        for second in 0..<UInt64(count) {
            try recorder.append(Self.snapshot(second, offset: offset))
        }
    }

    static func snapshot(_ second: UInt64, offset: Int64 = 0) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.wallShift = offset
        builder.tick = second
        builder.seconds = second == 0 ? nil : 1
        func counter(_ perSecond: UInt64, _ at: UInt64) -> Reading { Reading(perSecond * (at + 1)) }
        builder.add("/", inode: 1, ["pids.current": Reading(10)])
        builder.add(
            "/a", inode: 11,
            [
                "memory.current": Reading((second + 1) << 20),
                "memory.max": second < 30 ? .unlimited : Reading(256 << 20),
                "cpu.usage_usec": counter(500_000, second),
                "memory.events.oom_kill": Reading(second < 100 ? 0 : 1),
            ],
            before: second == 0 ? [:] : ["cpu.usage_usec": counter(500_000, second - 1)])
        if second >= 60 {
            builder.add(
                "/b", inode: 12,
                [
                    "memory.current": Reading(1 << 30), "memory.max": .unlimited,
                    "cpu.usage_usec": counter(100_000, second),
                ],
                before: second == 60 ? [:] : ["cpu.usage_usec": counter(100_000, second - 1)])
        }
        return builder.build()
    }

    /// A time as an argument: `@UNIX`.
    static func at(_ second: Int) -> String { "@\(start + second)" }

    /// Runs a command with `--history` and this recording.
    func run(_ arguments: String...) throws -> ProgramRun.Result {
        try ProgramRun.run(ProgramRun.cgwarden, arguments + ["--history", path])
    }

    /// Runs a command that must succeed, and reads its JSON lines.
    func objects(_ arguments: String...) throws -> [[String: Any]] {
        let result = try ProgramRun.run(ProgramRun.cgwarden, arguments + ["--history", path])
        guard result.status == 0 else { throw ProgramTrouble(result.errors) }
        return try result.lines.compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }
}

/// A history of two minutes of which one sample of every 10 s is kept.
///
/// `/a` has 1 MiB of memory, and 10 MiB in one sample of each period.
struct ThinnedPast {
    private let folder: ScratchFolder
    /// The folder.
    var path: String { folder.path("history") }

    init() throws {
        folder = try ScratchFolder()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let tier = try HistoryTier(
            "\(path)/medium", step: 10_000_000, PartBounds(), RecordingOrigin(.live),
            AppendedFile.Readers(group: nil))
        for second in 0..<UInt64(PastRecording.count) {
            var builder = SnapshotBuilder()
            builder.tick = second
            builder.add("/", inode: 1, ["pids.current": Reading(10)])
            let memory: UInt64 = second % 10 == 4 ? 10 << 20 : 1 << 20
            builder.add("/a", inode: 11, ["memory.current": Reading(memory)])
            try tier.take(builder.build(), [], isSetBack: false)
        }
        try tier.finish()
    }
}
