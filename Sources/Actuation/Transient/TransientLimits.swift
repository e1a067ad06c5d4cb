internal import CgroupModel
internal import Hierarchy

/// Sets the limits of a new cgroup, before anything runs in it.
struct TransientLimits {
    private let requests: [LimitRequest]

    /// What is to be set.
    init(_ requests: [LimitRequest]) { self.requests = requests }

    /// Sets all of them or throws; tells what was rounded, clamped or has no effect.
    ///
    /// Nothing goes to the undo journal: the cgroup is removed with its limits.
    func apply(
        to path: CgroupPath, in set: HierarchySet, warning: (String) -> Void
    ) throws(ActuationError) {
        guard !requests.isEmpty else { return }
        let plan = try LimitPlanner(set: set).plan(requests, on: path)
        for text in plan.warnings { warning(text) }
        for result in LimitTransaction(plan, journal: nil).apply() {
            if case .failed(let error) = result.outcome { throw error }
            guard let remark = Self.remark(result) else { continue }
            warning(remark)
        }
    }

    /// What a person should know; rounding to pages is not worth a line.
    private static func remark(_ result: LimitResult) -> String? {
        let write = result.write
        switch result.outcome {
        case .clamped:
            let now = result.effective ?? result.readBack ?? "another value"
            return "\(write.name): asked for \(write.new), the kernel made it \(now)"
        case .ineffective:
            return "\(write.name): the kernel accepted \(write.new), but does not act on it"
        default: return nil
        }
    }
}
