package import CgroupModel

/// Why a cgroup is slow, stuck or about to be killed.
package struct Explanation: Hashable, Sendable {
    /// The explained cgroup.
    package let cgroup: CgroupPath
    /// The time between the two samples in seconds; nil with a single one, which has no rates.
    package let window: Double?
    /// The time of the newer sample, in microseconds since 1970.
    package let wallTime: UInt64
    /// The findings, the most important first; never empty.
    package internal(set) var findings: [Finding]
    /// The binding limit of each kind.
    package internal(set) var bounds: [Bound]
    /// The waits of its tasks, by resource and counter.
    package let waits: [Wait]

    /// The most important finding.
    package var verdict: Finding { findings[0] }

    /// Adds the owner of each limit, where `owner` knows it.
    package mutating func attribute(_ owner: (Evidence) -> String?) {
        for index in bounds.indices { bounds[index].limit.owner = owner(bounds[index].limit) }
        for index in findings.indices {
            if let limit = findings[index].bound?.limit {
                findings[index].bound?.limit.owner = owner(limit)
            }
            for place in findings[index].evidence.indices {
                let evidence = findings[index].evidence[place]
                guard MetricCatalog[evidence.metric].isConfigured else { continue }
                findings[index].evidence[place].owner = owner(evidence)
            }
        }
    }
}

extension Metric {
    /// Whether it is set from user space, so that it can have an owner.
    fileprivate var isConfigured: Bool {
        kind == .limit || kind == .setting || kind == .text && controller == .cpuset
    }
}
