import Actuation
import CgroupModel
import Glibc
import Hierarchy
import KernelIO
import Policy
import PolicyLanguage
import Testing

@testable import Enforcement

/// Values of one cgroup that do not depend on each other.
@Suite struct IndependentSettingTests {
    private let machine: FakeMachine
    private let target: Effect.Target

    init() throws {
        machine = try FakeMachine()
        try machine.usual()
        target = try machine.target()
    }

    private func set(
        _ kind: Effect.Kind, _ files: any ControlFiles = KernelControlFiles(),
        isDryRun: Bool = false
    ) -> EffectResult {
        machine.actions(files).once(
            .make(1, kind, on: target, isDryRun: isDryRun, isTogether: false))
    }

    @Test func refusedValueLeavesTheOthersSet() throws {
        let result = set(three, failing(["memory.limit_in_bytes": EBUSY]))
        #expect(result.outcome.word == "partial" && "\(result.outcome)".contains("memory.max"))
        #expect(result.values.keys.map(\.name) == ["memory.max"])
        #expect(result.values.values.first?.errno == .busy)
        #expect(try machine.text("pids/a/pids.max") == "7")
        #expect(try machine.text("cpu/a/cpu.cfs_quota_us") == "150000")
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(
            try machine.journal.entries().map(\.cell.file).sorted() == [
                "cpu.cfs_quota_us", "pids.max",
            ])
    }

    /// memory.high has no file on v1, so that it cannot even be planned.
    @Test func unplannableValueLeavesTheOthersSet() throws {
        let result = set(.set([.of("memory.high", 1 << 20), .of("pids.max", 7)]))
        #expect(result.outcome.word == "partial")
        #expect(result.values.keys.map(\.name) == ["memory.high"])
        #expect(try machine.text("pids/a/pids.max") == "7")
        let rehearsed = set(
            .set([.of("memory.high", 1 << 20), .of("pids.max", 8)]), isDryRun: true)
        #expect(rehearsed.outcome.word == "partial" && rehearsed.changes.map(\.wanted) == ["8"])
        #expect(try machine.text("pids/a/pids.max") == "7")
    }

    @Test func settingFailsIfAllValuesFail() throws {
        let files = ScriptedFiles { file, _ throws(IOError) in
            throw IOError("write", file, code: EROFS)
        }
        let result = set(three, files)
        #expect(result.outcome.word == "failed" && result.outcome.errno == .readOnly)
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func settingSucceedsIfAllValuesAreSet() throws {
        let result = set(three)
        #expect(result.outcome == .done && result.values.isEmpty && result.changes.count == 3)
    }

    /// Memory may only be raised after memory and swap together.
    @Test func dependentValuesArePlannedTogether() throws {
        let files = ScriptedFiles { _, _ in }
        let result = set(
            .set([
                .of("memory.max", 400 << 20), .of("memory.memsw.max", 500 << 20),
                .of("memory.high", 1),
            ]), files)
        #expect(result.values.keys.map(\.name) == ["memory.high"])
        #expect(
            files.written == [
                "memory.memsw.limit_in_bytes=524288000", "memory.limit_in_bytes=419430400",
            ])
    }

    @Test func deviceRulesAreWrittenInOrder() throws {
        let machine = try FakeMachine(["devices": "devices"])
        try machine.cgroup("/a", in: "devices", ["devices.allow": "", "devices.deny": ""])
        let files = ScriptedFiles { _, _ in }
        func rule(_ name: String, _ text: String) -> LimitAssignment {
            LimitAssignment(LimitKey("devices.\(name)", instance: text), .text(text))
        }
        let result = machine.actions(files).once(
            .make(
                1,
                .set([rule("deny", "a"), rule("allow", "c 1:3 rwm"), rule("deny", "c 1:3 w")]),
                on: try machine.target(), isTogether: false))
        #expect(result.outcome == .done, "\(result)")
        #expect(
            files.written == [
                "devices.deny=a", "devices.allow=c 1:3 rwm", "devices.deny=c 1:3 w",
            ])
    }

    /// A quota means nothing without its period.
    @Test func quotaAndPeriodAreSetTogetherOrNotAtAll() throws {
        let kind = Effect.Kind.set([
            .of("cpu.max", 500_000), .of("cpu.max.period", 50_000), .of("pids.max", 7),
        ])
        let result = set(kind, failing(["cpu.cfs_period_us": EINVAL]))
        #expect(result.outcome.word == "partial")
        #expect(Set(result.values.keys.map(\.name)).contains("cpu.max.period"))
        #expect(try machine.text("cpu/a/cpu.cfs_quota_us") == "-1")
        #expect(try machine.text("cpu/a/cpu.cfs_period_us") == "100000")
        #expect(try machine.text("pids/a/pids.max") == "7")
    }
}

/// memory.high of a guarded cgroup, which has several layers.
@Suite struct ThrottlePointTests {
    private static let mebibyte: UInt64 = 1 << 20
    private let machine: FakeMachine
    private let target: Effect.Target
    private let directory: CgroupDirectory

    init() throws {
        machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup(
            "/a",
            [
                "memory.high": "max", "memory.max": "max", "memory.current": "1048576",
                "cgroup.controllers": "memory",
            ])
        target = try machine.target()
        directory = try CgroupDirectory(target.path, in: machine.set.hierarchies[0])
    }

    private var high: String {
        get throws { try machine.text("a/memory.high") }
    }

    private func throttle(below mebibytes: UInt64? = nil) throws -> ThrottlePoint {
        try ThrottlePoint(
            directory, otherLayers: mebibytes.map { .number($0 * Self.mebibyte) },
            files: KernelControlFiles(), journal: machine.journal)
    }

    /// The guard's bound would stay, with nobody to remove it.
    @Test func boundThatCannotBeReadAtTheEndIsReported() throws {
        let isUnreadable = Flag()
        let throttle = try ThrottlePoint(
            directory, files: UnreadableFiles(once: isUnreadable), journal: machine.journal)
        try throttle.set(180 * Self.mebibyte, cause: "guard db")
        isUnreadable.set()
        #expect(throws: ActuationError.self) { try throttle.putBack(cause: "guard db") }
        #expect(try high == "\(180 * Self.mebibyte)")
    }

    /// The kernel shows a multiple of the page size, which a restore must know as its own value.
    @Test func liftedBoundIsRecordedAsTheKernelShowsIt() throws {
        let throttle = try ThrottlePoint(
            directory, otherLayers: .number(1_000_000), files: PageFiles(),
            journal: machine.journal)
        try throttle.set(500_000, cause: "guard db")
        try throttle.lift()
        #expect(try machine.journal.entries().map(\.readBack) == ["999424"])
        #expect(try high == "1000000")
    }

    private func setByPolicy(_ mebibytes: UInt64) -> EffectResult {
        machine.actions().once(
            .make(1, .set([.of("memory.high", mebibytes * Self.mebibyte)]), on: target))
    }

    private func restore() -> EffectResult {
        machine.actions().once(.make(2, .restore([LimitKey("memory.high")]), on: target))
    }

    @Test func stricterStandingLimitStaysAndItsOriginalIsRestored() throws {
        #expect(setByPolicy(60).outcome == .done)
        let throttle = try throttle(below: 60)
        try throttle.set(180 * Self.mebibyte, cause: "guard db")
        #expect(try high == "\(60 * Self.mebibyte)")
        try throttle.lift()
        #expect(try high == "\(60 * Self.mebibyte)")
        try throttle.putBack(cause: "guard db")
        #expect(try high == "\(60 * Self.mebibyte)")
        #expect(try machine.journal.entries().map(\.original) == ["max"])
        #expect(restore().outcome == .done)
        #expect(try high == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func aStricterLimitOfAPersonStays() throws {
        try machine.cgroup("/a", ["memory.high": "\(60 * Self.mebibyte)"])
        let throttle = try throttle()
        try throttle.set(180 * Self.mebibyte, cause: "guard db")
        try throttle.putBack(cause: "guard db")
        #expect(try high == "\(60 * Self.mebibyte)")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func itsOwnBoundGoesWithIt() throws {
        let throttle = try throttle()
        try throttle.set(180 * Self.mebibyte, cause: "guard db")
        #expect(try high == "\(180 * Self.mebibyte)")
        #expect(try machine.journal.entries().map(\.original) == ["max"])
        try throttle.putBack(cause: "guard db")
        #expect(try high == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// What the policy has set is no original, though it stands there when the guard comes.
    @Test func originalComesFromTheJournal() throws {
        #expect(setByPolicy(60).outcome == .done)
        // The policy wants nothing any more, and the guard has it in its hands.
        let throttle = try throttle()
        try throttle.set(180 * Self.mebibyte, cause: "guard db")
        #expect(try high == "\(180 * Self.mebibyte)")
        try throttle.putBack(cause: "guard db")
        #expect(try high == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func requestOfAnotherLayerDuringAGuardAppliesImmediately() throws {
        let throttle = try throttle()
        try throttle.updateOtherLayers(.number(60 * Self.mebibyte), cause: "guard db")
        // Without a bound they write their own values.
        #expect(try high == "max")
        try throttle.set(180 * Self.mebibyte, cause: "guard db")
        #expect(try high == "\(60 * Self.mebibyte)")
        try throttle.updateOtherLayers(.number(200 * Self.mebibyte), cause: "guard db")
        #expect(try high == "\(180 * Self.mebibyte)")
        try throttle.updateOtherLayers(nil, cause: "guard db")
        try throttle.lift()
        #expect(try high == "max")
    }

    @Test func valueChangedByAnotherProgramIsNotOverwrittenByARestore() throws {
        let throttle = try throttle()
        try throttle.set(180 * Self.mebibyte, cause: "guard db")
        try machine.cgroup("/a", ["memory.high": "4096"])
        try throttle.putBack(cause: "guard db")
        #expect(try high == "4096")
    }
}

/// The kernel's files, which cannot be read once a flag is set.
private struct UnreadableFiles: ControlFiles {
    let once: Flag

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        if once.value { throw IOError("open", name, code: EMFILE) }
        return try KernelControlFiles().text(name, of: directory)
    }

    func write(_ value: String, to name: String, of directory: CgroupDirectory) throws(IOError) {
        try KernelControlFiles().write(value, to: name, of: directory)
    }
}

/// Files that show numbers rounded down to pages of 4 KiB.
private struct PageFiles: ControlFiles {
    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        let text = try KernelControlFiles().text(name, of: directory)
        return UInt64(text).map { "\($0 / 4096 * 4096)" } ?? text
    }

    func write(_ value: String, to name: String, of directory: CgroupDirectory) throws(IOError) {
        try KernelControlFiles().write(value, to: name, of: directory)
    }
}
