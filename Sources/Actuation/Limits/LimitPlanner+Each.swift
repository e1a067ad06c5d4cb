public import CgroupModel

extension LimitPlanner {
    /// What can be planned of several values that do not depend on each other.
    public struct Selection: Sendable {
        /// The writes of those that can be set; nil if none can.
        public var plan: LimitPlan?
        /// The others, and why they cannot be set.
        public var refused: [(request: LimitRequest, error: ActuationError)] = []
    }

    /// Plans the writes for one cgroup: what cannot be set leaves the others alone.
    public func planEach(
        _ requests: [LimitRequest], on path: CgroupPath, force: Bool = false, shrink: Bool = false
    ) -> Selection {
        func plan(_ requests: [LimitRequest]) -> Result<LimitPlan, ActuationError> {
            do throws(ActuationError) {
                return .success(try self.plan(requests, on: path, force: force, shrink: shrink))
            } catch {
                return .failure(error)
            }
        }
        if case .success(let whole) = plan(requests) { return Selection(plan: whole) }
        var result = Selection()
        var accepted: [LimitRequest] = []
        // One may only be possible together with another one: memory.max after memory.total.
        var waiting = requests
        var hasGrown = true
        while hasGrown, !waiting.isEmpty {
            hasGrown = false
            result.refused = []
            for request in waiting {
                switch plan(accepted + [request]) {
                case .success(let larger):
                    result.plan = larger
                    accepted.append(request)
                    hasGrown = true
                case .failure(let error): result.refused.append((request, error))
                }
            }
            waiting = result.refused.map(\.request)
        }
        return result
    }
}
