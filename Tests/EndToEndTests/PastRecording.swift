import CgroupModel
import Foundation
import Hierarchy
import History
import KernelIO
import TestSupport

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

    init(count: Int = Self.count) throws {
        folder = try ScratchFolder()
        path = folder.path("past")
        let recorder = try Recorder(path, .init(), RecordingOrigin(.live))
        for second in 0..<UInt64(count) { try recorder.append(Self.snapshot(second)) }
    }

    static func snapshot(_ second: UInt64) -> Snapshot {
        var builder = SnapshotBuilder()
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
