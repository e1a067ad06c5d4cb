import CgroupModel
import TestSupport
import Testing

@testable import History

/// Bytes in memory instead of a file.
struct MemoryBytes: RecordingBytes {
    var name = "memory"
    var all: [UInt8]
    /// The content of the file beside it; nil for none.
    var beside: [UInt8]?
    var sidecar: (any RecordingBytes)? { beside.map { MemoryBytes(all: $0) } }
    var byteCount: Int { all.count }
    func bytes(_ range: Range<Int>) -> [UInt8] { Array(all[range]) }
}

/// A recording gives back what was recorded.
@Suite struct RecordingTests {
    static let origin = RecordingOrigin(
        bootID: "b-1", kernelRelease: "6.1", pageSize: 4096, runStart: 7,
        machine: RecordedMachine(
            hasUnified: true, legacy: [.memory, .cpu],
            cpus: [.init(id: 0, core: 0, node: 0), .init(id: 5, core: 1, node: 2)],
            disks: [.init(name: "vda", number: InstanceKey(major: 254, minor: 0))]))

    static func record(
        _ snapshots: [Snapshot], keyframeInterval: Int = 7, origin: RecordingOrigin = origin
    ) -> [UInt8] {
        var encoder = SegmentEncoder(origin, keyframeInterval: keyframeInterval)
        return snapshots.flatMap { encoder.encode($0) }
    }

    static func snapshots(seed: UInt64, count: Int = 30) -> [Snapshot] {
        var tree = RandomTree(seed: seed)
        return (0..<count).map { _ in tree.next() }
    }

    /// All snapshots and all notes.
    static func read(_ bytes: [UInt8]) throws -> (snapshots: [Snapshot], notes: [RecordingNote]) {
        let recording = try Recording([MemoryBytes(all: bytes)])
        var cursor = RecordingCursor(recording)
        var snapshots: [Snapshot] = []
        while let next = try cursor.next() { snapshots.append(next) }
        return (snapshots, recording.notes + cursor.notes)
    }

    @Test(arguments: 0..<40 as Range<UInt64>) func recordingRoundTrips(seed: UInt64) throws {
        let snapshots = Self.snapshots(seed: seed)
        let (read, notes) = try Self.read(Self.record(snapshots))
        #expect(read == snapshots.map(\.normalised))
        #expect(notes == [])
    }

    @Test func everySegmentDescribesTheHost() throws {
        for origin in [
            Self.origin,
            RecordingOrigin(bootID: "b", kernelRelease: "6.1", pageSize: 4096, runStart: 7),
        ] {
            let bytes = Self.record(
                Self.snapshots(seed: 1, count: 9), keyframeInterval: 4, origin: origin)
            let recording = try Recording([MemoryBytes(all: bytes)])
            #expect((0..<9).allSatisfy { recording.origin($0) == origin })
        }
    }

    @Test func builtSnapshotsRoundTripWithRates() throws {
        var builder = SnapshotBuilder()
        builder.host.load = Reading(125)
        builder.host.pressure.io.full.avg300 = .unsupported
        builder.add(
            "/a", inode: 77, generation: 3, controllers: [.memory, .core],
            ["cpu.usage_usec": Reading(3_000_000), "memory.max": .unlimited],
            before: ["cpu.usage_usec": Reading(1_000_000)])
        builder.instance("io.rbytes", InstanceKey(major: 8, minor: 1), 900, before: 400)
        let (read, _) = try Self.read(Self.record([builder.build()]))
        let snapshot = try #require(read.first)
        #expect(snapshot == builder.build().normalised)
        #expect(snapshot.cpusUsed(0) == 2)
        #expect(snapshot.summedRate(0, .ioReadBytes) == 500)
        #expect(snapshot.cgroups[0].id == CgroupID(inode: 77, generation: 3))
    }

    @Test func positionIsFoundByTime() throws {
        let snapshots = Self.snapshots(seed: 1)
        let recording = try Recording([MemoryBytes(all: Self.record(snapshots))])
        #expect(recording.count == 30)
        #expect(recording.number(at: 0) == 0)
        #expect(recording.number(at: snapshots[12].wallTime) == 12)
        #expect(recording.number(at: .max) == 29)
        #expect(recording.origin(3) == Self.origin)
        var cursor = RecordingCursor(recording)
        for number in [12, 3, 29, 28, 14, 15, 0] {
            cursor.position = number
            #expect(try cursor.next() == snapshots[number].normalised)
        }
        #expect(try cursor.next() == snapshots[1].normalised)
    }

    @Test func filesAreReadInSequence() throws {
        let first = Self.snapshots(seed: 2, count: 9)
        let second = Self.snapshots(seed: 3, count: 9)
        var later = Self.origin
        later.runStart = 8
        let recording = try Recording([
            MemoryBytes(all: Self.record(first)),
            MemoryBytes(all: Self.record(second, origin: later)),
        ])
        var cursor = RecordingCursor(recording)
        var read: [Snapshot] = []
        while let next = try cursor.next() { read.append(next) }
        #expect(read == (first + second).map(\.normalised))
        // And so they are when joined in one.
        let joined = Self.record(first) + Self.record(second, origin: later)
        #expect(try Self.read(joined).snapshots == read)
    }

    private static func words(_ texts: [(UInt64, String)]) -> [FrameRecord.NumberedWord] {
        texts.map { FrameRecord.NumberedWord(number: $0.0, text: $0.1) }
    }

    /// A recording has the words of all cgroups, and a tenant can choose many of them.
    @Test func onlyWordsOfAShownSnapshotEnterTheTable() throws {
        let texts = (0..<1000).map { "tenant-chose-\($0)" }
        let header = SegmentHeader(origin: Self.origin, wallTime: 1, monotonicTime: 1)
        var builder = SnapshotBuilder()
        builder.add("/a", ["cpuset.cpus": Reading(500)])
        let frame = FrameRecord(
            wallTime: 9, words: Self.words(texts.enumerated().map { (UInt64($0), $1) }),
            frame: FrameCodec.encode(builder.build(), after: nil))
        let bytes =
            Record.encode(Record.Kind.header, header.encode())
            + Record.encode(Record.Kind.frame, frame.encode())
        let (pieces, _) = try PastPiece.all(MemoryBytes(all: bytes))
        var past = Past(tiers: [PastTier(pieces, notes: [])])
        let snapshot = try #require(try past.snapshot(at: .max))
        #expect(snapshot[0, .cpusetCPUs].value.map(Word.text) == texts[500])
        #expect(texts.filter { Word.number(of: $0) != nil } == [texts[500]])
    }

    /// A tenant can make the daemon meet thousands of words, which would fill the history.
    @Test func wordsThatDoNotOccurTakeNoRoom() throws {
        func snapshots() -> [Snapshot] {
            (1..<60 as Range<UInt64>).map { tick in
                var builder = SnapshotBuilder()
                builder.tick = tick
                // The second word occurs in the middle of a segment, and again in the next one.
                let text = (7..<10).contains(tick % 20) ? "0-\(tick)" : "0"
                let number = Word.intern(text).map { Reading(UInt64($0)) } ?? .malformed
                builder.add("/a", ["cpuset.cpus": number])
                return builder.build()
            }
        }
        let all = snapshots()
        let bytes = Self.record(all, keyframeInterval: 20)
        for number in 0..<1000 { _ = Word.intern("a-tenant-chose-\(number)") }
        #expect(Self.record(all, keyframeInterval: 20) == bytes)
        let (read, notes) = try Self.read(bytes)
        #expect(notes == [])
        #expect(read == all.map(\.normalised))
    }

    @Test func enumWordsAreThoseOfTheRecorder() throws {
        // The numbers are those of another process, in which other words came first.
        let legend = FrameLegend.own
        let header = SegmentHeader(
            origin: Self.origin, wallTime: 1, monotonicTime: 1, legend: legend)
        var builder = SnapshotBuilder()
        builder.add("/a", ["cpuset.cpus": Reading(2), "cgroup.type": Reading(1)])
        builder.instance("hugetlb.current", InstanceKey(rawValue: 0), 5)
        builder.add("/b", ["cpuset.cpus": .notPermitted, "cgroup.type": Reading(3)])
        let frame = FrameRecord(
            wallTime: 9, words: Self.words([(0, "odd-3"), (1, "odd-2"), (2, "odd-1")]),
            frame: FrameCodec.encode(builder.build(), after: nil))
        let (read, notes) = try Self.read(
            Record.encode(Record.Kind.header, header.encode())
                + Record.encode(Record.Kind.frame, frame.encode()))
        let snapshot = try #require(read.first)
        #expect(notes == [])
        #expect(snapshot[0, .cpusetCPUs].value.map(Word.text) == "odd-1")
        #expect(snapshot[1, .cpusetCPUs] == .notPermitted)
        let type = try #require(MetricCatalog.metric(named: "cgroup.type"))
        #expect(snapshot[0, type.id].value.map(Word.text) == "odd-2")
        #expect(snapshot[1, type.id] == .malformed, "no word has this number")
        #expect(snapshot.instances(0).first?.key.text(.pageSize) == "odd-3")
    }

    @Test func recordingWithFormerNamesIsUnderstood() {
        for metric in MetricCatalog.all {
            for name in metric.aliases {
                var row = FrameLegend.Row(metric)
                row.name = name
                let legend = FrameLegend(rows: [row], controllers: [])
                #expect(legend.metrics == [metric.id], "\(name)")
            }
        }
    }

    @Test func metricsAreFoundByName() throws {
        // Another catalog: two rows that we lack, and the rest in another order.
        let rows =
            [
                FrameLegend.Row(name: "new.total", tier: 0, isCounter: true),
                FrameLegend.Row(name: "memory.max", tier: 0, hasDimension: true),
            ] + FrameLegend.own.rows.filter { $0.name != "memory.max" }.reversed()
        let legend = FrameLegend(rows: rows, controllers: ["later", "memory", "cpu"])
        #expect(legend.unknownNames == ["new.total", "memory.max"])
        func place(_ name: String) -> MetricID {
            MetricID(index: rows.firstIndex { $0.name == name } ?? -1)
        }
        let header = SegmentHeader(
            origin: Self.origin, wallTime: 1, monotonicTime: 1, legend: legend)
        let columns = [
            place("new.total"), place("cpu.usage_usec"), place("pids.current"),
            place("memory.current"),
        ]
        let other = Snapshot(
            tick: 1, wallTime: 5,
            tierTimes: Tier.allCases.map { _ in TierTimes(now: 2, before: 1) },
            schema: Schema(columns: columns, counterCount: 2),
            cgroups: [
                CgroupEntry(
                    path: CgroupPath("/a"), id: CgroupID(inode: 1, generation: 1), parent: nil,
                    controllers: [.core, .cpu], row: RowLocation(block: 0, row: 0))
            ],
            blocks: [
                RowBlock(
                    values: [1, 20, 3, 4], previous: [0, 10],
                    instances: [
                        InstanceReading(
                            metric: place("memory.max"), key: InstanceKey(rawValue: 0),
                            reading: Reading(6)),
                        InstanceReading(
                            metric: place("io.rbytes"), key: InstanceKey(rawValue: 8),
                            reading: Reading(7)),
                    ], instanceStarts: [0, 2])
            ], host: HostSample(), health: SampleHealth())
        var encoder = FrameEncoder(other, after: nil, legend)
        let frame = FrameRecord(wallTime: 5, words: [], frame: encoder.encode())
        let (read, notes) = try Self.read(
            Record.encode(Record.Kind.header, header.encode())
                + Record.encode(Record.Kind.frame, frame.encode()))
        let snapshot = try #require(read.first)
        #expect(notes.map(\.kind) == [.unknownMetrics(["new.total", "memory.max"])])
        #expect(snapshot.schema == Schema([.cpuUsage, .pidsCurrent, .memoryUsage]))
        #expect(snapshot[0, .cpuUsage] == Reading(20))
        #expect(snapshot.previous(0, .cpuUsage) == Reading(10))
        #expect(snapshot[0, .pidsCurrent] == Reading(3))
        #expect(snapshot[0, .memoryUsage] == Reading(4))
        #expect(snapshot.instances(0).map(\.metric) == [.ioReadBytes])
        // The controllers stand for the writer's: the first is unknown, the second memory.
        #expect(snapshot.cgroups[0].controllers == [.memory])
    }
}
