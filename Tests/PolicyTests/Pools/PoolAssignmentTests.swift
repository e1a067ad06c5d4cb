import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Two nodes of two cores with two threads each, numbered as Linux does: 0-4, 1-5 and 2-6, 3-7.
let twoNodes = CPUTopology(
    (0..<8).map { CPUTopology.CPU(id: $0, core: $0 % 4, node: $0 % 4 / 2) })

extension CPUTopology {
    func without(_ offline: [Int]) -> CPUTopology {
        CPUTopology(cpus.filter { !offline.contains($0.id) })
    }
}

@Suite struct PoolAssignmentTests {
    private let fast = CPUPool(
        name: "fast", cpus: .count(4), isExclusive: true, numa: .strict, smt: .wholeCore,
        fallback: .shared)

    private func assign(
        _ pools: [CPUPool], _ topology: CPUTopology = twoNodes, reserved: CPUDemand? = .count(1),
        allowed: [String: RangeList] = [:], previous: [String: RangeList] = [:]
    ) -> PoolAssignment {
        PoolAssignment(
            pools, reserved: reserved, topology: topology, allowed: allowed, previous: previous)
    }

    @Test func exclusivePoolGetsAWholeNode() {
        let result = assign([fast])
        #expect(result.reserved == RangeList([0, 4]))
        #expect(result.shares[0].cpus == RangeList([2, 3, 6, 7]))
        #expect(result.shares[0].mems == RangeList([1]))
        #expect(result.rest == RangeList([0, 1, 4, 5]))
    }

    @Test func cpuThatReturnsIsUsedAgain() {
        let first = assign([fast]).shares[0].cpus
        let few = assign([fast], twoNodes.without([2, 3, 6, 7]), previous: ["fast": first])
        #expect(few.shares[0].cpus.isEmpty)
        #expect(few.shares[0].shortage?.contains("requests 4 CPUs") == true)
        #expect(few.rest == RangeList([0, 1, 4, 5]))
        let half = assign([fast], twoNodes.without([2, 6]), previous: ["fast": first])
        #expect(half.shares[0].cpus == RangeList([3, 7]))
        #expect(half.shares[0].shortage != nil)
        let back = assign([fast], previous: ["fast": first])
        #expect(back.shares[0].cpus == first)
        #expect(back.shares[0].shortage == nil)
    }

    @Test func previousSetIsKeptWhileItFits() {
        var pool = fast
        pool.cpus = .count(2)
        #expect(assign([pool]).shares[0].cpus == RangeList([1, 5]))
        let had = RangeList([3, 7])
        #expect(assign([pool], previous: ["fast": had]).shares[0].cpus == had)
        for wrong in [[3, 6], [2, 3, 6, 7], [0, 4], [3], [9, 10]] {
            let result = assign([pool], previous: ["fast": RangeList(wrong)])
            #expect(result.shares[0].cpus == RangeList([1, 5]), "\(wrong)")
        }
    }

    @Test func poolsKeepingTheirSetAreAssignedFirst() {
        let pools = ["a", "b"].map {
            CPUPool(name: $0, cpus: .count(2), isExclusive: true, smt: .wholeCore)
        }
        let result = assign(pools, reserved: nil, previous: ["b": RangeList([0, 4])])
        #expect(result.shares.map(\.cpus) == [RangeList([1, 5]), RangeList([0, 4])])
    }

    @Test(arguments: [
        (CPUPool.NUMA.strict, ""), (.prefer, "1-3,5-7"), (.none, "1-3,5-7"),
    ])
    func poolSpillsOnlyIfAllowed(_ numa: CPUPool.NUMA, _ cpus: String) {
        var pool = fast
        pool.numa = numa
        pool.cpus = .count(6)
        let share = assign([pool]).shares[0]
        #expect(share.cpus.description == cpus)
        #expect(share.mems == (numa == .prefer ? RangeList([0, 1]) : nil))
    }

    @Test func oneCPUIsLeftForOthers() {
        let all = CPUPool(name: "all", cpus: .count(8), isExclusive: true)
        let result = assign([all], reserved: nil)
        #expect(result.shares[0].cpus.isEmpty)
        #expect(result.rest.numbers.count == 8)
        let listed = CPUPool(name: "all", cpus: .list(RangeList(0..<8)), isExclusive: true)
        #expect(assign([listed], reserved: nil).shares[0].cpus.isEmpty)
    }

    @Test func parentCpusetsRestrictTheChoice() {
        var pool = fast
        pool.cpus = .count(2)
        let result = assign([pool], allowed: ["fast": RangeList([2, 6, 7])])
        #expect(result.shares[0].cpus == RangeList([2, 6]))
    }

    @Test func listIsAssignedExactlyOrNotAtAll() {
        let pool = CPUPool(name: "l", cpus: .list(RangeList([2, 3])), isExclusive: true)
        #expect(assign([pool]).shares[0].cpus == RangeList([2, 3]))
        #expect(assign([pool], reserved: .list(RangeList([3]))).shares[0].cpus.isEmpty)
    }

    @Test func shareOfTheHostIsAtLeastOneCPU() {
        let pool = CPUPool(name: "s", cpus: .hostShare(0.25))
        #expect(assign([pool]).shares[0].cpus.numbers.count == 2)
        let tiny = CPUPool(name: "s", cpus: .hostShare(0.01))
        #expect(assign([tiny]).shares[0].cpus.numbers.count == 1)
    }

    /// Whatever the machine and the pools: exclusive sets never meet, some CPU is left, the same
    /// question has the same answer, and what was given is kept.
    @Test func invariantsHoldForRandomMachines() {
        var noise = SeededNoise(seed: 27)
        var given = 0
        for _ in 0..<3000 {
            let topology = CPUTopology.random(&noise)
            let pools = (0..<Int.random(in: 1...4, using: &noise)).map {
                CPUPool.random("p\($0)", topology, &noise)
            }
            let reserved: CPUDemand? =
                Bool.random(using: &noise) ? nil : .count(Int.random(in: 1...3, using: &noise))
            let first = assign(pools, topology, reserved: reserved)
            #expect(first == assign(pools, topology, reserved: reserved))
            check(first, topology)
            var previous: [String: RangeList] = [:]
            for share in first.shares where share.shortage == nil {
                previous[share.pool] = share.cpus
                given += 1
            }
            #expect(first == assign(pools, topology, reserved: reserved, previous: previous))
            let gone = topology.cpus.map(\.id).filter { _ in
                Int.random(in: 0..<4, using: &noise) == 0
            }
            let smaller = topology.without(gone)
            guard !smaller.cpus.isEmpty else { continue }
            check(assign(pools, smaller, reserved: reserved, previous: previous), smaller)
            let arbitrary = Dictionary(
                uniqueKeysWithValues: pools.map {
                    ($0.name, RangeList(topology.cpus.map(\.id).shuffled(using: &noise).prefix(3)))
                })
            check(assign(pools, topology, reserved: reserved, previous: arbitrary), topology)
        }
        #expect(given > 1000)
    }

    private func check(_ result: PoolAssignment, _ topology: CPUTopology) {
        let online = RangeList(topology.cpus.map(\.id))
        #expect(!result.rest.isEmpty)
        var taken: Set<Int> = []
        for share in result.shares {
            #expect(share.cpus.isSubset(of: online))
            #expect(share.cpus.intersection(result.reserved).isEmpty)
            #expect(share.shortage != nil || !share.cpus.isEmpty)
            if share.isExclusive {
                #expect(taken.isDisjoint(with: share.cpus.numbers))
                #expect(share.cpus.intersection(result.rest).isEmpty)
                taken.formUnion(share.cpus.numbers)
            }
        }
        for share in result.shares where !share.isExclusive {
            #expect(taken.isDisjoint(with: share.cpus.numbers))
        }
    }
}

extension CPUTopology {
    fileprivate static func random(_ noise: inout SeededNoise) -> CPUTopology {
        let cores = Int.random(in: 1...12, using: &noise)
        let threads = Int.random(in: 1...2, using: &noise)
        let nodes = Int.random(in: 1...3, using: &noise)
        let all = (0..<cores * threads).map {
            CPU(id: $0, core: $0 % cores, node: $0 % cores * nodes / cores)
        }
        let online = all.filter { _ in Int.random(in: 0..<8, using: &noise) > 0 }
        return CPUTopology(online.isEmpty ? all : online)
    }
}

extension CPUPool {
    fileprivate static func random(
        _ name: String, _ topology: CPUTopology, _ noise: inout SeededNoise
    ) -> CPUPool {
        let count = Int.random(in: 1...6, using: &noise)
        let demand: CPUDemand =
            switch Int.random(in: 0..<4, using: &noise) {
            case 0: .list(RangeList(topology.cpus.map(\.id).shuffled(using: &noise).prefix(count)))
            case 1: .hostShare(Double(count) / 8)
            default: .count(count)
            }
        return CPUPool(
            name: name, cpus: demand, isExclusive: Bool.random(using: &noise),
            numa: NUMA.allCases.randomElement(using: &noise) ?? .none,
            smt: SMT.allCases.randomElement(using: &noise) ?? .any)
    }
}
