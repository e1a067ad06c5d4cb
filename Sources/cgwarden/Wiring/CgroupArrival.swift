import CgroupModel
import Hierarchy
import PolicyLanguage

/// Waits until a cgroup matches a pattern.
struct CgroupArrival {
    private let sampler: Sampler
    private let pattern: PathPattern
    /// The minimum pause between two polls.
    private static let pause = Duration.milliseconds(100)
    /// A pause is at least this many times as long as the poll before it.
    private static let share = 20

    /// Searches within `scope`, without reading any file of a cgroup.
    init(_ pattern: PathPattern, in set: HierarchySet, _ scope: SampleScope) throws {
        self.pattern = pattern
        var configuration = SamplerConfiguration()
        configuration.isContinuous = false
        configuration.scope = scope
        sampler = try Sampler(ReadPlan([MetricID](), on: set), on: set, configuration)
    }

    /// Returns once a cgroup matches.
    ///
    /// It polls, because inotify needs a watch for every directory of an open pattern, and the
    /// parents of the cgroup may not exist either.
    func wait() async throws {
        let clock = ContinuousClock()
        while true {
            let start = clock.now
            if await sampler.sample().cgroups.contains(where: { pattern.matches($0.path) }) {
                return
            }
            let took = clock.now - start
            try await clock.sleep(for: max(Self.pause, took * Self.share))
        }
    }
}
