package import CgroupModel

extension LimitPlanner {
    /// The plan for several independent values.
    package struct Selection: Sendable {
        /// The writes of the accepted requests; nil if none is accepted.
        package var plan: LimitPlan?
        /// The refused requests and the reasons.
        package var refused: [(request: LimitRequest, error: ActuationError)] = []
    }

    /// Plans the writes for one cgroup; a refused request does not affect the others.
    package func planEach(
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
        // A request may be possible only with another one, such as `memory.max` with
        // `memory.memsw.max`.
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
