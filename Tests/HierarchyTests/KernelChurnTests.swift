import CgroupModel
import Foundation
import Hierarchy
import KernelIO
import TestSupport
import Testing

/// A thousand cgroups a second that come and go while samples are taken.
@Suite(.serialized, .enabled(if: RealCgroups.usable, "\(RealCgroups.reason)"))
struct KernelChurnTests {
    /// Descriptors of this process that are open below a path.
    private func descriptors(below path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }.filter { $0.contains(path) }
    }

    @Test func churnLeaksNothingAndKeepsRatesCorrect() async throws {
        let scratch = try ScratchHierarchy { $0.hasPids || $0.hasCPUTime }
        try scratch.make("steady")
        let busy = try ScratchProcess.busy(in: "steady", of: scratch)
        busy.waitUntilReady()
        let sampler = try Sampler(everythingIn: scratch, continuous: true)
        var known: Set<CgroupID> = Set(await sampler.sample().cgroups.map(\.id))
        let churn = Churn(scratch)
        let clock = ContinuousClock()
        let start = clock.now
        var ticks = 0
        var met = 0
        // At least three seconds, and on a busy machine until enough of it was seen.
        while clock.now < start + .seconds(3)
            || clock.now < start + .seconds(60)
                && (ticks <= 5 || met == 0 || churn.made <= 1000)
        {
            let snapshot = await sampler.sample()
            ticks += 1
            let counted = snapshot.health.births - snapshot.health.deaths
            #expect(counted == UInt64(snapshot.cgroups.count))
            #expect(Set(snapshot.cgroups.map(\.path)).count == snapshot.cgroups.count)
            #expect(snapshot.health.malformed == 0)
            for (index, cgroup) in snapshot.cgroups.enumerated() {
                for metric in [MetricID.cpuUsage, .cpuPeriods, .memoryPageFaults] {
                    guard let rate = snapshot.rate(index, metric) else { continue }
                    // A rate has two readings of one and the same cgroup behind it.
                    #expect(known.contains(cgroup.id))
                    #expect(rate >= 0)
                    if metric == .cpuUsage, cgroup.path.name.hasPrefix("churn") {
                        #expect(rate == 0, "nobody was ever in \(cgroup.path)")
                    }
                }
                if cgroup.path.name.hasPrefix("churn") { met += 1 }
            }
            known = Set(snapshot.cgroups.map(\.id))
        }
        churn.stop()
        #expect(churn.made > 100)
        #expect(ticks > 5)
        #expect(met > 0)
        _ = await sampler.sample()
        let last = await sampler.sample()
        #expect(
            last.cgroups.map(\.path.description).sorted() == [
                "\(scratch.path)", "\(scratch.path)/steady",
            ])
        #expect(try descriptors(below: "\(scratch.path)/churn-").isEmpty)
        #expect(try !descriptors(below: "\(scratch.path)/steady").isEmpty)
    }

    @Test func overlappingSamplesAreComplete() async throws {
        let scratch = try ScratchHierarchy { $0.hasPids }
        for number in 0..<6 { try scratch.make("first-\(number)") }
        // Several threads read, so that calls have occasion to overtake each other.
        let sampler = try Sampler(everythingIn: scratch, continuous: true, budget: 40)
        let callers = (0..<4).map { caller in
            Task {
                var ticks: [UInt64] = []
                for round in 0..<10 {
                    try scratch.make("more-\(caller)-\(round)")
                    let snapshot = await sampler.sample()
                    ticks.append(snapshot.tick)
                    let own = scratch.path("more-\(caller)-\(round)")
                    #expect(snapshot.index(of: own) != nil)
                    for index in snapshot.cgroups.indices {
                        // A number beyond the end of a block would trap.
                        #expect(snapshot[index, .pidsCurrent] == Reading(0))
                    }
                }
                return ticks
            }
        }
        var ticks: [UInt64] = []
        for caller in callers { ticks += try await caller.value }
        #expect(ticks.sorted() == Array(1...40))
        #expect(await sampler.sample().cgroups.count == 47)
    }

    @Test func droppedSamplerClosesItsDescriptors() async throws {
        let scratch = try ScratchHierarchy()
        try scratch.make("a")
        var sampler: Sampler? = try Sampler(everythingIn: scratch, continuous: true)
        _ = await sampler?.sample()
        #expect(try descriptors(below: "\(scratch.path)").count > 5)
        sampler = nil
        for _ in 0..<2000 {
            if try descriptors(below: "\(scratch.path)").isEmpty { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try descriptors(below: "\(scratch.path)").isEmpty)
    }
}
