import CgroupModel
import Foundation
import Hierarchy
import TestSupport
import Testing

/// Block I/O of a cgroup that also writes to an NVMe disk with native multipath.
///
/// Such a disk has a hidden device for each path, which has no name: since Linux 6.3 `io.stat` has a
/// row for it that begins with `(unknown)`.
@Suite(
    .enabled(
        if: RealCgroups.required == "v2" && KernelVersion.running >= KernelVersion("6.3"),
        "needs a guest with v2, /dev/nvme0n1 and Linux 6.3"))
struct KernelMultipathTests {
    private let scratch: ScratchHierarchy
    private let snapshot: Snapshot
    private let index: Int
    /// The lines of `io.stat`, split at blanks.
    private let lines: [[String]]

    /// Writes 3 MiB to the disk with paths and 2 MiB to the other one.
    init() async throws {
        scratch = try ScratchHierarchy()
        try scratch.make("writer")
        let write = "dd if=/dev/zero bs=1M oflag=direct conv=notrunc 2>/dev/null"
        let writer = try ScratchProcess(
            "\(write) of=/dev/nvme0n1 count=3 && \(write) of=/dev/vda count=2 && echo written; "
                + "exec sleep 300", in: "writer", of: scratch)
        writer.waitUntilReady()
        snapshot = try await Sampler(everythingIn: scratch).sample()
        index = try #require(snapshot.index(of: scratch.path("writer")))
        lines = try #require(scratch.text("io.stat", of: "writer")).split(separator: "\n")
            .map { $0.split(separator: " ").map(String.init) }
    }

    private func values(_ name: String) throws -> [String: String] {
        snapshot.values(index, try #require(MetricCatalog.metric(named: name)))
    }

    private func number(of device: String) throws -> String {
        try String(contentsOfFile: "/sys/block/\(device)/dev", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func bytesOfNamedDevicesAreCorrect() throws {
        let written = try values("io.wbytes")
        #expect(written[try number(of: "nvme0n1")] == "\(3 << 20)", "\(lines)")
        #expect(written[try number(of: "vda")] == "\(2 << 20)", "\(lines)")
        for line in lines where line[0] != "(unknown)" {
            let bytes = line.first { $0.hasPrefix("wbytes=") }?.dropFirst("wbytes=".count)
            #expect(written[line[0]] == bytes.map(String.init), "\(line)")
        }
    }

    @Test func rowsOfNVMePathsAreCountedAsSkipped() throws {
        let unknown = lines.filter { $0[0] == "(unknown)" }
        #expect(unknown.count == 1, "\(lines)")
        for name in ["io.rbytes", "io.wbytes", "io.dios"] {
            let skipped = try values(name)[InstanceKey.whole.text(.device)]
            #expect(skipped == Reading.unnamed.word, "\(name)")
        }
        // One row of the writer, and one of its parent, which has the sum.
        #expect(snapshot.health.collectors.map(\.skippedRows).reduce(0, +) == 2)
        #expect(snapshot.health.malformed == 0)
        #expect(!snapshot.health.collectors.contains { $0.hasFailed })
    }
}
