import CgroupModel
import TestSupport
import Testing

@testable import Events

@Suite struct RowStatesTests {
    private func sample(_ cgroups: [(path: String, generation: UInt64)]) -> Snapshot {
        var builder = SnapshotBuilder()
        for cgroup in cgroups { builder.add(cgroup.path, generation: cgroup.generation) }
        return builder.build()
    }

    /// Compares with a dictionary after random births, deaths and replacements.
    @Test func statesFollowTheirCgroupsThroughBirthsAndDeaths() {
        var noise = SeededNoise(seed: 11)
        var samples = SampleSequence(watching: [])
        var rows = RowStates<UInt64>()
        var known: [UInt64: UInt64] = [:]
        var generation: UInt64 = 0
        var living: [Int: UInt64] = [:]
        for _ in 0..<300 {
            let before = rows.sample?.cgroups ?? []
            for _ in 0..<(noise.next() % 4) {
                let name = Int(noise.next() % 30)
                generation += 1
                living[name] = noise.next() % 3 == 0 ? nil : generation
            }
            let cgroups = living.sorted { $0.key < $1.key }
                .map { ("/c\($0.key + 100)", $0.value) }
            let next = sample(cgroups)
            let step = samples.next(next)
            let gone = rows.follow(step, initial: 0)
            for (position, entry) in next.cgroups.enumerated() {
                let old = before.firstIndex { $0.id.generation == entry.id.generation }
                #expect(step.moves.before(position) == old)
                #expect(step.moves.added.contains(position) == (old == nil))
                #expect(rows[position] == known[entry.id.generation] ?? 0)
                rows[position] = entry.id.generation * 7
                #expect(rows.position(of: entry.path, generation: entry.id.generation) == position)
            }
            let alive = Set(next.cgroups.map(\.id.generation))
            let lost = before.indices.filter { !alive.contains(before[$0].id.generation) }
            #expect(step.moves.gone == lost)
            #expect(gone == lost.map { before[$0].id.generation * 7 })
            known = Dictionary(uniqueKeysWithValues: alive.map { ($0, $0 * 7) })
        }
    }

    @Test func theSamePathWithAnotherGenerationIsNotFound() {
        var samples = SampleSequence(watching: [])
        var rows = RowStates<Int>()
        _ = rows.follow(samples.next(sample([("/a", 1)])), initial: 0)
        #expect(rows.position(of: CgroupPath("/a")) == 0)
        #expect(rows.position(of: CgroupPath("/a"), generation: 2) == nil)
        #expect(rows.position(of: CgroupPath("/b")) == nil)
    }
}
