import CgroupModel
import Configuration
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

@Suite struct AutosizeSourceTests {
    /// A cgroup over time.
    private struct Machine {
        var document = PolicyDocument()
        var source: AutosizeSource
        var second = 0
        var usage: UInt64 = 1_000_000_000
        /// Waiting time so far, in µs.
        var waited: UInt64 = 0

        init(isLegacy: Bool = false, _ change: (inout Autosizer) -> Void = { _ in }) {
            var sizer = Autosizer(
                name: "fit", position: ConfigPosition(file: "p.yaml", line: 1, column: 1),
                group: "web")
            change(&sizer)
            document.autosizers = [sizer]
            source = AutosizeSource(document, isLegacy: isLegacy)
        }

        mutating func tick() -> LayerProposal {
            var builder = SnapshotBuilder()
            builder.add(
                "/web", inode: 5, generation: 5,
                ["memory.current": Reading(usage), "memory.pressure.some.total": Reading(waited)])
            let context = LayerContext(
                input: PolicyInput(
                    snapshot: builder.build(),
                    time: PolicyInstant(nanoseconds: UInt64(100 + second) * 1_000_000_000),
                    minuteOfDay: 0), document: document, members: ["web": [0]],
                holding: [])
            second += 1
            return source.propose(context)
        }

        /// The seconds at which something is taken, and how much; `pressure` is percent.
        mutating func taken(_ seconds: Int, pressure: Double = 0) -> [Int: UInt64] {
            var result: [Int: UInt64] = [:]
            for _ in 0..<seconds {
                for act in tick().acts {
                    if case .reclaim(let reclaiming) = act.kind,
                        case .bytes(let bytes) = reclaiming.amount
                    {
                        result[second - 1] = bytes
                    }
                }
                waited += UInt64(pressure * 10_000)
            }
            return result
        }
    }

    @Test func oneStepPerPeriodWithoutPressure() {
        var machine = Machine()
        #expect(machine.taken(13) == [6: 10_000_000, 12: 10_000_000])
    }

    @Test func stepsShrinkTowardsTheTarget() {
        var machine = Machine()
        #expect(machine.taken(7, pressure: 0.05) == [6: 5_000_000])
    }

    @Test func pressureAboveTheTargetBacksOffWithItsSquare() {
        var machine = Machine()
        // Twice the target: four periods without a step.
        #expect(machine.taken(6, pressure: 0.2) == [:])
        #expect(machine.taken(60).keys.sorted() == [30, 36, 42, 48, 54, 60])
        var worse = Machine()
        #expect(worse.taken(6, pressure: 50) == [:])
        #expect(worse.taken(61).keys.min() == 66)
    }

    @Test func floorAndCeilingAreRespected() {
        var low = Machine { $0.floor = 995_000_000 }
        #expect(low.taken(7) == [6: 5_000_000])
        low.usage = 900_000_000
        #expect(low.taken(7) == [:])
        var high = Machine { $0.ceiling = 600_000_000 }
        #expect(high.taken(7) == [6: 400_000_000])
    }

    @Test func limitModeLowersTheLimit() {
        var machine = Machine { $0.mode = .high }
        for _ in 0..<6 { #expect(machine.tick().wishes == nil) }
        let proposal = machine.tick()
        #expect(proposal.acts == [])
        #expect(proposal.wishes?.map(\.value) == [.number(990_000_000)])
        #expect(proposal.wishes?.first?.key == LimitKey("memory.high"))
        machine.waited += 12_000
        for _ in 0..<5 { #expect(machine.tick().wishes == nil) }
        #expect(machine.tick().wishes?.map(\.value) == [.number(1_040_000_000)])
    }

    @Test func gapOrCounterResetIsIgnored() {
        var machine = Machine()
        machine.waited = 500
        _ = machine.tick()
        machine.waited = 0
        #expect(machine.taken(7).keys.sorted() == [7])
        machine.second += 60
        #expect(machine.taken(6) == [:])
    }

    @Test func failedCgroupIsLeftAlone() throws {
        var machine = Machine()
        #expect(machine.taken(7).count == 1)
        let target = Effect.Target(
            path: CgroupPath("/web"), cgroup: CgroupID(inode: 5, generation: 5))
        let effect = Effect(
            id: 1, origin: .autosize("fit"), target: target, kind: .reclaim(Reclaiming(.bytes(1))),
            chain: 1, cause: Cause(""))
        machine.source.took(
            EffectResult(id: 1, outcome: .failed(EffectResult.Failure("no"))), of: effect)
        #expect(machine.taken(60).keys.min() == 66)
    }

    @Test func nothingIsRequestedOnV1() {
        var machine = Machine(isLegacy: true) { $0.mode = .high }
        for _ in 0..<20 {
            let proposal = machine.tick()
            #expect(proposal.acts == [])
            #expect(proposal.wishes == nil)
        }
    }
}
