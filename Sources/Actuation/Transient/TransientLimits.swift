internal import CgroupModel
internal import Hierarchy

/// Sets the limits of a new cgroup before anything runs in it.
struct TransientLimits {
    private let requests: [LimitRequest]

    init(_ requests: [LimitRequest]) { self.requests = requests }

    /// Sets all limits or throws; passes planning notes and inexact results to `warning`.
    ///
    /// It makes no journal entries, because the limits disappear with the cgroup.
    func apply(
        to cgroup: any RunCgroup, warning: (String) -> Void
    ) throws(ActuationError) {
        guard !requests.isEmpty else { return }
        let context = ActingContext(cgroup.trees, files: cgroup.files)
        let plan = try LimitPlanner(context, host: HostFacts(cgroup.trees.system)).plan(
            requests.map { $0.beside(cgroup.ownProcesses.count) }, on: cgroup.path)
        let routes = try LimitRoutes(of: plan, through: context.files)
        for text in plan.warnings + routes.warnings { warning(text) }
        for result in LimitTransaction(plan, in: context).apply() {
            if case .failed(let error) = result.outcome { throw error }
            guard let remark = Self.remark(result) else { continue }
            warning(remark)
        }
    }

    /// Returns a warning for the user; rounding to pages does not need one.
    private static func remark(_ result: LimitResult) -> String? {
        let write = result.write
        switch result.outcome {
        case .clamped:
            let now = result.effective ?? result.readBack ?? "another value"
            return "\(write.name): requested \(write.rawNew), in effect \(now)"
        case .ineffective:
            return "\(write.name): the kernel accepted \(write.rawNew), but it has no effect"
        default: return nil
        }
    }
}

extension LimitRequest {
    /// Returns the request with `others` added, so that the command gets its full `pids.max`.
    fileprivate func beside(_ others: Int) -> LimitRequest {
        guard limit.name == "pids.max", let number = value.number, others > 0 else { return self }
        return LimitRequest(
            limit: limit, instance: instance, value: .number(number + UInt64(others)))
    }
}
