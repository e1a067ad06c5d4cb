import CgroupModel
import Foundation
import TestSupport
import Testing

@testable import LiveView

/// A ring of five snapshots whose only cgroup uses as many tasks as the tick counts.
private final class FakeSource: SnapshotSource {
    struct DiskFull: Error, CustomStringConvertible { let description = "no space left" }

    var ring: [Snapshot] = (1...5).map { FakeSource.snapshot($0) }
    var intervals: [Double] = []
    var pauses: [Bool] = []
    var samples = 0
    var seriesReads = 0
    var diskIsFull = false

    static func snapshot(_ tick: UInt64) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.tick = tick
        builder.add("/job", ["pids.current": Reading(tick), "memory.current": Reading(tick)])
        return builder.build()
    }

    func advance() { ring.append(Self.snapshot((ring.last?.tick ?? 0) + 1)) }
    func latest() -> Snapshot? { ring.last }
    func snapshot(back: Int) -> Snapshot? {
        ring.indices.contains(ring.count - 1 - back) ? ring[ring.count - 1 - back] : nil
    }
    func setPaused(_ isPaused: Bool) { pauses.append(isPaused) }
    var frameCount: Int { ring.count }
    func setInterval(_ seconds: Double) { intervals.append(seconds) }
    func sampleNow() { samples += 1 }
    /// How often the processes are still being listed.
    var busyLists = 0
    func processes(of cgroup: CgroupEntry) -> [ProcessRow]? {
        busyLists -= 1
        guard busyLists < 0 else { return nil }
        return [ProcessRow(pid: 9, user: "u", cpuPercent: 1, memoryBytes: 1, command: "work")]
    }
    func go(to text: String) -> Travel {
        text == "14:02" ? .arrived(ring[1]) : .refused("no sample at \(text)")
    }
    var eventMarks: [UInt64] = []
    func goToEvent(_ direction: TimeDirection, from shown: Snapshot) -> Travel {
        direction == .next
            ? .arrived(ring[2], note: "10:00:00 oom-kill /job: killed 7")
            : .refused("no earlier event")
    }
    func turnSummary(at shown: Snapshot) -> Travel { .arrived(ring[3], note: "peak of 10s") }
    var lines: [String]?
    func events() -> [String]? { lines }
    var times: [UInt64] = []
    func eventTimes(of path: CgroupPath) -> [UInt64] { path == CgroupPath("/job") ? times : [] }
    func series(
        of cgroup: CgroupID, back: Int, count: Int, _ value: (Snapshot, Int) -> Double?
    ) -> [Double?] {
        seriesReads += 1
        return ring.dropLast(back).suffix(count).map { value($0, 0) }
    }
    func saveLayout(_ layout: Layout) throws -> String {
        if diskIsFull { throw DiskFull() }
        return "/etc/layout.yaml"
    }
}

/// Answers every order at the next question.
private final class FakePort: CommandPort {
    var refusal: String?
    let commands = LiveActionTests.shapes
    var orders: [CommandOrder] = []
    private var answered = 0

    func start(_ order: CommandOrder) { orders.append(order) }

    func report() -> CommandReport? {
        guard answered < orders.count else { return nil }
        answered += 1
        let result = CommandReport.Result(status: 0, lines: ["did \(answered)"])
        let order = orders[answered - 1]
        return CommandReport(order: order, results: order.commands.map { _ in result })
    }
}

@Suite struct LiveLoopTests {
    private let screen = RecordingScreen(rows: 24, columns: 80)
    private let source = FakeSource()
    private let quit = QuitFlag()
    private var model = LiveModel()

    /// Runs until the keys are used up and one more frame could be drawn.
    private func run(
        _ keys: [KeyEvent], port: FakePort? = nil, then idle: @escaping (Int) -> Void = { _ in }
    ) -> [String] {
        screen.keys = keys
        var pauses = 0
        screen.whenIdle = { [quit] in
            pauses += 1
            idle(pauses)
            if pauses == 8 { quit.request() }
        }
        LiveLoop(
            screen: screen, source: source, port: port, model: model, quit: quit,
            now: { 1_790_000_005_000_000 },
            mode: { "unified" }
        ).run()
        return screen.shown.lines
    }

    /// A source whose first sample comes once the screen was drawn, and the lines drawn before.
    private func runFromListing(_ keys: [KeyEvent] = []) -> (before: [String], after: [String]) {
        var listing = SnapshotBuilder()
        listing.tick = 0
        listing.add("/job", [:])
        source.ring = [listing.build()]
        screen.keys = keys
        var before: [String] = []
        var pauses = 0
        screen.whenIdle = { [screen, source, quit] in
            pauses += 1
            if before.isEmpty, screen.refreshes > keys.count {
                before = screen.shown.lines
                source.advance()
            }
            if pauses == 8 { quit.request() }
        }
        LiveLoop(
            screen: screen, source: source, most: 1, quit: quit, now: { 1_790_000_001_000_000 },
            mode: { "unified" }
        ).run()
        return (before, screen.shown.lines)
    }

    @Test func namesAreShownBeforeTheFirstSampleWhichAloneIsCounted() throws {
        let (before, after) = runFromListing()
        let named = try #require(before.first { $0.contains("job") })
        #expect(named.split(separator: " ").dropFirst().allSatisfy { $0 == "-" }, "\(named)")
        #expect(before[0].contains("taking the first sample"), "\(before[0])")
        #expect(!after[0].contains("taking the first sample"), "\(after[0])")
        let valued = try #require(after.first { $0.contains("job") })
        #expect(valued.split(separator: " ").dropFirst().first == "1", "\(valued)")
        #expect(!quit.isRequested, "one sample ends it, and the listing is none")
    }

    @Test func firstSampleIsShownAlthoughTheListingIsPaused() throws {
        let (_, after) = runFromListing([.character("Z")])
        let valued = try #require(after.first { $0.contains("job") })
        #expect(valued.split(separator: " ").dropFirst().first == "1", "\(valued)")
    }

    @Test func theCausesOfTheSelectionAreShownAndFollowTheSnapshots() {
        let lines = run(["x"]) { [source] in if $0 == 3 { source.advance() } }
        #expect(lines.contains { $0.contains("Causes at /job") }, "\(lines)")
        #expect(lines.contains { $0.contains("healthy: usage is below 90% of every limit") })
        // The last two frames, not one alone.
        #expect(lines.contains { $0.contains("/job, watched for 1s") })
        #expect(run(["x", "x"]).contains { $0.contains("Tasks") })
    }

    @Test func eventKeysPauseAtTheSnapshotAndShowTheEvent() {
        let lines = run(["n"])
        #expect(lines[0].contains("PAUSED  2 of 4 back"), "\(lines)")
        #expect(lines[23].contains("10:00:00 oom-kill /job: killed 7"), "\(lines)")
        #expect(LiveLoopTests().run(["N"])[23].contains("no earlier event"))
        let peak = LiveLoopTests().run(["v"])
        #expect(peak[0].contains("PAUSED  1 of 4 back") && peak[23].contains("peak of 10s"))
    }

    @Test(arguments: ["z", "e", "T", "K", ":"] as [Character])
    mutating func keysForAnotherHostAreRefusedWithTheReason(key: Character) {
        model = LiveModel(remoteHost: "node7:10980")
        let lines = run([.character(key)])
        #expect(lines[23].contains("node7:10980 is another host; run cgwarden on it"), "\(lines)")
    }

    @Test func ordersReachThePortAndReportsTheScreen() {
        let port = FakePort()
        let lines = run(["T"], port: port) { [screen] in
            if $0 == 3 { screen.keys = [.enter] }
        }
        #expect(
            port.orders.map(\.commands) == [
                [["freeze", "--timeout", "60s", "/job", "--dry-run"]],
                [["freeze", "--timeout", "60s", "/job"]],
            ])
        #expect(source.samples == 1, "the effect is shown at once")
        #expect(lines[23].contains("did 2"), "\(lines)")
    }

    @Test func eventsAppearAsSoonAsTheyAreKnown() {
        let lines = run(["e"]) { [source] pause in
            if pause == 2 { source.lines = ["10:00:00 frozen /a: frozen"] }
            if pause == 5 {
                source.lines = ["10:00:01 died /a: removed\u{1b}", "10:00:00 frozen /a: frozen"]
            }
        }
        let shown = lines.map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { $0.hasPrefix("10:") }
        #expect(shown == [#"10:00:01 died /a: removed\x1b"#, "10:00:00 frozen /a: frozen"])
    }

    @Test func onlyChangesOfTheNewestSnapshotAreDrawn() {
        let lines = run([]) { [source] in if $0 == 3 { source.advance() } }
        #expect(lines[4].hasPrefix("/job") || lines[4].hasPrefix("job"))
        #expect(lines[4].contains("   6 "), "\(lines[4])")
        #expect(screen.refreshes == 2)
        #expect(source.intervals == [1])
    }

    @Test func pausedViewKeepsItsFrameAndStepsBack() {
        let lines = run(["Z"]) { [source, screen] in
            if $0 == 2 { source.advance() }
            if $0 == 3 { screen.keys = ["[", "["] }
        }
        #expect(lines[4].contains("   3 "), "\(lines[4])")
        #expect(lines[0].contains("PAUSED  3 of 5 back"))
    }

    @Test func endsOfTheHistoryAreReported() {
        let old = run(["Z"] + [KeyEvent](repeating: "[", count: 9))
        #expect(old[4].contains("   1 "))
        #expect(old[23].contains("oldest"))
    }

    @Test func stepForwardStopsAtTheNewest() {
        let lines = run(["Z", "[", "]", "]"])
        #expect(lines[4].contains("   5 "))
        #expect(lines[23].contains("newest"))
    }

    @Test func resumingShowsTheNewest() {
        let lines = run(["Z", "[", "[", "Z"])
        #expect(lines[4].contains("   5 "))
        #expect(lines[0].contains("PAUSED") == false)
    }

    @Test func spacePausesAReplay() {
        var tests = LiveLoopTests()
        tests.model = LiveModel(isReplay: true)
        let lines = tests.run([" ", "["])
        #expect(lines[0].contains("PAUSED  1 of 4 back"))
        #expect(tests.source.samples == 0)
        var resumed = LiveLoopTests()
        resumed.model = tests.model
        #expect(resumed.run([" ", "[", " "])[4].contains("   5 "))
        #expect(resumed.source.pauses == [true, false])
    }

    @Test func replayGoesToATypedTimeAndPauses() {
        var tests = LiveLoopTests()
        tests.model = LiveModel(isReplay: true)
        let typed: [KeyEvent] = ["g", "1", "4", ":", "0", "3", .backspace, "2"]
        #expect(tests.run(typed)[23].hasPrefix(" Time: 14:02▏"))
        var arrived = LiveLoopTests()
        arrived.model = tests.model
        let lines = arrived.run(typed + [.enter])
        #expect(lines[4].contains("   2 ") && lines[0].contains("PAUSED"))
        #expect(arrived.source.pauses == [true])
        var refused = LiveLoopTests()
        refused.model = tests.model
        #expect(refused.run(["g", "x", .enter])[23].contains("no sample at x"))
        var closed = LiveLoopTests()
        closed.model = tests.model
        #expect(closed.run(["g", "x", .escape])[23].contains("Help"))
    }

    @Test func replayCanBeginPaused() {
        var tests = LiveLoopTests()
        tests.model = LiveModel(isReplay: true, isPaused: true)
        #expect(tests.run([])[0].contains("PAUSED  0 of 4 back"))
        #expect(tests.source.pauses == [true])
    }

    @Test func stepsPauseAReplay() {
        var tests = LiveLoopTests()
        tests.model = LiveModel(isReplay: true)
        let lines = tests.run(["["])
        #expect(lines[0].contains("PAUSED  1 of 4 back"))
        #expect(lines[4].contains("   4 "))
    }

    @Test func keysReachTheSource() {
        _ = run([" ", "+", "q", " "])
        #expect(source.samples == 1, "nothing after q")
        #expect(source.intervals == [1, 2])
    }

    @Test func savedLayoutReportsItsPathOrError() {
        #expect(run(["s"])[23].contains("layout saved to /etc/layout.yaml"))
        let other = LiveLoopTests()
        other.source.diskIsFull = true
        #expect(other.run(["s"])[23].contains("layout not saved: no space left"))
    }

    @Test func zoomShowsProcesses() {
        #expect(run(["z"]).contains { $0.contains("work") })
    }

    @Test func keysWorkWhileProcessesAreListed() {
        func isListing(_ keys: [KeyEvent], busy: Int) -> Bool {
            let other = LiveLoopTests()
            other.source.busyLists = busy
            let lines = other.run(keys)
            #expect(lines.contains { $0.contains("work") } == (busy < 10))
            return lines.contains { $0.contains("listing processes") }
        }
        #expect(isListing(["z"], busy: .max))
        #expect(!isListing(["z", "z"], busy: .max))
        #expect(!isListing(["z"], busy: 3))
    }

    @Test func resizeRedrawsTheView() {
        let lines = run([]) { [screen] in
            if $0 == 2 {
                screen.size = ScreenSize(rows: 30, columns: 100)
                screen.keys = [.resize]
            }
        }
        #expect(lines.count == 30)
        #expect(CellWidth.of(lines[0]) == 99)
    }

    @Test func lostTerminalEndsTheView() {
        screen.keys = [.hangUp, " "]
        LiveLoop(screen: screen, source: source, quit: quit, mode: { "" }).run()
        #expect(source.samples == 0)
    }

    @Test func chartsAdvanceWithoutRereadingTheRing() {
        let lines = run([.tab, .tab]) { [source] _ in source.advance() }
        // CPU is passed on the way in one burst of keys, so only the two charts of memory are read,
        // and their times.
        #expect(source.seriesReads == 3)
        #expect(lines.contains { $0.contains("memory 12") && $0.contains("peak 12") })
        let bottom = lines.last { $0.contains("█") } ?? ""
        #expect(bottom.prefix(31).count { $0 != " " } == 12, "\(bottom)")
    }

    @Test func aChartMarksTheSamplesAfterEvents() throws {
        let first = try #require(source.ring.first).wallTime
        // Between the second and the third sample, at the fifth, and before the first.
        source.times = [first + 1_500_000, first + 1_600_000, first + 4_000_000, first - 1]
        let lines = run([.tab]) { _ in }
        let marked = try #require(lines.first { $0.contains("▾") })
        let chart = marked.prefix(1 + DetailPane.chartWidth(80))
        #expect(chart.hasSuffix("▾ ▾") && chart.count { $0 == "▾" } == 2, "\(marked)")
    }

    @Test func lateSnapshotShowsItsAge() {
        let loopScreen = RecordingScreen(rows: 24, columns: 80)
        loopScreen.whenIdle = { [quit] in quit.request() }
        LiveLoop(
            screen: loopScreen, source: source, quit: quit, now: { 1_790_000_065_000_000 },
            mode: { "" }
        ).run()
        #expect(loopScreen.shown.lines[0].contains("1m00s old"))
    }
}
