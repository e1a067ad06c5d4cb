import Foundation
import TestSupport
import Testing

/// How soon the daemon has stopped who comes near the limit.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonSpeedTests {
    /// `CGWARDEN_GUARD_TRIES` asks for more.
    private static let tries =
        ProcessInfo.processInfo.environment["CGWARDEN_GUARD_TRIES"].flatMap { Int($0) }
        ?? (RunningDaemon.isInGuest ? 2 : 8)
    private static let limit = 200 << 20
    private static let suffix = "-speed"

    private struct Try {
        let milliseconds: Double
        let usage: Int
    }

    private func measure(_ daemon: RunningDaemon) throws -> Try {
        let cgroup = try ProgramCgroup(Self.suffix)
        let isLegacy = cgroup.isMemoryLegacy
        try cgroup.write("\(Self.limit)", to: isLegacy ? "memory.limit_in_bytes" : "memory.max")
        try? cgroup.write(
            isLegacy ? "\(Self.limit)" : "0",
            to: isLegacy ? "memory.memsw.limit_in_bytes" : "memory.swap.max")
        let go = "\(daemon.places.folder)/\(cgroup.path.dropFirst())"
        let member = try cgroup.start(
            "exec perl -e '$| = 1; print 1; select(undef, undef, undef, 0.05) until -e $ARGV[0]; for (1..100) { push @x, \"a\" x (4 << 20);"
                + " select(undef, undef, undef, 0.0105) } sleep 100' \"$1\"", [go])
        defer { member.send(SIGKILL) }
        let state =
            "cgwarden_guard_state{guard=\"g\",cgroup=\"\(cgroup.path)\",state=\"watching\"}"
        try awaiting("it is guarded") { try daemon.metric(state) == 1 }
        let file = isLegacy ? "memory.usage_in_bytes" : "memory.current"
        func usage() -> Int { cgroup.text(file).flatMap { Int($0) } ?? 0 }
        try daemon.places.write("", to: go)
        let threshold = Self.limit / 100 * 95
        let end = ContinuousClock.now + .seconds(30)
        while usage() < threshold, ContinuousClock.now < end { usleep(200) }
        let crossed = ContinuousClock.now
        while !cgroup.isFrozen, ContinuousClock.now < end { usleep(200) }
        let frozen = ContinuousClock.now
        try #require(frozen < end, "\(usage()) bytes; \(daemon.run.errors)")
        return Try(milliseconds: (frozen - crossed) / .milliseconds(1), usage: usage())
    }

    @Test func itStandsStillWithinMillisecondsAndBelowTheLimit() throws {
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 200ms}
            groups: {g: {path: "/cgwarden-test-\(getpid())-*\(Self.suffix)"}}
            hooks: {none: {exec: [/bin/true]}}
            guards:
              - {name: g, on: g, freeze_at: 95%, resume_at: 85%, max_frozen: 10s, relief: [{hook: none}]}

            """)
        let all = try (0..<Self.tries).map { _ in try measure(daemon) }
        let times = all.map(\.milliseconds).sorted()
        let most = all.map(\.usage).max() ?? 0
        print(
            "daemon: \(all.count) tries, from the threshold to standing still: median "
                + "\(times[times.count / 2]) ms, least \(times[0]) ms, most "
                + "\(times[times.count - 1]) ms; usage at most \(Double(most) / 1_048_576) of 200 MiB"
        )
        // On v2 one that is throttled may be slow to stop, and an emulated guest is slow in all.
        let isLegacy = ProgramCgroup.trees.contains { $0.options.contains("memory") }
        let isQuick = isLegacy && RealCgroups.required == nil
        #expect(times[times.count / 2] <= (isQuick ? 50 : 2000))
        #expect(most < Self.limit)
    }
}
