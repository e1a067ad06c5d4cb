import CgroupModel
import PolicyLanguage

/// Finds the CPUs of a topology for a pool.
struct CPUChoice {
    private let cpus: [Int: CPUTopology.CPU]
    /// The threads of each core that are online, cores and threads in ascending order.
    private let cores: [[Int]]
    /// Ascending.
    private let nodes: [Int]

    init(_ topology: CPUTopology) {
        cpus = Dictionary(topology.cpus.map { ($0.id, $0) }) { first, _ in first }
        let byCore = Dictionary(grouping: topology.cpus, by: \.core)
        cores = byCore.values.map { $0.map(\.id).sorted() }.sorted { $0[0] < $1[0] }
        nodes = Set(topology.cpus.map(\.node)).sorted()
    }

    /// Returns the CPUs outside of all pools; a number of CPUs is rounded up to whole cores.
    func reserved(_ demand: CPUDemand) -> Set<Int> {
        if case .list(let list) = demand { return Set(list.numbers).intersection(cpus.keys) }
        let all = Set(cpus.keys)
        return filled(count(demand), from: cores) ?? all
    }

    /// The memory nodes of CPUs.
    func nodes(of chosen: Set<Int>) -> RangeList {
        RangeList(chosen.compactMap { cpus[$0]?.node })
    }

    private func count(_ demand: CPUDemand) -> Int {
        switch demand {
        case .count(let count): max(1, count)
        case .list(let list): list.numbers.count
        case .hostShare(let share): max(1, Int(share * Double(cpus.count)))
        }
    }

    /// Returns the units of allocation (CPUs or whole cores), in order.
    private func units(_ pool: CPUPool, _ free: Set<Int>) -> [[Int]] {
        pool.smt == .wholeCore
            ? cores.filter { free.isSuperset(of: $0) }
            : cores.flatMap { $0 }.filter(free.contains).map { [$0] }
    }

    private func filled(_ count: Int, from units: [[Int]]) -> Set<Int>? {
        var chosen: Set<Int> = []
        for unit in units where chosen.count < count { chosen.formUnion(unit) }
        return chosen.count >= count ? chosen : nil
    }

    /// The valid sets, best first.
    func sets(for pool: CPUPool, in free: Set<Int>) -> [Set<Int>] {
        if case .list(let list) = pool.cpus {
            let wanted = Set(list.numbers)
            return suits(wanted, pool, free) ? [wanted] : []
        }
        let units = units(pool, free)
        let wanted = count(pool.cpus)
        if pool.numa == .none { return [filled(wanted, from: units)].compactMap { $0 } }
        let byNode = nodes.map { node in units.filter { cpus[$0[0]]?.node == node } }
        let near = byNode.compactMap { filled(wanted, from: $0) }
        guard pool.numa == .prefer else { return near }
        // As few nodes as possible: the fullest first, equal ones by number.
        let fullest = byNode.enumerated().sorted { left, right in
            let (a, b) = (left.element.joined().count, right.element.joined().count)
            return a == b ? left.offset < right.offset : a > b
        }.flatMap(\.element)
        return near + [filled(wanted, from: fullest)].compactMap { $0 }
    }

    /// Whether a set is valid for a pool.
    func suits(_ chosen: Set<Int>, _ pool: CPUPool, _ free: Set<Int>) -> Bool {
        guard !chosen.isEmpty, free.isSuperset(of: chosen) else { return false }
        if pool.numa == .strict, nodes(of: chosen).numbers.count > 1 { return false }
        let taken = units(pool, chosen)
        guard taken.joined().count == chosen.count else { return false }
        if case .list(let list) = pool.cpus { return list.numbers == chosen.sorted() }
        // No smaller than requested, and larger only for a whole core.
        let spare = chosen.count - count(pool.cpus)
        return spare >= 0 && spare < (taken.map(\.count).min() ?? 1)
    }

    /// Why a pool cannot be satisfied, for a report.
    func shortage(of pool: CPUPool, _ free: Set<Int>) -> String {
        let wish: String
        switch pool.cpus {
        case .list(let list): wish = "CPUs \(list)"
        default: wish = "\(count(pool.cpus)) CPUs"
        }
        let how = [
            pool.smt == .wholeCore ? "whole cores" : nil,
            pool.numa == .strict ? "one memory node" : nil,
        ].compactMap { $0 }.joined(separator: " of ")
        let left = free.isEmpty ? "none" : "\(RangeList(free))"
        return
            "pool \(pool.name) requests \(wish)\(how.isEmpty ? "" : " (\(how))"); available: \(left)"
    }
}
